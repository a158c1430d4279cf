"""One occurrence of a series by its name, wherever in time it lies."""

from datetime import UTC, datetime

import pytest

from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.recurrence_ids import wall_of
from icloud_sync.core.ical.recurrence_set import RecurrenceSet
from icloud_sync.core.ical.series import find_all
from tests.core.bodies import ZONES, body, override

LONG = body(
    "DTSTART;TZID=Europe/Berlin:20010101T090000",
    "DTEND;TZID=Europe/Berlin:20010101T100000",
    "RRULE:FREQ=DAILY",
    "EXDATE;TZID=Europe/Berlin:20010103T090000",
    "SUMMARY:Standup",
    more="\n".join(
        [
            override("RECURRENCE-ID:20010104T080000Z", "DTSTART:20500101T080000Z", "SUMMARY:Moved"),
            override(
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20400101T080000Z",
                "DTSTART;TZID=Europe/Berlin:20400101T110000",
                "SUMMARY:Later",
            ),
        ]
    ),
)


@pytest.mark.parametrize(
    ("name", "title", "start"),
    [
        ("20010101T080000Z", "Standup", datetime(2001, 1, 1, 8, tzinfo=UTC)),
        ("20010104T080000Z", "Moved", datetime(2050, 1, 1, 8, tzinfo=UTC)),
        ("20390704T070000Z", "Standup", datetime(2039, 7, 4, 7, tzinfo=UTC)),
        ("20550704T070000Z", "Later", datetime(2055, 7, 4, 9, tzinfo=UTC)),
    ],
)
def test_an_occurrence_is_found_by_its_name_wherever_in_time_it_lies(
    name: str, title: str, start: datetime
) -> None:
    found = find_occurrence(LONG, name, ZONES)
    assert found is not None
    assert (found.recurrence_id, found.fields.title) == (name, title)
    assert found.fields.interval.starts_at == start


@pytest.mark.parametrize(
    "name", ["", "20010103T080000Z", "20001231T080000Z", "20010101T080000", "20010101"]
)
def test_what_is_not_in_the_series_is_not_found(name: str) -> None:
    assert find_occurrence(LONG, name, ZONES) is None


def test_an_occurrence_in_a_gap_is_found_by_its_name() -> None:
    text = body("DTSTART;TZID=Europe/Berlin:20270327T023000", "RRULE:FREQ=DAILY;COUNT=3")
    assert find_occurrence(text, "20270328T013000Z", ZONES) is not None


def test_an_event_that_does_not_recur_is_found_without_a_name() -> None:
    found = find_occurrence(body("DTSTART:19800101T080000Z", "SUMMARY:Old"), "", ZONES)
    assert found is not None
    assert found.fields.title == "Old"


def test_the_event_that_an_occurrence_looks_like_is_its_override_a_range_or_the_master() -> None:
    document = read(LONG)
    master, moved, later = document.events
    expected = {
        "20010101T080000Z": master,
        "20010104T080000Z": moved,
        "20400101T080000Z": later,
        "20410101T080000Z": later,
    }
    found = find_all(document, [*expected, "20010103T080000Z"], ZONES)
    assert {one.recurrence_id: one.event for one in found} == expected


@pytest.mark.parametrize(
    ("start", "name", "wall"),
    [
        ("DTSTART;TZID=Europe/Berlin:20261201T090000", "20270701T070000Z", (2027, 7, 1, 9)),
        ("DTSTART:20261201T090000Z", "20270701T090000Z", (2027, 7, 1, 9)),
        ("DTSTART:20261201T090000", "20270701T090000", (2027, 7, 1, 9)),
        ("DTSTART;VALUE=DATE:20261201", "20270701", (2027, 7, 1)),
    ],
)
def test_a_name_is_spelled_back_in_the_form_of_the_series(
    start: str, name: str, wall: tuple[int, ...]
) -> None:
    (master,) = read(body(start)).events
    found = wall_of(name, master.start)
    assert found == datetime(*wall)  # type: ignore[arg-type]  # noqa: DTZ001
    assert RecurrenceSet(master, ZONES).name_of(master.start.at(found)) == name
