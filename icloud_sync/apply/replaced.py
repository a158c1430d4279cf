"""An event that somebody put where a copy of ours is, or was to be. It is theirs, whatever its
address says: it comes in like any other, and ours gives way (C14)."""

import uuid
from collections.abc import Iterable

from icloud_sync.apply.rows import Rows
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.uid import is_another
from icloud_sync.core.values import Fetched
from icloud_sync.models import RemoteResource
from icloud_sync.synclog import Outcome

State = RemoteResource.State
AT_OURS = (
    "another event is at the address that was chosen for appointment {}: it stays and comes in, "
    "ours gets another address"
)
FOR_OURS = "another event was put in the place of appointment {}'s: it stays and comes in"


def give_way(rows: Rows, writer: Writer, fetched: Iterable[Fetched]) -> None:
    """Of copies alone, whose UIDs we made: an event of somebody else's that gets another UID
    where it is was edited (R9)."""
    for one in fetched:
        resource = rows.resources.get(one.href)
        if resource and resource.appointment_id and is_another(one.body, resource.uid):
            del rows.resources[one.href]
            move_out(resource, writer)


def move_out(resource: RemoteResource, writer: Writer) -> None:
    """Ours may be anywhere by now: a look at all of the account finds it by its UID (D17)."""
    fresh = {"href": f"{resource.collection.href}{uuid.uuid4()}.ics"}
    if resource.state == State.PENDING:
        fresh["base"] = ""  # never stored here
        tell("choose another address", AT_OURS, resource, writer)
    elif resource.state in (State.SYNCED, State.NEEDS_ATTENTION):
        tell("give way", FOR_OURS, resource, writer)
        writer.mark_deleted(resource)
        resource.state_reason = f"Replaced by another event in iCloud, seen {writer.now:%Y-%m-%d}."
    RemoteResource.objects.filter(pk=resource.pk).update(**fresh)
    resource.href = fresh["href"]


def tell(action: str, sentence: str, resource: RemoteResource, writer: Writer) -> None:
    number = resource.appointment_id
    writer.entries.append(
        writer.journal.entry(
            action, Outcome.DONE, sentence.format(number), resource=resource, appointment_id=number
        )
    )
