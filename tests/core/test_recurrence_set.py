"""Where a series ends, what is added and taken out, and what clocks do to it."""

from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.values import Window, Zones
from tests.core.bodies import BERLIN, TOKYO, ZONES, body, utc
from tests.core.occurrences import DAILY, DAYS, away, daily, hours, names

NEW_YORK = ZoneInfo("America/New_York")


# --- The end of a series -----------------------------------------------------------------------


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


# --- RDATE and EXRULE --------------------------------------------------------------------------


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


# --- Clocks ------------------------------------------------------------------------------------


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
    with pytest.raises(
        UnreadableResource, match=r"^It repeats more than 5,000 times in the time that"
    ):
        names(body("DTSTART:20261201T080000Z", "RRULE:FREQ=HOURLY"))
