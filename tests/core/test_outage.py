"""One account's trouble is its own; everybody's trouble is the server's."""

from datetime import datetime, timedelta

import pytest

from icloud_sync.core.outage import (
    LONGEST_PAUSE,
    Refusal,
    begins,
    is_doubted,
    next_probe,
    refuses_everybody,
    takes_long,
)
from tests.core.bodies import NOW


def ago(*minutes: float) -> list[object]:
    return [NOW - timedelta(minutes=m) for m in minutes]


@pytest.mark.parametrize(
    ("failing", "served", "since"),
    [
        ([3, 2, 1], None, 3),
        ([3, 2, 1], 4, 3),
        ([9, 3, 2, 1], 4, 3),  # the one before the last success was its own trouble
        ([3, 2], None, None),  # too few
        ([3, 2, 1], 0.5, None),  # somebody was served since
        ([3, 2, 1], 2.5, None),
        ([40, 20, 1], None, None),  # not at one time
        ([20, 3, 2, 1], None, 3),
        ([], None, None),
    ],
)
def test_an_outage_is_many_failing_alike_within_minutes_and_nobody_served_since(
    failing: list[float], served: float | None, since: float | None
) -> None:
    last = NOW - timedelta(minutes=served) if served is not None else None
    expected = NOW - timedelta(minutes=since) if since is not None else None
    assert begins(ago(*failing), last, NOW) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("refused", "served", "since"),
    [
        ([(0, 5)], 5, None),  # one alone is revoked, however few accounts there are
        ([(1, 5), (0, 6)], 5, 1),
        ([(1, 5), (0, 6)], 0.5, None),  # somebody was served in between
        ([(3, 15), (2, 15), (1, 14), (0, 12)], 12, 3),
        ([(3, 15), (0, 12)], 2, None),  # the first was alone
        ([(3, 15), (1, 12), (0, 12)], 2, 1),
        ([(29, 40), (0, 35)], 35, 29),  # seldom looked at, as quiet accounts are
        ([(31, 40), (0, 35)], 35, None),
        ([(1, None), (0, 5)], 5, None),  # one that never worked proves nothing
        ([(1, 8 * 24 * 60), (0, 5)], 5, None),
        ([(1, 3 * 24 * 60), (0, 3 * 24 * 60)], 3 * 24 * 60, 1),  # after a long weekend
        ([], None, None),
    ],
)
def test_two_that_worked_and_are_refused_with_nobody_served_between_are_the_servers_doing(
    refused: list[tuple[float, float | None]], served: float | None, since: float | None
) -> None:
    def back(minutes: float | None) -> datetime | None:
        return None if minutes is None else NOW - timedelta(minutes=minutes)

    refusals = [Refusal(NOW - timedelta(minutes=at), back(worked)) for at, worked in refused]
    assert refuses_everybody(refusals, back(served), NOW) == back(since)


@pytest.mark.parametrize(
    ("status", "has_worked", "failures", "doubted"),
    [
        (403, True, 0, True),
        (403, True, 7, True),
        (403, True, 8, False),
        (403, False, 0, False),
        (401, True, 0, False),
        (0, True, 0, False),
    ],
)
def test_a_403_to_a_password_that_worked_is_doubted_for_hours_and_a_401_is_not(
    status: int, has_worked: bool, failures: int, doubted: bool
) -> None:
    assert is_doubted(status, has_worked, failures) == doubted


def test_refused_for_hours_it_may_be_the_passwords_after_all() -> None:
    said = [takes_long(NOW - timedelta(hours=hours), NOW) for hours in (0, 2.9, 3, 30)]
    assert said == [False, False, True, True]


def test_one_account_asks_for_all_less_and_less_often() -> None:
    pauses = [(next_probe(n, NOW) - NOW).total_seconds() / 60 for n in range(6)]
    assert pauses == [1, 2, 4, 8, 15, 15]
    assert next_probe(500, NOW) == NOW + LONGEST_PAUSE
