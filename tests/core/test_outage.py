"""One account's trouble is its own; everybody's trouble is the server's."""

from datetime import timedelta

import pytest

from icloud_sync.core.outage import LONGEST_PAUSE, begins, next_probe
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


def test_one_account_asks_for_all_less_and_less_often() -> None:
    pauses = [(next_probe(n, NOW) - NOW).total_seconds() / 60 for n in range(6)]
    assert pauses == [1, 2, 4, 8, 15, 15]
    assert next_probe(500, NOW) == NOW + LONGEST_PAUSE
