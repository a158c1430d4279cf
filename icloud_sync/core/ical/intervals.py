"""When an event is, wherever it starts (RFC 5545, 3.6.1 and 3.8.5.3)."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icloud_sync.core.ical.document import Event, Moment
from icloud_sync.core.ical.recurrence_ids import day_of, in_utc
from icloud_sync.core.values import Interval, Zones

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)


class Timing:
    """The length of one event, laid at any start.

    DTEND gives every occurrence the same exact length, DURATION the same nominal one: whole
    days on the wall clock, the rest as time that passes. Nothing is shorter than nothing,
    and what has only dates takes at least one of them.
    """

    def __init__(self, event: Event, zones: Zones) -> None:
        self.is_date = event.start.is_date
        self.dates = zones.dates
        self.place: tzinfo = event.start.zone or zones.floating
        if self.is_date:
            self.days, self.rest = max(DAY, whole_days(event, zones)), timedelta()
        else:
            self.days, self.rest = nominal_and_exact(event, zones)

    @property
    def longest(self) -> timedelta:
        """At most this much passes from start to end: a day on the wall can have more hours
        than 24."""
        return self.days + self.rest + DAY

    def at(self, wall: datetime) -> Interval:
        """`wall`: naive, in the form of the event's own start."""
        if self.is_date:
            first = wall.date()
            return all_day(first, first + self.days, self.dates)
        starts_at = aware(wall, self.place)
        if not self.days:
            return Interval(starts_at, starts_at + self.rest)
        return Interval(starts_at, aware(wall + self.days, self.place) + self.rest)


def whole_days(event: Event, zones: Zones) -> timedelta:
    """A day that has begun counts."""
    if event.end is not None:
        return last_day(event.end, zones) - event.start.wall
    return -(-(event.duration or timedelta()) // DAY) * DAY


def last_day(end: Moment, zones: Zones) -> datetime:
    """The day at which an event of dates ends, exclusive, also where a time is written."""
    if end.is_date:
        return end.wall
    wall = day_of(end, zones)
    midnight = datetime.combine(wall, time())
    return midnight if wall == midnight else midnight + DAY


def nominal_and_exact(event: Event, zones: Zones) -> tuple[timedelta, timedelta]:
    if event.end is not None:
        end = event.start.at(event.end.wall) if event.end.is_date else event.end
        length = end.instant(zones.floating) - event.start.instant(zones.floating)
        return timedelta(), max(length, timedelta())
    length = max(event.duration or timedelta(), timedelta())
    nominal = timedelta() if event.in_hours else timedelta(days=length.days)
    return nominal, length - nominal


def all_day(starts_on: date, ends_on: date, zone: tzinfo) -> Interval:
    """Local midnight to midnight; `ends_on` exclusive."""
    return Interval(midnight(starts_on, zone), midnight(ends_on, zone), starts_on, ends_on)


def midnight(day: date, zone: tzinfo) -> datetime:
    return aware(datetime.combine(day, time()), zone)


def aware(wall: datetime, zone: tzinfo) -> datetime:
    """In UTC."""
    return EPOCH + (in_utc(wall, zone) - NAIVE_EPOCH)
