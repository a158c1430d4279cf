"""One resource against our rows: read, planned by core, handed to the writer."""

from datetime import datetime, timedelta

from calendars.models import Appointment, BlockedSlot
from icloud_sync.apply.rows import Rows
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from icloud_sync.core.pull_plan import (
    GUESTS,
    READ_ONLY,
    Action,
    CopyState,
    SlotState,
    plan_copy,
    plan_orphan,
    plan_slots,
    rekey,
)
from icloud_sync.core.refs import SourceRef, parse_source_ref
from icloud_sync.core.values import Occurrence, ParsedResource, Window
from icloud_sync.models import (
    RemoteResource,
)
from icloud_sync.snapshots import (
    appointment_fields,
    belongs,
    current_window,
    refusal,
    slot_fields,
    zones_for,
)

# How far an occurrence may have been moved from where its appointment is.
OWN_MARGIN = timedelta(days=31)


def decide(resource: RemoteResource, parsed: ParsedResource, rows: Rows, writer: Writer) -> bool:
    """Plan one resource and hand the actions to the writer. False: not ours to follow
    now, and so nothing was agreed either."""
    base = base_of(resource, rows, writer)
    appointment = rows.appointments.get(resource.appointment_id or 0)
    if appointment is None:
        if parsed.uid in rows.minted:  # one of ours is never a slot (R8, D16)
            writer.take_orphan(plan_orphan(resource.appointment_id, base, parsed), resource)
            if resource.recurrence_id and parsed.is_recurring:  # the others are slots (D13)
                own_id = resource.recurrence_id
                others = [one for one in parsed.occurrences if one.recurrence_id != own_id]
                plan_others(resource, others, parsed, base, rows, writer)
        else:
            plan_others(resource, list(parsed.occurrences), parsed, base, rows, writer)
        return True
    if refusal(appointment.calendar, writer.connection):
        return False  # R2, D19: neither told nor followed until it is served again
    actions, own = plan_copy(copy_state(appointment, resource, writer), base, parsed)
    writer.take(actions, resource, appointment)
    if parsed.is_recurring:
        others = [one for one in parsed.occurrences if one is not own]
        plan_others(resource, others, parsed, base, rows, writer)
    elif rows.slots.get(resource.pk):
        plan_others(resource, [], parsed, base, rows, writer)  # no series any more
    return True


def plan_others(
    resource: RemoteResource,
    others: list[Occurrence],
    parsed: ParsedResource,
    base: ParsedResource | None,
    rows: Rows,
    writer: Writer,
) -> None:
    slots = {slot_rid(slot): slot for slot in rows.slots.get(resource.pk, [])}
    states = {rid: slot_state(slot) for rid, slot in slots.items()}
    states, renamed = rekey(states, others)
    if renamed:
        writer.rekey(resource, *renamed)
    prefix = str(SourceRef(resource.pk, ""))
    agreed = {one.recurrence_id: one for one in (base.occurrences if base else ())}
    if renamed and "" in agreed:
        agreed[renamed[1]] = agreed[""]
    reason = read_only_reason(parsed, resource)
    actions: list[Action] = plan_slots(
        others,
        states,
        agreed,
        current_window(writer.now),
        reason,
        frozenset(ref.removeprefix(prefix) for ref in rows.deleted_here if ref.startswith(prefix)),
    )
    by_pk = {slot.pk: slot for slot in slots.values()}
    writer.take_slots(actions, resource, by_pk, reason)


def read(
    body: str,
    resource: RemoteResource | None,
    rows: Rows,
    writer: Writer,
    agreed_zone: str = "",
) -> ParsedResource:
    appointment = rows.appointments.get(resource.appointment_id or 0) if resource else None
    zones = zones_for(writer.connection, appointment, agreed_zone)
    return parse(body, window_for(appointment, writer.now), zones)


def base_of(resource: RemoteResource, rows: Rows, writer: Writer) -> ParsedResource | None:
    """What was agreed; None where there is nothing to compare with."""
    if not resource.base:
        return None
    try:
        return read(resource.base, resource, rows, writer, resource.agreed_zone)
    except UnreadableResource:
        return None


def window_for(appointment: Appointment | None, now: datetime) -> Window:
    """Wide enough for the appointment's own occurrence: one that has passed is not gone."""
    window = current_window(now)
    if appointment is None:
        return window
    start, end = appointment.starts_at - OWN_MARGIN, appointment.ends_at + OWN_MARGIN
    return Window(min(window.starts_at, start), max(window.ends_at, end))


def read_only_reason(parsed: ParsedResource, resource: RemoteResource) -> str:
    if parsed.has_guests:
        return GUESTS
    return "" if resource.collection.can_write else READ_ONLY


def copy_state(appointment: Appointment, resource: RemoteResource, writer: Writer) -> CopyState:
    return CopyState(
        appointment.pk,
        appointment_fields(appointment),
        belongs(appointment, writer.connection),
        resource.recurrence_id,
        resource.own_occurrence_gone,
    )


def slot_rid(slot: BlockedSlot) -> str:
    ref = parse_source_ref(slot.source_ref)
    return ref.recurrence_id if ref else ""


def slot_state(slot: BlockedSlot) -> SlotState:
    return SlotState(
        slot.pk,
        slot_fields(slot),
        slot.is_busy,
        slot.read_only_reason,
        slot.removed_at_source_at is not None,
    )
