"""Log entries and what they are about, read into the values that core decides on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.history import (
    OUT_OF_SERIES,
    TOOK_OUT,
    Told,
    Values,
    read,
    values_of,
)
from icloud_sync.models import ICloudConnection, RemoteCollection, RemoteResource, SyncLogEntry
from icloud_sync.snapshots import appointment_fields, query_appointments, slot_fields

State = RemoteResource.State
NEEDED = ("connection__user", "resource__collection")


def told_of(entry: SyncLogEntry) -> Told:
    """`entry`: with NEEDED."""
    return Told(
        action=entry.action,
        before=entry.before,
        after=entry.after,
        is_appointment=entry.appointment_id is not None,
        is_slot=entry.slot_id is not None,
        can_go_back=not why_not_back(entry),
    )


def why_not_back(entry: SyncLogEntry) -> str:
    """Why its event cannot be put into iCloud again; "" where it can."""
    connection, resource = entry.connection, entry.resource
    if entry.action not in (TOOK_OUT, OUT_OF_SERIES) or not entry.body:
        return "the log does not keep it"
    if connection is None or connection.status == ICloudConnection.Status.DISCONNECTED:
        return "its account is disconnected"
    if resource is None or resource.connection_id != connection.pk:
        return "nothing is known of its place any more"
    if resource.collection.role == RemoteCollection.Role.IGNORED:
        return "its calendar in iCloud is not read any more"
    if not resource.collection.can_write:
        return "iCloud does not let us write to its calendar"
    if entry.action == OUT_OF_SERIES and resource.state != State.SYNCED:
        return "its series is not in iCloud any more"
    return ""


# --- The rows they are about --------------------------------------------------------------


Row = Appointment | BlockedSlot


@dataclass(frozen=True)
class Found:
    """Rows by name, as `row_name` spells it."""

    rows: dict[str, Row]

    def of(self, entry: SyncLogEntry) -> Row | None:
        return self.rows.get(row_name(entry))


def row_name(entry: SyncLogEntry) -> str:
    if entry.appointment_id is not None:
        return f"appointment {entry.appointment_id}"
    return f"Blocked Slot {entry.slot_id}" if entry.slot_id is not None else ""


def find(entries: Iterable[SyncLogEntry]) -> Found:
    """In six queries, however many there are."""
    known = list(entries)
    appointments = {one.appointment_id for one in known if one.appointment_id is not None}
    slots = {one.slot_id for one in known if one.slot_id is not None}
    rows: dict[str, Row] = {f"appointment {a.pk}": a for a in query_appointments(appointments)}
    own = BlockedSlot.objects.filter(pk__in=slots).select_related("user", "calendar")
    return Found(rows | {f"Blocked Slot {slot.pk}": slot for slot in own})


def lock(entry: SyncLogEntry) -> SyncLogEntry:
    """The entry and its row, so that nobody restores or edits them meanwhile."""
    SyncLogEntry.objects.select_for_update().get(pk=entry.pk)
    models: list[tuple[Any, int | None]] = [
        (Appointment, entry.appointment_id),
        (BlockedSlot, entry.slot_id),
    ]
    for model, pk in models:
        if pk is not None:
            list(model.objects.select_for_update().filter(pk=pk).values_list("pk"))
    return SyncLogEntry.objects.select_related(*NEEDED).get(pk=entry.pk)


def values_now(row: Row) -> dict[str, Any]:
    if isinstance(row, Appointment):
        return values_of(appointment_fields(row))
    return values_of(slot_fields(row), row.is_busy)


def left_by(entry: SyncLogEntry) -> Values:
    return read(entry.after)
