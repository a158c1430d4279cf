"""The window's far edge, rolled forward from stored bodies: no request to iCloud (D10)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

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
    """Plan again what may have come into the window: series, and single events that were
    beyond it until now."""
    rolled, until = Rolled(), time.monotonic() + seconds
    with leases.hold(connection_id) as lease:
        if lease is None:
            return Rolled(busy=True)
        connection = ICloudConnection.objects.select_related("user").get(pk=connection_id)
        with Journal(connection, "pull", lease) as journal:
            for batch in batches(connection):
                lease.renew()
                reconsider(connection, batch, timezone.now(), journal)
                rolled.looked_at += len(batch)
                if time.monotonic() > until:
                    rolled.unfinished = True
                    break
    return rolled


def to_roll() -> list[int]:
    """Connections with something to look at again."""
    live = ICloudConnection.objects.filter(status__in=leases.MAY_WRITE)
    due = live.filter(resources__in=due_resources())
    return list(due.order_by("pk").distinct().values_list("pk", flat=True))


def due_resources() -> QuerySet[RemoteResource]:
    return RemoteResource.objects.filter(
        state=RemoteResource.State.SYNCED, reconsider_at__lte=timezone.now()
    )


def batches(connection: ICloudConnection) -> Iterator[list[RemoteResource]]:
    """Longest overdue first, so that a run that is cut short starves nobody."""
    due = due_resources().filter(connection=connection).order_by("reconsider_at", "pk")
    ids = list(due.values_list("pk", flat=True))
    rows = RemoteResource.objects.select_related("collection")
    for start in range(0, len(ids), BATCH):
        yield list(rows.filter(pk__in=ids[start : start + BATCH]))
