"""A calendar object resource read into values (RFC 4791, 4.1; RFC 5545, 3.6.1)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.notes import without_block
from icloud_sync.core.recurrence import expand, is_recurring
from icloud_sync.core.values import (
    EventFields,
    Interval,
    Occurrence,
    ParsedResource,
    Window,
    Zones,
)


def parse(body: str, window: Window, zones: Zones) -> ParsedResource:
    """Raises UnreadableResource, and nothing else, for whatever is wrong with `body`."""
    try:
        return _parse(body, window, zones)
    except UnreadableResource:
        raise
    except Exception as error:  # hostile input: a library may raise anything here
        raise UnreadableResource(f"{type(error).__name__}: {error}"[:300]) from error


def find_occurrence(body: str, rid: str, zones: Zones) -> Occurrence | None:
    """The one of this recurrence-id ("": of an event that does not recur), wherever in time
    it lies by now; None where it is not in the series. Raises UnreadableResource."""
    start = moment_of(rid) if rid else datetime(1970, 1, 1, tzinfo=UTC)
    parsed = parse(body, Window(start, start), zones)
    found = {one.recurrence_id: one for one in parsed.occurrences}
    return found.get(rid) or (moved_occurrence(body, rid, zones) if rid else None)


def moved_occurrence(body: str, rid: str, zones: Zones) -> Occurrence | None:
    """An override may lie far from where its occurrence began."""
    for event in Calendar.from_ical(body).walk("VEVENT"):
        if not isinstance(event, Event) or "RECURRENCE-ID" not in event:
            continue
        if recurrence_id(event, zones) == rid:
            return occurrence(event, True, zones)
    return None


def moment_of(rid: str) -> datetime:
    """The instant that a canonical recurrence-id names; a date is its own midnight."""
    if "T" in rid:
        return datetime.strptime(rid, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.strptime(rid, "%Y%m%d").replace(tzinfo=UTC)


def _parse(body: str, window: Window, zones: Zones) -> ParsedResource:
    calendar = Calendar.from_ical(body)
    if not isinstance(calendar, Calendar):
        raise UnreadableResource("There is more than one calendar in it.")
    events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
    uids = {str(event.get("UID", "")) for event in events}
    if not events:
        raise UnreadableResource("There is no event in it.")
    if len(uids) != 1 or "" in uids:
        raise UnreadableResource("It does not have exactly one UID.")
    recurring = any(is_recurring(event) for event in events)
    occurring = expand(calendar, window) if recurring else events[:1]
    return ParsedResource(
        uid=uids.pop(),
        occurrences=tuple(occurrence(event, recurring, zones) for event in occurring),
        has_guests=any("ATTENDEE" in event or "ORGANIZER" in event for event in events),
        is_recurring=recurring,
    )


def occurrence(event: Event, recurring: bool, zones: Zones) -> Occurrence:
    return Occurrence(
        recurrence_id=recurrence_id(event, zones) if recurring else "",
        fields=EventFields(
            title=text(event, "SUMMARY"),
            interval=interval(event, zones),
            location=text(event, "LOCATION"),
            notes=without_block(text(event, "DESCRIPTION")),
        ),
        # D9: free and cancelled events are shown, but take no time away.
        is_busy=text(event, "TRANSP").upper() != "TRANSPARENT"
        and text(event, "STATUS").upper() != "CANCELLED",
    )


def text(event: Event, name: str) -> str:
    value = event.get(name, "")
    first = value[0] if isinstance(value, list) and value else value
    return str(first).replace("\r\n", "\n")


def recurrence_id(event: Event, zones: Zones) -> str:
    """The original start, as one spelling whatever form or zone it was written in."""
    value = moment(event, "RECURRENCE-ID" if "RECURRENCE-ID" in event else "DTSTART")
    if not isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    return instant(value, zones).strftime("%Y%m%dT%H%M%SZ")


def interval(event: Event, zones: Zones) -> Interval:
    start, end = moment(event, "DTSTART"), end_of(event)
    if not isinstance(start, datetime):
        last = end.date() if isinstance(end, datetime) else end
        last = max(last, start + timedelta(days=1))
        return all_day(start, last, zones.dates)
    if not isinstance(end, datetime):
        end = datetime.combine(end, time(), start.tzinfo)
    starts_at = instant(start, zones)
    return Interval(starts_at, max(instant(end, zones), starts_at))


def all_day(starts_on: date, ends_on: date, zone: ZoneInfo) -> Interval:
    """Local midnight to midnight; `ends_on` exclusive."""
    return Interval(midnight(starts_on, zone), midnight(ends_on, zone), starts_on, ends_on)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(event: Event) -> date | datetime:
    """DTEND, or what RFC 5545 says where it is missing."""
    start = moment(event, "DTSTART")
    if "DTEND" in event:
        return moment(event, "DTEND")
    if "DURATION" in event:
        length: Any = event["DURATION"]
        return after(start, max(length.dt, timedelta()))
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def after(start: date | datetime, length: timedelta) -> date | datetime:
    """Whole days on the wall clock, the rest in time that really passes (RFC 5545, 3.3.6)."""
    days = timedelta(days=length.days)
    if not isinstance(start, datetime) or start.tzinfo is None:
        return start + length
    return ((start + days).astimezone(UTC) + (length - days)).astimezone(start.tzinfo)


def moment(event: Event, name: str) -> date | datetime:
    prop: Any = event.get(name)
    value = getattr(prop, "dt", None)
    if not isinstance(value, date):
        raise UnreadableResource(f"{name} is missing or is no date.")
    if isinstance(value, datetime) and value.tzinfo is None and prop.params.get("TZID"):
        # Never silently UTC: a time in a zone nobody knows is not a time.
        raise UnreadableResource(f"The time zone {prop.params['TZID']} is unknown.")
    return value


def instant(value: datetime, zones: Zones) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=zones.floating)).astimezone(UTC)
