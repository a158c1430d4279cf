"""What holds of every walk without knowing the answer, and what a walk may cost."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icloud_sync.core.recurrence.rule import TOO_OFTEN, BadRule, parse_rule
from icloud_sync.core.recurrence.walk import walk
from tests.core.rules import Series, apples, days, odd, series

TICK = timedelta(microseconds=1)
(TODAY,) = days("2026-11 22")
LAST = TODAY + timedelta(547)  # 18 months, 548 days
DAYS = st.integers(0, 400).map(timedelta)


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    random = Random(draw(st.integers(0, 2**32)))
    kind: Callable[[Random], str] = draw(st.sampled_from([apples, odd]))
    found = None
    while found is None:
        found = series(random, kind(random))
    return found


def within(asked: Series, first: datetime, last: datetime) -> list[datetime]:
    return walk(parse_rule(asked.text), asked.start, first, last, asked.until)


@settings(max_examples=40, deadline=None)
@given(any_series(), DAYS, DAYS)
def test_two_windows_side_by_side_hold_what_one_does(
    asked: Series, before: timedelta, after: timedelta
) -> None:
    middle, last = asked.first + before, asked.first + before + after
    assert within(asked, asked.first, middle - TICK) + within(asked, middle, last) == within(
        asked, asked.first, last
    )


@settings(max_examples=40, deadline=None)
@given(any_series())
def test_a_window_later_on_holds_what_a_walk_from_the_start_finds_there(asked: Series) -> None:
    all_of_them = within(asked, asked.start, asked.last)
    assert within(asked, asked.first, asked.last) == [
        start for start in all_of_them if start >= asked.first
    ]
    assert all_of_them == sorted(set(all_of_them))


@settings(max_examples=40, deadline=None)
@given(any_series(), st.integers(1, 30))
def test_so_many_are_as_many_as_until_the_last_of_them(asked: Series, count: int) -> None:
    endless = ";".join(
        part for part in asked.text.split(";") if not part.startswith(("COUNT", "UNTIL"))
    )
    far = asked.start + timedelta(900)
    counted = walk(parse_rule(f"{endless};COUNT={count}"), asked.start, asked.start, far)
    until = walk(parse_rule(endless), asked.start, asked.start, far, until=counted[-1])
    assert counted == until
    assert len(counted) <= count


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3000), st.sampled_from(["FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "FREQ=DAILY"]))
def test_where_months_play_no_part_only_the_distance_to_dtstart_matters(
    weeks: int, text: str
) -> None:
    rule, away = parse_rule(text), timedelta(weeks=weeks)
    here = walk(rule, TODAY, TODAY + timedelta(200), LAST)
    there = walk(rule, TODAY + away, TODAY + timedelta(200) + away, LAST + away)
    assert [start + away for start in here] == there


# --- Bombs ----------------------------------------------------------------------------
# Lines run, those of comprehensions counted each time. A weekly rule: 2,000.
MOST_LINES = 1_000_000


def lines_of(call: Callable[[], object]) -> tuple[object, int]:
    """What the call returns, or the sentence it refuses with; and how many lines it ran."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> object:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = call()
    except BadRule as refused:
        answer = str(refused)
    finally:
        sys.settrace(before)
    return answer, lines


def numbers(*bounds: int) -> str:
    return ",".join(str(number) for number in range(*bounds) if number)


EVERY_WEEKDAY = "MO,TU,WE,TH,FR,SA,SU"
EVERY_NTH = ",".join(f"{n}{day}" for n in range(-53, 54) if n for day in EVERY_WEEKDAY.split(","))
EVERY_DAY = f"BYYEARDAY={numbers(-366, 367)};BYMONTHDAY={numbers(-31, 32)}"
EVERY_FIVE_MINUTES = f"BYHOUR={numbers(24)},0;BYMINUTE=0,{numbers(5, 60, 5)}"

# (rule, year of DTSTART, what comes of it from today on: how many, or refused)
BOMBS = [
    ("FREQ=SECONDLY", 1970, TOO_OFTEN),
    ("FREQ=SECONDLY;INTERVAL=7", 2026, TOO_OFTEN),
    ("FREQ=SECONDLY;INTERVAL=101;BYSETPOS=2", 1970, 0),
    ("FREQ=SECONDLY;INTERVAL=1009;BYSETPOS=2;COUNT=9", 1, TOO_OFTEN),
    ("FREQ=MINUTELY", 1970, TOO_OFTEN),
    ("FREQ=MINUTELY;INTERVAL=30", 1970, TOO_OFTEN),
    ("FREQ=MINUTELY;INTERVAL=1000000;COUNT=999999", 1, TOO_OFTEN),
    ("FREQ=HOURLY", 1970, 547 * 24 + 1),
    ("FREQ=HOURLY;COUNT=1000000000", 1970, TOO_OFTEN),
    ("FREQ=DAILY", 1, 548),
    ("FREQ=DAILY;COUNT=1000000000", 1970, 548),
    ("FREQ=DAILY;COUNT=1000000000", 1, TOO_OFTEN),
    ("FREQ=DAILY;COUNT=5", 1, 0),
    ("FREQ=YEARLY;COUNT=1000000000", 1, 2),
    # Rules that never match.
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1, 0),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", 1, 0),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", 1, 0),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=2", 1970, 0),
    ("FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=31;COUNT=2", 1, TOO_OFTEN),
    ("FREQ=SECONDLY;INTERVAL=101;BYMONTH=2;BYMONTHDAY=31", 1, 0),
    # Dense lists.
    (f"FREQ=YEARLY;{EVERY_DAY};{EVERY_FIVE_MINUTES}", 1970, TOO_OFTEN),
    (f"FREQ=YEARLY;{EVERY_DAY};{EVERY_FIVE_MINUTES};BYSETPOS=1;COUNT=9", 1, TOO_OFTEN),
    (f"FREQ=YEARLY;{EVERY_DAY};BYWEEKNO={numbers(1, 54)};BYDAY={EVERY_WEEKDAY}", 1, 548),
    (f"FREQ=YEARLY;BYDAY={EVERY_NTH};BYYEARDAY=1;BYMONTHDAY=2;COUNT=99", 1, TOO_OFTEN),
    (f"FREQ=MONTHLY;BYDAY={EVERY_NTH};BYSETPOS={numbers(-366, 367)}", 1, 548),
]


@pytest.mark.parametrize(("text", "year", "expected"), BOMBS)
def test_a_bomb_is_answered_or_refused_in_a_bounded_number_of_steps(
    text: str, year: int, expected: int | str
) -> None:
    start = TODAY.replace(year=year, month=1, day=1)
    rule = parse_rule(text)
    answer, lines = lines_of(lambda: walk(rule, start, TODAY, LAST))
    assert (answer if isinstance(answer, str) else len(answer)) == expected
    assert lines < MOST_LINES
