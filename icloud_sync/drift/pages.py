"""Going through many rows in short steps."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from icloud_sync.models import OutboxEntry

ROUND = 50  # steps that go through all of them, where they are not too many for that
LEAST, MOST = 100, 1000  # rows a step


class Untold(NamedTuple):
    """What must be sent, as the outbox names it."""

    connection_id: int
    kind: str
    object_id: int
    source_ref: str


@dataclass(frozen=True)
class Page:
    """`next_after`: the key that the next step begins after; 0 for the beginning."""

    rows: list[Any]
    next_after: int


def page(rows: QuerySet[Any], after: int) -> Page:
    number = min(max(-(-rows.count() // ROUND), LEAST), MOST)
    found = list(rows.filter(pk__gt=after).order_by("pk")[:number])
    return Page(found, found[-1].pk if len(found) == number else 0)


def is_told(kind: str, connection: str, object_id: str) -> Exists:
    """Whether the outbox has a row of it; the names: where the query finds its keys."""
    rows = OutboxEntry.objects.filter(
        connection=OuterRef(connection), kind=kind, object_id=OuterRef(object_id)
    )
    return Exists(rows)
