"""The window's far edge, rolled forward from stored bodies: no request to iCloud (D10)."""

from collections.abc import Iterator

from django.utils import timezone

from icloud_sync import leases
from icloud_sync.apply import reconsider
from icloud_sync.models import ICloudConnection, RemoteResource
from icloud_sync.synclog import Journal

BATCH = 100


def roll(connection_id: int) -> int:
    """Series planned again, whose occurrences may have entered the window. How many."""
    with leases.hold(connection_id) as lease:
        if lease is None:
            return 0  # tomorrow, then
        connection = ICloudConnection.objects.select_related("user").get(pk=connection_id)
        journal, count = Journal(connection, "pull"), 0
        for batch in batches(connection):
            lease.renew()
            reconsider(connection, batch, timezone.now(), journal)
            count += len(batch)
        journal.close()
        return count


def batches(connection: ICloudConnection) -> Iterator[list[RemoteResource]]:
    """Series, and single events that were beyond the window until now."""
    due = connection.resources.filter(
        state=RemoteResource.State.SYNCED, reconsider_at__lte=timezone.now()
    )
    rows = due.select_related("collection")
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch
