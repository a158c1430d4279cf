"""Stored bodies planned again, with no request to iCloud: the window has moved on (D10), or
what they mean has changed (D9)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.apply import reconsider
from icloud_sync.models import ICloudConnection, RemoteResource
from icloud_sync.synclog import Journal

BATCH = 50


@dataclass
class Rolled:
    """`unfinished`: the time was up; the next task goes on."""

    looked_at: int = 0
    unfinished: bool = False
    busy: bool = False


def roll(connection_id: int, seconds: float = 45) -> Rolled:
    with leases.hold(connection_id) as lease:
        if lease is None:
            return Rolled(busy=True)
        connection = ICloudConnection.objects.select_related("user").get(pk=connection_id)
        with Journal(connection, "pull", lease) as journal:
            return roll_due(connection, timezone.now(), journal, seconds)


def roll_due(
    connection: ICloudConnection, now: datetime, journal: Journal, seconds: float
) -> Rolled:
    """Series, single events that were beyond the window until now, and whatever somebody
    wants looked at again. Call it while holding the lease."""
    rolled, until = Rolled(), time.monotonic() + seconds
    for batch in batches(connection, now):
        if time.monotonic() > until:
            rolled.unfinished = True
            break
        reconsider(connection, batch, now, journal)
        rolled.looked_at += len(batch)
    return rolled


def to_roll() -> list[int]:
    """Connections with something to look at again."""
    live = ICloudConnection.objects.filter(status__in=leases.MAY_WRITE)
    due = live.filter(resources__in=due_resources(timezone.now()))
    return list(due.order_by("pk").distinct().values_list("pk", flat=True))


def due_resources(now: datetime) -> QuerySet[RemoteResource]:
    return RemoteResource.objects.filter(state=RemoteResource.State.SYNCED, reconsider_at__lte=now)


def batches(connection: ICloudConnection, now: datetime) -> Iterator[list[RemoteResource]]:
    """Longest overdue first, so that a run that is cut short starves nobody."""
    due = due_resources(now).filter(connection=connection).order_by("reconsider_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    rows = RemoteResource.objects.select_related("collection")
    for start in range(0, len(ids), BATCH):
        yield list(rows.filter(pk__in=ids[start : start + BATCH]))
