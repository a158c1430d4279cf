"""One step: the next rows of each kind."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from icloud_sync import outbox
from icloud_sync.drift import copies, missing, slots
from icloud_sync.drift.pages import Untold
from icloud_sync.models import ICloudConnection
from icloud_sync.synclog import Direction, Outcome, tell


@dataclass(frozen=True)
class Place:
    """After which keys the next step begins; 0 for the beginning."""

    appointment: int = 0
    copy: int = 0
    slot: int = 0


def look(place: Place, now: datetime) -> tuple[Place, int]:
    """Where the next step begins, and how much was found in this one."""
    appointments = missing.next_page(place.appointment, now)
    found = list(missing.untold(appointments.rows))
    resources = copies.next_page(place.copy)
    found += copies.untold(resources.rows, now)
    from_icloud = slots.next_page(place.slot)
    found += slots.untold(from_icloud.rows, now)
    enqueue(found)
    return Place(appointments.next_after, resources.next_after, from_icloud.next_after), len(found)


def enqueue(found: Iterable[Untold]) -> None:
    refs: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    for one in found:
        refs[one.connection_id, one.kind][one.object_id] = one.source_ref
    for (connection_id, kind), those in refs.items():
        outbox.enqueue_objects(connection_id, kind, those)
        tell_of(connection_id, len(those))


def tell_of(connection_id: int, number: int) -> None:
    """The log's other entries say what was sent of it."""
    connection = ICloudConnection.objects.get(pk=connection_id)
    what = "1 change" if number == 1 else f"{number} changes"
    sentence = f"Found {what} that nobody had told of (a bulk edit, a script, an import)"
    tell(connection, "find", Outcome.DONE, sentence, direction=Direction.PUSH)
