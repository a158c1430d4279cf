"""An event that somebody put where another one is, or was to be: a copy of ours, or one that is
gone. It is another event, whatever its address says: it comes in like any other, and what we
know of the first gives way (C14)."""

import uuid
from collections.abc import Iterable

from icloud_sync.apply.rows import Rows
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.uid import is_another
from icloud_sync.core.values import Fetched
from icloud_sync.models import RemoteResource

State = RemoteResource.State
GONE = (State.DELETED_IN_ICLOUD, State.REMOVED)
AT_OURS = (
    "another event is at the address that was chosen for appointment {}: it stays and comes in, "
    "ours gets another address"
)
REPLACED = "was replaced by another event in iCloud, which comes in as it is"


def give_way(rows: Rows, writer: Writer, fetched: Iterable[Fetched]) -> None:
    for one in fetched:
        resource = rows.resources.get(one.href)
        if resource and is_one_of_its_own(resource) and is_another(one.body, resource.uid):
            del rows.resources[one.href]
            move_out(resource, writer)


def is_one_of_its_own(resource: RemoteResource) -> bool:
    """A copy, whose UID we made; or gone (R12). An event of somebody else's that gets another
    UID where it is was edited (R9)."""
    return bool(resource.appointment_id) or resource.state in GONE


def move_out(resource: RemoteResource, writer: Writer) -> None:
    """Ours may be anywhere by now: a look at all of the account finds it by its UID (D17)."""
    fresh = {"href": f"{resource.collection.href}{uuid.uuid4()}.ics"}
    if resource.state == State.PENDING:
        fresh["base"] = ""  # never stored here
        tell(resource, writer)
    elif resource.state in (State.SYNCED, State.NEEDS_ATTENTION):
        writer.mark_deleted(resource, REPLACED, writer.connection.frees_deleted)
        resource.state_reason = f"Replaced by another event in iCloud, seen {writer.now:%Y-%m-%d}."
    RemoteResource.objects.filter(pk=resource.pk).update(**fresh)
    resource.href = fresh["href"]


def tell(resource: RemoteResource, writer: Writer) -> None:
    number = resource.appointment_id
    writer.log("choose another address", AT_OURS.format(number), resource, appointment_id=number)
