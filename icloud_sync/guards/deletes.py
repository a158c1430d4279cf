"""Many events about to be deleted in iCloud at once: a person says whether they go (D21)."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.models import Appointment, BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync import outbox
from icloud_sync.core.guard import LEAST, judge
from icloud_sync.core.policy import OUT_OF_ICLOUD
from icloud_sync.guards.holds import Kind, keep_waiting, no_longer, waiting
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.synclog import Journal

State = OutboxEntry.State


def hold_back(connection: ICloudConnection, due: int, journal: Journal) -> None:
    """`due`: how many rows are about to be worked off; a few of them are nobody's business."""
    hold = waiting(connection, Kind.DELETES)
    if due <= LEAST and hold is None:
        return
    removals = removing(connection)
    of = how_much_is_there(connection)
    held = judge([str(pk) for pk in removals.values_list("pk", flat=True)], of).held
    if held:
        message = (
            f"{len(held)} of {of} events are about to be deleted in iCloud at once. They wait: "
            "approve that they go, or keep them in iCloud."
        )
        with transaction.atomic():
            set_waiting_aside(removals, held)
            keep_waiting(connection, Kind.DELETES, held, of, message, journal)
    elif hold:
        removals.filter(state=State.HELD).update(state=State.WAITING)
        no_longer(connection, Kind.DELETES, journal)


def set_waiting_aside(removals: QuerySet[OutboxEntry], held: frozenset[str]) -> None:
    """A row that was held before, and waits again, is one."""
    for entry in removals.filter(pk__in=held, state=State.WAITING):
        outbox.same_object(entry).filter(state=State.HELD).delete()
        OutboxEntry.objects.filter(pk=entry.pk, state=State.WAITING).update(state=State.HELD)


def removing(connection: ICloudConnection) -> QuerySet[OutboxEntry]:
    """Rows that wait or are held, and whose object is to go from iCloud: a slot that was
    deleted here, an appointment that was, or that is out of this account."""
    rows = connection.outbox.filter(state__in=(State.WAITING, State.HELD), is_approved=False)
    slots = BlockedSlot.objects.filter(pk=OuterRef("object_id"))
    stays = Appointment.objects.filter(pk=OuterRef("object_id"), hosts=connection.user_id).exclude(
        status__in=[status.value for status in OUT_OF_ICLOUD]
    )
    copies = RemoteResource.objects.filter(
        connection=connection,
        appointment_id=OuterRef("object_id"),
        state=RemoteResource.State.SYNCED,
        own_occurrence_gone=False,
        left_there=False,
    )
    is_slot = Q(kind=OutboxEntry.Kind.SLOT) & ~Q(Exists(slots))
    is_copy = Q(kind=OutboxEntry.Kind.APPOINTMENT) & ~Q(Exists(stays)) & Q(Exists(copies))
    return rows.filter(is_slot | is_copy)


def how_much_is_there(connection: ICloudConnection) -> int:
    """Copies of appointments, and slots, those that are to go included."""
    resources = connection.resources.filter(state=RemoteResource.State.SYNCED)
    slots = BlockedSlot.objects.filter(
        user=connection.user_id, origin=SlotOrigin.ICLOUD.value, removed_at_source_at=None
    )
    copies = resources.filter(appointment_id__isnull=False).count()
    gone = removing(connection).filter(kind=OutboxEntry.Kind.SLOT).count()
    return copies + slots.count() + gone
