"""What restoring from an entry of the log would do, before anybody does it."""

from dataclasses import dataclass
from hashlib import sha256
from zoneinfo import ZoneInfo

from calendars.models import Appointment, BlockedSlot, User
from icloud_sync.core.history import (
    BUSY,
    TOOK_OUT,
    Change,
    Told,
    Version,
    Way,
    changes,
    newer,
    read,
    recurrence_id_of,
    version,
    versions,
    way_of,
)
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.history import sentences
from icloud_sync.history.rows import (
    Row,
    find,
    row_name,
    told_of,
    values_now,
    why_not_back,
)
from icloud_sync.models import OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.snapshots import zones_for

State = RemoteResource.State
# Besides the right to change connections: what it does to the product's rows.
MAY = "icloud_sync.change_icloudconnection"


class CannotRestore(Exception):
    """`sentence` says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Preview:
    """`changes`: of a row that comes anew, all of its fields. `in_icloud`: what it does there.
    `warnings`: what to know besides. `stamp`: of all that this is about, to tell whether it
    is still so."""

    entry: SyncLogEntry
    which: Version
    way: Way
    row: Row | None
    changes: tuple[Change, ...]
    in_icloud: str
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        return row_name(self.entry)

    @property
    def zone(self) -> ZoneInfo:
        """Where its times are shown: the calendar's or the owner's."""
        if isinstance(self.row, Appointment):
            return ZoneInfo(self.row.calendar.time_zone)
        if isinstance(self.row, BlockedSlot):
            return self.row.zone
        connection = self.entry.connection
        return ZoneInfo(connection.user.time_zone if connection else "UTC")

    @property
    def stamp(self) -> str:
        return sha256(repr((self.way, self.changes)).encode()).hexdigest()

    @property
    def permission(self) -> str:
        if self.way is not Way.EDIT:
            return "calendars.add_blockedslot"
        is_slot = isinstance(self.row, BlockedSlot)
        return f"calendars.change_{'blockedslot' if is_slot else 'appointment'}"


def may_restore(user: User, preview: Preview) -> bool:
    return user.has_perm(MAY) and user.has_perm(preview.permission)


def look(entry: SyncLogEntry, which: Version | None = None) -> Preview:
    """`entry`: with rows.NEEDED. `which` None: the likeliest. Raises CannotRestore."""
    told = told_of(entry)
    way, offered = way_of(told), versions(told)
    if way is None or not offered or (which or offered[0]) not in offered:
        raise CannotRestore(sentences.NOTHING)
    if way is Way.EDIT:
        return look_at_edit(entry, told, which or offered[0])
    return look_at_return(entry, told, way)


def offers(entry: SyncLogEntry) -> tuple[list[Preview], str]:
    """What can be restored from it; where nothing can that it once took away, why."""
    found, why = [], ""
    for which in versions(told_of(entry)):
        try:
            found.append(look(entry, which))
        except CannotRestore as error:
            why = error.sentence
    return found, "" if found else why


def look_at_edit(entry: SyncLogEntry, told: Told, which: Version) -> Preview:
    row = find([entry]).of(entry)
    name = row_name(entry)
    if row is None:
        kind = "appointment" if entry.appointment_id is not None else "slot"
        raise CannotRestore(sentences.GONE[kind].format(name[0].upper() + name[1:]))
    found = changes(version(told, which), values_now(row), read(entry.after))
    if not found:
        raise CannotRestore(sentences.SAME)
    reason = getattr(row, "read_only_reason", "")
    if reason and {one.field for one in found} != {BUSY}:
        raise CannotRestore(f"{name} cannot be changed here: {reason}")
    words = ", ".join(newer(found))
    since = f"Changed again since: {words}. That is what you would overwrite." if words else ""
    return preview_of(entry, which, Way.EDIT, row, found, since)


def look_at_return(entry: SyncLogEntry, told: Told, way: Way) -> Preview:
    """Of what is no longer there."""
    if entry.connection is None:
        raise CannotRestore(sentences.NOBODY)
    refuse_twice(entry, way)
    found = changes(read(told.before), {}, {})
    return preview_of(entry, Version.BEFORE, way, None, found)


def preview_of(
    entry: SyncLogEntry,
    which: Version,
    way: Way,
    row: Row | None,
    found: tuple[Change, ...],
    since: str = "",
) -> Preview:
    there = sentences.in_icloud(entry, way, row, found, why_not_back(entry))
    warnings = (since, sentences.overlap(entry, row, found))
    return Preview(entry, which, way, row, found, there, tuple(filter(None, warnings)))


def refuse_twice(entry: SyncLogEntry, way: Way) -> None:
    if way is Way.EVENT_BACK:
        asked = OutboxEntry.objects.filter(kind=OutboxEntry.Kind.EVENT, object_id=entry.pk).first()
        if asked:
            raise CannotRestore(sentences.asked_for(asked))
        if is_there(entry):
            raise CannotRestore(sentences.THERE)
        return
    made = entry.restored_by.filter(slot_id__isnull=False).values_list("slot_id", flat=True)
    still = BlockedSlot.objects.filter(pk__in=list(made)).first()
    if still:
        raise CannotRestore(f"It was restored already, as Blocked Slot {still.pk}.")


def is_there(entry: SyncLogEntry) -> bool:
    resource, connection = entry.resource, entry.connection
    if resource is None or connection is None or resource.state != State.SYNCED:
        return False
    if entry.action == TOOK_OUT:
        return True
    rid, zones = recurrence_id_of(entry.before), zones_for(connection, None, resource.agreed_zone)
    try:
        return find_occurrence(resource.base, rid, zones) is not None
    except UnreadableResource:
        return False
