"""Rows read into plain values: what core decides on."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from calendars.models import Appointment, BlockedSlot, Calendar
from calendars.types import CalendarType, SlotOrigin
from icloud_sync.core.ical.notes import who_is_coming
from icloud_sync.core.ical.render import Written
from icloud_sync.core.policy import SYNCED_TYPES, is_synced_type, remote_status, stays_in_icloud
from icloud_sync.core.push_plan import Copy, CopyStatus, Reason, Wanted
from icloud_sync.core.refs import resource_prefix
from icloud_sync.core.values import Blocking, EventFields, Interval, Window, Zones
from icloud_sync.models import ICloudConnection, RemoteResource

State = RemoteResource.State
COPY_STATUS = {
    State.PENDING: CopyStatus.PENDING,
    State.SYNCED: CopyStatus.PRESENT,
    State.DELETED_IN_ICLOUD: CopyStatus.DELETED,
    State.REMOVED: CopyStatus.REMOVED,
    State.NEEDS_ATTENTION: CopyStatus.UNREADABLE,
}


def query_served_appointments(
    user_id: int, serves: str, calendar_ids: Iterable[int] = ()
) -> QuerySet[Appointment]:
    """Appointments a connection of this user is for (D1, D19), past ones included.

    Takes plain values, so that staff can be shown the count before a connection exists.
    """
    found = Appointment.objects.filter(
        hosts=user_id, calendar__type__in=[kind.value for kind in SYNCED_TYPES]
    )
    if serves == ICloudConnection.Serves.CHOSEN:
        found = found.filter(calendar__in=list(calendar_ids))
    return found


def slots_of_resources(user_id: int, resource_ids: Iterable[int]) -> QuerySet[BlockedSlot]:
    """By ranges of `source_ref`, so that its index serves on every database."""
    ranges = Q(pk__in=())
    for resource_id in resource_ids:
        prefix = resource_prefix(resource_id)
        # ";" is the character after ":": everything that begins with the prefix.
        ranges |= Q(source_ref__gte=prefix, source_ref__lt=f"{prefix[:-1]};")
    return BlockedSlot.objects.filter(ranges, user_id=user_id, origin=SlotOrigin.ICLOUD.value)


def current_window(now: datetime) -> Window:
    """How far events come in (D10)."""
    return Window(
        now - timedelta(days=settings.ICLOUD_WINDOW_DAYS_BACK),
        now + timedelta(days=settings.ICLOUD_WINDOW_DAYS_AHEAD),
    )


def zones_for(
    connection: ICloudConnection,
    appointment: Appointment | None,
    agreed_zone: str = "",
    dates_zone: str = "",
) -> Zones:
    """An appointment's dates are its calendar's; everything else is the owner's (D11). Both
    as they were when the base was agreed on, where that is given: they may have changed."""
    own = ZoneInfo(connection.user.time_zone)
    dates = ZoneInfo(dates_zone or appointment.calendar.time_zone) if appointment else own
    return Zones(dates, ZoneInfo(agreed_zone) if agreed_zone else own)


def blocking_of(connection: ICloudConnection) -> Blocking:
    """What takes time away, by this connection's switches (D9)."""
    return Blocking(
        free_all_day=connection.free_all_day_blocks,
        unanswered=connection.unanswered_blocks,
        travel=connection.travel_blocks,
        owner=frozenset(each.lower() for each in (connection.apple_id, *connection.addresses)),
    )


def appointment_fields(appointment: Appointment) -> EventFields:
    return EventFields(
        appointment.title,
        Interval(utc(appointment.starts_at), utc(appointment.ends_at)),
        appointment.location,
        appointment.notes,
    )


def slot_fields(slot: BlockedSlot) -> EventFields:
    dates = (slot.starts_on, slot.ends_on) if slot.is_all_day else (None, None)
    interval = Interval(utc(slot.starts_at), utc(slot.ends_at), *dates)
    return EventFields(slot.title, interval, slot.location, slot.notes)


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def refusal(calendar: Calendar, connection: ICloudConnection) -> Reason | None:
    """Why nothing at all may be written about this calendar's appointments here (R2, D19)."""
    if not is_synced_type(calendar.type):
        return Reason.KIND_NOT_SYNCED
    serves_all = connection.serves == ICloudConnection.Serves.ALL
    if not serves_all and not connection.calendars.filter(pk=calendar.pk).exists():
        return Reason.NOT_SERVED
    return None


def belongs(appointment: Appointment, connection: ICloudConnection) -> bool:
    """The user is host, and the status keeps it in iCloud (D1, D2)."""
    hosts = [host.pk for host in appointment.hosts.all()]
    return connection.user_id in hosts and stays_in_icloud(appointment.status)


def written(appointment: Appointment, connection: ICloudConnection) -> Written:
    return Written(
        status=remote_status(appointment.status),
        url=settings.PUBLIC_URL
        + reverse("admin:calendars_appointment_change", args=[appointment.pk]),
        block=block(appointment) if connection.write_who_is_coming else "",
    )


def block(appointment: Appointment) -> str:
    attendees = [(seat.contact.name, seat.contact.phone) for seat in appointment.attendees.all()]
    is_class = appointment.calendar.type == CalendarType.CLASS_BOOKING
    return who_is_coming(attendees, appointment.calendar.seats if is_class else 1)


def wanted(appointment: Appointment, connection: ICloudConnection) -> Wanted:
    return Wanted(appointment_fields(appointment), written(appointment, connection).digest)


def copy_of(
    resource: RemoteResource, base: EventFields | None, recurrence_id: str, is_appointment: bool
) -> Copy:
    status = COPY_STATUS[State(resource.state)]
    if status is CopyStatus.PRESENT and is_appointment and resource.own_occurrence_gone:
        status = CopyStatus.OCCURRENCE_GONE
    return Copy(
        href=resource.href,
        etag=resource.etag,
        status=status,
        base=base,
        written_digest=resource.written_digest,
        recurrence_id=recurrence_id,
        has_guests=resource.has_guests,
        can_write=resource.collection.can_write,
        left_there=resource.left_there,
        is_frozen=resource.frozen_at is not None,
    )


def query_appointments(ids: Iterable[int]) -> QuerySet[Appointment]:
    """With all that a decision about them needs, in four queries."""
    return (
        Appointment.objects.filter(pk__in=list(ids))
        .select_related("calendar")
        .prefetch_related("hosts", "attendees__contact")
    )
