"""S18: bad days of the service, throttling, and lost connections."""

import http.client

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


FINE = (207, {"Content-Type": "text/xml; charset=UTF-8"})
STORED = (201, True)

CASES = [
    Case("throttle_seconds", 7, a_listing, FINE, (503, {"Retry-After": "7"})),
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
