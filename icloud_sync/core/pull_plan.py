"""What a resource that changed in iCloud means for our rows. Values in, actions out.

One branch, one story. A plan only ever creates, changes or takes away Blocked Slots and
changes appointments; it never makes an appointment (R8) or a contact (R11), and it never
takes an appointment away (R6).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from icloud_sync.core.merge import Conflict, Merge, Side, changed_fields, merge
from icloud_sync.core.values import EventFields, Occurrence, ParsedResource, Window

GUESTS = "It has guests, and Apple would write to them."
READ_ONLY = "iCloud does not let us write to this calendar."


@dataclass(frozen=True, slots=True)
class SlotState:
    """A Blocked Slot as we have it."""

    slot_id: int
    fields: EventFields
    is_busy: bool
    read_only_reason: str = ""
    removed_at_source: bool = False


@dataclass(frozen=True, slots=True)
class CopyState:
    """An appointment that this resource is a copy of. `is_wanted`: it belongs in iCloud;
    a cancelled one does not. `recurrence_id`: which occurrence it is (D13); `is_gone`: it left the
    series, and we know."""

    appointment_id: int
    fields: EventFields
    is_wanted: bool
    recurrence_id: str = ""
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class CreateSlot:
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class UpdateSlot:
    """`changed` is empty where only what we know of its source changed."""

    slot_id: int
    before: EventFields
    after: Occurrence
    changed: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoveSlot:
    """Its occurrence left the series: a change, not a deletion (R12)."""

    slot_id: int
    before: EventFields


@dataclass(frozen=True, slots=True)
class PushSlot:
    """Changed here, and iCloud has not been told."""

    slot_id: int


@dataclass(frozen=True, slots=True)
class UpdateAppointment:
    appointment_id: int
    before: EventFields
    after: EventFields
    changed: tuple[str, ...]
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class PushAppointment:
    """Changed here, and iCloud has not been told. `why` goes into the log."""

    appointment_id: int


@dataclass(frozen=True, slots=True)
class FollowOccurrence:
    """Somebody made a series of our event: the appointment is this one of it (D13)."""

    appointment_id: int
    recurrence_id: str


@dataclass(frozen=True, slots=True)
class MarkOccurrenceGone:
    """Our occurrence is gone from the series; the appointment stays (R6), and so do the
    other occurrences. `by_us`: it was to go anyway, nobody need be told."""

    appointment_id: int
    by_us: bool


@dataclass(frozen=True, slots=True)
class MarkOccurrenceBack:
    appointment_id: int


@dataclass(frozen=True, slots=True)
class KeepLosing:
    """The appointment is out of iCloud here, and was edited there: what was typed there
    stays in the log (D8: a cancellation beats edits)."""

    appointment_id: int
    lost: EventFields
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeepLosingSlot:
    """Deleted here, iCloud not told yet, and edited there: it goes all the same (D6, D8),
    what was typed there stays in the log."""

    lost: EventFields
    changed: tuple[str, ...]


Action = (
    CreateSlot
    | UpdateSlot
    | RemoveSlot
    | PushSlot
    | UpdateAppointment
    | PushAppointment
    | FollowOccurrence
    | MarkOccurrenceGone
    | MarkOccurrenceBack
    | KeepLosing
    | KeepLosingSlot
)


def plan_copy(
    copy: CopyState, base: ParsedResource | None, theirs: ParsedResource
) -> tuple[list[Action], Occurrence | None]:
    """What an appointment's copy means for it, and which occurrence is its own."""
    own = own_occurrence(copy, base, theirs)
    if own is None:
        gone = MarkOccurrenceGone(copy.appointment_id, by_us=not copy.is_wanted)
        return ([] if copy.is_gone else [gone]), None
    actions: list[Action] = [MarkOccurrenceBack(copy.appointment_id)] if copy.is_gone else []
    if own.recurrence_id != copy.recurrence_id:
        actions.append(FollowOccurrence(copy.appointment_id, own.recurrence_id))
    before = own_occurrence(copy, base, base) if base else None
    agreed = before.fields.timed() if before else None
    actions += plan_own(copy, agreed, own.fields.timed())
    return actions, own


def plan_own(copy: CopyState, agreed: EventFields | None, theirs: EventFields) -> list[Action]:
    if not copy.is_wanted:
        # Cancelled here, edited there: the DELETE still goes, with the etag just read.
        lost = changed_fields(agreed, theirs) if agreed else ()
        keep: list[Action] = [KeepLosing(copy.appointment_id, theirs, lost)] if lost else []
        return [*keep, PushAppointment(copy.appointment_id)]
    merged = merge(agreed, copy.fields, theirs, Side.OURS)
    actions: list[Action] = []
    if merged.to_ours or merged.conflicts:
        actions.append(
            UpdateAppointment(
                copy.appointment_id, copy.fields, merged.fields, merged.to_ours, merged.conflicts
            )
        )
    if merged.to_theirs:
        actions.append(PushAppointment(copy.appointment_id))
    return actions


def plan_orphan(
    appointment_id: int | None, base: ParsedResource | None, theirs: ParsedResource
) -> list[Action]:
    """A copy whose appointment was deleted here: its DELETE goes, an edit is kept."""
    if appointment_id is None or base is None or not base.occurrences or not theirs.occurrences:
        return []
    before, after = base.occurrences[0].fields, theirs.occurrences[0].fields
    changed = changed_fields(before, after)
    return [KeepLosing(appointment_id, after, changed)] if changed else []


def own_occurrence(
    copy: CopyState, base: ParsedResource | None, parsed: ParsedResource
) -> Occurrence | None:
    """The one that was ours; when an event becomes a series, the one that starts where
    the event did, else the first."""
    found = {occurrence.recurrence_id: occurrence for occurrence in parsed.occurrences}
    if not parsed.is_recurring:
        return found.get("")
    if copy.recurrence_id:
        moved = moved_with_series(copy.recurrence_id, base, parsed)
        return found.get(copy.recurrence_id) or found.get(moved)
    start = copy.fields.interval.starts_at
    if base is not None and not base.is_recurring and base.occurrences:
        start = base.occurrences[0].fields.interval.starts_at
    in_order = sorted(parsed.occurrences, key=lambda one: one.fields.interval.starts_at)
    same_start = [one for one in in_order if one.fields.interval.starts_at == start]
    return next(iter(same_start + in_order), None)


def moved_with_series(rid: str, base: ParsedResource | None, theirs: ParsedResource) -> str:
    """The new name of an occurrence when somebody moved its whole series: every original
    start has shifted, so that the same place in the series is the same occurrence."""
    before = sorted(one.recurrence_id for one in base.occurrences) if base else []
    after = sorted(one.recurrence_id for one in theirs.occurrences)
    if rid not in before or set(before) & set(after) or len(before) != len(after):
        return ""
    return after[before.index(rid)]


def plan_slots(
    theirs: list[Occurrence],
    slots: Mapping[str, SlotState],
    base: Mapping[str, Occurrence],
    window: Window,
    read_only_reason: str = "",
    deleted_here: frozenset[str] = frozenset(),
) -> list[Action]:
    """Occurrences and slots matched by recurrence-id. `base`: as last agreed, by
    recurrence-id. `deleted_here`: deleted in Referins, and iCloud not told yet (D6)."""
    actions: list[Action] = []
    wanted = {one.recurrence_id: one for one in theirs if one.recurrence_id not in deleted_here}
    for rid, occurrence in wanted.items():
        slot = slots.get(rid)
        if slot is None:
            if overlaps(occurrence.fields, window):
                actions.append(CreateSlot(occurrence))
        else:
            actions += plan_slot(slot, base.get(rid), occurrence, read_only_reason)
    for one in theirs:
        agreed = base.get(one.recurrence_id) if one.recurrence_id in deleted_here else None
        if agreed and (lost := changed_fields(agreed.fields, one.fields)):
            actions.append(KeepLosingSlot(one.fields, lost))
    for rid, slot in slots.items():
        # What has left the window is simply not in the answer: such slots stay (D10).
        if rid not in wanted and overlaps(slot.fields, window):
            actions.append(RemoveSlot(slot.slot_id, slot.fields))
    return actions


def plan_slot(
    slot: SlotState, agreed: Occurrence | None, theirs: Occurrence, read_only_reason: str
) -> list[Action]:
    before = agreed.fields if agreed else None
    merged: Merge = merge(before, slot.fields, theirs.fields, Side.THEIRS)
    # D9: free or busy is iCloud's only when it changed there; "free this time" is ours.
    changed_there = agreed is None or agreed.is_busy != theirs.is_busy
    is_busy = theirs.is_busy if changed_there else slot.is_busy
    actions: list[Action] = []
    if (
        merged.to_ours
        or slot.is_busy != is_busy
        or slot.removed_at_source
        or slot.read_only_reason != read_only_reason
    ):
        after = Occurrence(theirs.recurrence_id, merged.fields, is_busy)
        actions.append(
            UpdateSlot(slot.slot_id, slot.fields, after, merged.to_ours, merged.conflicts)
        )
    if merged.to_theirs and not read_only_reason:
        actions.append(PushSlot(slot.slot_id))
    return actions


def rekey(
    slots: Mapping[str, SlotState], theirs: list[Occurrence]
) -> tuple[dict[str, SlotState], tuple[int, str] | None]:
    """An event became a series, or a series one event: the slot that stays the same one
    keeps its row. Returns the slots by their new recurrence-ids, and (slot, new id)."""
    wanted = {one.recurrence_id for one in theirs}
    if not slots or not wanted or ("" in slots) == ("" in wanted):
        return dict(slots), None
    in_order = sorted(theirs, key=lambda one: one.fields.interval.starts_at)
    for old, slot in sorted(slots.items(), key=lambda pair: pair[1].fields.interval.starts_at):
        start = slot.fields.interval.starts_at
        match = next((one for one in in_order if one.fields.interval.starts_at == start), None)
        if match or old == "":
            new = (match or in_order[0]).recurrence_id
            rest = {rid: other for rid, other in slots.items() if rid != old}
            return {**rest, new: slot}, (slot.slot_id, new)
    return dict(slots), None


def overlaps(fields: EventFields, window: Window) -> bool:
    """Touches the window, events of no length included."""
    return (
        fields.interval.starts_at < window.ends_at and fields.interval.ends_at >= window.starts_at
    )
