"""What a person decides about what a guard holds back (D21). Approved, it happens; kept, what
is there stays. Either is one step, told in the log with who it was."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from calendars.models import BlockedSlot, User
from icloud_sync import outbox
from icloud_sync.connecting.keep import sync_soon
from icloud_sync.connecting.story import tell
from icloud_sync.core.refs import SourceRef, parse_source_ref
from icloud_sync.models import Hold, OutboxEntry, RemoteResource
from icloud_sync.snapshots import slots_of_resources

Kind, State = Hold.Kind, Hold.State
Outbox = OutboxEntry.State

WHAT_APPROVING_DOES = {
    Kind.VANISHED: "The events are marked as deleted in iCloud. Appointments and Blocked Slots "
    "stay; where the connection frees what is deleted in iCloud, the slots' time becomes free.",
    Kind.SHRUNK: "The Blocked Slots of these occurrences go, and their time becomes free. They "
    "can be restored from the sync log.",
    Kind.DELETES: "The events are deleted in iCloud. What they said stays in the sync log.",
}
WHAT_KEEPING_DOES = {
    Kind.VANISHED: "The Blocked Slots keep their time, and the events of appointments are put "
    "back into iCloud.",
    Kind.SHRUNK: "The Blocked Slots stay, and keep their time.",
    Kind.DELETES: "Nothing is deleted in iCloud. Blocked Slots come back; the events of "
    "appointments stay there and are not updated while the appointment is out of iCloud.",
}


class Decided(Exception):
    """Somebody was faster, or it is no longer so."""


def approve(hold: Hold, *, actor: User | None = None) -> None:
    decide(hold, State.APPROVED, approve_deletes, actor)


def keep(hold: Hold, *, actor: User | None = None) -> None:
    decide(hold, State.KEPT, keep_events, actor)


@transaction.atomic
def decide(hold: Hold, state: str, of_deletes: Callable[[Hold], None], actor: User | None) -> None:
    mine = Hold.objects.filter(pk=hold.pk, state=State.WAITING)
    if not mine.update(state=state, decided_at=timezone.now(), decided_by=actor):
        raise Decided("It was decided already, or is no longer so. Nothing was changed.")
    if hold.kind == Kind.DELETES:
        of_deletes(hold)
    elif hold.kind == Kind.SHRUNK and hold.resource:
        settle_series(hold, hold.resource, state)
    word = "Approved" if state == State.APPROVED else "Kept"
    tell(hold.connection, "decide", f"{word}: {hold.message}", actor)
    sync_soon(hold.connection)


def settle_series(hold: Hold, resource: RemoteResource, state: str) -> None:
    """Looked at again with no request; kept slots are as good as deleted in iCloud."""
    if state == State.KEPT:
        refs = [str(SourceRef(resource.pk, str(rid))) for rid in hold.what]
        BlockedSlot.objects.filter(source_ref__in=refs).update(removed_at_source_at=timezone.now())
    RemoteResource.objects.filter(pk=resource.pk).update(reconsider_at=timezone.now())


def approve_deletes(hold: Hold) -> None:
    for entry in held_rows(hold):
        newer = outbox.same_object(entry).filter(state=Outbox.WAITING)
        if newer.update(is_approved=True):
            entry.delete()
        else:
            OutboxEntry.objects.filter(pk=entry.pk, state=Outbox.HELD).update(
                state=Outbox.WAITING, is_approved=True, not_before=timezone.now()
            )
    outbox.nudge(hold.connection_id)


def keep_events(hold: Hold) -> None:
    for entry in held_rows(hold):
        if entry.kind == OutboxEntry.Kind.APPOINTMENT:
            copy = hold.connection.resources.filter(appointment_id=entry.object_id)
            copy.update(left_there=True)
        elif ref := parse_source_ref(entry.source_ref):
            due = {"reconsider_at": timezone.now()}
            hold.connection.resources.filter(pk=ref.resource_id).update(**due)
        entry.delete()


def names(hold: Hold) -> list[str]:
    """What it is about, for people: titles where we know them."""
    if hold.kind == Kind.VANISHED:
        known = hold.connection.resources.filter(href__in=hold.what).select_related("appointment")
        return [name_of(resource) for resource in known]
    if hold.kind == Kind.SHRUNK and hold.resource:
        refs = [str(SourceRef(hold.resource.pk, str(rid))) for rid in hold.what]
        return [slot_name(slot) for slot in BlockedSlot.objects.filter(source_ref__in=refs)]
    rows = hold.connection.outbox.filter(pk__in=hold.what)
    return [str(entry) for entry in rows]


def name_of(resource: RemoteResource) -> str:
    if resource.appointment:
        return f"{resource.appointment.title}, {resource.appointment.starts_at:%Y-%m-%d}"
    slot = slots_of_resources(resource.connection.user_id, [resource.pk]).first()
    return slot_name(slot) if slot else resource.href


def slot_name(slot: BlockedSlot) -> str:
    return f"{slot.title}, {slot.starts_at:%Y-%m-%d}"


def held_rows(hold: Hold) -> list[OutboxEntry]:
    return list(hold.connection.outbox.filter(pk__in=hold.what, state=Outbox.HELD))
