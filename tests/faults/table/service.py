"""Outages, throttling, and answers that come badly or not at all (S18, S21)."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from icloud_sync.models import ICloudConnection
from icloud_sync.remote import session
from icloud_sync.remote.client import CalDAVRemote
from tests.faults.day import Day, Seen
from tests.faults.table.row import Act, Row, copes, doubted, down
from tests.wire import Drop, Exchange

A_DAY = 86_400
TEN_YEARS = 10 * 365 * A_DAY  # seconds
NUMBERS = ("502", "503", "504", "429", "403", "400", "reset")


def refused_connection(day: Day, exchange: Exchange) -> Drop:
    return Drop.BEFORE


def at_another_address(url: str) -> Act:
    def move(day: Day) -> None:
        standin = day.standin.standin
        address = url.format(nobody=standin.hosts.nobody, port=standin.port)
        settings.ICLOUD_ALLOWED_HOSTS = [*settings.ICLOUD_ALLOWED_HOSTS, "nowhere.invalid"]
        ICloudConnection.objects.update(server_url=address, home_url="")

    return move


def at_the_right_address(day: Day) -> None:
    ICloudConnection.objects.update(server_url=day.world.account.server_url, home_url="")


def names_unknown(patch: pytest.MonkeyPatch) -> None:
    """Without asking anybody outside."""
    real = socket.getaddrinfo

    def found(host: Any, *given: Any, **named: Any) -> Any:
        if "nowhere.invalid" in str(host):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *given, **named)

    patch.setattr(socket, "getaddrinfo", found)
    patch.setattr(settings, "ICLOUD_ALLOWED_HOSTS", settings.ICLOUD_ALLOWED_HOSTS)


def little_patience(patch: pytest.MonkeyPatch) -> None:
    """With a whole answer, as with the beginning of one."""
    patch.setattr(session, "LONGEST_ANSWER", 0.2)


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
    # Failure case 94: nobody listens, the name is not known, and what answers is no TLS.
    *(
        Row(
            name,
            status="degraded",
            says="cannot be reached",
            most_requests=0,
            first=at_another_address(url),
            then=at_the_right_address,
            limits=names_unknown,
        )
        for name, url in (
            ("connections refused", "{nobody}/"),
            ("no such name", "https://nowhere.invalid/"),
            ("no TLS", "https://localhost:{port}/"),
        )
    ),
]
BADLY = [
    down("broken XML", "its XML is broken", 6, broken_xml=True),
    down("broken gzip", "broke", 6, broken_gzip=True),
    copes("slow bodies", slow_body=0.05),
    *(
        down(f"{what} that drip", says, 4, **{switch: 30.0}).but(
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
