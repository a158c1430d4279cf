"""The same body expanded by us and by two libraries of other families, in one form: a date for
an all-day start, else aware UTC."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from icloud_sync.core.ical.parse import parse
from icloud_sync.core.values import Window, Zones
from tests.oracle import expand_with_icaljs

Start = date | datetime
# Apart from the edges: the libraries differ in what touches them.
EDGE = timedelta(days=8)
# One process answers so many within a few seconds.
BATCH = 150


@dataclass(frozen=True)
class Asked:
    """`zone`: the owner's, where floating times are."""

    name: str
    text: str
    window: Window
    zone: ZoneInfo

    def inside(self, start: Start) -> bool:
        first, last = self.window.starts_at + EDGE, self.window.ends_at - EDGE
        if isinstance(start, datetime):
            return first <= start < last
        return first.date() <= start < last.date()

    def in_utc(self, start: Start) -> Start:
        if not isinstance(start, datetime):
            return start
        return (start if start.tzinfo else start.replace(tzinfo=self.zone)).astimezone(UTC)

    def kept(self, starts: Iterable[Start]) -> list[Start]:
        """Also tells whether one comes twice."""
        found = [self.in_utc(start) for start in starts]
        return sorted((start for start in found if self.inside(start)), key=str)


def ours(asked: Asked) -> list[Start]:
    found = parse(asked.text, asked.window, Zones(asked.zone, asked.zone)).occurrences
    intervals = [one.fields.interval for one in found]
    return asked.kept(each.starts_on or each.starts_at for each in intervals)


def by_recurring_ical_events(asked: Asked) -> list[Start] | str:
    try:
        return asked.kept(event["DTSTART"].dt for event in events(asked))
    except Exception as error:  # what is wrong with a body the library says in any way
        return type(error).__name__


def spans(asked: Asked) -> list[tuple[Start, Start]]:
    """(start, end) by recurring-ical-events."""
    found = [(event["DTSTART"].dt, event.end) for event in events(asked)]
    return [(asked.in_utc(start), asked.in_utc(end)) for start, end in found]


def events(asked: Asked) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(asked.text)
    margin = timedelta(days=1)
    return recurring_ical_events.of(calendar).between(
        asked.window.starts_at - margin, asked.window.ends_at + margin
    )


def by_icaljs(asked: Sequence[Asked]) -> list[list[Start] | str]:
    """Naive bounds, which it compares on the wall clock."""
    answers: list[list[Start] | str] = []
    for at in range(0, len(asked), BATCH):
        part = asked[at : at + BATCH]
        bounds = [
            (each.window.starts_at.replace(tzinfo=None), each.window.ends_at.replace(tzinfo=None))
            for each in part
        ]
        said = expand_with_icaljs(
            [(each.text, *pair) for each, pair in zip(part, bounds, strict=True)]
        )
        answers += [
            answer if isinstance(answer, str) else each.kept(answer)
            for each, answer in zip(part, said, strict=True)
        ]
    return answers
