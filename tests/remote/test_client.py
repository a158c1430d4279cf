"""The client against answers that real servers give on bad days."""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest

from icloud_sync.core.values import Changes, Fetched, Member
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    InvalidSyncToken,
    NotCalDAV,
    RateLimited,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    WriteOutcomeUnknown,
)
from icloud_sync.remote.interface import MULTIGET_BATCH, Remote
from tests.remote.events import event
from tests.remote.scripted import XML, gone, multistatus, response, server
from tests.wire import Exchange, Reply, Wire

HOME = "/1/calendars/"
WORK = "/1/calendars/work/"
TYPES = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
SIGN_IN = Reply(200, b"<!DOCTYPE html><html><body>Please sign in</body></html>")


def remote(wire: Wire, home: str = HOME, **options: Any) -> CalDAVRemote:
    """Knows its home already, unless told otherwise."""
    return CalDAVRemote(
        wire.url,
        "anna@example.com",
        "app-password",
        allowed_hosts=["127.0.0.1"],
        home_url=wire.url.rstrip("/") + home if home else "",
        timeout=(2, 2),
        **options,
    )


def apple(exchange: Exchange, home: str = HOME) -> Reply | None:
    """Discovery as iCloud does it."""
    if "current-user-principal" in exchange.body:
        found = "<D:current-user-principal><D:href>/1/principal/</D:href>"
        return multistatus(response("/", found + "</D:current-user-principal>"))
    if exchange.path == "/1/principal/":
        found = f"<C:calendar-home-set><D:href>{home}</D:href></C:calendar-home-set>"
        return multistatus(response("/1/principal/", found))
    return None


# --- Discovery ------------------------------------------------------------------------


def test_discovery_is_two_requests_and_crosses_to_the_partition() -> None:
    with server(lambda exchange: None) as partition:
        home = partition.url.rstrip("/") + HOME
        with server(lambda exchange: apple(exchange, home)) as generic:
            client = remote(generic, home="")
            account = client.discover()
    assert (account.principal_href, account.home_url) == ("/1/principal/", home)
    assert client.home_url == home
    assert [(r.method, r.path, r.header("depth")) for r in generic.requests] == [
        ("PROPFIND", "/", "0"),
        ("PROPFIND", "/1/principal/", "0"),
    ]


def test_a_home_on_a_foreign_host_never_hears_of_us() -> None:
    with server(lambda exchange: Reply(207)) as foreign:
        home = foreign.url.replace("127.0.0.1", "localhost")
        with (
            server(lambda exchange: apple(exchange, home)) as wire,
            pytest.raises(HostNotAllowed),
        ):
            remote(wire, home="").list_collections()
    assert foreign.requests == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_principal_means_the_password_is_wrong(status: int) -> None:
    with server(lambda exchange: Reply(status)) as wire, pytest.raises(CredentialsError):
        remote(wire, home="").discover()


def test_an_answer_for_nobody_means_the_password_is_wrong() -> None:
    nobody = "<D:current-user-principal><D:unauthenticated/></D:current-user-principal>"
    with (
        server(lambda exchange: multistatus(response("/", nobody))) as wire,
        pytest.raises(CredentialsError),
    ):
        remote(wire, home="").discover()


def test_the_well_known_address_is_asked_where_the_root_knows_nothing() -> None:
    def answer(exchange: Exchange) -> Reply | None:
        return Reply(405) if exchange.path == "/" else apple(exchange)

    with server(answer) as wire:
        assert remote(wire, home="").discover().principal_href == "/1/principal/"
    assert [r.path for r in wire.requests] == ["/", "/.well-known/caldav", "/1/principal/"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda exchange: None,
        lambda exchange: Reply(405),
        lambda exchange: multistatus(response("/")),
        lambda exchange: None if "principal/" in exchange.path else apple(exchange),
        lambda exchange: (
            multistatus(response("/1/principal/"))
            if exchange.path == "/1/principal/"
            else apple(exchange)
        ),
    ],
)
def test_a_server_without_calendars_is_named_as_such(
    answer: Callable[[Exchange], Reply | None],
) -> None:
    with server(answer) as wire, pytest.raises((NotCalDAV, ResourceNotFound)) as caught:
        remote(wire, home="").discover()
    assert caught.value.message.endswith(".")


def test_a_sign_in_page_is_temporary_and_never_no_calendars() -> None:
    with server(lambda exchange: SIGN_IN) as wire:
        for asking in (
            lambda: remote(wire, home="").discover(),
            lambda: remote(wire).list_collections(),
            lambda: remote(wire).list_members(WORK),
            lambda: remote(wire).list_changes(WORK, "t"),
            lambda: remote(wire).multiget(WORK, [WORK + "a.ics", WORK + "b.ics"]),
            lambda: remote(wire).get(WORK + "a.ics"),
        ):
            with pytest.raises(TemporaryRemoteError, match="sign-in page"):
                asking()
    # One request each: a page is not searched for the event that spoils it.
    assert len(wire.requests) == 6


def test_a_sign_in_page_in_answer_to_a_write_is_no_success() -> None:
    with server(lambda exchange: SIGN_IN) as wire:
        with pytest.raises(WriteOutcomeUnknown):
            remote(wire).create(WORK + "a.ics", event("a"))
        with pytest.raises(WriteOutcomeUnknown):
            remote(wire).delete(WORK + "a.ics", '"1"')


@pytest.mark.parametrize(
    "reply", [Reply(207), Reply(204), Reply(207, b"<mult"), multistatus(response("/other/"))]
)
def test_an_empty_or_cut_listing_is_never_an_empty_account(reply: Reply) -> None:
    with server(lambda exchange: reply) as wire, pytest.raises(TemporaryRemoteError):
        remote(wire).list_collections()


# --- A known home ---------------------------------------------------------------------


def test_a_known_home_needs_no_discovery() -> None:
    with server(
        lambda exchange: multistatus(
            response(HOME),
        )
    ) as wire:
        assert remote(wire).list_collections() == []
    assert [r.path for r in wire.requests] == [HOME]


@contextmanager
def moved(old_status: int) -> Any:
    """An account that has moved: the old partition answers `old_status`, the new one works."""

    def present(exchange: Exchange) -> Reply | None:
        if exchange.method == "PUT":
            return Reply(201, headers={"ETag": '"1"'})
        return multistatus(response(HOME) + response(WORK, TYPES))

    with server(present) as new, server(lambda exchange: Reply(old_status)) as old:
        home = new.url.rstrip("/") + HOME
        with server(lambda exchange: apple(exchange, home)) as generic:
            client = remote(generic)
            client._home_url = old.url.rstrip("/") + HOME
            yield client, old, new


@pytest.mark.parametrize("status", [404, 421])
def test_an_account_that_moved_to_another_partition_is_found_again(status: int) -> None:
    with moved(status) as (client, old, new):
        assert [each.href for each in client.list_collections()] == [WORK]
        assert client.home_url == new.url.rstrip("/") + HOME
        assert client.list_members(WORK) == []
    assert len(old.requests) == 1


def test_a_partition_that_is_switched_off_is_left_for_the_new_one() -> None:
    with moved(421) as (client, old, new):
        old.close()
        assert client.create(WORK + "a.ics", event("a")) == '"1"'
    assert [r.method for r in new.requests] == ["PUT"]


def test_a_home_that_is_where_it_was_is_not_searched_twice() -> None:
    def answer(exchange: Exchange) -> Reply | None:
        return apple(exchange, wire.url.rstrip("/") + HOME)

    with server(answer) as wire:
        client = remote(wire)
        for _ in range(2):
            with pytest.raises(ResourceNotFound):
                client.list_collections()
    assert [r.path for r in wire.requests] == [HOME, "/", "/1/principal/", HOME]


# --- Sync reports ---------------------------------------------------------------------


def answering(report: Reply, collection: Reply) -> Callable[[Exchange], Reply]:
    return lambda exchange: report if exchange.method == "REPORT" else collection


THERE = multistatus(response(WORK, TYPES))
GONE_INSIDE = multistatus(gone(WORK))


def known(wire: Wire) -> CalDAVRemote:
    """A remote that has discovered its home in this session."""
    client = remote(wire)
    client._home_may_be_stale = False
    return client


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 507])
def test_every_way_of_refusing_a_token_is_one_error(status: int) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(InvalidSyncToken):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize("collection", [Reply(404), GONE_INSIDE])
def test_a_404_to_a_token_may_mean_that_the_collection_is_gone(collection: Reply) -> None:
    with server(answering(Reply(404), collection)) as wire, pytest.raises(ResourceNotFound):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, CredentialsError), (429, RateLimited), (500, TemporaryRemoteError), (503, RateLimited)],
)
def test_trouble_is_not_a_refused_token(status: int, expected: type[RemoteError]) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(expected) as caught:
        known(wire).list_changes(WORK, "old")
    assert not isinstance(caught.value, InvalidSyncToken)


def test_missing_rights_are_not_a_refused_token() -> None:
    denied = Reply(403, b'<error xmlns="DAV:"><need-privileges/></error>', XML)
    with server(answering(denied, THERE)) as wire, pytest.raises(Refused):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize("status", [400, 405, 501])
def test_a_server_without_sync_reports_calls_for_comparing_etags(status: int) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(InvalidSyncToken):
        known(wire).list_changes(WORK, "")


def test_a_token_is_sent_back_as_it_came() -> None:
    token = "a<b>&\"c'=="
    report = multistatus(
        response(WORK) + response(WORK + "a.ics", '<D:getetag>"1"</D:getetag>')
        + "<D:sync-token>a&lt;b&gt;&amp;\"c'==</D:sync-token>"
    )  # fmt: skip
    with server(answering(report, THERE)) as wire:
        changes = known(wire).list_changes(WORK, token)
    assert changes == Changes((Member(WORK + "a.ics", '"1"'),), (), token)
    (request,) = wire.requests
    assert "a&lt;b&gt;&amp;" in request.body
    assert "limit" not in request.body
    assert request.header("depth") == "0"


# --- Multiget -------------------------------------------------------------------------


class Shelf:
    """A collection whose reports break wherever a poisoned event is among those asked for."""

    def __init__(self, names: list[str], poison: dict[str, bytes]) -> None:
        self.bodies = {WORK + name: event(name).encode() for name in names}
        self.bodies |= {WORK + name: body for name, body in poison.items()}

    def __call__(self, exchange: Exchange) -> Reply | None:
        if exchange.method == "GET":
            body = self.bodies.get(exchange.path)
            return Reply(200, body, {"ETag": '"1"'}) if body is not None else None
        asked = [href for href in self.bodies if f">{href}<" in exchange.body]
        if exchange.method == "PROPFIND":
            return THERE
        return Reply(
            207,
            b'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            + b"".join(self._entry(href) for href in asked)
            + b"</D:multistatus>",
        )

    def _entry(self, href: str) -> bytes:
        return (
            f'<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:getetag>"1"</D:getetag>'
            "<C:calendar-data>"
        ).encode() + self.bodies[href] + (
            b"</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
            b"</D:response>"
        )  # fmt: skip


NAMES = [f"{number:03}.ics" for number in range(120)]


def test_what_is_asked_for_goes_in_batches() -> None:
    with server(Shelf(NAMES, {})) as wire:
        found = known(wire).multiget(WORK, [WORK + name for name in NAMES])
    assert [each.href for each in found.found] == [WORK + name for name in NAMES]
    sizes = [request.body.count(".ics<") for request in wire.requests]
    assert sizes == [MULTIGET_BATCH, MULTIGET_BATCH, 20]


@pytest.mark.parametrize("body", [b"SUMMARY:a\x08b", b"SUMMARY:\xff\xfe"])
def test_one_event_that_breaks_the_xml_stops_only_itself(body: bytes) -> None:
    with server(Shelf(NAMES, {"spoilt.ics": body})) as wire:
        wanted = [WORK + name for name in [*NAMES[:60], "spoilt.ics", *NAMES[60:]]]
        found = known(wire).multiget(WORK, wanted)
    assert {each.href for each in found.found} == {WORK + name for name in NAMES}
    assert (found.missing, list(found.unreadable)) == ((), [WORK + "spoilt.ics"])
    assert len(wire.requests) < 20


def test_one_event_that_is_too_large_stops_only_itself() -> None:
    with server(Shelf(NAMES[:9], {"huge.ics": b"X:" + b"y" * 9000})) as wire:
        wanted = [WORK + name for name in [*NAMES[:9], "huge.ics"]]
        found = CalDAVRemote(
            wire.url, "anna", "pass", allowed_hosts=["127.0.0.1"], max_bytes=6000,
            home_url=wire.url.rstrip("/") + HOME,
        ).multiget(WORK, wanted)  # fmt: skip
    assert {each.href for each in found.found} == {WORK + name for name in NAMES[:9]}
    assert list(found.unreadable) == [WORK + "huge.ics"]


def test_a_server_that_says_404_to_all_for_one_missing_is_asked_one_by_one() -> None:
    shelf = Shelf(NAMES[:3], {})

    def answer(exchange: Exchange) -> Reply | None:
        return None if ">/1/calendars/work/nothing.ics<" in exchange.body else shelf(exchange)

    with server(answer) as wire:
        wanted = [WORK + name for name in [*NAMES[:3], "nothing.ics"]]
        found = known(wire).multiget(WORK, wanted)
    assert {each.href for each in found.found} == {WORK + name for name in NAMES[:3]}
    assert found.missing == (WORK + "nothing.ics",)


def test_a_collection_that_is_gone_is_not_taken_for_missing_events() -> None:
    with server(lambda exchange: None) as wire, pytest.raises(ResourceNotFound):
        known(wire).multiget(WORK, [WORK + "a.ics", WORK + "b.ics"])
    assert len(wire.requests) == 2


# --- Writes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "etag"), [('"1"', '"1"'), ('W/"1"', ""), ("", ""), (" bare ", "bare")]
)
def test_only_a_strong_etag_is_returned(header: str, etag: str) -> None:
    headers = {"ETag": header} if header else {}
    with server(lambda exchange: Reply(201, headers=headers)) as wire:
        assert remote(wire).create(WORK + "a.ics", event("a")) == etag


def test_writes_carry_their_condition_their_type_and_no_depth() -> None:
    with server(lambda exchange: Reply(204)) as wire:
        client = remote(wire)
        client.create(WORK + "a.ics", event("a"))
        client.update(WORK + "a.ics", event("a"), '"1"')
        client.delete(WORK + "a.ics", '"2"')
    kept = ("if-match", "if-none-match", "content-type", "depth")
    assert [(r.method, {n: r.header(n) for n in kept if r.header(n)}) for r in wire.requests] == [
        ("PUT", {"if-none-match": "*", "content-type": "text/calendar; charset=utf-8"}),
        ("PUT", {"if-match": '"1"', "content-type": "text/calendar; charset=utf-8"}),
        ("DELETE", {"if-match": '"2"'}),
    ]
    assert wire.requests[0].body == event("a")


def test_a_body_that_the_server_will_not_have_is_sent_once() -> None:
    for status in (400, 403, 404, 413, 500, 503):
        with server(lambda exchange, status=status: Reply(status)) as wire:
            with pytest.raises((Refused, TemporaryRemoteError)):
                remote(wire).create(WORK + "a.ics", event("a"))
            assert [r.method for r in wire.requests] == ["PUT"]


@pytest.mark.parametrize("etag", ["", "*", 'W/"1"'])
def test_a_write_without_a_strong_etag_is_never_sent(etag: str) -> None:
    with server(lambda exchange: Reply(204)) as wire:
        with pytest.raises(ValueError, match="etag"):
            remote(wire).update(WORK + "a.ics", event("a"), etag)
        with pytest.raises(ValueError, match="etag"):
            remote(wire).delete(WORK + "a.ics", etag)
    assert wire.requests == []


@pytest.mark.parametrize(
    "href", ["/", "/1/", "/1", HOME, HOME[:-1], WORK, WORK + ".", WORK + "%2e%2e/", "/x.ics"]
)
def test_nothing_but_a_resource_is_ever_deleted(href: str) -> None:
    with (
        server(lambda exchange: Reply(204)) as wire,
        pytest.raises(ValueError, match="not a resource"),
    ):
        remote(wire).delete(href, '"1"')
    assert wire.requests == []


def test_a_collection_itself_is_not_writable_as_an_event_of_the_home() -> None:
    """DELETE on a collection without its slash would take the calendar with it."""
    with server(lambda exchange: Reply(204)) as wire:
        client = remote(wire)
        with pytest.raises(ValueError, match="not a resource"):
            client.delete(WORK[:-1], '"1"')
    assert wire.requests == []


def test_an_html_alternative_text_in_an_event_is_no_sign_in_page() -> None:
    body = "BEGIN:VCALENDAR\r\nX-ALT-DESC;FMTTYPE=text/html:<html><body>Hi</body></html>\r\n"
    with server(lambda exchange: Reply(200, body.encode(), {"ETag": '"1"'})) as wire:
        assert remote(wire).get(WORK + "a.ics") == Fetched(WORK + "a.ics", '"1"', body)


def test_the_client_is_a_remote() -> None:
    with server(lambda exchange: None) as wire, remote(wire) as client:
        speaks: Remote = client  # mypy's word for it
    assert speaks
