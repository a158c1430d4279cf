"""How an event that we took out of iCloud comes back there. Values in, one action out."""

from icloud_sync.core.push_plan import (
    Action,
    Copy,
    CopyStatus,
    Park,
    Read,
    Reason,
    Return,
    ReturnOccurrence,
    Skip,
    refuse_write,
)


def plan_return(copy: Copy | None, is_occurrence: bool) -> Action:
    """What we took out of iCloud is wanted there again (D6). `copy`: with the base of what
    went. `is_occurrence`: of a series that stayed."""
    if copy is None:
        return Park(Reason.NO_PLACE)
    if copy.status is CopyStatus.UNREADABLE:
        return Park(Reason.UNREADABLE)
    if copy.status is CopyStatus.PENDING and copy.base is not None:
        return Read()  # sent once, answer unknown
    if copy.status is CopyStatus.PRESENT:
        if copy.base is not None or not is_occurrence:
            return Skip(Reason.ALREADY_SAME)
        return refuse_write(copy) or ReturnOccurrence()
    if is_occurrence:
        return Park(Reason.SERIES_GONE)
    return Return() if copy.can_write else Park(Reason.READ_ONLY)
