"""Actions of a pull, gathered over a batch and written in bulk, with their log entries.

Rows are changed by queries that send no signals: what came from iCloud is not a change
made here, and must not go back (only the other hosts' copies are told, D1).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calendars.models import Appointment, BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync import outbox
from icloud_sync.apply.warnings import overlap_warning
from icloud_sync.core.ical.parse import all_day
from icloud_sync.core.merge import LONGEST_TITLE, WORDS, Conflict
from icloud_sync.core.pull_plan import (
    Action,
    CreateSlot,
    FollowOccurrence,
    KeepLosing,
    KeepLosingSlot,
    MarkCopyDeleted,
    PushAppointment,
    PushSlot,
    RemoveSlot,
    UpdateAppointment,
    UpdateSlot,
)
from icloud_sync.core.refs import SourceRef
from icloud_sync.core.values import EventFields, Fetched, Interval, Occurrence, ParsedResource
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.snapshots import current_window, slots_of_resources
from icloud_sync.synclog import Journal, Outcome, as_json, lost_json

State = RemoteResource.State
SLOT_COLUMNS = [
    "title",
    "starts_at",
    "ends_at",
    "is_all_day",
    "starts_on",
    "ends_on",
    "location",
    "notes",
    "is_busy",
    "read_only_reason",
    "removed_at_source_at",
    "updated_at",
]
RESOURCE_COLUMNS = [
    "etag",
    "base",
    "uid",
    "has_guests",
    "is_recurring",
    "recurrence_id",
    "reconsider_at",
    "state",
    "state_reason",
    "updated_at",
]


class Writer:
    """One batch's changes to our rows. `flush` writes them."""

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
        self.read_only_reason = ""  # of the resource in hand

    # --- an appointment's copy ---

    def take(
        self, actions: Sequence[Action], resource: RemoteResource, appointment: Appointment
    ) -> None:
        for action in actions:
            match action:
                case UpdateAppointment():
                    self.update_appointment(action, resource, appointment)
                case FollowOccurrence():
                    resource.recurrence_id = action.recurrence_id
                case MarkCopyDeleted():
                    self.mark_deleted(resource)
                case KeepLosing():
                    self.keep_losing(action, resource)
                case PushAppointment():
                    self.push(OutboxEntry.Kind.APPOINTMENT, action.appointment_id)

    def update_appointment(
        self, action: UpdateAppointment, resource: RemoteResource, appointment: Appointment
    ) -> None:
        if action.changed:
            columns = appointment_columns(action.after, action.changed)
            Appointment.objects.filter(pk=appointment.pk).update(**columns, updated_at=self.now)
            outbox.enqueue_appointment(appointment, but=self.connection.pk)
        warning = ""
        if "interval" in action.changed:
            warning = overlap_warning(appointment, action.after.interval)
        self.log(
            "update appointment",
            f"changed appointment {appointment.pk} ({spell(action.changed)}), as in iCloud"
            f"{told(action.conflicts)}{warning}",
            resource,
            conflicts=action.conflicts,
            appointment_id=appointment.pk,
            before=as_json(action.before),
            after=as_json(action.after),
        )

    def take_orphan(self, actions: Sequence[Action], resource: RemoteResource) -> None:
        """A copy whose appointment was deleted here."""
        for action in actions:
            if isinstance(action, KeepLosing):
                self.keep_losing(action, resource)

    def keep_losing(self, action: KeepLosing, resource: RemoteResource) -> None:
        self.entries.append(
            self.journal.entry(
                "keep cancelled",
                Outcome.CONFLICT,
                f"appointment {action.appointment_id} was taken out in Referins and edited in "
                f"iCloud ({spell(action.changed)}): it goes, the edit is kept here",
                resource=resource,
                appointment_id=action.appointment_id,
                before=as_json(action.lost),
            )
        )

    def mark_deleted(self, resource: RemoteResource) -> None:
        """R6, R12: marked and listed; the appointment and the slots stay as they are."""
        if resource.state == State.DELETED_IN_ICLOUD:
            return
        resource.state, resource.etag = State.DELETED_IN_ICLOUD, ""
        resource.state_reason = f"Deleted in iCloud, seen {self.now:%Y-%m-%d %H:%M} UTC."
        self.resources[resource.pk] = resource
        slots = slots_of_resources(self.connection.user_id, [resource.pk])
        slots.filter(removed_at_source_at=None).update(removed_at_source_at=self.now)
        what = (
            f"the copy of appointment {resource.appointment_id}"
            if resource.appointment_id
            else f"the event of {slots.count()} Blocked Slots"
        )
        self.log(
            "mark deleted in iCloud",
            f"{what} was deleted in iCloud; nothing changes in Referins",
            resource,
            appointment_id=resource.appointment_id,
        )

    # --- Blocked Slots ---

    def take_slots(
        self,
        actions: Sequence[Action],
        resource: RemoteResource,
        slots: Mapping[int, BlockedSlot],
        read_only_reason: str,
    ) -> None:
        self.read_only_reason = read_only_reason
        created = [action.occurrence for action in actions if isinstance(action, CreateSlot)]
        if created:
            self.create_slots(created, resource)
        for action in actions:
            match action:
                case UpdateSlot():
                    self.update_slot(action, resource, slots[action.slot_id])
                case RemoveSlot():
                    self.remove_slot(action, resource)
                case KeepLosingSlot():
                    self.keep_losing_slot(action, resource)
                case PushSlot():
                    ref = slots[action.slot_id].source_ref
                    self.push(OutboxEntry.Kind.SLOT, action.slot_id, ref)

    def create_slots(self, occurrences: Sequence[Occurrence], resource: RemoteResource) -> None:
        for occurrence in occurrences:
            slot = BlockedSlot(
                user_id=self.connection.user_id,
                origin=SlotOrigin.ICLOUD.value,
                source_ref=str(SourceRef(resource.pk, occurrence.recurrence_id)),
            )
            self.fill(slot, occurrence)
            self.new_slots.append(slot)
        count = len(occurrences)
        self.log(
            "create slot",
            f"new Blocked Slot “{occurrences[0].fields.title}”"
            + (f", {count} times" if count > 1 else ""),
            resource,
            after=as_json(occurrences[0].fields),
        )

    def update_slot(self, action: UpdateSlot, resource: RemoteResource, slot: BlockedSlot) -> None:
        was_removed = slot.removed_at_source_at is not None
        self.fill(slot, action.after)
        slot.removed_at_source_at = None
        self.changed_slots[slot.pk] = slot
        what = spell(action.changed) or ("it is back in iCloud" if was_removed else "its state")
        self.log(
            "update slot",
            f"changed Blocked Slot {slot.pk} ({what}), as in iCloud{told(action.conflicts)}",
            resource,
            conflicts=action.conflicts,
            slot_id=slot.pk,
            before=as_json(action.before),
            after=as_json(action.after.fields),
        )

    def remove_slot(self, action: RemoveSlot, resource: RemoteResource) -> None:
        self.gone_slots.append(action.slot_id)
        self.log(
            "remove slot",
            f"took away Blocked Slot {action.slot_id}: its occurrence left the series in iCloud",
            resource,
            slot_id=action.slot_id,
            before=as_json(action.before),
        )

    def keep_losing_slot(self, action: KeepLosingSlot, resource: RemoteResource) -> None:
        self.entries.append(
            self.journal.entry(
                "keep deleted",
                Outcome.CONFLICT,
                f"a Blocked Slot was deleted in Referins and edited in iCloud "
                f"({spell(action.changed)}): it goes, the edit is kept here",
                resource=resource,
                before=as_json(action.lost),
            )
        )

    def rekey(self, resource: RemoteResource, slot_id: int, recurrence_id: str) -> None:
        ref = str(SourceRef(resource.pk, recurrence_id))
        BlockedSlot.objects.filter(pk=slot_id).update(source_ref=ref)

    def fill(self, slot: BlockedSlot, occurrence: Occurrence) -> None:
        fields, interval = occurrence.fields, self.anchored(occurrence.fields.interval)
        slot.title = fields.title[:LONGEST_TITLE]
        slot.location, slot.notes = fields.location, fields.notes
        slot.starts_at, slot.ends_at = interval.starts_at, interval.ends_at
        slot.starts_on, slot.ends_on = interval.starts_on, interval.ends_on
        slot.is_all_day = interval.is_all_day
        slot.is_busy = occurrence.is_busy
        slot.read_only_reason = self.read_only_reason
        slot.updated_at = self.now

    def anchored(self, interval: Interval) -> Interval:
        """An all-day slot begins at its owner's midnight, whichever zone it was read in."""
        if interval.starts_on is None or interval.ends_on is None:
            return interval
        return all_day(interval.starts_on, interval.ends_on, self.zone)

    # --- the resource itself ---

    def agree(self, resource: RemoteResource, one: Fetched, parsed: ParsedResource) -> None:
        """From now on this body is what both sides last agreed on."""
        if resource.state == State.DELETED_IN_ICLOUD and one.etag:
            self.log("back in iCloud", f"{resource.href} is back in iCloud", resource)
        if not (resource.state == State.DELETED_IN_ICLOUD and resource.pk in self.resources):
            resource.state, resource.state_reason = State.SYNCED, ""
        resource.etag, resource.base, resource.uid = one.etag, one.body, parsed.uid
        resource.has_guests, resource.is_recurring = parsed.has_guests, parsed.is_recurring
        if not parsed.is_recurring:
            resource.recurrence_id = ""
        resource.reconsider_at = self.when_to_reconsider(parsed)
        self.resources[resource.pk] = resource

    def when_to_reconsider(self, parsed: ParsedResource) -> datetime | None:
        """A series at every roll of the window; a single event beyond it when it comes in."""
        if parsed.is_recurring:
            return self.now
        starts_at = parsed.occurrences[0].fields.interval.starts_at
        ahead = current_window(self.now).ends_at - self.now
        return starts_at - ahead if starts_at >= self.now + ahead else None

    def push(self, kind: str, object_id: int, source_ref: str = "") -> None:
        outbox.enqueue(self.connection.pk, kind, object_id, source_ref)

    def log(
        self,
        action: str,
        message: str,
        resource: RemoteResource,
        conflicts: tuple[Conflict, ...] = (),
        **about: Any,
    ) -> None:
        if conflicts:
            about["before"] = {**(about.get("before") or {}), "lost": lost_json(conflicts)}
        outcome = Outcome.CONFLICT if conflicts else Outcome.DONE
        self.entries.append(
            self.journal.entry(action, outcome, message, resource=resource, **about)
        )

    def flush(self) -> None:
        for resource in self.resources.values():
            resource.updated_at = self.now
        RemoteResource.objects.bulk_update(self.resources.values(), RESOURCE_COLUMNS, 200)
        # Nobody deleted these here: without their source they leave no outbox row.
        doomed = BlockedSlot.objects.filter(pk__in=self.gone_slots)
        doomed.update(source_ref="")
        doomed.delete()
        BlockedSlot.objects.bulk_create(self.new_slots, 200)
        BlockedSlot.objects.bulk_update(self.changed_slots.values(), SLOT_COLUMNS, 200)
        self.journal.save(self.entries)
        if self.entries:
            ICloudConnection.objects.filter(pk=self.connection.pk).update(last_activity_at=self.now)


def appointment_columns(fields: EventFields, changed: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(fields, name) for name in changed if name != "interval"}
    if "title" in values:
        values["title"] = values["title"][:LONGEST_TITLE]
    if "interval" in changed:
        values |= {"starts_at": fields.interval.starts_at, "ends_at": fields.interval.ends_at}
    return values


def spell(changed: Sequence[str]) -> str:
    return ", ".join(WORDS.get(name, name) for name in changed)


def told(conflicts: tuple[Conflict, ...]) -> str:
    if not conflicts:
        return ""
    return f"; both sides had changed {spell([one.field for one in conflicts])}"
