"""Outages, throttling, and answers that come badly or not at all (S18, S21)."""

from datetime import timedelta

import pytest

from icloud_sync.remote import session
from icloud_sync.remote.client import CalDAVRemote
from tests.faults.day import Day, Seen
from tests.faults.table.row import Row, copes, doubted, down
from tests.wire import Drop, Exchange

A_DAY = 86_400
TEN_YEARS = 10 * 365 * A_DAY  # seconds
NUMBERS = ("502", "503", "504", "429", "403", "400", "reset")


def refused_connection(day: Day, exchange: Exchange) -> Drop:
    return Drop.BEFORE


def little_patience(patch: pytest.MonkeyPatch) -> None:
    """With a whole answer, as with the beginning of one."""
    patch.setattr(session, "LONGEST_ANSWER", 0.3)


def none_with_silence(patch: pytest.MonkeyPatch) -> None:
    defaults = dict(CalDAVRemote.__init__.__kwdefaults__ or {}) | {"timeout": (1.0, 0.2)}
    patch.setattr(CalDAVRemote.__init__, "__kwdefaults__", defaults)


def pauses_grow(day: Day, seen: Seen) -> None:
    """Each longer than the one before, so that the throttle runs out in one of them."""
    assert seen.pauses == sorted(seen.pauses)
    assert seen.pauses[-1] > 2 * timedelta(seconds=1)
    assert seen.pauses[-1] > 3 * seen.pauses[0]


def throttled(name: str, seconds: int, least: int, **more: str) -> Row:
    """Failure case 95."""
    row = down(name, "asks us to wait", 1, throttle_seconds=seconds, **more)
    return row.but(pause=(least, least + 20))


THROTTLED = [
    throttled("throttled", 3000, 2990),
    throttled("throttled until a date", 3000, 2990, retry_after="date"),
    throttled("throttled for ten years", TEN_YEARS, A_DAY - 10),
    throttled("throttled until a date in ten years", TEN_YEARS, A_DAY - 10, retry_after="date"),
    throttled("throttled with a 429", 3000, 2990, throttle_status="429"),
    # To a write a 403 may be an answer: it is asked what the calendar itself says.
    throttled("throttled with a 403", 3000, 2990, throttle_status="403").but(most_requests=2),
    down("throttled for longer than it says", "asks us to wait", 1, short_retry_after=1).but(
        looks=5, also=pauses_grow
    ),
    down("few requests a minute", "asks us to wait", 8, requests_a_minute=16),
]
DOWN = [
    *(down(f"everything {number}", "", 6, fault=number) for number in NUMBERS),
    *(
        down(f"reads {number}", says, 6, fault=number, fault_on="reads")
        for number, says in (
            ("503", "asks us to wait"),
            ("403", "refused the request (403)"),
            ("reset", "broke"),
        )
    ),
    *(
        down(f"writes {number}", "", 10, fault=number, fault_on="writes")
        for number in ("502", "503", "504", "reset")
    ),
    doubted(
        "writes 403",
        "did not say why",
        "iCloud refused this event",
        fault="403",
        fault_on="writes",
    ),
    down("everything 500", "failed (500)", refuse_everything=True),
    down("a sign-in page", "not CalDAV", html_answer=True),
    Row("connections break", wire=refused_connection, status="degraded", most_requests=6),
]
BADLY = [
    down("broken XML", "its XML is broken", 6, broken_xml=True),
    down("broken gzip", "its XML is broken", 6, broken_gzip=True),
    copes("slow bodies", slow_body=0.05),
    *(
        down(f"{what} that drip", says, 4, **{switch: 3.0}).but(
            direct=True, limits=little_patience, seconds=1.5
        )
        for what, switch, says in (
            ("bodies", "slow_body", "too slow"),
            ("headers", "slow_headers", "took too long"),
        )
    ),
    Row(
        "a write hangs",
        {"hang_after_write": 1.0},
        copes=True,
        looks=7,
        limits=none_with_silence,
        seconds=1.0,
    ),
]
ROWS = [*THROTTLED, *DOWN, *BADLY]
