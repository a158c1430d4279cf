"""A server that is down for everybody: one account asks for all, the others wait, staff read
one sentence, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync import tasks
from icloud_sync.models import ICloudConnection, Outage, OutboxEntry, SyncLogEntry
from icloud_sync.outages import sentences
from tests.factories import UserFactory
from tests.scenarios.world import World, at, connected
from tests.servers import Account, Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def worlds(standin: Server) -> Iterator[list[World]]:
    """Four users on one server; each goes through a wire of its own, so that a fault there
    is the account's, and a switch of the server everybody's."""
    made = [connected(direct(standin.new_account(), standin)) for _ in range(4)]
    for world in made:
        world.settle()
        world.account.standin.forget_requests()
    OrmQ.objects.all().delete()
    yield made
    standin.standin.switches.reset()  # type: ignore[attr-defined]


def direct(account: Account, standin: Any) -> Account:
    account.server_url = standin.standin.url
    return account


@pytest.fixture
def everybody(standin: Any) -> Any:
    return standin.standin.switches


def asked(worlds: list[World]) -> list[int]:
    """How many requests each account has cost since it was last asked for."""
    found = [len(world.account.standin.requests) for world in worlds]
    for world in worlds:
        world.account.standin.forget_requests()
    return found


def poll(minutes: float = 0) -> list[str]:
    """What the minute's task wakes, once so much time has passed; and that is done."""
    earlier = timedelta(minutes=minutes)
    for outage in Outage.objects.all():
        outage.next_probe_at -= earlier
        outage.save()
    ICloudConnection.objects.update(next_poll_at=timezone.now() - timedelta(minutes=1))
    OutboxEntry.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    OrmQ.objects.all().delete()
    tasks.poll()
    tasks.sweep()
    woken = []
    for task in OrmQ.objects.order_by("pk"):
        details = task.task
        name = str(details["func"]).rpartition(".")[2]
        woken.append(name)
        getattr(tasks, name)(*details["args"])
    OrmQ.objects.all().delete()
    return woken


def go_down(worlds: list[World], everybody: Any) -> None:
    everybody.refuse_everything = True
    poll()
    asked(worlds)


def test_many_that_fail_alike_are_one_outage_and_one_asks_for_all(
    worlds: list[World], everybody: Any
) -> None:
    everybody.refuse_everything = True
    assert poll() == ["pull"] * 4
    assert sorted(asked(worlds)) == [0, 1, 1, 1]  # the fourth found out without asking
    [outage] = Outage.objects.all()
    assert outage.reason == "The server failed (500). Try later."
    assert poll() == []
    assert poll(minutes=1.1) == ["sync"]
    assert sum(asked(worlds)) == 1


def test_the_pauses_grow_and_others_ask_each_time(worlds: list[World], everybody: Any) -> None:
    go_down(worlds, everybody)
    pauses = []
    for _ in range(6):
        before = timezone.now()
        poll(minutes=16)
        pauses.append(round((Outage.objects.get().next_probe_at - before).total_seconds() / 60))
    assert pauses == [2, 4, 8, 15, 15, 15]
    assert sum(asked(worlds)) == 6


def test_what_is_changed_meanwhile_waits_in_the_outbox_and_goes_out_afterwards(
    worlds: list[World], everybody: Any
) -> None:
    go_down(worlds, everybody)
    for world in worlds:
        world.book(title="Haircut", starts_at=at(9))
    assert poll() == []
    assert tasks.push(worlds[0].connection.pk) == "busy, or not to be synced now"
    assert OutboxEntry.objects.filter(state="waiting", attempts=0).count() == 4
    everybody.reset()
    assert poll(minutes=1.1) == ["sync"]
    assert not Outage.objects.exists()
    poll()
    for world in worlds:
        assert [one["title"] for one in world.remote()] == ["Haircut"]
        assert ICloudConnection.objects.get(pk=world.connection.pk).status == "connected"


def test_one_accounts_trouble_is_no_outage(worlds: list[World], everybody: Any) -> None:
    for world in worlds[:3]:
        world.account.standin.switches.refuse_everything = True
    poll()
    poll(minutes=1.1)  # whoever has not failed is asked, and is served
    assert not Outage.objects.exists()
    for _ in range(3):
        assert poll() == ["pull"] * 4
    assert not Outage.objects.exists()


def test_a_revoked_password_is_no_outage_and_as_an_answer_ends_one(
    worlds: list[World], everybody: Any
) -> None:
    everybody.revoked_password = True
    poll()
    assert not Outage.objects.exists()
    ICloudConnection.objects.update(status="connected")
    everybody.reset()
    go_down(worlds, everybody)
    assert Outage.objects.exists()
    everybody.reset()
    everybody.revoked_password = True
    poll(minutes=1.1)
    assert not Outage.objects.exists()


def test_somebody_who_asks_to_sync_now_is_not_kept_waiting(
    worlds: list[World], everybody: Any
) -> None:
    go_down(worlds, everybody)
    everybody.reset()
    tasks.sync(worlds[0].connection.pk)
    assert not Outage.objects.exists()


def test_support_finds_when_it_began_and_when_it_ended(worlds: list[World], everybody: Any) -> None:
    go_down(worlds, everybody)
    everybody.reset()
    poll(minutes=1.1)
    told = SyncLogEntry.objects.filter(connection=None).order_by("pk")
    assert [(one.action, one.outcome, one.message) for one in told] == [
        ("server down", "retrying", "localhost is down: The server failed (500). Try later."),
        ("server back", "done", "localhost answers again"),
    ]


def test_staff_read_one_sentence_with_since_when(
    worlds: list[World], everybody: Any, client: Client
) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    pages = ["/admin/", "/admin/icloud_sync/icloudconnection/"]
    says = "has not answered anybody"
    assert [says in client.get(page).content.decode() for page in pages] == [False, False]
    go_down(worlds, everybody)
    [sentence] = sentences()
    since = Outage.objects.get().since
    assert f"localhost has not answered anybody's account since {since:%H:%M} UTC" in sentence
    assert [client.get(page).content.decode().count(says) for page in pages] == [1, 1]
    everybody.reset()
    poll(minutes=1.1)
    assert [says in client.get(page).content.decode() for page in pages] == [False, False]
