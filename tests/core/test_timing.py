"""When to try again, and when to look again."""

from datetime import timedelta

import pytest

from icloud_sync.core.poll import Pace, came_round, next_poll
from icloud_sync.core.retry import CEILING, FLOOR, next_attempt
from tests.core.bodies import NOW

PACE = Pace(shortest=60, longest=900)


def test_each_failure_waits_longer_up_to_the_ceiling() -> None:
    waits = [next_attempt(n, NOW, chance=0.5) - NOW for n in range(15)]
    assert waits[:4] == [timedelta(seconds=s) for s in (5, 10, 20, 40)]
    assert waits[-1] == CEILING


def test_what_the_server_asks_for_is_a_minimum() -> None:
    soon, late = NOW + timedelta(seconds=1), NOW + timedelta(hours=2)
    assert next_attempt(3, NOW, 0.5, soon) == NOW + timedelta(seconds=40)
    assert next_attempt(3, NOW, 0.0, late) == late
    assert late < next_attempt(3, NOW, 0.5, late) < late + FLOOR


def test_workers_are_spread_by_chance() -> None:
    assert next_attempt(0, NOW, 0.0) < next_attempt(0, NOW, 0.9)


@pytest.mark.parametrize(
    ("quiet_for", "seconds"),
    [(0, 60), (59, 60), (61, 120), (125, 240), (185, 480), (600, 900), (10_000, 900)],
)
def test_a_quiet_account_is_looked_at_less_and_less_often(quiet_for: int, seconds: int) -> None:
    last = NOW - timedelta(minutes=quiet_for)
    assert next_poll(NOW, last, PACE, chance=0) == NOW + timedelta(seconds=seconds)


def test_an_account_that_never_did_anything_is_looked_at_at_the_slowest_pace() -> None:
    assert next_poll(NOW, None, PACE, chance=0) == NOW + timedelta(seconds=900)


def test_jitter_looks_a_little_earlier() -> None:
    assert next_poll(NOW, NOW, PACE, chance=1) == NOW + timedelta(seconds=54)


def test_a_moment_comes_round_once_in_its_time_and_elsewhere_for_each_account() -> None:
    hour = timedelta(hours=1)
    minutes = [NOW + timedelta(minutes=n) for n in range(24 * 60)]
    for who in (1, 2, 77):
        came = [
            b for a, b in zip(minutes, minutes[1:], strict=False) if came_round(a, b, hour, who)
        ]
        assert len(came) in (23, 24)
        assert {b - a for a, b in zip(came, came[1:], strict=False)} == {hour}
    firsts = {next(m for m in minutes if came_round(NOW, m, hour, who)) for who in range(50)}
    assert len(firsts) > 30
    assert came_round(None, NOW, hour, 1)
