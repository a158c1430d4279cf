"""Many events about to be deleted in iCloud at once: a person says whether they go (D21)."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.models import Appointment, BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync import outbox
from icloud_sync.core.guard import judge
from icloud_sync.core.policy import OUT_OF_ICLOUD
from icloud_sync.guards.holds import Kind, keep_waiting
from icloud_sync.models import Hold, ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.synclog import Direction, Journal, Outcome

State = OutboxEntry.State
# Saves come one after the other, and each may be sent before the next is made.
AT_ONCE = timedelta(hours=1)
TOOK_OUT = ("took out", "took out of its series")


def hold_back(
    entry: OutboxEntry, connection: ICloudConnection, now: datetime, journal: Journal
) -> bool:
    """Whether this row, which would delete something, waits for a person from now on, and with
    it all others that would."""
    if entry.is_approved:
        return False
    removals = removing(connection)
    of = how_much_is_there(connection, removals)
    asked = {str(pk) for pk in removals.values_list("pk", flat=True)} | {str(entry.pk)}
    held = judge(asked, of, already=lately(connection, now)).held
    if held:
        message = (
            f"{len(held)} of {of} events are about to be deleted in iCloud at once. They wait: "
            "approve that they go, or keep them in iCloud."
        )
        with transaction.atomic():
            set_aside(entry, removals)
            keep_waiting(connection, Kind.DELETES, held, of, message, journal)
    return bool(held)


def set_aside(entry: OutboxEntry, removals: QuerySet[OutboxEntry]) -> None:
    """A row that was held before, and waits again, is one."""
    for one in [entry, *removals.filter(state=State.WAITING)]:
        outbox.same_object(one).filter(state=State.HELD).delete()
        mine = OutboxEntry.objects.filter(pk=one.pk, state=one.state, claimed_by=one.claimed_by)
        mine.update(state=State.HELD, claimed_by="", claimed_until=None)


def removing(connection: ICloudConnection) -> QuerySet[OutboxEntry]:
    """Rows whose object is to go from iCloud: a slot that was deleted here, an appointment that
    was, or that is out of this account."""
    rows = connection.outbox.filter(is_approved=False).exclude(state=State.NEEDS_ATTENTION)
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


def how_much_is_there(connection: ICloudConnection, removals: QuerySet[OutboxEntry]) -> int:
    """Copies of appointments, and slots, those that are to go included."""
    resources = connection.resources.filter(state=RemoteResource.State.SYNCED)
    slots = BlockedSlot.objects.filter(
        user=connection.user_id, origin=SlotOrigin.ICLOUD.value, removed_at_source_at=None
    )
    copies = resources.filter(appointment_id__isnull=False).count()
    return copies + slots.count() + removals.filter(kind=OutboxEntry.Kind.SLOT).count()


def lately(connection: ICloudConnection, now: datetime) -> int:
    """How many we deleted already; none where a person has just approved of many."""
    since = now - AT_ONCE
    approved = Hold.objects.filter(
        connection=connection, kind=Kind.DELETES, state=Hold.State.APPROVED, decided_at__gte=since
    )
    if approved.exists():
        return 0
    done = connection.log.filter(direction=Direction.PUSH, action__in=TOOK_OUT)
    return done.filter(outcome=Outcome.DONE, created_at__gte=since).count()
