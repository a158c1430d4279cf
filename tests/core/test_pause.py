"""A pause that a server asks for is kept to the minute; our own lets one save through."""

from datetime import datetime, timedelta

import pytest

from icloud_sync.core.budget import Rate, spend
from icloud_sync.core.pause import (
    Waiting,
    asked_until,
    bounds,
    nobody_asks_until,
    paid_by_pause,
)
from tests.core.bodies import NOW

RATE = Rate(per_minute=240, burst=250)


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("minutes", "passed", "until"),
    [
        (50, 0, 50),
        (50, 49.99, 50),
        (50, 50, None),
        (0, 0, None),
        (-5, 0, None),
        (24 * 60, 0, 24 * 60),
        (365 * 24 * 60, 0, None),  # a clock was wrong
    ],
)
def test_a_pause_lasts_until_the_moment_that_was_asked_for(
    minutes: float, passed: float, until: float | None
) -> None:
    paid_until = paid_by_pause(later(minutes), RATE)
    expected = None if until is None else later(until)
    assert asked_until(paid_until, later(passed), RATE) == expected


def test_no_use_of_a_budget_is_taken_for_a_pause() -> None:
    paid_until, now = None, NOW
    for _ in range(1000):
        paid_until, wait = spend(paid_until, now, RATE)
        assert asked_until(paid_until, now, RATE) is None
        now += wait
    assert asked_until(None, NOW, RATE) is None


def test_a_query_finds_the_same_accounts() -> None:
    least, most = bounds(NOW, RATE)
    for minutes in (-1, 0, 1, 60, 24 * 60, 3 * 24 * 60):
        paid_until = paid_by_pause(later(minutes), RATE)
        assert (asked_until(paid_until, NOW, RATE) is not None) == (least < paid_until <= most)


def test_after_a_pause_there_is_no_burst() -> None:
    paid_until = paid_by_pause(later(50), RATE)
    _, wait = spend(paid_until, later(50), RATE)
    assert wait == RATE.each


@pytest.mark.parametrize(
    ("failures", "again", "asked", "is_look", "is_tried", "until"),
    [
        (0, 5, None, False, False, None),
        (0, 5, None, True, False, None),
        # The server asked: nobody asks.
        (1, 50, 50, False, False, 50),
        (1, 50, 50, True, False, 50),
        (0, 3, 50, True, False, 50),
        # We back off: what is new is tried once, then everything waits for its turn.
        (1, 1, None, False, False, None),
        (1, 1, None, False, True, 1),
        (1, 0, None, False, True, None),
        (1, -1, None, False, True, None),
        (1, None, None, False, True, None),
        # The poll that asks has put the next one off, no further.
        (4, 2.5, None, True, True, None),
        (4, 3.1, None, True, True, 3.1),
        (4, -1, None, True, True, None),
    ],
)
def test_who_waits_and_until_when(
    failures: int,
    again: float | None,
    asked: float | None,
    is_look: bool,
    is_tried: bool,
    until: float | None,
) -> None:
    account = Waiting(
        failures,
        None if again is None else later(again),
        None if asked is None else later(asked),
    )
    expected = None if until is None else later(until)
    found = nobody_asks_until(account, NOW, is_look=is_look, is_tried=is_tried)
    assert found == expected
