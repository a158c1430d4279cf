"""What an outbox row is about, read for the plan: the object, its resource, their base."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from calendars.models import Appointment, BlockedSlot, Calendar
from icloud_sync.core.history import OUT_OF_SERIES, fields_of, read, recurrence_id_of
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.patch import is_alone
from icloud_sync.core.ical.render import Written
from icloud_sync.core.push_plan import (
    Action,
    Copy,
    Park,
    Reason,
    Skip,
    Wanted,
    plan_appointment,
    plan_slot,
)
from icloud_sync.core.refs import parse_calendar_ref, parse_source_ref
from icloud_sync.core.return_plan import plan_return
from icloud_sync.core.values import EventFields, Zones
from icloud_sync.models import (
    ICloudConnection,
    OutboxEntry,
    RemoteCollection,
    RemoteResource,
    SyncLogEntry,
)
from icloud_sync.snapshots import (
    appointment_fields,
    belongs,
    copy_of,
    query_appointments,
    refusal,
    slot_fields,
    wanted,
    written,
    zones_for,
)


class Overtaken(Exception):
    """Its occurrence left the series in iCloud: the slot is gone, and with it the row in hand.
    What was typed stands in the log (R12)."""


@dataclass
class Subject:
    """An outbox row's object with all that sending it needs."""

    entry: OutboxEntry
    connection: ICloudConnection
    resource: RemoteResource | None
    appointment: Appointment | None = None
    slot: BlockedSlot | None = None
    recurrence_id: str = ""
    quarrel: str = ""  # why it was frozen with what was just sent
    returning: SyncLogEntry | None = None  # the log's entry that keeps what is to come back
    # Tells the log, with the verb of what was done; in the transaction that records it.
    done: Callable[[str], None] = lambda verb: None

    @property
    def is_appointment(self) -> bool:
        return self.entry.kind == OutboxEntry.Kind.APPOINTMENT

    @property
    def object_id(self) -> int:
        own = self.returning.slot_id if self.returning else None
        return self.entry.object_id if own is None else own

    @property
    def name(self) -> str:
        return f"{'appointment' if self.is_appointment else 'Blocked Slot'} {self.object_id}"

    @property
    def full_name(self) -> str:
        """With its title, for the sync log alone: what a server logs names nobody."""
        row = self.appointment or self.slot
        title = row.title if row else read(self.returning and self.returning.before).get("title")
        return f"{self.name} “{title}”" if title else self.name

    @property
    def ids(self) -> dict[str, int]:
        """As the sync log names it."""
        return {"appointment_id" if self.is_appointment else "slot_id": self.object_id}

    @property
    def zone(self) -> ZoneInfo:
        """Where times are written that have no zone yet."""
        if self.appointment:
            return ZoneInfo(self.appointment.calendar.time_zone)
        return ZoneInfo(self.connection.user.time_zone)

    @property
    def zones(self) -> Zones:
        """What times without a zone meant when the base was agreed on."""
        return self.zones_of(self.resource.agreed_zone if self.resource else "")

    @property
    def zones_today(self) -> Zones:
        return self.zones_of("")

    def zones_of(self, agreed_zone: str) -> Zones:
        dates_zone = self.resource.dates_zone if self.resource else ""
        return zones_for(self.connection, self.appointment, agreed_zone, dates_zone)

    @property
    def written(self) -> Written | None:
        return written(self.appointment, self.connection) if self.appointment else None

    def fields(self) -> EventFields | None:
        if self.appointment:
            return appointment_fields(self.appointment)
        if self.returning:
            return fields_of(read(self.returning.before))
        return slot_fields(self.slot) if self.slot else None

    def base(self) -> EventFields | None:
        """The occurrence as last agreed, None where the base does not have it: not in the
        window, for what has passed is changed and deleted as well."""
        if self.resource is None:
            return None
        is_gone = self.is_appointment and self.resource.own_occurrence_gone
        body = self.resource.own_base if is_gone else self.resource.base
        try:
            found = find_occurrence(body, self.recurrence_id, self.zones) if body else None
        except UnreadableResource:
            return None
        if found is None:
            return None
        return found.fields.timed() if self.is_appointment else found.fields

    def plan(self, now: datetime) -> Action:
        copy = self.copy()
        if self.entry.kind == OutboxEntry.Kind.EVENT:
            return self.plan_return(copy)
        if not self.is_appointment:
            return plan_slot(slot_fields(self.slot) if self.slot else None, copy)
        calendar = self.calendar()
        if calendar and (refused := refusal(calendar, self.connection)):
            return Skip(refused)
        return plan_appointment(self.wanted(), copy, can_create=self.can_create())

    def plan_return(self, copy: Copy | None) -> Action:
        if self.returning is None:
            return Skip(Reason.NOTHING_THERE)
        if self.resource and self.resource.collection.role == RemoteCollection.Role.IGNORED:
            return Park(Reason.NOT_READ)
        return plan_return(copy, is_occurrence=self.returning.action == OUT_OF_SERIES)

    def can_create(self) -> bool:
        """In the collection where it would come to lie; as far as we know."""
        resource = self.resource
        if resource is None or is_homeless(resource):
            target = target_of(self.connection)
            return target is None or target.can_write
        return resource.collection.can_write

    def calendar(self) -> Calendar | None:
        """The appointment's; of a deleted one, the calendar it was in if that still is."""
        if self.appointment:
            return self.appointment.calendar
        pk = parse_calendar_ref(self.entry.source_ref)
        return Calendar.objects.filter(pk=pk).first() if pk else None

    def wanted(self) -> Wanted | None:
        if self.appointment is None or not belongs(self.appointment, self.connection):
            return None
        if self.resource and self.resource.withdrawn:
            return None  # D19
        return wanted(self.appointment, self.connection)

    def copy(self) -> Copy | None:
        if self.resource is None:
            return None
        copy = copy_of(self.resource, self.base(), self.recurrence_id, self.is_appointment)
        return replace(copy, is_alone=self.is_alone())

    def come_to_life(self) -> None:
        """What a person left in iCloud is followed again once its appointment belongs there."""
        if self.resource and self.resource.left_there and self.wanted():
            self.resource.left_there = False
            self.resource.save(update_fields=["left_there"])

    def reread(self) -> None:
        """What was read from iCloud may have changed the rows, and which occurrence of its
        series a deleted slot is. Raises Overtaken where it took the slot away."""
        try:
            self.entry.refresh_from_db(fields=["source_ref"])
        except OutboxEntry.DoesNotExist as error:
            raise Overtaken from error
        fresh = subject_of(self.entry, self.connection)
        self.resource, self.appointment = fresh.resource, fresh.appointment
        self.slot, self.recurrence_id = fresh.slot, fresh.recurrence_id
        self.returning = fresh.returning

    def is_alone(self) -> bool:
        """The resource goes with this occurrence. Asked only where it is to go: the whole
        series must be looked at."""
        stays = self.wanted() if self.is_appointment else self.slot or self.returning
        if stays or not self.resource or not self.recurrence_id:
            return False
        with suppress(UnreadableResource):
            return is_alone(self.resource.base, self.recurrence_id, self.zones)
        return False


def target_of(connection: ICloudConnection) -> RemoteCollection | None:
    return connection.collections.filter(role=RemoteCollection.Role.TARGET).first()


def is_homeless(resource: RemoteResource) -> bool:
    """Never stored, it goes where new events go by now."""
    return resource.state == RemoteResource.State.PENDING and not resource.base


def subject_of(entry: OutboxEntry, connection: ICloudConnection) -> Subject:
    """Reads the rows afresh: the last state wins, whatever was saved in between."""
    resources = connection.resources.select_related("collection")
    if entry.kind == OutboxEntry.Kind.APPOINTMENT:
        resource = resources.filter(appointment_id=entry.object_id).first()
        appointment = query_appointments([entry.object_id]).first()
        rid = resource.recurrence_id if resource else ""
        return Subject(entry, connection, resource, appointment, recurrence_id=rid)
    if entry.kind == OutboxEntry.Kind.EVENT:
        return returning(entry, connection)
    slot = BlockedSlot.objects.filter(pk=entry.object_id).first()
    ref = parse_source_ref(slot.source_ref if slot else entry.source_ref)
    if ref is None:
        return Subject(entry, connection, None, slot=slot)
    resource = resources.filter(pk=ref.resource_id).first()
    return Subject(entry, connection, resource, slot=slot, recurrence_id=ref.recurrence_id)


def returning(entry: OutboxEntry, connection: ICloudConnection) -> Subject:
    """What we took out of iCloud is to be there again; the log may not keep it any more."""
    kept = SyncLogEntry.objects.filter(pk=entry.object_id).first()
    resources = connection.resources.select_related("collection")
    resource = resources.filter(log=kept).first() if kept else None
    rid = recurrence_id_of(kept.before) if kept else ""
    return Subject(entry, connection, resource, recurrence_id=rid, returning=kept)


NOTHING_TO_TELL = frozenset({Reason.ALREADY_SAME, Reason.NOTHING_THERE})
