"""What a batch changes in our rows, gathered and written in bulk, with its log entries."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Manager

from calendars.models import Appointment, BlockedSlot
from icloud_sync import outbox
from icloud_sync.core.history import as_json, lost_json
from icloud_sync.core.merge import WORDS, Conflict, Side
from icloud_sync.core.pull_actions import NoteAlike
from icloud_sync.core.values import Fetched, ParsedResource
from icloud_sync.guards.quarrels import COLUMNS, note, program_of
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.snapshots import current_window
from icloud_sync.synclog import Journal, Outcome

State = RemoteResource.State
# A little less, so that a roll at the same hour every day finds each series due.
A_DAY = timedelta(hours=20)
SLOT_COLUMNS = [
    "source_ref",
    "title",
    "starts_at",
    "ends_at",
    "is_all_day",
    "starts_on",
    "ends_on",
    "location",
    "notes",
    "is_busy",
    "busy_at_source",
    "busy_from",
    "read_only_reason",
    "removed_at_source_at",
    "updated_at",
]
RESOURCE_COLUMNS = [
    "etag",
    "base",
    "agreed_zone",
    "dates_zone",
    "unread_body",
    "own_occurrence_gone",
    "own_base",
    "uid",
    "has_guests",
    "is_recurring",
    "recurrence_set",
    "deleted_here",
    *COLUMNS,
    "settled_at",
    "recurrence_id",
    "reconsider_at",
    "state",
    "state_reason",
    "updated_at",
]


class Gathered:
    """One batch's changes. `flush` writes them."""

    def __init__(self, connection: ICloudConnection, now: datetime, journal: Journal) -> None:
        self.connection = connection
        self.zone = ZoneInfo(connection.user.time_zone)
        self.now = now
        self.journal = journal
        self.new_slots: list[BlockedSlot] = []
        self.changed_slots: dict[int, BlockedSlot] = {}
        self.gone_slots: list[int] = []
        self.resources: dict[int, RemoteResource] = {}
        self.entries: list[SyncLogEntry] = []
        self.created: list[tuple[SyncLogEntry, BlockedSlot]] = []
        # Resource -> the first entry that tells what its new body did: it keeps the old one.
        self.replacing: dict[int, SyncLogEntry] = {}
        self.read_only_reason = ""  # of the resource in hand

    def agree(
        self,
        resource: RemoteResource,
        one: Fetched,
        parsed: ParsedResource,
        appointment: Appointment | None,
    ) -> None:
        """From now on this body is what both sides last agreed on."""
        if resource.state == State.DELETED_IN_ICLOUD and one.etag:
            self.log(
                "back in iCloud",
                f"{resource.href} is back in iCloud",
                resource,
                appointment_id=resource.appointment_id,
            )
        self.keep_replaced(resource, one.body)
        if resource.state == State.PENDING and appointment:
            self.note_created(resource, parsed, appointment)
        if resource.state != State.SYNCED and appointment:
            # What stopped a push of it may be over: it is where it should be, and readable.
            about = {"kind": OutboxEntry.Kind.APPOINTMENT, "object_id": appointment.pk}
            outbox.try_parked_again(self.connection.pk, **about)
        if not (resource.state == State.DELETED_IN_ICLOUD and resource.pk in self.resources):
            resource.state, resource.state_reason = State.SYNCED, ""
            resource.settled_at = None
        resource.etag, resource.base, resource.uid = one.etag, one.body, parsed.uid
        resource.unread_body, resource.agreed_zone = "", self.connection.user.time_zone
        is_all_day = any(each.fields.interval.is_all_day for each in parsed.occurrences)
        if not (appointment and is_all_day):
            resource.dates_zone = ""
        elif not resource.dates_zone:
            resource.dates_zone = appointment.calendar.time_zone
        resource.has_guests, resource.is_recurring = parsed.has_guests, parsed.is_recurring
        resource.recurrence_set = parsed.recurrence_set[:255]
        if not parsed.is_recurring and not resource.own_occurrence_gone:
            resource.recurrence_id = ""
        resource.reconsider_at = self.when_to_reconsider(parsed)
        self.resources[resource.pk] = resource

    def note_created(
        self, resource: RemoteResource, parsed: ParsedResource, appointment: Appointment
    ) -> None:
        found = [one.fields.timed() for one in parsed.occurrences]
        self.log(
            "created",
            f"the event of appointment {appointment.pk} “{appointment.title}” is in iCloud, though "
            "the answer to our write was lost",
            resource,
            appointment_id=appointment.pk,
            after=as_json(found[0]) if found else None,
        )

    def note_alike(
        self, action: NoteAlike, resource: RemoteResource, about: str, **ids: Any
    ) -> None:
        """A write of ours, mostly: the log shall not lack what it did."""
        self.log(
            "agree",
            f"{about} ({spell(action.fields)}) is the same on both sides: changed alike, or "
            "written by us and the answer lost",
            resource,
            body=resource.base,
            etag=resource.etag,
            before=as_json(action.before),
            after=as_json(action.after),
            **ids,
        )

    def keep_replaced(self, resource: RemoteResource, body: str) -> None:
        """Once a resource and batch, however many of its slots changed."""
        entry = self.replacing.pop(resource.pk, None)
        if entry and body != resource.base:
            entry.body, entry.etag = resource.base, resource.etag
            if quarrel := note(resource, Side.THEIRS, program_of(body), self.now):
                own, outcome = resource.appointment_id, Outcome.NEEDS_ATTENTION
                self.log("freeze", quarrel, resource, outcome=outcome, appointment_id=own)

    def when_to_reconsider(self, parsed: ParsedResource) -> datetime | None:
        """A series at every roll of the window; a single event beyond it when it comes in."""
        if parsed.is_recurring or not parsed.occurrences:
            return self.now + A_DAY
        starts_at = parsed.occurrences[0].fields.interval.starts_at
        ahead = current_window(self.now).ends_at - self.now
        return starts_at - ahead if starts_at >= self.now + ahead else None

    def put_off(self, resource: RemoteResource) -> None:
        """Not followed for now: looked at again another day."""
        due = RemoteResource.objects.filter(pk=resource.pk, reconsider_at__lte=self.now)
        due.update(reconsider_at=self.now + A_DAY)

    def push(self, kind: str, object_id: int, source_ref: str = "") -> None:
        outbox.enqueue(self.connection.pk, kind, object_id, source_ref)

    def log(
        self,
        action: str,
        message: str,
        resource: RemoteResource,
        conflicts: tuple[Conflict, ...] = (),
        replaces: bool = False,
        outcome: str = "",
        **about: Any,
    ) -> SyncLogEntry:
        """`replaces`: what it tells of came with a new body, and the old one is kept."""
        if conflicts:
            about["before"] = {**(about.get("before") or {}), "lost": lost_json(conflicts)}
        outcome = outcome or (Outcome.CONFLICT if conflicts else Outcome.DONE)
        entry = self.journal.entry(action, outcome, message, resource=resource, **about)
        self.entries.append(entry)
        if replaces:
            self.replacing.setdefault(resource.pk, entry)
        return entry

    def flush(self) -> None:
        for resource in self.resources.values():
            resource.updated_at = self.now
        upsert(RemoteResource.objects, self.resources, RESOURCE_COLUMNS)
        # Nobody deleted these here: without their source they leave no outbox row.
        doomed = BlockedSlot.objects.filter(pk__in=self.gone_slots)
        doomed.update(source_ref="")
        doomed.delete()
        # An edit of theirs that waits is in the log by now; without its slot the row would
        # read as a deletion made here.
        self.connection.outbox.filter(
            kind=OutboxEntry.Kind.SLOT, object_id__in=self.gone_slots
        ).delete()
        BlockedSlot.objects.bulk_create(self.new_slots, 200)
        for entry, slot in self.created:
            entry.slot_id = slot.pk
        for pk in self.gone_slots:
            self.changed_slots.pop(pk, None)
        upsert(BlockedSlot.objects, self.changed_slots, SLOT_COLUMNS)
        self.journal.save(self.entries)
        if self.entries:
            ICloudConnection.objects.filter(pk=self.connection.pk).update(last_activity_at=self.now)


def upsert(manager: Manager[Any], rows: Mapping[int, Any], columns: Sequence[str]) -> None:
    """Rows that are there, and that nobody can delete meanwhile: they or their connection are
    locked. bulk_update would spell a CASE for every value, and cost four times as much."""
    manager.bulk_create(
        rows.values(), 200, update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )


def spell(changed: Sequence[str]) -> str:
    return ", ".join(WORDS.get(name, name) for name in changed)


def told(conflicts: tuple[Conflict, ...]) -> str:
    if not conflicts:
        return ""
    return f"; both sides had changed {spell([one.field for one in conflicts])}"
