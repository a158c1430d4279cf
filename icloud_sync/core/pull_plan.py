"""What a resource that changed in iCloud means for our rows. Values in, actions out.

One branch, one story. A plan only ever creates, changes or takes away Blocked Slots and
changes appointments; it never makes an appointment (R8) or a contact (R11), and it never
takes an appointment away (R6).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icloud_sync.core.identity import renames
from icloud_sync.core.merge import Merge, Side, changed_fields, merge
from icloud_sync.core.pull_actions import (
    Action,
    CreateSlot,
    FollowOccurrence,
    KeepLosing,
    KeepLosingSlot,
    MarkOccurrenceBack,
    MarkOccurrenceGone,
    NoteAlike,
    NoteTakenOut,
    PushAppointment,
    PushSlot,
    RemoveSlot,
    UpdateAppointment,
    UpdateSlot,
)
from icloud_sync.core.values import EventFields, Occurrence, ParsedResource, Window, Zones

GUESTS = "It has guests, and Apple would write to them."
READ_ONLY = "iCloud does not let us write to this calendar."


@dataclass(frozen=True, slots=True)
class SlotState:
    """A Blocked Slot as we have it. `busy_at_source`: what iCloud said when `is_busy` last
    followed it; where the two differ a person decided otherwise, and None means that the
    person's word stands whatever iCloud says by now (D9)."""

    slot_id: int
    fields: EventFields
    is_busy: bool = True
    busy_at_source: bool | None = True
    busy_from: datetime | None = None
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
    left_there: bool = False


@dataclass(frozen=True, slots=True)
class Versions:
    """A resource as last agreed, and as it is now.

    `base` by the recurrence-ids it was agreed under, empty where there is nothing to compare
    with; `names`: those that are others by now, old -> new; `agreed`: the base by today's.
    """

    theirs: ParsedResource
    base: Mapping[str, Occurrence]
    names: Mapping[str, str]

    @property
    def agreed(self) -> dict[str, Occurrence]:
        return {self.now(rid): one for rid, one in self.base.items()}

    def now(self, recurrence_id: str) -> str:
        return self.names.get(recurrence_id, recurrence_id)


def compare(
    base: ParsedResource | None,
    theirs: ParsedResource,
    known: Mapping[str, EventFields],
    window: Window,
    zones: Zones,
    own: str | None = None,
) -> Versions:
    """`known`: our rows, by recurrence-id. `own`: of these, the appointment's (D13)."""
    agreed = {one.recurrence_id: one for one in base.occurrences} if base else {}
    after = {one.recurrence_id: one.fields.interval.starts_at for one in theirs.occurrences}
    if own and "" in after:  # one event again: it is the appointment's
        return Versions(theirs, agreed, {own: ""})
    # What has passed out of the window left nothing: it stays as it is (D10).
    inside = {rid: fields for rid, fields in known.items() if overlaps(fields, window)}
    before = inside | {rid: one.fields for rid, one in agreed.items()}
    if own is not None:
        before.setdefault(own, known[own])
    starts = {rid: fields.interval.starts_at for rid, fields in before.items()}
    free = {rid: start for rid, start in after.items() if rid in before or rid not in known}
    names = renames(starts, free, zones.floating, window, theirs.begins_at)
    return Versions(theirs, agreed, names)


# --- The appointment of a copy ----------------------------------------------------------


def plan_copy(copy: CopyState, versions: Versions) -> tuple[list[Action], Occurrence | None]:
    """What an appointment's copy means for it, and which occurrence is its own."""
    own = own_occurrence(copy, versions)
    if own is None:
        gone = MarkOccurrenceGone(copy.appointment_id, by_us=not copy.is_wanted)
        return ([] if copy.is_gone else [gone]), None
    actions: list[Action] = [MarkOccurrenceBack(copy.appointment_id)] if copy.is_gone else []
    if own.recurrence_id != copy.recurrence_id:
        actions.append(FollowOccurrence(copy.appointment_id, own.recurrence_id))
    before = versions.agreed.get(own.recurrence_id)
    agreed = before.fields.timed() if before else None
    actions += plan_own(copy, agreed, own.fields.timed())
    return actions, own


def own_occurrence(copy: CopyState, versions: Versions) -> Occurrence | None:
    """The one that was ours, whatever it is called by now; an event that does not recur is
    ours as a whole, unless ours had left its series before: then it is another one's."""
    found = {one.recurrence_id: one for one in versions.theirs.occurrences}
    alone = None if copy.is_gone else found.get("")
    return alone or found.get(versions.now(copy.recurrence_id))


def plan_own(copy: CopyState, agreed: EventFields | None, theirs: EventFields) -> list[Action]:
    if not copy.is_wanted and copy.left_there:
        return []  # a person decided that it stays in iCloud, where its user may edit it (D21)
    if not copy.is_wanted:
        # Cancelled here, edited there: the DELETE still goes, with the etag just read.
        lost = changed_fields(agreed, theirs) if agreed else ()
        keep: list[Action] = [KeepLosing(copy.appointment_id, theirs, lost)] if lost else []
        return [*keep, PushAppointment(copy.appointment_id)]
    merged = merge(agreed, copy.fields, theirs, Side.OURS)
    actions = note_alike(copy.appointment_id, agreed, copy.fields, merged)
    if merged.to_ours or merged.conflicts:
        actions.append(
            UpdateAppointment(
                copy.appointment_id, copy.fields, merged.fields, merged.to_ours, merged.conflicts
            )
        )
    if merged.to_theirs:
        actions.append(PushAppointment(copy.appointment_id))
    return actions


def note_alike(
    object_id: int, agreed: EventFields | None, ours: EventFields, merged: Merge
) -> list[Action]:
    if agreed is None or not merged.alike:
        return []
    return [NoteAlike(object_id, agreed, ours, merged.alike)]


def plan_orphan(appointment_id: int | None, recurrence_id: str, versions: Versions) -> list[Action]:
    """A copy whose appointment was deleted here: its DELETE goes, an edit is kept."""
    before, now = versions.base.get(recurrence_id), versions.now(recurrence_id)
    after = next((one for one in versions.theirs.occurrences if one.recurrence_id == now), None)
    if appointment_id is None or before is None or after is None:
        return []
    changed = changed_fields(before.fields, after.fields)
    return [KeepLosing(appointment_id, after.fields, changed)] if changed else []


# --- Blocked Slots ----------------------------------------------------------------------


def plan_slots(
    theirs: Sequence[Occurrence],
    slots: Mapping[str, SlotState],
    agreed: Mapping[str, Occurrence],
    window: Window,
    read_only_reason: str = "",
    deleted_here: Collection[str] = (),
) -> list[Action]:
    """Occurrences, slots and what was agreed, matched by today's recurrence-ids.
    `deleted_here`: deleted in Referins, and iCloud not told yet (D6)."""
    actions: list[Action] = []
    wanted = {one.recurrence_id: one for one in theirs if one.recurrence_id not in deleted_here}
    for rid, occurrence in wanted.items():
        slot = slots.get(rid)
        if slot is None:
            if overlaps(occurrence.fields, window):
                actions.append(CreateSlot(occurrence))
        else:
            actions += plan_slot(slot, agreed.get(rid), occurrence, read_only_reason)
    for one in theirs:
        before = agreed.get(one.recurrence_id) if one.recurrence_id in deleted_here else None
        if before and (lost := changed_fields(before.fields, one.fields)):
            actions.append(KeepLosingSlot(one.fields, lost))
    there = {one.recurrence_id for one in theirs}
    for rid in sorted(set(deleted_here) & agreed.keys() - there):
        actions.append(NoteTakenOut(rid, agreed[rid]))
    for rid, slot in slots.items():
        # What has left the window is simply not in the answer: such slots stay (D10). So do
        # those of an event that was deleted there, whatever is put in its place (R12).
        if rid not in wanted and not slot.removed_at_source and overlaps(slot.fields, window):
            actions.append(RemoveSlot(slot.slot_id, slot.fields))
    return actions


def plan_slot(
    slot: SlotState, agreed: Occurrence | None, theirs: Occurrence, read_only_reason: str
) -> list[Action]:
    merged = merge(agreed.fields if agreed else None, slot.fields, theirs.fields, Side.THEIRS)
    is_busy, at_source = busy(slot, agreed, theirs)
    after = replace(theirs, fields=merged.fields, is_busy=is_busy)
    after = replace(after, busy_from=travel_start(theirs, merged.fields))
    is_same = slot == replace(
        slot,
        is_busy=is_busy,
        busy_at_source=at_source,
        busy_from=after.busy_from,
        read_only_reason=read_only_reason,
        removed_at_source=False,
    )
    actions = note_alike(slot.slot_id, agreed.fields if agreed else None, slot.fields, merged)
    if merged.to_ours or not is_same:
        actions.append(
            UpdateSlot(
                slot.slot_id, slot.fields, after, merged.to_ours, merged.conflicts, at_source
            )
        )
    if merged.to_theirs and not read_only_reason:
        actions.append(PushSlot(slot.slot_id))
    return actions


def busy(
    slot: SlotState, agreed: Occurrence | None, theirs: Occurrence
) -> tuple[bool, bool | None]:
    """Whether it takes time, and what to remember of what iCloud said. "Free this time" and
    "block it after all" are ours, and stand until free or busy is changed in iCloud (D9).
    Both versions are read with today's switches: a switch is no such change."""
    changed_there = agreed is not None and agreed.is_busy != theirs.is_busy
    if changed_there:
        return theirs.is_busy, theirs.is_busy
    return still_said(slot, theirs.is_busy)


def still_said(slot: SlotState, at_source: bool) -> tuple[bool, bool | None]:
    """The same where nothing was changed there: what a person said stands."""
    if slot.is_busy == slot.busy_at_source:
        return at_source, at_source
    # Agreeing by chance, iCloud must not seem to be what is followed.
    return slot.is_busy, None if at_source == slot.is_busy else at_source


def said_elsewhere(was: SlotState, at_source: bool) -> tuple[bool, bool | None]:
    """Of the slot that goes on for another one, in the new part of a split series."""
    changed_there = was.busy_at_source not in (None, at_source)
    return (at_source, at_source) if changed_there else still_said(was, at_source)


def travel_start(theirs: Occurrence, fields: EventFields) -> datetime | None:
    """The way there goes along when the slot was moved here and iCloud not told yet."""
    if theirs.busy_from is None:
        return None
    travel: timedelta = theirs.fields.interval.starts_at - theirs.busy_from
    return fields.interval.starts_at - travel


def overlaps(fields: EventFields, window: Window) -> bool:
    """Touches the window, events of no length included."""
    return (
        fields.interval.starts_at < window.ends_at and fields.interval.ends_at >= window.starts_at
    )
