"""What an account may cost: a burst after a rest, then a steady rate, and never a standstill."""

from datetime import datetime, timedelta

from icloud_sync.core.budget import Rate, spend
from tests.core.bodies import NOW

RATE = Rate(per_minute=240, burst=250)
AT_ONCE = timedelta(0)


def spent(number: int, now: datetime, rate: Rate = RATE) -> datetime:
    """All at one moment, with no regard to the waits."""
    paid = None
    for _ in range(number):
        paid, _ = spend(paid, now, rate)
    assert paid
    return paid


def test_a_rested_account_has_a_whole_burst_at_once_and_then_waits_for_each() -> None:
    paid, waits = None, []
    for _ in range(260):
        paid, wait = spend(paid, NOW, RATE)
        waits.append(wait)
    assert waits[:250] == [AT_ONCE] * 250
    assert waits[250:] == [timedelta(seconds=0.25)] * 10


def test_whoever_waits_as_told_makes_240_a_minute() -> None:
    paid, now, made = spent(250, NOW), NOW, 0
    while now < NOW + timedelta(minutes=5):
        paid, wait = spend(paid, now, RATE)
        now, made = now + wait, made + 1
    assert 1195 <= made <= 1205


def test_a_rest_earns_the_burst_back_and_no_more() -> None:
    paid = spent(250, NOW)
    later = NOW + timedelta(seconds=30)
    for _ in range(120):
        paid, wait = spend(paid, later, RATE)
        assert wait == AT_ONCE
    assert spend(paid, later, RATE)[1] > AT_ONCE
    next_day = NOW + timedelta(days=1)
    assert spend(paid, next_day, RATE)[0] == next_day + RATE.each


def test_a_clock_that_was_wrong_makes_nobody_wait_longer_than_for_one_request() -> None:
    assert spend(NOW + timedelta(days=400), NOW, RATE)[1] == RATE.each
    slow = Rate(per_minute=6, burst=1)
    assert spend(spend(None, NOW, slow)[0], NOW, slow)[1] == timedelta(seconds=10)
