"""Overrides and EXDATEs find their occurrence, in every form they may be written in."""

from datetime import UTC, date, datetime

import pytest

from icloud_sync.core.ical.parse import parse
from icloud_sync.core.values import Window, Zones
from tests.core.bodies import BERLIN, TOKYO, WINDOW, ZONES, body, override, utc
from tests.core.occurrences import DAILY, DAYS, away, daily, hours, names, told

# --- One occurrence named in another form than the series is written in ------------------------


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE;TZID=Europe/Berlin:20261203T090000",
        "EXDATE:20261203T080000Z",
        "EXDATE;TZID=Asia/Tokyo:20261203T170000",
        "EXDATE:20261203T090000",
        "EXDATE;VALUE=DATE:20261203",
        "EXDATE:20261203T080000Z,20270101T080000Z",
    ],
)
def test_an_exdate_in_any_form_or_zone_takes_out_that_one(line: str) -> None:
    assert names(body(*DAILY, line)) == daily(1, 2, 4)


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE;VALUE=DATE:20261203",
        "EXDATE;TZID=Europe/Berlin:20261203T000000",
        "EXDATE:20261203T000000",
        "EXDATE:20261202T230000Z",  # midnight where the owner is
        "EXDATE:20261203T000000Z",  # a date with zeros glued on
    ],
)
def test_an_exdate_with_a_time_takes_its_day_out_of_an_all_day_series(line: str) -> None:
    assert names(body(*DAYS, line)) == away(1, 2, 4)


def test_a_date_takes_every_occurrence_of_that_day_out_of_a_series_of_times() -> None:
    twice = ("DTSTART:20261201T080000Z", "RRULE:FREQ=DAILY;BYHOUR=8,12;COUNT=6")
    left = names(body(*twice, "EXDATE;VALUE=DATE:20261202"))
    assert left == [
        "20261201T080000Z",
        "20261201T120000Z",
        "20261203T080000Z",
        "20261203T120000Z",
    ]


def test_the_day_an_exdate_names_is_the_day_where_the_series_is() -> None:
    late = ("DTSTART;TZID=America/New_York:20261201T220000", "RRULE:FREQ=DAILY;COUNT=3")
    assert names(body(*late, "EXDATE;VALUE=DATE:20261202")) == [
        "20261202T030000Z",  # the evening of the first there
        "20261204T030000Z",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "RECURRENCE-ID;TZID=Europe/Berlin:20261203T090000",
        "RECURRENCE-ID:20261203T080000Z",
        "RECURRENCE-ID;TZID=Asia/Tokyo:20261203T170000",
        "RECURRENCE-ID:20261203T090000",
        "RECURRENCE-ID;VALUE=DATE:20261203",
    ],
)
def test_an_override_named_in_any_form_or_zone_is_that_occurrence_and_no_second(
    line: str,
) -> None:
    moved = override(line, "DTSTART:20261203T130000Z", "SUMMARY:Moved")
    assert told(body(*DAILY, more=moved)) == [
        (*daily(1), "Standup", utc(12, 1, 8)),
        (*daily(2), "Standup", utc(12, 2, 8)),
        (*daily(3), "Moved", utc(12, 3, 13)),
        (*daily(4), "Standup", utc(12, 4, 8)),
    ]


def test_an_override_named_by_its_date_is_the_first_of_that_day_at_whatever_time() -> None:
    text = body(
        "DTSTART:20261201T080000Z",
        "RRULE:FREQ=DAILY;BYHOUR=10,15;COUNT=5",
        more=override("RECURRENCE-ID;VALUE=DATE:20261202", "DTSTART:20261202T120000Z"),
    )
    assert told(text)[3:] == [
        ("20261202T100000Z", "", utc(12, 2, 12)),
        ("20261202T150000Z", "", utc(12, 2, 15)),
    ]


@pytest.mark.parametrize(
    "line", ["RECURRENCE-ID:20261203T000000", "RECURRENCE-ID:20261202T230000Z"]
)
def test_an_override_named_by_a_time_is_that_day_of_an_all_day_series(line: str) -> None:
    timed = override(line, "DTSTART:20261203T130000Z", "SUMMARY:Only the afternoon")
    found = parse(body(*DAYS, more=timed), WINDOW, ZONES).occurrences
    assert [one.recurrence_id for one in found] == away(1, 2, 3, 4)
    assert [one.fields.interval.is_all_day for one in found] == [True, True, False, True]


def test_a_floating_series_is_named_as_on_the_wall_wherever_its_owner_is() -> None:
    text = body(
        "DTSTART:20261201T090000",
        "RRULE:FREQ=DAILY;COUNT=3",
        "EXDATE;TZID=Europe/Berlin:20261202T090000",
    )
    assert names(text, ZONES) == ["20261201T090000", "20261203T090000"]
    assert names(text, Zones(TOKYO, TOKYO)) == [f"2026120{day}T090000" for day in (1, 2, 3)]


def test_floating_times_are_in_the_zone_the_body_says_else_in_the_owners() -> None:
    text = body("DTSTART:20261201T090000", "RRULE:FREQ=DAILY;COUNT=1")
    said = text.replace("BEGIN:VEVENT", "X-WR-TIMEZONE:America/New_York\r\nBEGIN:VEVENT", 1)
    assert told(text, Zones(BERLIN, TOKYO)) == [("20261201T090000", "", utc(12, 1, 0))]
    assert told(said, Zones(BERLIN, TOKYO)) == [("20261201T090000", "", utc(12, 1, 14))]


# --- Overrides ---------------------------------------------------------------------------------


def test_an_override_whose_start_is_in_no_series_is_still_shown() -> None:
    orphan = override("RECURRENCE-ID:20261220T080000Z", "DTSTART:20261220T080000Z")
    assert names(body(*DAILY, more=orphan)) == daily(1, 2, 3, 4, 20)


def test_an_override_of_an_occurrence_that_was_taken_out_is_still_shown() -> None:
    back = override("RECURRENCE-ID:20261203T080000Z", "DTSTART:20261203T120000Z")
    text = body(*DAILY, "EXDATE:20261203T080000Z", more=back)
    assert told(text)[2] == (*daily(3), "", utc(12, 3, 12))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("RECURRENCE-ID;TZID=Europe/Berlin:20261203T090000", "20261203T080000Z"),
        ("RECURRENCE-ID:20261203T090000", "20261203T090000"),
        ("RECURRENCE-ID;VALUE=DATE:20261203", "20261203"),
    ],
)
def test_somebody_invited_to_one_occurrence_has_that_one(line: str, name: str) -> None:
    text = body(line, "DTSTART:20261203T080000Z", "SUMMARY:Guest")
    found = parse(text, WINDOW, ZONES)
    assert (found.is_recurring, told(text)) == (True, [(name, "Guest", utc(12, 3, 8))])


def test_an_event_that_does_not_recur_with_an_override_is_the_override() -> None:
    text = body(
        "DTSTART:20261203T080000Z",
        more=override("RECURRENCE-ID:20261203T080000Z", "DTSTART:20261203T120000Z"),
    )
    assert told(text) == [(*daily(3), "", utc(12, 3, 12))]


def test_several_masters_are_all_there_each_start_once() -> None:
    text = body(*DAILY, more=override("DTSTART:20261204T080000Z", "RRULE:FREQ=DAILY;COUNT=2"))
    assert names(text) == daily(1, 2, 3, 4, 5)


def test_several_masters_that_do_not_recur_are_all_there() -> None:
    text = body("DTSTART:20261201T080000Z", more=override("DTSTART:20261205T080000Z"))
    assert names(text) == daily(1, 5)


def test_an_override_belongs_to_the_master_whose_series_has_its_start() -> None:
    all_day = override(*DAYS[:2], "SUMMARY:Away")
    changed = override("RECURRENCE-ID:20261202T080000Z", "DTSTART:20261202T200000Z", "SUMMARY:Late")
    found = {(name, title) for name, title, _ in told(body(*DAILY, more=f"{all_day}\n{changed}"))}
    assert ("20261202T080000Z", "Late") in found
    assert ("20261202", "Away") in found


def test_an_occurrence_is_where_it_was_moved_to_and_nowhere_else() -> None:
    week = Window(utc(12, 1), utc(12, 8))
    out_of_it = override("RECURRENCE-ID:20261202T080000Z", "DTSTART:20270301T080000Z")
    into_it = override("RECURRENCE-ID:20270101T080000Z", "DTSTART:20261205T080000Z")
    weeks = (*DAILY[:2], "RRULE:FREQ=DAILY;COUNT=60")
    text = body(*weeks, "EXDATE:20261206T080000Z", more=f"{out_of_it}\n{into_it}")
    assert names(text, window=week) == [*daily(1, 3, 4, 5), "20270101T080000Z", *daily(7)]


# --- This and future ---------------------------------------------------------------------------


def test_this_and_future_moves_and_renames_from_there_on_until_the_next_one() -> None:
    text = body(
        "DTSTART;TZID=Europe/Berlin:20261201T090000",
        "DTEND;TZID=Europe/Berlin:20261201T100000",
        "RRULE:FREQ=DAILY;COUNT=6",
        "SUMMARY:Standup",
        more="\n".join(
            [
                override(
                    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T080000Z",
                    "DTSTART;TZID=Europe/Berlin:20261202T110000",
                    "DTEND;TZID=Europe/Berlin:20261202T113000",
                    "SUMMARY:Later",
                ),
                override(
                    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261205T080000Z",
                    "DTSTART;TZID=America/New_York:20261205T090000",
                    "DURATION:PT2H",
                    "SUMMARY:Overseas",
                ),
                override(
                    "RECURRENCE-ID:20261203T080000Z",
                    "DTSTART:20261203T080000Z",
                    "DURATION:PT1H",
                    "SUMMARY:Once",
                ),
            ]
        ),
    )
    assert told(text) == [
        (*daily(1), "Standup", utc(12, 1, 8)),
        (*daily(2), "Later", utc(12, 2, 10)),
        (*daily(3), "Once", utc(12, 3, 8)),
        (*daily(4), "Later", utc(12, 4, 10)),
        (*daily(5), "Overseas", utc(12, 5, 14)),
        (*daily(6), "Overseas", utc(12, 6, 14)),
    ]
    assert hours(text) == [1, 0.5, 1, 0.5, 2, 2]


def test_a_series_moved_from_a_missing_hour_on_moves_by_what_its_wall_clock_says() -> None:
    """02:30 on 28 March does not exist and is read as 03:30; ten o'clock is 7.5 hours later."""
    text = body(
        "DTSTART;TZID=Europe/Berlin:20270314T023000",
        "DTEND;TZID=Europe/Berlin:20270314T033000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        more=override(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20270328T023000",
            "DTSTART;TZID=Europe/Berlin:20270328T100000",
            "DTEND;TZID=Europe/Berlin:20270328T110000",
        ),
    )
    spring = Window(datetime(2027, 3, 25, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
    starts = [one.fields.interval.starts_at for one in parse(text, spring, ZONES).occurrences]
    assert [start.astimezone(BERLIN).strftime("%d %H:%M") for start in starts] == [
        "28 10:00",
        "04 10:00",
        "11 10:00",
    ]


def test_a_series_moved_far_by_this_and_future_is_found_where_it_is_now() -> None:
    text = body(
        "DTSTART:20261201T080000Z",
        "RRULE:FREQ=WEEKLY;COUNT=30",
        more=override(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261208T080000Z", "DTSTART:20270308T080000Z"
        ),
    )
    april = Window(datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 4, 15, tzinfo=UTC))
    assert names(text, window=april) == ["20270105T080000Z", "20270112T080000Z"]


def test_this_and_future_can_make_the_rest_all_day() -> None:
    rest = override(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261203T080000Z", "DTSTART;VALUE=DATE:20261203"
    )
    found = parse(body(*DAILY, more=rest), WINDOW, ZONES).occurrences
    days = [one.fields.interval.starts_on for one in found]
    assert days == [None, None, date(2026, 12, 3), date(2026, 12, 4)]


def test_an_exception_that_forgot_its_zone_is_read_in_that_of_its_series() -> None:
    text = body(
        "DTSTART;TZID=Asia/Tokyo:20261201T090000",
        "RRULE:FREQ=DAILY;COUNT=3",
        "EXDATE:20261202T090000",
    )
    found = [one.recurrence_id for one in parse(text, WINDOW, ZONES).occurrences]
    assert found == ["20261201T000000Z", "20261203T000000Z"]


def test_a_way_to_the_event_that_takes_centuries_is_no_way() -> None:
    text = body("DTSTART:10000105T090000Z", "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:P365000D")
    assert parse(text, WINDOW, ZONES).occurrences[0].busy_from == datetime(
        999, 12, 29, 9, tzinfo=UTC
    )
