"""One request in, one response out: switches first, then the verbs."""

from collections import deque
from collections.abc import Callable

from icloud_standin import auth
from icloud_standin.dav import Propfind
from icloud_standin.messages import RecordedRequest, Refused, Request, Response, bad_request
from icloud_standin.objects import Objects
from icloud_standin.phone.pages import PhonePages
from icloud_standin.places import Place, locate
from icloud_standin.reports import Reports
from icloud_standin.rows import Account
from icloud_standin.store import Store
from icloud_standin.switches import Switches

REMEMBERED = 20_000
CAPABILITIES = "1, access-control, calendar-access, calendar-schedule, calendarserver-sharing"
SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to this network.</p>"


class Application:
    def __init__(self, store: Store, partition: str, phone: PhonePages) -> None:
        self.store = store
        self.partition = partition
        self._switches: dict[str, Switches] = {}
        self._recorded: dict[str, deque[RecordedRequest]] = {}
        self.phone = phone

    def switches(self, dsid: str) -> Switches:
        return self._switches.setdefault(dsid, Switches())

    def recorded(self, dsid: str) -> deque[RecordedRequest]:
        return self._recorded.setdefault(dsid, deque(maxlen=REMEMBERED))

    def answer(self, request: Request) -> Response:
        if request.path == "/phone" or request.path.startswith("/phone/"):
            return self.phone.answer(request)
        if request.path == "/" and request.method == "GET" and request.wants_html:
            return Response(302, b"", {"Location": "/phone/"})
        account = auth.named_account(request, self.store)
        try:
            response = self._refusal(request, account) or self._verb(request, account)
        except Refused as refused:
            response = refused.response
        if account:
            self.recorded(account.dsid).append(_recorded(request, response))
        return response

    def _refusal(self, request: Request, account: Account | None) -> Response | None:
        """What is answered before anybody looks at the request itself."""
        if not request.header("user-agent"):
            return Response(403)
        if account is None:
            return bad_request("no").response if _probe(request) else auth.unauthorized()
        switches = self.switches(account.dsid)
        if switches.html_answer:
            return Response(200, SIGN_IN_PAGE, {"Content-Type": "text/html"})
        if switches.refuse_everything:
            return Response(500)
        if switches.throttle_seconds is not None:
            return Response(503, b"", {"Retry-After": str(switches.throttle_seconds)})
        if switches.revoked_password or not auth.password_is_right(request, account):
            return auth.unauthorized()
        return None

    def _verb(self, request: Request, account: Account | None) -> Response:
        assert account is not None
        switches = self.switches(account.dsid)
        place = locate(request.path, account, self.store)
        if place.kind == "foreign":
            raise Refused(403)
        objects = Objects(self.store, account, switches)
        propfind = Propfind(self.store, account, switches, self.partition)
        verbs: dict[str, Callable[[Request, Place], Response]] = {
            "PROPFIND": propfind.answer,
            "REPORT": Reports(self.store, account, switches).answer,
            "GET": objects.get,
            "HEAD": objects.get,
            "PUT": objects.put,
            "DELETE": objects.delete,
        }
        verb = verbs.get(request.method)
        return verb(request, place) if verb else _without_place(request)


def _without_place(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(200, b"", {"DAV": CAPABILITIES})
    # MOVE is a 412; MKCALENDAR, MKCOL, PROPPATCH, COPY, LOCK are not for third parties (S17).
    return Response(412 if request.method == "MOVE" else 403)


def _probe(request: Request) -> bool:
    """A plain GET of the root is 400 for anybody (1.3)."""
    return request.method == "GET" and request.path == "/"


def _recorded(request: Request, response: Response) -> RecordedRequest:
    headers = {name: v for name, v in request.headers.items() if name != "authorization"}
    return RecordedRequest(request.method, request.path, response.status, headers, request.body)
