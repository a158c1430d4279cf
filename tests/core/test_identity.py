"""Which occurrence is which, once a series was changed so that all have other names."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.identity import renames
from icloud_sync.core.values import Window
from tests.core.bodies import BERLIN, TOKYO

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC))
MONDAY = datetime(2026, 11, 2)  # noqa: DTZ001
WEEK, DAY, HOUR = timedelta(days=7), timedelta(days=1), timedelta(hours=1)


def ids(first: datetime, count: int, every: timedelta = WEEK, zone: Any = BERLIN) -> list[str]:
    """Recurrence-ids of a series in a zone, by the clock on the wall there."""
    walls = [(first + n * every).replace(tzinfo=zone) for n in range(count)]
    return [f"{wall.astimezone(UTC):%Y%m%dT%H%M%SZ}" for wall in walls]


def renamed(before: list[str], after: list[str], start: datetime | None = None) -> dict[str, str]:
    moment = start or datetime(2000, 1, 1, tzinfo=UTC)  # only an event without a name is asked
    return renames(dict.fromkeys(before, moment), dict.fromkeys(after, moment), BERLIN, WINDOW)


def in_pairs(before: list[str], after: list[str]) -> dict[str, str]:
    return dict(zip(before, after, strict=True))


NINE = MONDAY.replace(hour=9)


def test_what_keeps_its_name_is_the_same_and_what_else_came_or_left_is_new_or_gone() -> None:
    series = ids(NINE, 6)
    assert renamed(series[:4], series[1:]) == {}
    assert renamed(ids(NINE, 5, DAY), ids(NINE + DAY, 5, DAY)) == {}


def test_a_series_moved_by_an_hour_is_the_same_day_by_day() -> None:
    before, after = ids(NINE, 10), ids(NINE + HOUR, 10)
    assert renamed(before, after) == in_pairs(before, after)


def test_it_is_the_owners_day_that_counts_also_where_the_clocks_change() -> None:
    late = MONDAY - WEEK + timedelta(hours=23, minutes=30)
    before, after = ids(late, 10), ids(late - 23 * HOUR, 10)
    assert renamed(before, after) == in_pairs(before, after)


@pytest.mark.parametrize("days", [1, -1, 3, -3, 10, 31])
def test_a_series_moved_to_another_day_is_as_many_days_away_all_along(days: int) -> None:
    before, after = ids(NINE, 8), ids(NINE + days * DAY + HOUR, 8)
    assert renamed(before, after) == in_pairs(before, after)


def test_a_series_moved_at_the_edges_of_the_window_is_not_taken_for_the_week_before() -> None:
    """The first of the old ones and the last of the new ones cannot be seen."""
    mondays = ids(NINE, 17)
    tuesdays = ids(NINE + DAY - WEEK + HOUR, 18)
    assert renamed(mondays, tuesdays) == in_pairs(mondays, tuesdays[1:])


def test_moved_and_shortened_the_ones_that_are_left_keep_their_identity() -> None:
    before, after = ids(NINE, 10), ids(NINE + DAY, 5)
    assert renamed(before, after) == in_pairs(before[:5], after)


def test_a_series_by_another_rule_is_another_series() -> None:
    before = ids(NINE, 10)
    friday_and_sunday = ids(NINE + 18 * DAY, 1) + ids(NINE + 34 * DAY, 1)
    assert renamed(before, friday_and_sunday) == {}


def test_made_daily_at_another_hour_each_stays_on_its_day() -> None:
    before, after = ids(NINE, 4), ids(NINE + HOUR, 28, DAY)
    assert renamed(before, after) == in_pairs(before, after[::7])


def test_a_daily_series_moved_by_a_day_and_an_hour_does_not_send_its_first_to_the_end() -> None:
    before, after = ids(NINE, 5, DAY), ids(NINE + DAY + HOUR, 5, DAY)
    assert renamed(before, after) == in_pairs(before[1:], after[:-1])


def test_several_a_day_stay_in_their_order() -> None:
    before = ids(NINE, 2) + ids(NINE + 6 * HOUR, 2)
    after = ids(NINE + HOUR, 2) + ids(NINE + 7 * HOUR, 2)
    assert renamed(before, after) == in_pairs(before, after)


def test_seen_from_berlin_a_series_in_tokyo_can_move_over_midnight_in_winter_alone() -> None:
    first = datetime(2026, 10, 5, 7, 30)  # noqa: DTZ001
    before, after = ids(first, 12, zone=TOKYO), ids(first + HOUR, 12, zone=TOKYO)
    early = Window(datetime(2026, 9, 1, tzinfo=UTC), WINDOW.ends_at)
    names = renames(
        dict.fromkeys(before, first), dict.fromkeys(after, first), ZoneInfo("Europe/Berlin"), early
    )
    assert names == in_pairs(before, after)


@pytest.mark.parametrize("form", ["%Y%m%d", "%Y%m%dT090000"])
def test_a_series_written_in_another_form_is_the_same_day_by_day(form: str) -> None:
    before = ids(NINE, 5)
    after = [(NINE + n * WEEK).strftime(form) for n in range(5)]
    assert renamed(before, after) == in_pairs(before, after)
    assert renamed(after, before) == in_pairs(after, before)


def test_an_event_made_a_series_is_the_one_that_starts_where_it_did_else_the_first() -> None:
    series = ids(NINE, 3)
    start = (NINE + WEEK).replace(tzinfo=BERLIN)
    assert renamed([""], series, start) == {"": series[1]}
    assert renamed([""], series, start + HOUR) == {"": series[1]}
    assert renamed([""], series, start - 3 * WEEK) == {"": series[0]}


def test_a_series_made_one_event_again_is_the_one_of_that_day() -> None:
    series = ids(NINE, 3)
    start = (NINE + WEEK).replace(tzinfo=BERLIN)
    assert renamed(series, [""], start) == {series[1]: ""}
    assert renamed(series, [""], start + HOUR + DAY) == {series[1]: ""}
    assert renamed(series, [""], start + 90 * DAY) == {}


def test_the_order_of_what_is_given_makes_no_difference() -> None:
    before, after = ids(NINE, 10), ids(NINE + 3 * DAY, 10)
    assert renamed(before[::-1], after) == renamed(before, after[::-1])
