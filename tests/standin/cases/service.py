"""S18: bad days of the service, throttling, and lost connections."""

import http.client
import time

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

CASES = [
    Case("throttle_seconds", 7, a_listing, FINE, (503, {"Retry-After": "7"})),
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
        for status in ("503", "429", "403", "400")
    ],
    Case("fault", "reset", a_listing, FINE, (0, {"error": "ConnectionResetError"})),
    Case("fault_on", "reads", a_read_and_a_write, (503, 503), (503, 201), {"fault": "503"}),
    Case("fault_on", "writes", a_read_and_a_write, (503, 503), (207, 503), {"fault": "503"}),
    Case("slow_body", 0.5, half_a_second_is_too_long, (207, False), (207, True)),
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
]
