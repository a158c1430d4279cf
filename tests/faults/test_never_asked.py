"""What Apple refuses is never asked, whatever people do; and the search for it can find it."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from icloud_sync.core import push_plan
from icloud_sync.push import send
from icloud_sync.remote import xml_requests
from icloud_sync.remote.classify import Request
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import RemoteError
from icloud_sync.remote.hrefs import parent
from icloud_sync.remote.session import GuardedSession
from tests.faults.mutants import around, put, replacing, unsearched
from tests.faults.never import NEVER, Never, live_a_busy_day
from tests.faults.table.row import Patch
from tests.scenarios.world import World

Condition = Mapping[str, str]
pytestmark = pytest.mark.django_db


def test_a_busy_day_asks_for_nothing_that_apple_refuses(apple: World) -> None:
    live_a_busy_day(apple)
    account = apple.account.standin
    assert {row.switch: row.found(account) for row in NEVER} == {row.switch: [] for row in NEVER}
    assert {"PROPFIND", "REPORT", "GET", "PUT", "DELETE"} == account.request_counts.keys()
    titles = {one["title"] for one in (*apple.remote(), *apple.remote("work"))}
    assert titles == {
        *("Careless!", "Cut", "Lunch!", "Meeting"),
        *("Shave", "Shave twice", "Yoga", "Yoga outside"),
    }
    waiting = apple.connection.outbox.values_list("state", "last_error")
    assert list(waiting) == [("needs_attention", "Guests added in iCloud, not updated there.")]


# --- The client, asking for it ------------------------------------------------------------


def asking(method: str, body: str = "", **headers: str) -> Patch:
    """Before an event is created, this of its calendar."""

    def create(real: Any, self: CalDAVRemote, href: str, event: str) -> Any:
        try:
            place = parent(href) if method == "REPORT" else href
            self._home.send(method, place, Request.READ, body.encode(), headers)
        except RemoteError:
            pass
        return real(self, href, event)

    return around(CalDAVRemote, "create", create)


def query(inside: str, data: str = "") -> Patch:
    return asking(
        "REPORT",
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
        f"<C:calendar-data>{data}</C:calendar-data></D:prop><C:filter><C:comp-filter name="
        f'"VCALENDAR"><C:comp-filter name="VEVENT">{inside}</C:comp-filter></C:comp-filter>'
        "</C:filter></C:calendar-query>",
        Depth="1",
    )


def writing(change: Callable[[str], str]) -> Patch:
    def changed(real: Any, self: CalDAVRemote, href: str, body: str, given: Condition) -> Any:
        return real(self, href, change(body), given)

    return around(CalDAVRemote, "_put", changed)


def without(*names: str) -> Patch:
    def stripped(body: str) -> str:
        lines = body.split("\r\n")
        return "\r\n".join(line for line in lines if not line.startswith(names))

    return writing(stripped)


def as_nobody(real: Any, self: Any, method: str, url: str, **given: Any) -> Any:
    given["headers"] = dict(given["headers"]) | {"User-Agent": ""}
    return real(self, method, url, **given)


def as_text(real: Any, self: CalDAVRemote, *given: Any) -> Any:
    method, href, request, headers, *body = given
    return real(self, method, href, request, dict(headers) | {"Content-Type": "text/plain"}, *body)


class OddNames:
    uuid4 = staticmethod(lambda: f"{uuid.uuid4()}@example.com")


def whatever_it_holds(copy: Any) -> Any:
    return None if copy.etag else push_plan.Read()


IN_2020 = '<C:time-range start="20200101T000000Z" end="20200102T000000Z"/>'
EXPANDED = '<C:expand start="20200101T000000Z" end="20200102T000000Z"/>'
LIMITED = (
    '<D:sync-collection xmlns:D="DAV:"><D:sync-token/><D:sync-level>1</D:sync-level>'
    "<D:limit><D:nresults>100</D:nresults></D:limit><D:prop><D:getetag/></D:prop>"
    "</D:sync-collection>"
)
to_meetings = replacing(push_plan, "refuse_write", whatever_it_holds)
MUTANTS: dict[str, Patch] = {
    "user_agent_needed": around(GuardedSession, "request", as_nobody),
    "strict_requests": around(xml_requests, "_xml", lambda real, element: b" " + real(element)),
    "uid_filter": query('<C:prop-filter name="UID"><C:text-match>a</C:text-match></C:prop-filter>'),
    "sync_limit": asking("REPORT", LIMITED, Depth="0"),
    "returns_touching": query(IN_2020),
    "old_ranges": query(IN_2020),
    "expand": query("", EXPANDED),
    "if_match_star_backwards": replacing(CalDAVRemote, "update", put({"If-Match": "*"})),
    "no_end": without("DTEND", "DURATION"),
    "refused_body": writing(lambda body: body.replace("VERSION:", "METHOD:PUBLISH\r\nVERSION:")),
    "unparseable": writing(lambda body: "hello"),
    "content_type_needed": around(CalDAVRemote, "_write", as_text),
    "odd_names_refused": replacing(send, "uuid", OddNames),
    "series_need_sequence": without("SEQUENCE"),
    "mails_guests": to_meetings,
    "invitations_closed": to_meetings,
    "move": asking("MOVE", Destination="/elsewhere/"),
}


@pytest.mark.parametrize("row", NEVER, ids=str)
def test_what_is_asked_all_the_same_is_found(
    apple: World, monkeypatch: pytest.MonkeyPatch, row: Never
) -> None:
    MUTANTS[row.switch](monkeypatch)
    with unsearched():
        with suppress(Exception):  # what cannot be lived on is over
            live_a_busy_day(apple)
        assert row.found(apple.account.standin) != []
