"""Many events of an account gone at once: believed when a person says so (D21)."""

from collections.abc import Collection

from icloud_sync.core.guard import judge
from icloud_sync.guards.holds import Kind, keep_waiting, names_of, no_longer, waiting
from icloud_sync.models import ICloudConnection, RemoteResource
from icloud_sync.synclog import Journal

ALIVE = (RemoteResource.State.SYNCED, RemoteResource.State.NEEDS_ATTENTION)


def hold_back(
    connection: ICloudConnection,
    missing: Collection[str],
    listed: Collection[str],
    counted: int,
    journal: Journal,
) -> frozenset[str]:
    """`missing`: hrefs that neither the listing nor a second look shows; `listed`: what is
    there, after all. `counted`: how many this run has seen go before. Returns those that wait
    for a person from now on."""
    hold = waiting(connection, Kind.VANISHED)
    if not missing and hold is None:
        return frozenset()
    there = connection.resources.filter(state__in=ALIVE)
    absent = [href for href in names_of(hold) if href not in listed]
    before = there.filter(href__in=absent).values_list("href", flat=True)
    number = there.count()
    held = judge(missing, number, before, already=counted).held
    if held:
        message = (
            f"{len(held)} of {number} events are gone from the account at once. Nothing was "
            "concluded from it: approve that they were deleted in iCloud, or keep what is here."
        )
        keep_waiting(connection, Kind.VANISHED, held, number, message, journal)
    else:
        no_longer(connection, Kind.VANISHED, journal)
    return held
