"""Masters, overrides, EXDATE and RDATE put together, in every form they may be written in."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence, parse
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.series import effective, in_set, moment_of, recurrence_id
from icloud_sync.core.values import ParsedResource, Window, Zones
from tests.core.bodies import BERLIN, TOKYO, WINDOW, ZONES, body, override, utc

NEW_YORK = ZoneInfo("America/New_York")
# 9 to 10 in Berlin on 1, 2, 3 and 4 December 2026.
DAILY = (
    "DTSTART;TZID=Europe/Berlin:20261201T090000",
    "DTEND;TZID=Europe/Berlin:20261201T100000",
    "RRULE:FREQ=DAILY;COUNT=4",
    "SUMMARY:Standup",
)
DAYS = ("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=4", "SUMMARY:Away")


def read_body(text: str, zones: Zones = ZONES, window: Window = WINDOW) -> ParsedResource:
    return parse(text, window, zones)


def names(text: str, zones: Zones = ZONES, window: Window = WINDOW) -> list[str]:
    return [one.recurrence_id for one in read_body(text, zones, window).occurrences]


def told(text: str, zones: Zones = ZONES) -> list[tuple[str, str, datetime]]:
    """Name, title and start of each occurrence."""
    return [
        (one.recurrence_id, one.fields.title, one.fields.interval.starts_at)
        for one in read_body(text, zones).occurrences
    ]


def hours(text: str, zones: Zones = ZONES) -> list[float]:
    """How long each occurrence takes."""
    found = (one.fields.interval for one in read_body(text, zones).occurrences)
    return [(each.ends_at - each.starts_at) / timedelta(hours=1) for each in found]


def daily(*days: int) -> list[str]:
    return [f"202612{day:02}T080000Z" for day in days]


def away(*days: int) -> list[str]:
    return [f"202612{day:02}" for day in days]


# --- One occurrence named in another form than the series is written in ---------------


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
    found = read_body(body(*DAYS, more=timed)).occurrences
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


# --- Overrides -------------------------------------------------------------------------


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
    found = read_body(text)
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


# --- This and future -------------------------------------------------------------------


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
    found = read_body(body(*DAILY, more=rest)).occurrences
    days = [one.fields.interval.starts_on for one in found]
    assert days == [None, None, date(2026, 12, 3), date(2026, 12, 4)]


# --- The end of a series -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "days"),
    [
        ("COUNT=2", (1, 2)),
        ("UNTIL=20261203T080000Z", (1, 2, 3)),
        ("UNTIL=20261203T075959Z", (1, 2)),
        ("UNTIL=20261203T225959Z", (1, 2, 3)),
        ("UNTIL=20261203", (1, 2, 3)),
        ("UNTIL=20261203T090000", (1, 2, 3)),
        ("UNTIL=20261203T085959", (1, 2)),
        ("UNTIL=20261130", (1,)),
        ("COUNT=1", (1,)),
    ],
)
def test_a_series_ends_with_count_or_until_in_every_form(end: str, days: tuple[int, ...]) -> None:
    assert names(body(*DAILY[:2], f"RRULE:FREQ=DAILY;{end}")) == daily(*days)


def test_until_as_a_date_is_that_whole_day_where_the_event_is() -> None:
    late = ("DTSTART;TZID=America/New_York:20261201T220000", "RRULE:FREQ=DAILY;UNTIL=20261202")
    assert names(body(*late)) == ["20261202T030000Z", "20261203T030000Z"]


@pytest.mark.parametrize(
    ("until", "zone", "days"),
    [
        ("20261203", BERLIN, (1, 2, 3)),
        ("20261203T225959Z", BERLIN, (1, 2, 3)),  # as Apple writes it: the owner's day
        ("20261203T145959Z", TOKYO, (1, 2, 3)),
        ("20261204T045959Z", NEW_YORK, (1, 2, 3)),
        ("20261203T000000Z", NEW_YORK, (1, 2, 3)),  # a date with zeros glued on
        ("20261203T235959Z", BERLIN, (1, 2, 3)),
        ("20261203T120000", BERLIN, (1, 2, 3)),
    ],
)
def test_until_of_an_all_day_series_is_a_day_in_whatever_form(
    until: str, zone: ZoneInfo, days: tuple[int, ...]
) -> None:
    text = body(DAYS[0], f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert names(text, Zones(zone, zone)) == away(*days)


# --- RDATE and EXRULE ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "length"),
    [
        ("RDATE;TZID=Europe/Berlin:20261210T090000", 1),
        ("RDATE:20261210T080000Z", 1),
        ("RDATE:20261210T090000", 1),
        ("RDATE;VALUE=DATE:20261210", 1),
        ("RDATE;VALUE=PERIOD:20261210T080000Z/20261210T110000Z", 3),
        ("RDATE;VALUE=PERIOD;TZID=Asia/Tokyo:20261210T170000/PT30M", 0.5),
    ],
)
def test_an_rdate_adds_one_in_any_form_a_period_with_a_length_of_its_own(
    line: str, length: float
) -> None:
    text = body(*DAILY[:2], line)
    assert (names(text), hours(text)) == (daily(1, 10), [1, length])


def test_an_added_date_can_be_taken_out_again_and_counts_once() -> None:
    text = body(
        *DAILY,
        "RDATE:20261202T080000Z,20261210T080000Z,20261211T080000Z",
        "EXDATE:20261211T080000Z",
    )
    assert names(text) == daily(1, 2, 3, 4, 10)


def test_days_are_added_to_an_all_day_series() -> None:
    text = body(*DAYS, "RDATE;VALUE=DATE:20261210", "RDATE:20261211T000000")
    assert names(text) == away(1, 2, 3, 4, 10, 11)


def test_an_exrule_takes_out_what_it_makes_and_nothing_else() -> None:
    weekdays = ("DTSTART:20261130T080000Z", "RRULE:FREQ=DAILY;COUNT=8")
    assert names(body(*weekdays, "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU")) == [
        "20261130T080000Z",
        *daily(1, 2, 3, 4, 7),
    ]


def test_several_rules_are_one_series() -> None:
    text = body(
        "DTSTART:20261201T080000Z",
        "RRULE:FREQ=DAILY;COUNT=2",
        "RRULE:FREQ=WEEKLY;COUNT=3",
    )
    assert names(text) == daily(1, 2, 8, 15)


# --- Clocks ----------------------------------------------------------------------------------


def test_a_series_keeps_the_wall_time_of_its_own_zone_over_a_clock_change() -> None:
    text = body("DTSTART;TZID=Europe/Berlin:20261024T090000", "RRULE:FREQ=DAILY;COUNT=3")
    tokyo = Zones(TOKYO, TOKYO)
    assert names(text, tokyo) == ["20261024T070000Z", "20261025T080000Z", "20261026T080000Z"]


def test_a_time_in_a_gap_counts_from_before_it_and_one_that_comes_twice_is_the_first() -> None:
    gap = body("DTSTART;TZID=Europe/Berlin:20270327T023000", "RRULE:FREQ=DAILY;COUNT=3")
    fold = body("DTSTART;TZID=Europe/Berlin:20261024T023000", "RRULE:FREQ=DAILY;COUNT=3")
    assert names(gap) == ["20270327T013000Z", "20270328T013000Z", "20270329T003000Z"]
    assert names(fold) == ["20261024T003000Z", "20261025T003000Z", "20261026T013000Z"]


def test_the_second_of_two_equal_wall_times_is_named_taken_out_and_found() -> None:
    text = body(*DAILY[:2], "RDATE:20271031T003000Z,20271031T013000Z")
    both = ["20271031T003000Z", "20271031T013000Z"]
    assert names(text)[1:] == both
    assert names(text.replace("RDATE", "EXDATE:20271031T013000Z\r\nRDATE"))[1:] == both[:1]
    assert [find_occurrence(text, name, ZONES) is not None for name in both] == [True, True]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("DTEND;TZID=Europe/Berlin:20261024T060000", [8, 8, 8]),
        ("DURATION:PT8H", [8, 8, 8]),
        ("DURATION:P1D", [24, 25, 24]),
        ("DTEND;TZID=Europe/Berlin:20261024T220000", [24, 24, 24]),
    ],
)
def test_over_a_clock_change_an_end_means_the_same_time_passed_and_days_the_same_wall_time(
    length: str, expected: list[float]
) -> None:
    night = ("DTSTART;TZID=Europe/Berlin:20261023T220000", "RRULE:FREQ=DAILY;COUNT=3")
    assert hours(body(*night, length)) == expected


def test_an_all_day_series_is_midnight_to_midnight_also_where_the_day_has_25_hours() -> None:
    text = body("DTSTART;VALUE=DATE:20261024", "RRULE:FREQ=DAILY;COUNT=3")
    assert hours(text) == [24, 25, 24]


# --- The window --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        ["DURATION:P6D", "RRULE:FREQ=WEEKLY;COUNT=5"],
        ["RDATE;VALUE=PERIOD:20261208T080000Z/P6D"],
    ],
)
def test_what_only_reaches_into_the_window_is_there(lines: list[str]) -> None:
    text = body("DTSTART:20261201T080000Z", *lines)
    assert names(text, window=Window(utc(12, 13), utc(12, 15, 8))) == daily(8)


def test_of_an_endless_series_of_long_ago_only_the_window_is_walked() -> None:
    text = body("DTSTART;TZID=Europe/Berlin:19010101T090000", "RRULE:FREQ=DAILY")
    assert names(text, window=Window(utc(12, 1), utc(12, 3))) == daily(1, 2)


def test_more_occurrences_than_a_calendar_can_hold_are_refused_with_a_sentence() -> None:
    with pytest.raises(UnreadableResource, match=r"^It repeats more than 5,000 times in the time that"):
        names(body("DTSTART:20261201T080000Z", "RRULE:FREQ=HOURLY"))


# --- One occurrence, wherever it is ----------------------------------------------------------


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
        "20010103T080000Z": None,
        "20010104T080000Z": moved,
        "20400101T080000Z": later,
        "20410101T080000Z": later,
    }
    assert {name: effective(document, name, ZONES) for name in expected} == expected
    assert [in_set(document, name, ZONES) for name in expected] == [True, False, True, True, True]


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
    moment = moment_of(name, master)
    assert moment == master.start.at(datetime(*wall))  # type: ignore[arg-type]  # noqa: DTZ001
    assert recurrence_id(moment, master, ZONES) == name
