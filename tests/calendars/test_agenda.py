"""The week as values: what stands where, on ordinary days and on those of 23 and 25 hours."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import calendars
from calendars import agenda, positions
from calendars.agenda import Entry
from calendars.lanes import Placed, Span, place
from calendars.wallclock import NoSuchTime, instant, monday_of, quarters

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 23)
NOON_BEFORE = datetime(2026, 11, 20, 12, tzinfo=BERLIN)


def entry(title: str, starts: str, ends: str, zone: ZoneInfo = BERLIN) -> Entry:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (starts, ends))
    return Entry("appointment", title, start, end)


def all_day(title: str, first: str, end: str) -> Entry:
    dates = date.fromisoformat(first), date.fromisoformat(end)
    starts, ends = (datetime.combine(day, datetime.min.time(), BERLIN) for day in dates)
    return Entry("slot", title, starts, ends, dates)


def drawn(entries: list[Entry], first: date = MONDAY) -> dict[str, list[tuple[str, str]]]:
    """Weekday -> (title or titles, position) of each block."""
    week = agenda.week(entries, first, BERLIN, NOON_BEFORE)
    return {
        f"{day.date:%a}": [
            ("+".join(part.entry.title for part in block.parts), block.position)
            for block in day.blocks
        ]
        for day in week.days
        if day.blocks
    }


def test_an_hour_stands_at_its_quarters_of_the_shown_hours() -> None:
    assert drawn([entry("Call", "2026-11-24 09:30", "2026-11-24 10:30")]) == {
        "Tue": [("Call", "s11 n4 l1o1")]  # shown from 07:00: ten quarters go before
    }


def test_the_shown_hours_widen_to_what_is_there() -> None:
    week = agenda.week(
        [entry("Early", "2026-11-24 05:20", "2026-11-24 06:00")], MONDAY, BERLIN, NOON_BEFORE
    )
    assert [hour.label for hour in week.hours][::14] == ["05:00", "19:00"]
    assert [hour.position for hour in week.hours][:2] == ["s1 n4", "s5 n4"]


def test_what_crosses_midnight_stands_in_both_days() -> None:
    assert drawn([entry("Late", "2026-11-26 22:30", "2026-11-27 00:45")]) == {
        "Thu": [("Late", "s91 n6 l1o1")],
        "Fri": [("Late", "s1 n3 l1o1")],
    }


def test_what_ends_at_midnight_stays_in_its_day() -> None:
    assert list(drawn([entry("Late", "2026-11-26 22:00", "2026-11-27 00:00")])) == ["Thu"]


def test_what_began_last_week_stands_in_monday() -> None:
    week = agenda.week(
        [entry("Late", "2026-11-22 23:00", "2026-11-23 01:00")], MONDAY, BERLIN, NOON_BEFORE
    )
    [block] = week.days[0].blocks
    assert (block.part.continues_before, block.part.continues_after) == (True, False)
    assert (block.part.starts.hour, block.part.ends.hour) == (0, 1)


def test_an_event_of_no_length_still_has_a_place() -> None:
    assert drawn([entry("Nothing", "2026-11-24 09:00", "2026-11-24 09:00")]) == {
        "Tue": [("Nothing", "s9 n2 l1o1")]
    }


def test_overlapping_ones_stand_side_by_side_and_touching_ones_do_not() -> None:
    assert drawn(
        [
            entry("A", "2026-11-24 09:00", "2026-11-24 10:00"),
            entry("B", "2026-11-24 09:30", "2026-11-24 11:00"),
            entry("C", "2026-11-24 10:00", "2026-11-24 11:00"),
            entry("D", "2026-11-24 11:00", "2026-11-24 12:00"),
        ]
    ) == {
        "Tue": [
            ("A", "s9 n4 l1o2"),
            ("B", "s11 n6 l2o2"),
            ("C", "s13 n4 l1o2"),
            ("D", "s17 n4 l1o1"),
        ]
    }


def test_what_finds_no_lane_is_gathered_and_not_lost() -> None:
    found = drawn([entry(name, "2026-11-24 09:00", "2026-11-24 10:00") for name in "ABCDEF"])
    assert found["Tue"] == [
        ("A", "s9 n4 l1o4"),
        ("B", "s9 n4 l2o4"),
        ("C", "s9 n4 l3o4"),
        ("D+E+F", "s9 n4 l4o4"),
    ]


def test_all_day_entries_span_their_days_and_are_cut_at_the_week() -> None:
    entries = [
        all_day("Fair", "2026-11-25", "2026-11-28"),
        all_day("Holiday", "2026-11-20", "2026-11-24"),
        all_day("Over", "2026-11-29", "2026-12-02"),
        all_day("Past", "2026-11-21", "2026-11-23"),
    ]
    week = agenda.week(entries, MONDAY, BERLIN, NOON_BEFORE)
    assert [
        (bar.entry.title, bar.position, bar.continues_before, bar.continues_after)
        for bar in week.bars
    ] == [
        ("Holiday", "c1 w1", True, False),
        ("Fair", "c3 w3", False, False),
        ("Over", "c7 w1", False, True),
    ]
    assert [day.bars for day in week.days] == [1, 0, 1, 1, 1, 0, 1]


def test_a_timed_event_of_a_day_or_more_is_a_bar() -> None:
    week = agenda.week(
        [entry("Trip", "2026-11-24 20:00", "2026-11-26 00:00")], MONDAY, BERLIN, NOON_BEFORE
    )
    assert [bar.position for bar in week.bars] == ["c2 w2"]
    assert not any(day.blocks for day in week.days)


def test_all_day_dates_do_not_move_with_the_viewers_zone() -> None:
    fair = all_day("Fair", "2026-11-25", "2026-11-26")
    week = agenda.week([fair], MONDAY, ZoneInfo("America/Los_Angeles"), NOON_BEFORE)
    assert [bar.position for bar in week.bars] == ["c3 w1"]


def test_an_empty_week_says_so() -> None:
    assert agenda.week([], MONDAY, BERLIN, NOON_BEFORE).is_empty
    fair = all_day("Fair", "2026-11-25", "2026-11-26")
    assert not agenda.week([fair], MONDAY, BERLIN, NOON_BEFORE).is_empty


def test_now_is_marked_on_today_alone() -> None:
    now = datetime(2026, 11, 24, 9, 20, tzinfo=BERLIN)
    week = agenda.week([], MONDAY, BERLIN, now)
    assert [(day.is_today, day.now) for day in week.days][:3] == [
        (False, ""),
        (True, "s10 n1"),
        (False, ""),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 10, 26), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Santiago", date(2026, 9, 6), 23),  # has no midnight
        ("Pacific/Apia", date(2011, 12, 30), 0),  # was left out whole
    ],
)
def test_a_day_has_the_hours_its_clock_shows(zone: str, day: date, hours: float) -> None:
    assert len(quarters(day, ZoneInfo(zone))) / 4 == hours


def test_on_a_day_of_25_hours_the_second_two_o_clock_has_its_own_row() -> None:
    monday = date(2026, 10, 19)
    first = entry("First", "2026-10-25 02:00", "2026-10-25 02:30")
    start, end = (datetime(2026, 10, 25, 2, minute, tzinfo=BERLIN, fold=1) for minute in (0, 30))
    second = Entry("slot", "Second", start, end)
    week = agenda.week([first, second], monday, BERLIN, NOON_BEFORE)
    sunday, saturday = week.days[6], week.days[5]
    assert [block.position for block in sunday.blocks] == ["s1 n2 l1o1", "s5 n2 l1o1"]
    assert [(hour.label, hour.is_second) for hour in week.hours][:3] == [
        ("02:00", False),
        ("02:00", True),
        ("03:00", False),
    ]
    assert (sunday.gaps, saturday.gaps) == ((), ("s5 n4",))


def test_on_a_day_of_23_hours_the_missing_hour_is_a_gap() -> None:
    over = entry("Over", "2026-03-29 01:30", "2026-03-29 03:30")
    week = agenda.week([over], date(2026, 3, 23), BERLIN, NOON_BEFORE)
    assert week.days[6].gaps == ("s5 n4",)
    assert [block.position for block in week.days[6].blocks] == ["s3 n8 l1o1"]
    assert week.days[5].gaps == ()


def test_a_time_the_clock_skips_is_refused_with_a_sentence() -> None:
    with pytest.raises(NoSuchTime, match="02:30 does not exist on 2026-03-29"):
        instant(datetime.fromisoformat("2026-03-29 02:30"), BERLIN)


def test_weeks_begin_on_monday() -> None:
    assert monday_of(date(2026, 11, 29)) == MONDAY == monday_of(MONDAY)


def test_lanes_are_shared_by_those_who_really_overlap() -> None:
    spans = [Span(0, 10, "long"), Span(0, 2, "a"), Span(3, 5, "b"), Span(20, 22, "alone")]
    assert list(place(spans)) == [
        Placed(0, 2, (spans[0],)),
        Placed(1, 2, (spans[1],)),
        Placed(1, 2, (spans[2],)),
        Placed(0, 1, (spans[3],)),
    ]


def test_the_stylesheet_has_a_rule_for_every_position() -> None:
    sheet = Path(calendars.__path__[0]) / "static/calendars/positions.css"
    assert sheet.read_text() == positions.rules()
