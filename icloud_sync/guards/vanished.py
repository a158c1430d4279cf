"""Many events of an account gone at once: believed when a person says so (D21)."""

from collections.abc import Collection

from icloud_sync.core.guard import judge
from icloud_sync.guards.holds import Kind, keep_waiting, names_of, no_longer, waiting
from icloud_sync.models import ICloudConnection, RemoteResource
from icloud_sync.synclog import Journal

ALIVE = (RemoteResource.State.SYNCED, RemoteResource.State.NEEDS_ATTENTION)


def hold_back(
    connection: ICloudConnection, missing: Collection[str], counted: int, journal: Journal
) -> frozenset[str]:
    """`missing`: hrefs that neither the listing nor a second look shows. `counted`: how many
    this run has seen go before. Returns those that wait for a person from now on."""
    hold = waiting(connection, Kind.VANISHED)
    if not missing and hold is None:
        return frozenset()
    there = connection.resources.filter(state__in=ALIVE)
    before = there.filter(href__in=names_of(hold)).values_list("href", flat=True)
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


def came_back(connection: ICloudConnection, hrefs: Collection[str], journal: Journal) -> None:
    """Of what waits, these are there after all."""
    hold = waiting(connection, Kind.VANISHED)
    left = set(names_of(hold)) - set(hrefs)
    if hold is None or len(left) == len(hold.what):
        return
    if left:
        keep_waiting(connection, Kind.VANISHED, left, hold.of, hold.message, journal)
    else:
        no_longer(connection, Kind.VANISHED, journal)
