"""What a pull may do to our rows. A plan is a list of these (pull_plan.py)."""

from dataclasses import dataclass

from icloud_sync.core.merge import Conflict
from icloud_sync.core.values import EventFields, Occurrence


@dataclass(frozen=True, slots=True)
class CreateSlot:
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class UpdateSlot:
    """`changed` is empty where only what we know of its source changed. `busy_at_source`:
    see SlotState."""

    slot_id: int
    before: EventFields
    after: Occurrence
    changed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    busy_at_source: bool | None = True


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
    """Changed here, and iCloud has not been told."""

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
class NoteAlike:
    """Both sides changed `fields` to the same: mostly our own write, whose answer never
    reached us. Nothing need be done; the log has it. Of an appointment, or of a slot."""

    object_id: int
    before: EventFields
    after: EventFields
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteTakenOut:
    """Deleted here, and gone from its series there, before the log had it from us (D6)."""

    recurrence_id: str
    before: Occurrence


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
    | NoteAlike
    | NoteTakenOut
    | KeepLosing
    | KeepLosingSlot
)
