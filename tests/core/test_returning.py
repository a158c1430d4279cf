"""What was deleted in iCloud, made ready to be stored there again."""

from dataclasses import replace

import pytest

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.patch import exclude
from icloud_sync.core.ical.returning import occurrence, whole
from icloud_sync.core.values import Interval
from tests.core.bodies import BERLIN, NOW, ZONES, body, override, utc

DAILY = (
    "DTSTART;TZID=Europe/Berlin:20261201T090000",
    "DTEND;TZID=Europe/Berlin:20261201T100000",
    "RRULE:FREQ=DAILY;COUNT=4",
    "SUMMARY:Standup",
    "SEQUENCE:0",
)
SECOND = "20261202T080000Z"
ALARM = ("BEGIN:VALARM", "UID:alarm", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM")


def test_a_whole_event_comes_back_byte_for_byte_under_its_own_uid() -> None:
    text = body(
        "DTSTART:20261201T080000Z",
        "DTEND:20261201T090000Z",
        "SUMMARY:Lunch",
        "X-APPLE-STRUCTURED-LOCATION;VALUE=URI:geo:52.5,13.4",
        *ALARM,
    )
    assert whole(text, "one", ZONES, NOW) == text


def test_a_new_uid_is_on_every_event_of_a_series_and_on_none_of_its_alarms() -> None:
    moved = override(f"RECURRENCE-ID:{SECOND}", "DTSTART:20261202T100000Z", *ALARM)
    text = whole(body(*DAILY, *ALARM, more=moved), "two", ZONES, NOW)
    uids = [line for line in text.splitlines() if line.startswith("UID")]
    assert uids == ["UID:two", "UID:alarm", "UID:two", "UID:alarm"]
    assert "UID:one" not in text


def test_what_icloud_would_refuse_is_put_right() -> None:
    text = body("METHOD:PUBLISH", "DTSTART:20261201T080000Z", "DTSTAMP:20270101T000000Z")
    stored = whole(text, "one", ZONES, NOW)
    assert stored.count("DTSTAMP") == 1
    assert "DTEND" in stored


def test_what_nobody_understands_does_not_go_back() -> None:
    with pytest.raises(UnreadableResource):
        whole("BEGIN:VCALENDAR", "one", ZONES, NOW)


def test_an_occurrence_comes_back_as_it_was() -> None:
    series = body(*DAILY)
    was = find_occurrence(series, SECOND, ZONES)
    assert was is not None
    without = exclude(series, SECOND, ZONES, NOW)
    assert find_occurrence(without, SECOND, ZONES) is None
    back = occurrence(without, SECOND, was.fields, BERLIN, ZONES, NOW)
    assert find_occurrence(back, SECOND, ZONES) == was
    assert "RECURRENCE-ID" not in back


def test_an_occurrence_that_had_been_moved_comes_back_where_it_was_moved_to() -> None:
    series = body(*DAILY)
    was = find_occurrence(series, SECOND, ZONES)
    assert was is not None
    at_noon = Interval(utc(12, 2, 12), utc(12, 2, 13))
    wanted = replace(was.fields, title="Review", interval=at_noon)
    back = occurrence(exclude(series, SECOND, ZONES, NOW), SECOND, wanted, BERLIN, ZONES, NOW)
    found = find_occurrence(back, SECOND, ZONES)
    assert found is not None
    assert found.fields == wanted


def test_without_its_fields_an_occurrence_is_as_its_series_says() -> None:
    series = body(*DAILY)
    without = exclude(series, SECOND, ZONES, NOW)
    back = occurrence(without, SECOND, None, BERLIN, ZONES, NOW)
    assert find_occurrence(back, SECOND, ZONES) == find_occurrence(series, SECOND, ZONES)
