"""A server that points at a stranger, in spellings two parsers read differently: the stranger
listens for real, and hears nothing."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from icloud_sync.remote.errors import HostNotAllowed, RemoteError
from tests.remote.events import event
from tests.remote.scripted import (
    HOME,
    TYPES,
    WORK,
    RawServer,
    apple,
    multistatus,
    raw,
    remote,
    response,
    server,
)
from tests.remote.test_session import send
from tests.wire import Exchange, Reply

# {there}: the stranger's host and port; {here}: a host that may see the password.
POINTERS = [
    "http://{there}/1/",
    "http://{there}\\@{here}/1/",
    "http://{there}\\{here}/1/",
    "http:\\\\{there}\\1\\",
    "\\\\{there}\\1\\",
    "/\\{there}/1/",
    "//{there}/1/",
    "//{there}\\@{here}/1/",
    "http:/{there}/1/",
    "http:///{there}/1/",
    "http://{there};@{here}/1/",
    "http://{there}#@{here}/1/",
    "http://{there}?@{here}/1/",
    "http://{there}%2f@{here}/1/",
    "http://{here}@{there}/1/",
    "http://{here}%40{there}/1/",
    "http://{here}\t@{there}/1/",
    "http://{here} @{there}/1/",
    "http://{here}:80@{there}/1/",
    "http://{here}:{there}/1/",
    "http://{there}\u2044@{here}/1/",
    "HTTP://{there}\\.{here}/1/",
    "http://[{there}]/1/",
    "http://[/1/",
]

Says = Callable[[Exchange], Reply | None]


def redirects(target: str) -> Says:
    # As a server would write it: its headers are bytes.
    location = target.encode().decode("latin-1")
    return lambda exchange: Reply(302, headers={"Location": location})


def principal_is(target: str) -> Says:
    found = f"<D:current-user-principal><D:href>{target}</D:href></D:current-user-principal>"
    return lambda exchange: multistatus(response("/", found)) if exchange.path == "/" else None


def home_is(target: str) -> Says:
    return lambda exchange: apple(exchange, target)


@pytest.fixture
def stranger() -> Iterator[RawServer]:
    with raw(b"HTTP/1.1 207 Multi-Status\r\nContent-Length: 0\r\n\r\n", host="127.0.0.2") as one:
        yield one


@pytest.mark.parametrize("pointer", POINTERS)
@pytest.mark.parametrize("points", [redirects, principal_is, home_is])
def test_wherever_a_server_points_no_stranger_hears_of_us(
    stranger: RawServer,
    points: Callable[[str], Says],
    pointer: str,
) -> None:
    target = pointer.format(there=urlsplit(stranger.url).netloc, here="127.0.0.1")
    with server(points(target)) as wire, suppress(RemoteError):
        remote(wire, home="").list_collections()
    assert stranger.heard == []
    assert wire.requests


@pytest.mark.parametrize("pointer", POINTERS)
def test_the_hrefs_of_a_listing_name_no_host(stranger: RawServer, pointer: str) -> None:
    there = urlsplit(stranger.url).netloc
    href = pointer.format(there=there, here="127.0.0.1") + "calendars/work/"

    def answer(exchange: Exchange) -> Reply | None:
        members = response(href, TYPES) + response(WORK, TYPES)
        return multistatus(response(exchange.path, TYPES) + members)

    with server(answer) as wire:
        client = remote(wire)
        for collection in client.list_collections():
            with suppress(RemoteError):
                client.list_members(collection.href)
            with suppress(RemoteError, ValueError):
                client.multiget(collection.href, [collection.href + "a.ics", href + "b.ics"])
            with suppress(RemoteError, ValueError):
                client.create(collection.href + "a.ics", event("a"))
        with suppress(RemoteError, ValueError):
            client.delete(href + "a.ics", '"1"')
    assert stranger.heard == []
    assert WORK in {request.path for request in wire.requests}


def test_one_href_that_is_no_address_spoils_no_listing() -> None:
    def answer(exchange: Exchange) -> Reply | None:
        return multistatus(response(HOME) + response("http://[/", TYPES) + response(WORK, TYPES))

    with server(answer) as wire:
        assert [each.href for each in remote(wire).list_collections()] == [WORK]


@pytest.mark.parametrize("target", ["/there/a b/", "/there/é/", "?a=b", "//127.0.0.1:{port}/x"])
def test_an_address_on_the_same_host_is_followed_however_it_is_spelled(target: str) -> None:
    def answer(exchange: Exchange) -> Reply | None:
        if exchange.path != "/":
            return Reply(200, b"there")
        return Reply(302, headers={"Location": target.format(port=urlsplit(wire.url).port)})

    with server(answer) as wire:
        assert send(wire.url).content == b"there"


def test_a_home_with_a_blank_in_its_name_is_found() -> None:
    with server(lambda exchange: apple(exchange, "/1/my calendars/")) as wire:
        account = remote(wire, home="").discover()
        assert account.home_url == wire.url + "1/my%20calendars/"


def test_an_address_that_is_none_is_refused_in_a_sentence() -> None:
    with (
        server(lambda exchange: Reply(302, headers={"Location": "http://[/"})) as wire,
        pytest.raises(HostNotAllowed) as caught,
    ):
        send(wire.url)
    assert caught.value.message.endswith(".")
