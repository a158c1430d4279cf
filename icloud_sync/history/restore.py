"""Restoring from an entry of the log: an ordinary edit of ours, by whoever asks for it. It goes
to iCloud like any other, with its own base and If-Match, and so cannot overwrite there what
nobody has seen (D6, D8)."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from calendars.models import Appointment, BlockedSlot, User
from icloud_sync import outbox, synclog
from icloud_sync.core.history import Change, Version, Way, newer, values_json
from icloud_sync.core.merge import LONGEST_TITLE
from icloud_sync.core.values import Interval
from icloud_sync.history import sentences
from icloud_sync.history.preview import CannotRestore, Preview, look
from icloud_sync.history.rows import Row, lock
from icloud_sync.models import OutboxEntry, SyncLogEntry
from icloud_sync.synclog import Direction, Outcome

RESTORE = "restore"


@transaction.atomic
def restore(
    entry: SyncLogEntry,
    which: Version | None = None,
    *,
    actor: User | None = None,
    seen: str = "",
    only_unchanged: bool = False,
) -> SyncLogEntry:
    """Returns its own entry of the log. `seen`: the stamp of the preview that was agreed to.
    `only_unchanged`: refuses to overwrite what was changed since. Raises CannotRestore."""
    preview = look(lock(entry), which)
    if seen and seen != preview.stamp:
        raise CannotRestore(sentences.STALE)
    if only_unchanged and newer(preview.changes):
        raise CannotRestore(preview.warnings[0])
    if preview.row is not None:
        return edit(preview, preview.row, actor)
    if preview.way is Way.SLOT_ANEW:
        return make_slot(preview, actor)
    return ask_for_event(preview, actor)


def edit(preview: Preview, row: Row, actor: User | None) -> SyncLogEntry:
    columns = columns_of(row, preview.changes)
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=[*columns, "updated_at"])
    what = f"restored {sentences.words(preview.changes)} of {preview.name}"
    return tell(preview, f"{what}, {sentences.as_of(preview.entry, preview.which)}", actor)


def make_slot(preview: Preview, actor: User | None) -> SyncLogEntry:
    connection = preview.entry.connection
    slot = BlockedSlot(user=connection.user if connection else None)
    for name, value in columns_of(slot, preview.changes).items():
        setattr(slot, name, value)
    slot.save()
    message = f"restored {preview.name or 'the edit'} as Blocked Slot {slot.pk}, made in Referins"
    return tell(preview, message, actor, direction=Direction.PULL, slot_id=slot.pk)


def ask_for_event(preview: Preview, actor: User | None) -> SyncLogEntry:
    entry = preview.entry
    if entry.connection_id is None:
        raise CannotRestore(sentences.NOBODY)
    outbox.enqueue(entry.connection_id, OutboxEntry.Kind.EVENT, entry.pk)
    message = f"asked for the event of {preview.name} to be put back into iCloud"
    return tell(preview, message, actor)


def tell(preview: Preview, message: str, actor: User | None, **about: Any) -> SyncLogEntry:
    """With the values it changed, as any other change. What is done is never counted on
    another entry, so there is one."""
    entry, found = preview.entry, preview.changes
    is_edit = preview.way is Way.EDIT
    before = values_json({one.field: one.now for one in found}) if is_edit else None
    values = {
        "direction": Direction.PUSH,
        "resource": entry.resource,
        "appointment_id": entry.appointment_id,
        "slot_id": entry.slot_id,
        "before": before,
        "after": values_json({one.field: one.then for one in found}),
        "restores": entry,
        **about,
    }
    by = f" By {actor}." if actor else ""
    told = synclog.tell(
        entry.connection, RESTORE, Outcome.DONE, f"{message}.{by}", actor=actor, **values
    )
    return told or entry


def columns_of(row: Row, found: Iterable[Change]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for one in found:
        if isinstance(one.then, Interval):
            columns |= interval_columns(row, one.then)
        elif one.field == "title":
            columns["title"] = one.then[:LONGEST_TITLE]
        else:
            columns[one.field] = one.then
    return columns


def interval_columns(row: Row, interval: Interval) -> dict[str, Any]:
    columns: dict[str, Any] = {"starts_at": interval.starts_at, "ends_at": interval.ends_at}
    if isinstance(row, Appointment):
        return columns
    days = {"starts_on": interval.starts_on, "ends_on": interval.ends_on}
    return {**columns, **days, "is_all_day": interval.is_all_day}
