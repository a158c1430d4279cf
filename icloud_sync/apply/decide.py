"""One resource against our rows: interpreted, planned by core, handed to the writer."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from calendars.models import Appointment, BlockedSlot
from icloud_sync.apply.bodies import Bodies
from icloud_sync.apply.rows import Rows
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.document import STRANGERS, Document, UnreadableResource
from icloud_sync.core.ical.parse import interpret, pick_all
from icloud_sync.core.pull_plan import (
    GUESTS,
    READ_ONLY,
    CopyState,
    SlotState,
    Versions,
    compare,
    overlaps,
    plan_copy,
    plan_orphan,
    plan_slots,
)
from icloud_sync.core.refs import SourceRef, parse_source_ref
from icloud_sync.core.values import EventFields, Occurrence, ParsedResource, Window, Zones
from icloud_sync.guards.shrunk import hold_back
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.snapshots import (
    appointment_fields,
    belongs,
    blocking_of,
    current_window,
    refusal,
    slot_fields,
    zones_for,
)

# How far an occurrence may have been moved from where its appointment is.
OWN_MARGIN = timedelta(days=31)


@dataclass
class Deciding:
    """A resource in hand, with our rows about it. `slots`: by recurrence-id."""

    resource: RemoteResource
    appointment: Appointment | None
    slots: dict[str, BlockedSlot]
    rows: Rows
    writer: Writer

    @property
    def window(self) -> Window:
        return window_for(self.appointment, self.writer.now)

    def zones(self, agreed_zone: str = "") -> Zones:
        dates_zone = self.resource.dates_zone
        return zones_for(self.writer.connection, self.appointment, agreed_zone, dates_zone)

    def meaning(self, document: Document, zones: Zones, also: Iterable[str] = ()) -> ParsedResource:
        """With what our slots are about where that lies outside of the window: moved here
        and iCloud not told yet, or moved far away there. `also`: more to find there."""
        blocking = blocking_of(self.writer.connection)
        parsed = interpret(document, self.window, zones, blocking)
        found = {one.recurrence_id for one in parsed.occurrences}
        wanted = dict.fromkeys((*self.slots_in_window(), *also))
        elsewhere = [rid for rid in wanted if rid not in found]
        more = tuple(pick_all(document, elsewhere, zones, blocking))
        return replace(parsed, occurrences=parsed.occurrences + more) if more else parsed

    def slots_in_window(self) -> list[str]:
        window = current_window(self.writer.now)
        return [rid for rid, slot in self.slots.items() if overlaps(slot_fields(slot), window)]

    def base(self, bodies: Bodies, theirs: ParsedResource) -> ParsedResource | None:
        """What was agreed; None where there is nothing to compare with. With what had left
        the window, kept its slot, and is moved into it again."""
        if not self.resource.base:
            return None
        back = [one.recurrence_id for one in theirs.occurrences if one.recurrence_id in self.slots]
        try:
            document = bodies.document(self.resource.base)
            return self.meaning(document, self.zones(self.resource.agreed_zone), back)
        except UnreadableResource:
            return None

    def versions(self, document: Document, bodies: Bodies) -> Versions:
        """Raises UnreadableResource."""
        known: dict[str, EventFields] = {rid: slot_fields(s) for rid, s in self.slots.items()}
        own = None
        # What left its series is not looked for in what became of the rest.
        if self.appointment and not self.resource.own_occurrence_gone:
            own = self.resource.recurrence_id
            known[own] = appointment_fields(self.appointment)
        theirs = self.meaning(document, self.zones())
        return compare(self.base(bodies, theirs), theirs, known, self.window, self.zones(), own)


def decide(
    resource: RemoteResource, document: Document, rows: Rows, writer: Writer, bodies: Bodies
) -> ParsedResource | None:
    """Plan one resource and hand the actions to the writer. Returns what is agreed from now
    on; None: not ours to follow now. Raises UnreadableResource, with nothing planned."""
    appointment = rows.appointments.get(resource.appointment_id or 0)
    if appointment and refusal(appointment.calendar, writer.connection):
        return None  # R2, D19: neither told nor followed until it is served again
    slots = {slot_rid(slot): slot for slot in rows.slots.get(resource.pk, [])}
    deciding = Deciding(resource, appointment, slots, rows, writer)
    versions = deciding.versions(document, bodies)
    writer.rename(resource, slots, versions.names, rows.waiting)
    take_out_again(deciding, versions)
    if appointment:
        others = decide_copy(deciding, appointment, versions)
    elif document.uid in rows.minted:  # one of ours is never a slot (R8, D16)
        others = decide_orphan(deciding, versions)
    else:
        others = versions.theirs.occurrences
    decide_slots(deciding, others, versions)
    return versions.theirs


def take_out_again(deciding: Deciding, versions: Versions) -> None:
    """Deleted here while the event was gone: now that it is back, they go (D6)."""
    resource = deciding.resource
    for rid, slot_id in resource.deleted_here.items():
        ref = str(SourceRef(resource.pk, versions.now(rid)))
        deciding.rows.deleted_here.add(ref)
        deciding.writer.push(OutboxEntry.Kind.SLOT, slot_id, ref)
    resource.deleted_here = {}


def decide_copy(
    deciding: Deciding, appointment: Appointment, versions: Versions
) -> Collection[Occurrence]:
    """Returns the occurrences that are not the appointment (D13)."""
    resource, writer = deciding.resource, deciding.writer
    actions, own = plan_copy(copy_state(appointment, resource, writer), versions)
    writer.take(actions, resource, appointment)
    return [one for one in versions.theirs.occurrences if one is not own]


def decide_orphan(deciding: Deciding, versions: Versions) -> Collection[Occurrence]:
    """Its appointment was deleted here; of a series the others live on (D13)."""
    resource, was = deciding.resource, deciding.resource.recurrence_id
    actions = plan_orphan(resource.appointment_id, was, versions)
    deciding.writer.take_orphan(actions, resource)
    own = versions.now(was)
    if not versions.theirs.is_recurring:
        # Of a series that ours had left the rest is somebody's; else it is ours, and goes.
        return versions.theirs.occurrences if resource.own_occurrence_gone else []
    if not own:
        return []
    resource.recurrence_id = own
    return [one for one in versions.theirs.occurrences if one.recurrence_id != own]


def decide_slots(deciding: Deciding, others: Collection[Occurrence], versions: Versions) -> None:
    resource, writer = deciding.resource, deciding.writer
    reason = read_only_reason(versions.theirs, resource)
    actions = plan_slots(
        list(others),
        {versions.now(rid): slot_state(slot) for rid, slot in deciding.slots.items()},
        versions.agreed,
        current_window(writer.now),
        reason,
        deleted_here(resource, deciding.rows.deleted_here, versions.names),
    )
    if writer.connection.frees_deleted:
        named = {slot.pk: versions.now(rid) for rid, slot in deciding.slots.items()}
        actions = hold_back(actions, resource, named, writer.journal)
    by_pk = {slot.pk: slot for slot in deciding.slots.values()}
    writer.take_slots(actions, resource, by_pk, reason)


def deleted_here(
    resource: RemoteResource, refs: Collection[str], names: Mapping[str, str]
) -> set[str]:
    prefix = str(SourceRef(resource.pk, ""))
    rids = (ref.removeprefix(prefix) for ref in refs if ref.startswith(prefix))
    return {names.get(rid, rid) for rid in rids}


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
    if parsed.has_strangers:
        return STRANGERS
    return "" if resource.collection.can_write else READ_ONLY


def copy_state(appointment: Appointment, resource: RemoteResource, writer: Writer) -> CopyState:
    return CopyState(
        appointment.pk,
        appointment_fields(appointment),
        belongs(appointment, writer.connection),
        resource.recurrence_id,
        resource.own_occurrence_gone,
        resource.left_there,
    )


def slot_rid(slot: BlockedSlot) -> str:
    ref = parse_source_ref(slot.source_ref)
    return ref.recurrence_id if ref else ""


def slot_state(slot: BlockedSlot) -> SlotState:
    return SlotState(
        slot.pk,
        slot_fields(slot),
        slot.is_busy,
        slot.busy_at_source,
        slot.busy_from,
        slot.read_only_reason,
        slot.removed_at_source_at is not None,
    )
