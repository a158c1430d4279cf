"""One request in, one response out: switches first, then the verbs."""

from collections.abc import Callable, Mapping

from icloud_standin import auth
from icloud_standin.dav import Propfind
from icloud_standin.faults import Faults, spoilt
from icloud_standin.hosts import Hosts
from icloud_standin.lag import Lag
from icloud_standin.messages import RecordedRequest, Refused, Request, Response
from icloud_standin.objects import Objects
from icloud_standin.places import Place
from icloud_standin.records import Records
from icloud_standin.reports import Reports
from icloud_standin.rows import Account
from icloud_standin.store import Store
from icloud_standin.strangers import refuse_strangers
from icloud_standin.switches import Boards, Switches
from icloud_standin.view import View

CAPABILITIES = "1, access-control, calendar-access, calendar-schedule, calendarserver-sharing"
NOBODY = ""  # whoever names no account we know: one for all
Page = Callable[[Request], Response]


class Application:
    def __init__(
        self,
        store: Store,
        hosts: Hosts,
        boards: Boards,
        records: Records,
        pages: Mapping[str, Page],
        names: set[str],
        clock: Callable[[], float],
    ) -> None:
        """`pages` are for people and programs here: what answers below "/phone" and the like.
        `names` are those that this machine may be called by."""
        self.store, self.hosts, self.boards = store, hosts, boards
        self.records, self.pages, self.names = records, pages, names
        self._clock = clock
        self._faults: dict[str, Faults] = {}
        self.lag = Lag(boards)
        store.on_change = self.lag.note

    def answer(self, request: Request) -> Response:
        if self.hosts.is_foreign(request):
            return self.hosts.at_the_foreign(request)
        page = self.pages.get(request.path.split("/")[1])
        if page:
            return self._to_people(request, page)
        if request.path == "/" and request.method == "GET" and request.wants_html:
            return Response(302, b"", {"Location": "/phone/"})
        return self._as_apple(request)

    def _to_people(self, request: Request, page: Page) -> Response:
        try:
            refuse_strangers(request, self.names)
            return page(request)
        except Refused as refused:
            return refused.response

    def _as_apple(self, request: Request) -> Response:
        account = auth.named_account(request, self.store)
        switches = self.boards.of_account(account.dsid) if account else self.boards.server
        try:
            response = self._refusal(request, account, switches) or self._verb(request, account)
        except Refused as refused:
            response = refused.response
        if account:
            self.records.of(account.dsid).append(RecordedRequest.of(request, response))
        return spoilt(response, switches)

    def _refusal(
        self, request: Request, account: Account | None, switches: Switches
    ) -> Response | None:
        """What is answered before anybody looks at the request itself. A bad day comes before
        the password: a sign-in page is in everybody's way."""
        if switches.user_agent_needed and not request.header("user-agent"):
            return Response(403)
        dsid = account.dsid if account else NOBODY
        faults = self._faults.setdefault(dsid, Faults(self._clock))
        return (
            self.hosts.answer(request, switches)
            or faults.answer(request, switches)
            or auth.answer(request, account, switches)
        )

    def _verb(self, request: Request, account: Account | None) -> Response:
        assert account is not None
        switches = self.boards.of_account(account.dsid)
        other_host = self.hosts.other_than(request, switches)
        view = View(self.store, account, self.boards, self.lag, other_host)
        place = view.locate(request.path)
        if place.kind == "foreign":
            raise Refused(403)
        objects = Objects(view, view.of(place.collection))
        verbs: dict[str, Callable[[Request, Place], Response]] = {
            "PROPFIND": Propfind(view, self.hosts).answer,
            "REPORT": Reports(view, view.of(place.collection)).answer,
            "GET": objects.get,
            "HEAD": objects.get,
            "PUT": objects.put,
            "DELETE": objects.delete,
            "MOVE": objects.move,
        }
        verb = verbs.get(request.method)
        return verb(request, place) if verb else _without_place(request)


def _without_place(request: Request) -> Response:
    if request.method == "OPTIONS":
        return Response(200, b"", {"DAV": CAPABILITIES})
    # MKCALENDAR, MKCOL, PROPPATCH, COPY, LOCK are not for third parties (S17).
    return Response(403)
