"""From an address to the calendars of an account, on good days and bad."""

from collections.abc import Callable

import pytest

from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    NotCalDAV,
    ResourceNotFound,
    TemporaryRemoteError,
    WriteOutcomeUnknown,
)
from tests.remote.events import event
from tests.remote.scripted import (
    HOME,
    SIGN_IN,
    WORK,
    apple,
    multistatus,
    remote,
    response,
    server,
)
from tests.wire import Exchange, Reply


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


def test_discovery_hears_in_passing_who_the_owner_is_in_invitations() -> None:
    hrefs = "mailto:Anna@iCloud.example", "mailto:anna@work.example", "/1/principal/"
    addresses = "".join(f"<D:href>{href}</D:href>" for href in hrefs)

    def told(exchange: Exchange) -> Reply | None:
        if exchange.path != "/1/principal/":
            return apple(exchange)
        found = f"<C:calendar-home-set><D:href>{HOME}</D:href></C:calendar-home-set>"
        found += f"<C:calendar-user-address-set>{addresses}</C:calendar-user-address-set>"
        return multistatus(response("/1/principal/", found))

    with server(told) as wire:
        account = remote(wire, home="").discover()
        assert len(wire.requests) == 2
    assert account.addresses == ("anna@icloud.example", "anna@work.example", "/1/principal/")


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


def test_a_known_home_needs_no_discovery() -> None:
    with server(
        lambda exchange: multistatus(
            response(HOME),
        )
    ) as wire:
        assert remote(wire).list_collections() == []
    assert [r.path for r in wire.requests] == [HOME]
