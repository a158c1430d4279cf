"""A Blocked Slot's `source_ref`: which occurrence of which resource it is; and an outbox
row's: what the row it is about can no longer say once it is deleted."""

from typing import NamedTuple


class SourceRef(NamedTuple):
    """`recurrence_id` is "" for an event that does not recur."""

    resource_id: int
    recurrence_id: str

    def __str__(self) -> str:
        return f"icloud:{self.resource_id}:{self.recurrence_id}"


def parse_source_ref(text: str) -> SourceRef | None:
    """None for a slot that has no source, or another one."""
    source, _, rest = text.partition(":")
    resource_id, _, recurrence_id = rest.partition(":")
    if source != "icloud" or not resource_id.isdigit():
        return None
    return SourceRef(int(resource_id), recurrence_id)


def resource_prefix(resource_id: int) -> str:
    """What every `source_ref` of this resource starts with."""
    return f"icloud:{resource_id}:"


def calendar_ref(calendar_id: int) -> str:
    """Of an appointment's outbox row: which calendar it was in."""
    return f"calendar:{calendar_id}"


def parse_calendar_ref(text: str) -> int | None:
    source, _, calendar_id = text.partition(":")
    return int(calendar_id) if source == "calendar" and calendar_id.isdigit() else None
