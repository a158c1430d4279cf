"""What we read is what icalendar reads: in our own odd calendars, and in every real one of the
folder that ICAL_CORPUS names, resource by resource."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar, Component

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import Event, Moment, Period, UnreadableResource
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.read import read

ODD = Path(__file__).parent / "odd"
FOLDER = os.environ.get("ICAL_CORPUS", "")
FILES = sorted(ODD.glob("*.ics")) + (sorted(Path(FOLDER).rglob("*.ics")) if FOLDER else [])

# Where icalendar says something else, and why we do not.
DIFFERENT = {
    # 'The "TZID" property parameter MUST NOT be applied to DATE properties' (RFC 5545, 3.2.19).
    "samples__invalid__schedule-unstable.ics": {"start"},
    "samples__valid__japan_west.ics": {"start", "end"},
    "Calendars__Serialization__TimeZone3.ics": {"start", "end"},
    "examples__ICal.ics": {"start", "end"},
    # 'The "TZID" property parameter MUST NOT be applied to DATE-TIME properties whose time
    # values are specified in UTC.' (3.3.5)
    "tests__ics__event_dt_mixed_awareness.ics": {"start", "end"},
    "zone-utc-in-four-spellings.ics": {"excluded", "extra"},
    # A time that says it is a date, and dates where only times may stand (3.3.9).
    "Calendars__Serialization__Parameter1.ics": {"end"},
    "calendars__issue_1633_rdate_with_dates.ics": {"extra"},
    "calendars__issue_1633_rdate_with_dates_and_tzid.ics": {"extra"},
    # A name that Windows knows is that zone: this file's VTIMEZONE is of another place. A name
    # of IANA's is one in any case.
    "tests__ics__tz_windows_format.ics": {"start", "end"},
    "zone-after-a-path.ics": {"end"},
    # It leaves out a line whose quotes never close; a title is not lost for that.
    "quotes-that-never-close.ics": {"texts", "has_guests"},
}
# What icalendar takes and we refuse: a resource that CalDAV would not hold (RFC 4791, 4.1),
# an event without a start, times in zones that nobody defines or that are no times, and
# rules beyond RFC 5545.
REFUSALS = (
    "It does not have exactly one UID.",
    "DTSTART is missing.",
    "is unknown.",
    "is no date or time.",
    "in a rule.",
    "which is not understood.",
)


def resources(body: str) -> Iterator[str]:
    """A body for each UID, with all time zones, as CalDAV stores them (RFC 4791, 4.1)."""
    zones: list[Line] = []
    events: dict[str, list[Line]] = {}
    for component in components(lines.split(body.removeprefix("\ufeff"))):
        if component[0].value.strip().upper() == "VTIMEZONE":
            zones += component
        else:
            uid = lines.find(component, "UID")
            events.setdefault(uid.value if uid else "", []).extend(component)
    for event in events.values():
        head, tail = lines.make("BEGIN:VCALENDAR"), lines.make("END:VCALENDAR")
        yield lines.join([head, *zones, *event, tail])


def components(whole: list[Line]) -> Iterator[list[Line]]:
    """Every VEVENT and VTIMEZONE, with what lies in it."""
    found: list[Line] = []
    depth = 0
    for line in whole:
        wanted = line.value.strip().upper() in ("VEVENT", "VTIMEZONE")
        if not found and not (line.name == "BEGIN" and wanted):
            continue
        found.append(line)
        depth += (line.name == "BEGIN") - (line.name == "END")
        if depth == 0:
            yield found
            found = []


# --- Both as plain values -------------------------------------------------------------


def as_we_say(event: Event) -> dict[str, Any]:
    return {
        "start": our_moment(event.start),
        "end": event.end and our_moment(event.end),
        "duration": event.duration,
        "recurrence_id": event.recurrence_id and our_moment(event.recurrence_id),
        "rules": len(event.rules),
        "extra": [our_period(period) for period in event.extra],
        "excluded": [our_moment(moment) for moment in event.excluded],
        "texts": (event.title, event.location, event.description),
        "is_transparent": event.is_transparent,
        "is_cancelled": event.is_cancelled,
        "has_guests": event.has_guests,
    }


def our_moment(moment: Moment) -> Any:
    """(wall time, instant) of a time in a zone, as instants alone may agree by accident."""
    if moment.is_date:
        return moment.wall.date()
    return moment.wall if moment.is_floating else (moment.wall, moment.instant(UTC))


def our_period(period: Period) -> Any:
    end = our_moment(period.end) if period.end else period.duration
    return our_moment(period.start) if end is None else (our_moment(period.start), end)


def as_it_says(event: Component) -> dict[str, Any]:
    start, end = (single(event, name, lambda value: value.dt) for name in ("DTSTART", "DTEND"))
    if is_time(start) and is_time(end) and end.tzinfo is None:
        end = end.replace(tzinfo=start.tzinfo)  # both have a zone or none (RFC 5545, 3.8.2.2)
    return {
        "start": its_moment(start),
        "end": its_moment(end),
        "duration": single(event, "DURATION", lambda value: value.dt),
        "recurrence_id": single(event, "RECURRENCE-ID", lambda value: its_moment(value.dt)),
        "rules": len(all_of(event, "RRULE")),
        "extra": [its_moment(one.dt) for value in all_of(event, "RDATE") for one in value.dts],
        "excluded": [its_moment(one.dt) for value in all_of(event, "EXDATE") for one in value.dts],
        "texts": tuple(
            single(event, name, plain_text) or "" for name in ("SUMMARY", "LOCATION", "DESCRIPTION")
        ),
        "is_transparent": single(event, "TRANSP", plain_word) == "TRANSPARENT",
        "is_cancelled": single(event, "STATUS", plain_word) == "CANCELLED",
        "has_guests": "ATTENDEE" in event or "ORGANIZER" in event,
    }


def all_of(event: Component, name: str) -> list[Any]:
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def single(event: Component, name: str, value: Callable[[Any], Any]) -> Any:
    """Of a repeated property the first counts."""
    return value(all_of(event, name)[0]) if name in event else None


def its_moment(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(part if isinstance(part, timedelta) else its_moment(part) for part in value)
    if not is_time(value) or value.tzinfo is None:
        return value
    return value.replace(tzinfo=None), value.astimezone(UTC)


def is_time(value: Any) -> bool:
    return isinstance(value, datetime)


def plain_text(value: Any) -> str:
    return lines.CONTROL.sub("", str(value))


def plain_word(value: Any) -> str:
    return str(value).strip().upper()


# --- And compared ---------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::icalendar.GloballyUniqueTZIDGuessed")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_resource_says_the_same_to_us_as_to_icalendar(path: Path) -> None:
    different: set[str] = set()
    for body in resources(path.read_bytes().decode("utf-8", "replace")):
        try:
            theirs = [as_it_says(event) for event in Calendar.from_ical(body).walk("VEVENT")]
        except Exception:  # it may raise anything
            continue
        for mine, its in zip(read_or_refused(body, theirs), theirs, strict=True):
            different |= {name for name, value in mine.items() if value != its[name]}
    assert different == DIFFERENT.get(path.name, set())


def read_or_refused(body: str, instead: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What we say; `instead` where we refuse for one of the known reasons."""
    try:
        return [as_we_say(event) for event in read(body).events]
    except UnreadableResource as refused:
        if str(refused).endswith(REFUSALS):
            return instead
        raise
