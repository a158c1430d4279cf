"""Every read that a page, the admin or a booking needs."""

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet

from calendars.assignment import Candidate
from calendars.models import Appointment, BlockedSlot, Calendar, User
from calendars.types import AppointmentStatus
from calendars.wallclock import DAY, start_of_day

# These take no time away from anybody.
OFF = [AppointmentStatus.CANCELLED.value, AppointmentStatus.INVALID.value]


def overlapping(starts_at: datetime, ends_at: datetime) -> Q:
    """Touching is not overlapping."""
    return Q(starts_at__lt=ends_at, ends_at__gt=starts_at)


def blocking(starts_at: datetime, ends_at: datetime) -> Q:
    """Blocked Slots that take some of this time, the way there included."""
    begun = Q(starts_at__lt=ends_at) | Q(busy_from__lt=ends_at)
    return begun & Q(ends_at__gt=starts_at, is_busy=True)


def within(starts_at: datetime, ends_at: datetime) -> Q:
    """As `overlapping`, with what has no length (an event can be shortened to that)."""
    return overlapping(starts_at, ends_at) | Q(starts_at__gte=starts_at, starts_at__lt=ends_at)


def live_appointments(leaving_out: int | None = None) -> QuerySet[Appointment]:
    found = Appointment.objects.exclude(status__in=OFF)
    return found.exclude(pk=leaving_out) if leaving_out else found


def busy_user_ids(
    user_ids: list[int], starts_at: datetime, ends_at: datetime, leaving_out: int | None = None
) -> set[int]:
    """Who of them holds an appointment or has a busy Blocked Slot at this time."""
    booked = live_appointments(leaving_out).filter(
        overlapping(starts_at, ends_at), hosts__in=user_ids
    )
    blocked = BlockedSlot.objects.filter(blocking(starts_at, ends_at), user__in=user_ids)
    return {
        *booked.values_list("hosts", flat=True),
        *blocked.values_list("user", flat=True),
    } & set(user_ids)


def is_calendar_blocked(calendar: Calendar, starts_at: datetime, ends_at: datetime) -> bool:
    return calendar.blocked_slots.filter(blocking(starts_at, ends_at)).exists()


def booked_that_day(
    user_ids: list[int], day: date, zone: ZoneInfo, leaving_out: int | None = None
) -> Counter[int]:
    dawn, dusk = start_of_day(day, zone), start_of_day(day + DAY, zone)
    found = live_appointments(leaving_out).filter(
        starts_at__gte=dawn, starts_at__lt=dusk, hosts__in=user_ids
    )
    return Counter(found.values_list("hosts", flat=True))


def candidates(
    calendar: Calendar, starts_at: datetime, ends_at: datetime, leaving_out: int | None = None
) -> tuple[list[Candidate], Candidate | None]:
    """The calendar's team in its order, and its owner, as things stand for this time."""
    members = [
        (member.user, member.priority) for member in calendar.memberships.select_related("user")
    ]
    owner = [(calendar.owner, 1)] if calendar.owner else []
    ids = [user.pk for user, _ in members + owner]
    zone = ZoneInfo(calendar.time_zone)
    busy = busy_user_ids(ids, starts_at, ends_at, leaving_out)
    booked = booked_that_day(ids, starts_at.astimezone(zone).date(), zone, leaving_out)

    def candidate(user: User, priority: int) -> Candidate:
        return Candidate(user.pk, shown_name(user), priority, user.pk in busy, booked[user.pk])

    team = [candidate(user, priority) for user, priority in members]
    return team, next((candidate(user, priority) for user, priority in owner), None)


def shown_name(user: User) -> str:
    return user.get_full_name() or user.get_username()


def appointments_of(user: User, starts_at: datetime, ends_at: datetime) -> QuerySet[Appointment]:
    found = Appointment.objects.filter(within(starts_at, ends_at), hosts=user)
    return found.select_related("calendar").annotate(seats_taken=Count("attendees"))


def slots_of(user: User, starts_at: datetime, ends_at: datetime) -> QuerySet[BlockedSlot]:
    return BlockedSlot.objects.filter(within(starts_at, ends_at), user=user)


def next_appointments(now: datetime, count: int = 6) -> QuerySet[Appointment]:
    """What comes next in the house, for the admin's first page."""
    coming = live_appointments().filter(ends_at__gt=now).select_related("calendar")
    return coming.prefetch_related("hosts")[:count]
