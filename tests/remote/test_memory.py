"""What the twin in memory can do besides being a server: fail when it is told to."""

import pytest

from icloud_sync.core.values import Multiget
from icloud_sync.remote.errors import (
    InvalidSyncToken,
    Refused,
    ResourceNotFound,
    TemporaryRemoteError,
)
from icloud_sync.remote.interface import Remote
from icloud_sync.remote.memory import MemoryAccount, MemoryRemote, MemoryServer
from tests.remote.events import event


@pytest.fixture
def memory() -> MemoryServer:
    server = MemoryServer()
    server.add_account("anna@example.com").add_collection("Home")
    return server


@pytest.fixture
def anna(memory: MemoryServer) -> MemoryAccount:
    return memory.accounts["anna@example.com"]


@pytest.fixture
def remote(memory: MemoryServer) -> Remote:
    return MemoryRemote(memory, "anna@example.com")


@pytest.fixture
def lunch(anna: MemoryAccount) -> str:
    return anna.home + "home/lunch.ics"


def test_tokens_expire_when_told_to(remote: Remote, anna: MemoryAccount) -> None:
    home = anna.home + "home/"
    old = remote.list_changes(home, "").token
    anna.collections[home].expire_tokens()
    with pytest.raises(InvalidSyncToken):
        remote.list_changes(home, old)
    fresh = remote.list_changes(home, "").token
    assert remote.list_changes(home, fresh).changed == ()


def test_an_event_may_be_listed_before_it_is_served(
    remote: Remote, anna: MemoryAccount, lunch: str
) -> None:
    anna.put(lunch, event("lunch"))
    anna.collection_of(lunch).unserved.add(lunch)
    home = anna.home + "home/"
    assert [member.href for member in remote.list_changes(home, "").changed] == [lunch]
    assert remote.multiget(home, [lunch]) == Multiget((), (lunch,))
    with pytest.raises(ResourceNotFound):
        remote.get(lunch)


def test_a_read_only_collection_refuses_writes(
    remote: Remote, anna: MemoryAccount, lunch: str
) -> None:
    anna.collection_of(lunch).can_write = False
    with pytest.raises(Refused) as caught:
        remote.create(lunch, event("lunch"))
    assert caught.value.precondition == "need-privileges"
    assert [each.can_write for each in remote.list_collections()] == [False]


def test_a_fault_is_the_answer_and_the_request_is_recorded(
    remote: Remote, anna: MemoryAccount, lunch: str
) -> None:
    def down(verb: str, href: str) -> None:
        raise TemporaryRemoteError("The server failed (500). Try later.", 500)

    anna.faults.append(down)
    with pytest.raises(TemporaryRemoteError):
        remote.create(lunch, event("lunch"))
    anna.faults.clear()
    remote.create(lunch, event("lunch"))
    assert anna.requests == [("create", lunch), ("create", lunch)]


def test_accounts_of_one_server_do_not_see_each_other(memory: MemoryServer, lunch: str) -> None:
    memory.add_account("ben@example.com").add_collection("Home")
    MemoryRemote(memory, "anna@example.com").create(lunch, event("lunch"))
    ben = MemoryRemote(memory, "ben@example.com")
    assert [each.href for each in ben.list_collections()] == ["/ben@example.com/calendars/home/"]
    with pytest.raises(ResourceNotFound):
        ben.get(lunch)
