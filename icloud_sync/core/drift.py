"""What was changed here without anybody's being told: by a bulk edit, a script, a fixture. The plan
of a push says whether there is something to send; here is what does not count as such a change.
"""

from icloud_sync.core.merge import changed_fields
from icloud_sync.core.push_plan import (
    Action,
    Copy,
    CopyStatus,
    Skip,
    Wanted,
    plan_appointment,
    plan_slot,
)
from icloud_sync.core.values import EventFields

OUT_OF_SIGHT = (CopyStatus.DELETED, CopyStatus.OCCURRENCE_GONE)  # by somebody in iCloud


def untold_of_appointment(
    wanted: Wanted | None, copy: Copy, *, can_create: bool, is_over: bool
) -> Action | None:
    """What must be sent, or None. `is_over`: the appointment has ended."""
    if copy.status is CopyStatus.UNREADABLE:
        return None  # it is listed for that already, and nobody knows what it says
    if wanted and does_not_count(wanted, copy, is_over):
        return None
    action = plan_appointment(wanted, copy, can_create)
    return None if isinstance(action, Skip) else action


def does_not_count(wanted: Wanted, copy: Copy, is_over: bool) -> bool:
    if copy.base is None:
        return copy.status in (CopyStatus.PRESENT, CopyStatus.DELETED)  # nothing to compare with
    if changed_fields(copy.base, wanted.fields):
        return False
    # What only we write (who is coming, the link) may differ for reasons that are none of this
    # appointment's. That brings nothing back that was deleted there (R6), and changes no past.
    return copy.status in OUT_OF_SIGHT or (is_over and copy.status is CopyStatus.PRESENT)


def untold_of_slot(fields: EventFields, copy: Copy) -> Action | None:
    if copy.status is CopyStatus.UNREADABLE:
        return None
    action = plan_slot(fields, copy)
    return None if isinstance(action, Skip) else action
