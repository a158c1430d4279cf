"""Pure: who stands beside whom when things overlap."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Narrower than a quarter of a day's column nobody can read.
MAX_LANES = 4


@dataclass(frozen=True)
class Span(Generic[T]):
    """Something that takes the rows from `first` up to `end`, `end` not among them."""

    first: int
    end: int
    what: T


@dataclass(frozen=True)
class Placed(Generic[T]):
    """Spans in one lane of `lanes` side by side; several only where they did not all fit."""

    lane: int
    lanes: int
    spans: tuple[Span[T], ...]


def place(spans: Iterable[Span[T]]) -> Iterator[Placed[T]]:
    in_order = sorted(spans, key=lambda span: (span.first, -span.end))
    for cluster in clusters(in_order):
        yield from place_cluster(cluster)


def clusters(in_order: Sequence[Span[T]]) -> Iterator[list[Span[T]]]:
    """Groups in which each overlaps with another one of the group."""
    group: list[Span[T]] = []
    reach = 0
    for span in in_order:
        if group and span.first >= reach:
            yield group
            group = []
        reach = max(reach, span.end) if group else span.end
        group.append(span)
    if group:
        yield group


def place_cluster(cluster: Sequence[Span[T]]) -> Iterator[Placed[T]]:
    lanes: list[list[Span[T]]] = []
    for span in cluster:
        free = next((lane for lane in lanes if lane[-1].end <= span.first), None)
        if free is None:
            lanes.append([span])
        else:
            free.append(span)
    width = min(len(lanes), MAX_LANES)
    shown = lanes if len(lanes) <= MAX_LANES else lanes[: MAX_LANES - 1]
    placed = [Placed(n, width, (span,)) for n, lane in enumerate(shown) for span in lane]
    yield from sorted(placed, key=lambda one: one.spans[0].first)  # as it is read aloud
    if left_over := [span for lane in lanes[len(shown) :] for span in lane]:
        yield Placed(MAX_LANES - 1, width, tuple(sorted(left_over, key=lambda s: s.first)))
