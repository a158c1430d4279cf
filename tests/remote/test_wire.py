"""The recording proxy itself: what it tells must be what happened."""

import pytest

from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import (
    CredentialsError,
    PreconditionFailed,
    TemporaryRemoteError,
    WriteOutcomeUnknown,
)
from tests import wire
from tests.remote.events import event
from tests.remote.kits import LOOPBACK
from tests.servers import Account, Server
from tests.wire import Drop, Reply, forward


def remote_of(account: Account) -> CalDAVRemote:
    return CalDAVRemote(
        account.server_url, account.username, account.password, allowed_hosts=LOOPBACK
    )


def test_every_request_is_recorded_and_the_password_is_not(account: Account) -> None:
    remote_of(account).create(account.home + "a.ics", event("a"))
    assert [(r.method, r.status) for r in account.wire.requests] == [
        ("PROPFIND", 207),
        ("PROPFIND", 207),
        ("PUT", 201),
    ]
    (write,) = account.wire.writes()
    assert (write.path, write.body) == (account.home + "a.ics", event("a"))
    assert all(request.authorized for request in account.wire.requests)
    assert "authorization" not in write.headers
    assert account.password not in repr(account.wire.requests)


def test_what_the_phone_does_is_not_recorded(account: Account) -> None:
    href = account.phone.put("a.ics", event("a"))
    account.phone.edit(href, "Lunch", "Brunch")
    moved = account.phone.move(href, account.make_collection("Other"))
    assert list(account.phone.resources("Other")) == [moved]
    account.phone.delete(moved)
    assert account.phone.resources("Other") == {}
    assert account.wire.requests == []


def test_every_address_in_an_answer_leads_through_the_wire(account: Account) -> None:
    client = remote_of(account)
    client.discover()
    client.list_collections()
    before = len(account.wire.requests)
    client.list_changes(account.home, "")
    assert len(account.wire.requests) == before + 1


def test_accounts_are_apart(server: Server) -> None:
    one, other = server.new_account(), server.new_account()
    remote_of(one).create(one.home + "a.ics", event("a"))
    assert other.wire.requests == []
    assert other.phone.resources() == {}
    assert other.home not in {c.href for c in remote_of(one).list_collections()} or (
        one.home == other.home
    )


def test_a_wrong_password_is_refused_by_every_server(account: Account) -> None:
    client = CalDAVRemote(account.server_url, account.username, "x", allowed_hosts=LOOPBACK)
    with pytest.raises(CredentialsError):
        client.discover()


def test_a_write_without_a_precondition_is_found(account: Account) -> None:
    remote_of(account).create(account.home + "a.ics", event("a"))
    account.wire.assert_every_write_has_a_precondition()
    door = account.server_url.rstrip("/")
    forward(door, "PUT", account.home + "b.ics", b"", {"Content-Type": "text/calendar"})
    with pytest.raises(AssertionError, match="b.ics"):
        account.wire.assert_every_write_has_a_precondition()
    wire.made.clear()  # what breaks the rules here should


def test_a_write_may_be_lost_before_the_server_hears_of_it(account: Account) -> None:
    account.wire.faults.append(lambda r: Drop.BEFORE if r.method == "PUT" else None)
    with pytest.raises(WriteOutcomeUnknown):
        remote_of(account).create(account.home + "a.ics", event("a"))
    assert account.phone.resources() == {}


def test_a_write_may_be_stored_and_its_answer_lost(account: Account) -> None:
    account.wire.faults.append(lambda r: Drop.AFTER_APPLY if r.method == "PUT" else None)
    client = remote_of(account)
    with pytest.raises(WriteOutcomeUnknown):
        client.create(account.home + "a.ics", event("a"))
    assert list(account.phone.resources()) == [account.home + "a.ics"]
    account.wire.faults.clear()
    with pytest.raises(PreconditionFailed):
        client.create(account.home + "a.ics", event("a"))
    assert "UID:a" in client.get(account.home + "a.ics").body


def test_the_wire_may_answer_in_place_of_the_server(account: Account) -> None:
    account.wire.faults.append(lambda r: Reply(500) if r.method == "PUT" else None)
    with pytest.raises(TemporaryRemoteError):
        remote_of(account).create(account.home + "a.ics", event("a"))
    assert account.phone.resources() == {}
