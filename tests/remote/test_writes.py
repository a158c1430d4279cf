"""What a write carries, and what it must never touch."""

from collections.abc import Callable

import pytest

from icloud_sync.core.values import Fetched
from icloud_sync.remote.errors import (
    CollectionMissing,
    CredentialsError,
    PreconditionFailed,
    RateLimited,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    UidConflict,
)
from icloud_sync.remote.interface import Remote
from tests.remote.events import event
from tests.remote.scripted import (
    HOME,
    TYPES,
    WORK,
    known,
    multistatus,
    remote,
    response,
    server,
)
from tests.wire import Exchange, Reply

CALDAV = "urn:ietf:params:xml:ns:caldav"


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
    calendar = multistatus(response(WORK, TYPES))

    for status in (400, 403, 404, 413, 500, 503):
        refusal = Reply(status)
        with server(lambda r, no=refusal: calendar if r.path == WORK else no) as wire:
            with pytest.raises((Refused, TemporaryRemoteError)):
                known(wire).create(WORK + "a.ics", event("a"))
            assert [r.method for r in wire.requests if r.path != WORK] == ["PUT"]


@pytest.mark.parametrize("status", [400, 403])
def test_where_everything_is_refused_no_event_is_to_blame(status: int) -> None:
    with server(lambda exchange: Reply(status)) as wire, pytest.raises(CollectionMissing):
        known(wire).create(WORK + "a.ics", event("a"))
    assert [r.method for r in wire.requests] == ["PUT", "PROPFIND"]


def test_a_404_to_a_write_is_a_refused_body_where_the_calendar_is_there() -> None:
    calendar = multistatus(response(WORK, TYPES))
    with server(lambda r: calendar if r.path == WORK else None) as wire:
        client = known(wire)
        with pytest.raises(Refused) as caught:
            client.create(WORK + "a.ics", event("a"))
        with pytest.raises(ResourceNotFound):
            client.delete(WORK + "a.ics", '"1"')
    assert "would not store" in caught.value.message
    assert [(r.method, r.path) for r in wire.requests] == [
        ("PUT", WORK + "a.ics"),
        ("PROPFIND", WORK),
        ("DELETE", WORK + "a.ics"),
        ("PROPFIND", WORK),
    ]


def test_in_a_calendar_that_is_gone_nothing_counts_as_refused_or_deleted() -> None:
    """And whatever else waits for it costs no further request."""
    with server(lambda exchange: None) as wire:
        client = known(wire)
        for number in range(3):
            with pytest.raises(CollectionMissing):
                client.create(f"{WORK}{number}.ics", event("a"))
            with pytest.raises(CollectionMissing):
                client.delete(f"{WORK}{number}.ics", '"1"')
    assert [r.method for r in wire.requests] == ["PUT", "PROPFIND"]


def test_a_calendar_that_is_back_is_written_to_again() -> None:
    there = False

    def answer(exchange: Exchange) -> Reply | None:
        if exchange.method == "PUT" and there:
            return Reply(201, headers={"ETag": '"1"'})
        if exchange.path == HOME:
            return multistatus(response(HOME) + response(WORK, TYPES))
        return None

    with server(answer) as wire:
        client = known(wire)
        with pytest.raises(CollectionMissing):
            client.create(WORK + "a.ics", event("a"))
        there = True
        client.list_collections()
        assert client.create(WORK + "a.ics", event("a")) == '"1"'


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


# --- A UID that lives elsewhere in the account (icloud-behaviour 6.6) ------------------------


def refusing(status: int, precondition: str = "", there: int = 404) -> Callable[..., Reply]:
    """Says so to every PUT, and `there` to a GET."""
    told = f'<D:error xmlns:D="DAV:" xmlns:C="{CALDAV}"><C:{precondition}/></D:error>'
    refusal = Reply(status, told.encode() if precondition else b"")

    def answer(exchange: Exchange) -> Reply:
        if exchange.method == "GET":
            return Reply(there, event("b").encode() if there == 200 else b"", {"ETag": '"1"'})
        return refusal

    return answer


def asked(
    answer: Callable[..., Reply], verb: str = "create", *etag: str
) -> tuple[RemoteError, list[str]]:
    with server(answer) as wire:
        write = getattr(known(wire), verb)
        with pytest.raises(RemoteError) as caught:
            write(WORK + "a.ics", event("a"), *etag)
        return caught.value, [exchange.method for exchange in wire.requests]


def test_a_new_event_that_is_refused_where_nothing_is_has_its_uid_elsewhere() -> None:
    error, methods = asked(refusing(412))
    assert type(error) is UidConflict
    assert (error.status, error.message[-1]) == (412, ".")
    assert methods == ["PUT", "GET"]


def test_a_new_event_that_is_refused_where_something_is_finds_its_place_taken() -> None:
    error, methods = asked(refusing(412, there=200))
    assert type(error) is PreconditionFailed
    assert methods == ["PUT", "GET"]


@pytest.mark.parametrize(
    ("there", "raised"),
    [
        (403, PreconditionFailed),
        (401, CredentialsError),
        (500, TemporaryRemoteError),
        (503, RateLimited),
    ],
)
def test_where_nobody_can_say_what_is_there_no_uid_is_to_blame(
    there: int, raised: type[RemoteError]
) -> None:
    error, methods = asked(refusing(412, there=there))
    assert type(error) is raised
    assert methods == ["PUT", "GET"]


@pytest.mark.parametrize("status", [403, 409, 412])
@pytest.mark.parametrize("precondition", ["no-uid-conflict", "unique-scheduling-object-resource"])
def test_a_server_that_says_so_itself_is_not_asked_again(status: int, precondition: str) -> None:
    error, methods = asked(refusing(status, precondition))
    assert type(error) is UidConflict
    assert (error.status, error.precondition, methods) == (status, precondition, ["PUT"])


def test_a_body_that_is_refused_with_a_412_is_no_uid_of_another() -> None:
    error, methods = asked(refusing(412, "valid-calendar-data"))
    assert (type(error), methods) == (Refused, ["PUT"])


def test_a_change_that_is_refused_asks_nothing_more() -> None:
    error, methods = asked(refusing(412), "update", '"1"')
    assert (type(error), methods) == (PreconditionFailed, ["PUT"])
