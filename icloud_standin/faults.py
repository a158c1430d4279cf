"""Bad days of the service itself, before and after anybody looks at the request (S18)."""

import gzip
import threading
import time
from collections import deque
from collections.abc import Callable
from email.utils import formatdate

from icloud_standin.messages import Request, Response, curt
from icloud_standin.switches import Switches
from icloud_standin.xml import prefixed

SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>"
NO_BLOCK = b"\xff"  # where the compressed data begin: of a kind that there is none of (RFC 1951)
WRITES = {"PUT", "DELETE", "MOVE", "COPY", "MKCALENDAR", "MKCOL", "PROPPATCH"}


class Faults:
    """Of one account. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._throttled_until: float | None = None
        self._served: deque[float] = deque()  # when, in the last minute

    def answer(self, request: Request, switches: Switches) -> Response | None:
        wanted = "writes" if request.method in WRITES else "reads"
        if switches.fault_on not in ("everything", wanted):
            return None
        if switches.html_answer:
            return Response(200, SIGN_IN_PAGE, {"Content-Type": "text/html"})
        if switches.refuse_everything:
            return Response(500)
        if switches.fault:
            return curt(switches.fault)
        if switches.throttle_seconds is not None:
            return _later(switches.throttle_seconds, switches)
        with self._lock:
            return self._too_early(switches) or self._too_many(switches)

    def _too_early(self, switches: Switches) -> Response | None:
        seconds = switches.short_retry_after
        if seconds is None:
            self._throttled_until = None
            return None
        if self._throttled_until is None or self._clock() < self._throttled_until:
            self._throttled_until = self._clock() + 2 * seconds
            return _later(seconds, switches)
        return None

    def _too_many(self, switches: Switches) -> Response | None:
        now, limit = self._clock(), switches.requests_a_minute
        while self._served and self._served[0] <= now - 60:
            self._served.popleft()
        if limit is not None and len(self._served) >= limit:
            return Response(503)
        self._served.append(now)
        return None


def spoilt(response: Response, switches: Switches) -> Response:
    """An answer that is right and comes badly."""
    response.seconds, response.head_seconds = switches.slow_body, switches.slow_headers
    if switches.xml_style == "prefixed" and response.status == 207:
        response.body = prefixed(response.body)
    if switches.broken_xml and response.status == 207:
        response.body = response.body[: len(response.body) * 2 // 3]
    if switches.broken_gzip and response.status == 207:
        head, rest = (packed := gzip.compress(response.body))[:10], packed[11:]
        response.body = head + NO_BLOCK + rest
        response.headers["Content-Encoding"] = "gzip"
    return response


def _later(seconds: int, switches: Switches) -> Response:
    date = formatdate(time.time() + seconds, usegmt=True)
    asked = date if switches.retry_after == "date" else str(seconds)
    return Response(int(switches.throttle_status), b"", {"Retry-After": asked})
