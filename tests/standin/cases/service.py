"""S18: bad days of the service, throttling, and lost connections."""

import gzip
import http.client
import socket
import time
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tests.standin.cases.bench import Bench, Case, new_event


def a_listing(bench: Bench) -> tuple[int, dict[str, str]]:
    """Status and the headers that tell what is wrong."""
    try:
        answer = bench.client().propfind(bench.href, "getetag")
    except (ConnectionError, http.client.HTTPException) as error:
        return 0, {"error": type(error).__name__}
    told = {"Retry-After", "Content-Type"}
    return answer.status, {name: v for name, v in answer.headers.items() if name in told}


def a_write_and_what_became_of_it(bench: Bench) -> tuple[int | str, bool]:
    uid, body = new_event()
    try:
        status: int | str = bench.client()("PUT", f"{bench.href}{uid}.ics", body).status
    except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
        status = type(error).__name__
    return status, f"{bench.href}{uid}.ics" in bench.account.resources(bench.calendar)


def a_read_and_a_write(bench: Bench) -> tuple[int, int | str]:
    return a_listing(bench)[0], a_write_and_what_became_of_it(bench)[0]


def come_back_after(bench: Bench, *seconds: float) -> list[tuple[int, str]]:
    """Status and Retry-After at once, and after each of these pauses."""
    seen = []
    for pause in (0.0, *seconds):
        bench.clock.now += pause
        status, headers = a_listing(bench)
        seen.append((status, headers.get("Retry-After", "")))
    return seen


def obediently(bench: Bench) -> list[tuple[int, str]]:
    return come_back_after(bench, 5, 9, 10, 0)


def three_at_once_and_one_a_minute_later(bench: Bench) -> list[tuple[int, str]]:
    bench.clock.now += 120
    return come_back_after(bench, 0, 0, 60)


def when_to_come_back(bench: Bench) -> tuple[int, str, int]:
    """Status, the form of Retry-After, and how many minutes it asks for."""
    status, headers = a_listing(bench)
    asked = headers.get("Retry-After", "0")
    if asked.isdigit():
        return status, "seconds", round(int(asked) / 60)
    until = parsedate_to_datetime(asked)
    return status, "date", round((until - datetime.now(UTC)).total_seconds() / 60)


def what_a_gzip_reader_says(bench: Bench) -> str:
    answer = bench.client().propfind(bench.href, "getetag")
    if answer.headers.get("Content-Encoding") != "gzip":
        return "plain"
    try:
        return gzip.decompress(answer.body).decode()
    except (OSError, EOFError, zlib.error):
        return "broken"


def when_the_headers_are_there(bench: Bench) -> tuple[bool, bool]:
    """Whether the first byte is there at once, and whether the last header is."""
    client = bench.client()
    with socket.create_connection((client.host, client.port), timeout=10) as connection:
        lines = (
            f"PROPFIND {bench.href} HTTP/1.1",
            f"Authorization: {client.authorization()}",
            *("Host: 127.0.0.1", "User-Agent: tests", "Depth: 0", "Connection: close", "", ""),
        )
        started = time.monotonic()
        connection.sendall("\r\n".join(lines).encode())
        said = connection.recv(1)
        first = time.monotonic() - started
        while b"\r\n\r\n" not in said:
            said += connection.recv(4096)
        return first < 0.4, time.monotonic() - started < 0.4


def half_a_second_is_too_long(bench: Bench) -> tuple[int, bool]:
    started = time.monotonic()
    status, _ = a_listing(bench)
    return status, time.monotonic() - started > 0.4


def whole_xml(bench: Bench) -> bool:
    answer = bench.client().propfind(bench.href, "getetag")
    assert answer.status == 207
    return answer.body.rstrip().endswith(b"</multistatus>")


def a_write_with_little_patience(bench: Bench) -> tuple[int | str, bool]:
    bench.patience = 0.2
    return a_write_and_what_became_of_it(bench)


THROTTLED = (503, "5")
FINE = (207, {"Content-Type": "text/xml; charset=UTF-8"})
STORED = (201, True)
TEN_YEARS = 10 * 365 * 24 * 60  # minutes

CASES = [
    Case("throttle_seconds", 7, a_listing, FINE, (503, {"Retry-After": "7"})),
    *[
        Case(
            "throttle_status",
            status,
            a_listing,
            (503, {"Retry-After": "7"}),
            (int(status), {"Retry-After": "7"}),
            {"throttle_seconds": 7},
        )
        for status in ("429", "403")
    ],
    Case(
        "retry_after",
        "date",
        when_to_come_back,
        (503, "seconds", TEN_YEARS),
        (503, "date", TEN_YEARS),
        {"throttle_seconds": TEN_YEARS * 60},
    ),
    Case(
        "short_retry_after",
        5,
        obediently,
        [(207, "")] * 5,
        [THROTTLED, THROTTLED, THROTTLED, (207, ""), (207, "")],
    ),
    Case(
        "requests_a_minute",
        2,
        three_at_once_and_one_a_minute_later,
        [(207, "")] * 4,
        [(207, ""), (207, ""), (503, ""), (207, "")],
    ),
    *[
        Case("fault", status, a_listing, FINE, (int(status), {}))
        for status in ("502", "503", "504", "429", "403", "400")
    ],
    Case("fault", "reset", a_listing, FINE, (0, {"error": "ConnectionResetError"})),
    Case("fault_on", "reads", a_read_and_a_write, (503, 503), (503, 201), {"fault": "503"}),
    Case("fault_on", "writes", a_read_and_a_write, (503, 503), (207, 503), {"fault": "503"}),
    Case("slow_body", 0.5, half_a_second_is_too_long, (207, False), (207, True)),
    Case("slow_headers", 0.5, when_the_headers_are_there, (True, True), (True, False)),
    Case("broken_gzip", True, what_a_gzip_reader_says, "plain", "broken"),
    Case("broken_xml", True, whole_xml, True, False),
    Case("hang_after_write", 5.0, a_write_with_little_patience, STORED, ("TimeoutError", True)),
    Case("refuse_everything", True, a_listing, FINE, (500, {})),
    Case("html_answer", True, a_listing, FINE, (200, {"Content-Type": "text/html"})),
    Case(
        "drop_after_write",
        1,
        a_write_and_what_became_of_it,
        STORED,
        ("RemoteDisconnected", True),
    ),
    *[
        Case(
            "lost_answer",
            status,
            a_write_and_what_became_of_it,
            ("RemoteDisconnected", True),
            (int(status), True),
            {"drop_after_write": 9},
        )
        for status in ("502", "504")
    ],
]
