"""An account that Apple moved to another partition: whatever the old one answers, it is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    RateLimited,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    Unreachable,
    WriteOutcomeUnknown,
)
from tests.remote.events import event
from tests.remote.scripted import (
    HOME,
    SIGN_IN,
    TYPES,
    WORK,
    apple,
    multistatus,
    raw,
    remote,
    response,
    server,
)
from tests.wire import Exchange, Reply, Wire

HREF = WORK + "a.ics"
# Failed runs before a server's failure is doubted, and before its asking for a pause is.
SEVERAL, MANY = 3, 6
Says = Callable[[Exchange], Reply | None]

READS = {
    "list": lambda client: client.list_collections(),
    "members": lambda client: client.list_members(WORK),
    "changes": lambda client: client.list_changes(WORK, ""),
    "multiget": lambda client: client.multiget(WORK, [HREF]),
    "get": lambda client: client.get(HREF),
}
WRITES = {
    "create": lambda client: client.create(HREF, event("a")),
    "update": lambda client: client.update(HREF, event("a"), '"1"'),
    "delete": lambda client: client.delete(HREF, '"1"'),
}


@dataclass
class Move:
    old: Wire
    new: Wire
    generic: Wire
    failures: int = 0

    @property
    def new_home(self) -> str:
        return self.new.url.rstrip("/") + HOME

    def client(self) -> CalDAVRemote:
        home = self.old.url.rstrip("/") + HOME
        return remote(self.generic, home, failures=self.failures)

    @property
    def asked(self) -> tuple[int, int, int]:
        return len(self.old.requests), len(self.generic.requests), len(self.new.requests)


def present(exchange: Exchange) -> Reply:
    """The partition where the account lives."""
    if exchange.method in ("PUT", "GET"):
        return Reply(201 if exchange.method == "PUT" else 200, b"BEGIN", {"ETag": '"1"'})
    if exchange.method == "DELETE":
        return Reply(204)
    data = "<D:getetag>1</D:getetag><C:calendar-data>BEGIN</C:calendar-data>"
    listed = response(HOME) + response(WORK, TYPES) + response(HREF, data)
    return multistatus(listed + "<D:sync-token>t</D:sync-token>")


@contextmanager
def moved(old: Says | int, generic: Says | None = None, failures: int = 0) -> Iterator[Move]:
    """`old`: what the old partition says, to everything; `generic`: the generic host, by
    default that the account lives on the new one."""
    says = old if callable(old) else lambda exchange: Reply(old)
    with server(present) as new, server(says) as left:
        home = new.url.rstrip("/") + HOME
        with server(generic or (lambda exchange: apple(exchange, home))) as wire:
            yield Move(left, new, wire, failures)


# --- What is doubted at once ------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410, 421])
@pytest.mark.parametrize("read", READS)
def test_whatever_is_read_first_finds_an_account_that_moved(read: str, status: int) -> None:
    with moved(status) as move:
        client = move.client()
        READS[read](client)
        assert client.home_url == move.new_home
        old, generic, _ = move.asked
        assert generic == 2
        READS["list"](client)
        assert move.asked[:2] == (old, generic)


@pytest.mark.parametrize("status", [404, 410, 421])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_the_old_partition_knows_nothing_of_goes_to_the_new_one(
    write: str, status: int
) -> None:
    """A 404 of the old partition is no refused body, no event that is gone."""
    with moved(status) as move:
        WRITES[write](move.client())
        assert move.asked == (1, 2, 1)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_the_old_partition_refused_is_looked_at_before_it_is_sent_again(
    write: str, status: int
) -> None:
    with moved(status) as move:
        client = move.client()
        with pytest.raises(WriteOutcomeUnknown) as caught:
            WRITES[write](client)
        assert (caught.value.kind, caught.value.message[-1]) == ("moved", ".")
        assert move.asked == (1, 2, 0)
        assert client.home_url == move.new_home
        WRITES[write](client)
        assert move.asked == (1, 2, 1)


def test_a_partition_that_is_switched_off_is_left_for_the_new_one() -> None:
    for ask in (WRITES["create"], READS["list"]):
        with moved(421) as move:
            move.old.close()
            ask(move.client())
            assert move.asked == (0, 2, 1)


def test_an_old_partition_that_sends_us_to_a_stranger_is_left() -> None:
    with raw(b"", host="127.0.0.2") as stranger:

        def sends_on(exchange: Exchange) -> Reply:
            return Reply(301, headers={"Location": stranger.url})

        with moved(sends_on) as move:
            assert READS["list"](move.client())
    assert stranger.heard == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_old_partition_that_sends_us_on_is_asked_once(status: int) -> None:
    with server(present) as new:

        def sends_on(exchange: Exchange) -> Reply:
            return Reply(status, headers={"Location": new.url.rstrip("/") + exchange.path})

        with server(sends_on) as old:
            client = remote(old)
            for _ in range(2):
                assert [each.href for each in client.list_collections()] == [WORK]
            assert client.home_url == new.url.rstrip("/") + HOME
    assert (len(old.requests), len(new.requests)) == (1, 2)


# --- What is doubted once it lasts ------------------------------------------------------------

LASTING: dict[str, tuple[Says, int]] = {
    "400": (lambda exchange: Reply(400), SEVERAL),
    "405": (lambda exchange: Reply(405), SEVERAL),
    "500": (lambda exchange: Reply(500), SEVERAL),
    "503": (lambda exchange: Reply(503), SEVERAL),
    "a page": (lambda exchange: SIGN_IN, SEVERAL),
    "nothing": (lambda exchange: Reply(207), SEVERAL),
    "an empty listing": (lambda exchange: multistatus(""), SEVERAL),
    "503 for a day": (lambda exchange: Reply(503, headers={"Retry-After": "86400"}), MANY),
    "429 for a minute": (lambda exchange: Reply(429, headers={"Retry-After": "60"}), MANY),
    "403 for a minute": (lambda exchange: Reply(403, headers={"Retry-After": "60"}), MANY),
}


@pytest.mark.parametrize("says", LASTING)
def test_a_failure_that_lasts_is_doubted_and_one_that_does_not_is_not(says: str) -> None:
    answer, enough = LASTING[says]
    with moved(answer, failures=enough - 1) as move:
        with pytest.raises((TemporaryRemoteError, Refused)):
            READS["list"](move.client())
        assert move.asked == (1, 0, 0)
        move.failures = enough
        assert READS["list"](move.client())
        assert move.asked == (2, 2, 1)


@pytest.mark.parametrize("status", [400, 409, 500, 503])
def test_a_write_that_failed_for_long_is_looked_at_in_the_new_place(status: int) -> None:
    with moved(status, failures=SEVERAL) as move:
        client = move.client()
        with pytest.raises(WriteOutcomeUnknown):
            WRITES["update"](client)
        assert move.asked == (1, 2, 0)
        READS["get"](client)
        assert move.asked == (1, 2, 1)


def test_a_failure_of_both_hosts_is_the_first_ones_and_costs_one_request_more() -> None:
    def busy(exchange: Exchange) -> Reply:
        return Reply(503, headers={"Retry-After": "60"})

    with moved(busy, lambda exchange: Reply(500), MANY) as move:
        with pytest.raises(RateLimited) as caught:
            READS["list"](move.client())
        assert caught.value.retry_at is not None
        assert move.asked == (1, 1, 0)


# --- What is believed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "generic", "raised", "status"),
    [
        (401, 401, CredentialsError, 401),  # the password is dead
        (401, 403, CredentialsError, 401),
        (403, 401, CredentialsError, 401),
        (403, 404, Refused, 403),  # the generic host knows nothing at all
        (403, 403, Refused, 403),  # perhaps throttled: in a sync no 403 is about a password
        (404, 403, ResourceNotFound, 404),
        (401, 500, TemporaryRemoteError, 500),  # nobody confirms it
        (401, 503, RateLimited, 503),
        (403, 503, RateLimited, 503),
        (404, 503, RateLimited, 503),
    ],
)
def test_what_the_generic_host_says_as_well_is_believed(
    old: int, generic: int, raised: type[RemoteError], status: int
) -> None:
    with moved(old, lambda exchange: Reply(generic)) as move:
        with pytest.raises(RemoteError) as caught:
            READS["list"](move.client())
        assert (type(caught.value), caught.value.status) == (raised, status)
        assert move.asked == (1, 2 if generic == 404 else 1, 0)


@pytest.mark.parametrize(
    ("generic", "raised"), [(401, CredentialsError), (500, TemporaryRemoteError)]
)
def test_the_same_holds_for_a_write(generic: int, raised: type[RemoteError]) -> None:
    with moved(401, lambda exchange: Reply(generic)) as move:
        with pytest.raises(RemoteError) as caught:
            WRITES["update"](move.client())
        assert type(caught.value) is raised
        assert move.asked == (1, 1, 0)


def test_a_generic_host_that_knows_nothing_is_asked_once() -> None:
    with moved(401, lambda exchange: Reply(503)) as move:
        client = move.client()
        for ask in (READS["list"], WRITES["update"], READS["get"]):
            with pytest.raises(RateLimited):
                ask(client)
        assert move.asked == (3, 1, 0)


def test_a_generic_host_that_is_down_confirms_nothing() -> None:
    for status, raised in ((401, Unreachable), (503, RateLimited)):
        with moved(status, failures=SEVERAL) as move:
            move.generic.close()
            with pytest.raises(raised):
                READS["list"](move.client())


@pytest.mark.parametrize(
    ("status", "raised"), [(401, CredentialsError), (403, Refused), (404, ResourceNotFound)]
)
def test_where_the_account_lives_where_it_lived_it_is_asked_once(
    status: int, raised: type[RemoteError]
) -> None:
    def unmoved(exchange: Exchange) -> Reply | None:
        return apple(exchange, move.old.url.rstrip("/") + HOME)

    with moved(status, unmoved) as move:
        client = move.client()
        for _ in range(2):
            with pytest.raises(raised):
                READS["list"](client)
        assert move.asked == (2, 2, 0)


def test_who_has_answered_today_is_not_doubted() -> None:
    answers = [present, lambda exchange: Reply(401)]
    with moved(lambda exchange: answers.pop(0)(exchange)) as move:
        client = move.client()
        READS["list"](client)
        with pytest.raises(CredentialsError):
            READS["list"](client)
        assert move.asked == (2, 0, 0)


def test_a_server_that_gives_its_reason_is_not_doubted() -> None:
    why = b'<D:error xmlns:D="DAV:"><D:need-privileges/></D:error>'
    with moved(lambda exchange: Reply(403, why)) as move:
        for ask in (READS["get"], WRITES["update"]):
            with pytest.raises(Refused):
                ask(move.client())
        assert move.asked == (2, 0, 0)


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_where_there_is_but_one_host_it_has_spoken_already(status: int) -> None:
    with server(lambda exchange: Reply(status)) as wire:
        with pytest.raises(RemoteError):
            remote(wire, failures=10).list_collections()
        assert [exchange.path for exchange in wire.requests] == [HOME]


def test_a_home_that_is_where_it_was_is_not_searched_twice() -> None:
    def answer(exchange: Exchange) -> Reply | None:
        return apple(exchange, wire.url.rstrip("/") + HOME)

    with server(answer) as wire:
        client = remote(wire)
        for _ in range(2):
            with pytest.raises(ResourceNotFound):
                client.list_collections()
    assert [r.path for r in wire.requests] == [HOME, "/", "/1/principal/", HOME]


@pytest.mark.parametrize("status", [401, 403, 404, 421, 500])
def test_a_new_home_at_a_strangers_never_hears_of_us(status: int) -> None:
    with raw(b"", host="127.0.0.2") as stranger:
        with (
            moved(status, lambda exchange: apple(exchange, stranger.url), SEVERAL) as move,
            pytest.raises(HostNotAllowed),
        ):
            READS["list"](move.client())
        assert stranger.heard == []
