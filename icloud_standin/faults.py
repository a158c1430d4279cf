"""Bad days of the service itself, before anybody looks at the request (S18)."""

from icloud_standin.messages import Request, Response
from icloud_standin.switches import Switches

SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>"


def answer(request: Request, switches: Switches) -> Response | None:
    if switches.html_answer:
        return Response(200, SIGN_IN_PAGE, {"Content-Type": "text/html"})
    if switches.refuse_everything:
        return Response(500)
    if switches.throttle_seconds is not None:
        return Response(503, b"", {"Retry-After": str(switches.throttle_seconds)})
    return None
