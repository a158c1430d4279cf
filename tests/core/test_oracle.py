"""What is asked of ical.js comes back in our own values."""

from datetime import UTC, date, datetime

from icloud_sync.core.ical.zones import vtimezone
from tests.oracle import expand_with_icaljs

FIRST, LAST = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)


def calendar(*parts: str) -> str:
    lines = [line for part in parts for line in part.strip().splitlines()]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])


def test_a_zone_an_exception_and_a_moved_occurrence_come_back_in_utc() -> None:
    weekly = """
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20261011T090000
RRULE:FREQ=WEEKLY;COUNT=5
EXDATE;TZID=Europe/Berlin:20261101T090000
END:VEVENT
BEGIN:VEVENT
UID:1
RECURRENCE-ID;TZID=Europe/Berlin:20261018T090000
DTSTART;TZID=Europe/Berlin:20261019T100000
END:VEVENT"""
    body = calendar(vtimezone("Europe/Berlin"), weekly)
    assert expand_with_icaljs([(body, FIRST, LAST)]) == [
        [
            datetime(2026, 10, 11, 7, tzinfo=UTC),
            datetime(2026, 10, 19, 8, tzinfo=UTC),
            datetime(2026, 10, 25, 8, tzinfo=UTC),
            datetime(2026, 11, 8, 8, tzinfo=UTC),
        ]
    ]


def test_days_come_back_as_dates_and_what_cannot_be_read_as_a_sentence() -> None:
    first, last = FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)
    daily = calendar(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261129\nRRULE:FREQ=DAILY\nEND:VEVENT",
    )
    days, refusal = expand_with_icaljs([(daily, first, last), ("BEGIN:VEVENT", first, last)])
    assert days == [date(2026, 11, 29), date(2026, 11, 30)]
    assert "ParserError" in refusal
