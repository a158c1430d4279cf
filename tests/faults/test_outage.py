"""A server that is down for everybody, or refuses everybody's password: one account asks for
all, the others wait, staff read one sentence, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync import connecting, outages, refusals, tasks
from icloud_sync.models import ICloudConnection, Outage, OutboxEntry, SyncLogEntry, SyncRun
from icloud_sync.outages import sentences
from icloud_sync.remote import errors
from icloud_sync.sync import sync
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
    SyncRun.objects.all().delete()
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
    """How often each account was tried, in vain, since this was last called; a try may be
    more than one request."""
    found = []
    for world in worlds:
        tries = SyncRun.objects.filter(connection=world.connection)
        found.append(len(tries))
        assert len(world.account.standin.requests) >= len(tries)
        assert tries or not world.account.standin.requests
        tries.delete()
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


@pytest.mark.parametrize("fault", ["refuse_everything", "revoked_password"])
def test_an_outage_has_its_own_pace_however_often_each_account_has_failed(
    worlds: list[World], everybody: Any, fault: str
) -> None:
    everybody.turn(fault, True)
    poll()
    OrmQ.objects.all().delete()
    ICloudConnection.objects.update(failures=9)  # alone, each would rest for hours now
    for _ in range(10):
        Outage.objects.update(next_probe_at=timezone.now())
        tasks.poll()
        [task] = OrmQ.objects.all()
        tasks.sync(*task.task["args"])
        task.delete()
    failures = ICloudConnection.objects.order_by("failures").values_list("failures", flat=True)
    assert list(failures) == [11, 11, 12, 12]


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


@pytest.mark.parametrize(
    ("error", "is_everybodys"),
    [
        (errors.TemporaryRemoteError("The server failed (500). Try later.", 500), True),
        (errors.TemporaryRemoteError("The answer is not CalDAV.", 200), True),
        (errors.Unreachable("The server p42-caldav.icloud.com took too long to answer."), True),
        (errors.WriteOutcomeUnknown("The server broke off during a write (502).", 502), True),
        (errors.RateLimited("The server asks us to wait.", 503), True),
        (errors.RateLimited("The server asks us to wait.", 503, timezone.now()), False),
        (errors.RateLimited("The server asks us to wait.", 429), False),
        (errors.RateLimited("The server asks us to wait.", 403, timezone.now()), False),
        (errors.UnreadableAnswer("The answer is too large."), False),
        (errors.CredentialsError("No.", 401), False),
        (errors.Refused("No.", 403), False),
        (errors.RemoteError("Our own mistake."), False),
    ],
    ids=str,
)
def test_every_sort_of_failure_may_be_everybodys_and_a_throttle_is_ones_own(
    error: errors.RemoteError, is_everybodys: bool
) -> None:
    assert outages.may_be_everybodys(error) == is_everybodys


def test_an_outage_shows_itself_in_many_ways(worlds: list[World]) -> None:
    for world, fault in zip(worlds, ["502", "reset", "503", "504"], strict=True):
        world.account.standin.switches.fault = fault
    poll()
    assert Outage.objects.count() == 1
    assert sorted(asked(worlds))[:2] == [0, 1]  # one found out without asking


def test_accounts_that_are_throttled_are_no_outage(worlds: list[World], everybody: Any) -> None:
    everybody.throttle_seconds = 50
    poll()
    assert not Outage.objects.exists()


def test_trouble_with_a_calendar_before_does_not_hide_an_outage(
    worlds: list[World], everybody: Any
) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    ICloudConnection.objects.update(
        status="degraded", status_reason="A calendar is gone.", status_since=yesterday
    )
    everybody.refuse_everything = True
    poll()
    assert Outage.objects.count() == 1


# --- Passwords refused ------------------------------------------------------------------


def statuses(worlds: list[World]) -> list[str]:
    """ "held" for what waits with everybody, "alone" for who turned out to be refused alone."""
    found = []
    for world in worlds:
        fresh = ICloudConnection.objects.get(pk=world.connection.pk)
        words = {refusals.HELD: ", held", refusals.ALONE: ", alone"}
        found.append(fresh.status + words.get(fresh.status_reason, ""))
    return found


def test_a_bad_minute_of_everybodys_401_costs_nobody_a_new_password(
    worlds: list[World], everybody: Any
) -> None:
    everybody.revoked_password = True
    poll()
    assert sorted(statuses(worlds)) == [
        "connected",
        "connected",
        "degraded, held",
        "degraded, held",
    ]
    assert sorted(asked(worlds)) == [0, 0, 1, 1]
    for world in worlds:
        world.book(title="Haircut", starts_at=at(9))
    assert poll() == []
    assert poll(minutes=1.1) == ["sync"]
    assert sorted(asked(worlds)) == [0, 0, 0, 1]
    assert statuses(worlds).count("degraded, held") == 3
    everybody.reset()
    assert poll(minutes=2.1) == ["sync"]
    assert not Outage.objects.exists()
    poll()
    assert statuses(worlds) == ["connected"] * 4
    for world in worlds:
        assert [one["title"] for one in world.remote()] == ["Haircut"]
        world.settle()
    told = SyncLogEntry.objects.filter(connection=None).order_by("pk")
    assert [(one.action, one.outcome, one.message) for one in told] == [
        ("passwords refused", "retrying", "localhost refuses everybody's password"),
        ("passwords accepted", "done", "localhost accepts passwords again"),
    ]


def test_two_accounts_are_enough_to_know_it(worlds: list[World], everybody: Any) -> None:
    ICloudConnection.objects.filter(pk__in=[one.connection.pk for one in worlds[2:]]).delete()
    everybody.revoked_password = True
    poll()
    assert statuses(worlds[:2]) == ["degraded, held"] * 2
    everybody.reset()
    poll(minutes=1.1)
    poll()
    assert statuses(worlds[:2]) == ["connected"] * 2


def test_one_revoked_password_is_told_at_once_and_others_are_asked_whether_theirs_work(
    worlds: list[World], django_capture_on_commit_callbacks: Any
) -> None:
    worlds[0].account.standin.switches.revoked_password = True
    later = timezone.now() + timedelta(minutes=14)
    ICloudConnection.objects.update(next_poll_at=later)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.pull(worlds[0].connection.pk)
    assert statuses(worlds) == ["needs_password", "connected", "connected", "connected"]
    assert not Outage.objects.exists()
    woken = [task.task["args"] for task in OrmQ.objects.order_by("pk")]
    assert woken == [(world.connection.pk,) for world in worlds[1:3]]
    due = ICloudConnection.objects.filter(next_poll_at__lte=timezone.now())
    assert {one.pk for one in due} == {world.connection.pk for world in worlds[1:3]}


def test_a_bad_minute_is_known_within_it_though_nobody_was_due(
    worlds: list[World], everybody: Any, django_capture_on_commit_callbacks: Any
) -> None:
    everybody.revoked_password = True
    ICloudConnection.objects.update(next_poll_at=timezone.now() + timedelta(minutes=14))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.pull(worlds[0].connection.pk)
    for task in OrmQ.objects.order_by("pk"):
        tasks.pull(*task.task["args"])
    assert statuses(worlds)[:2] == ["degraded, held"] * 2
    assert sum(asked(worlds)) == 2


def test_those_who_are_refused_when_others_are_not_any_more_need_a_password_and_no_outage(
    worlds: list[World], everybody: Any
) -> None:
    everybody.revoked_password = True
    for world in worlds[:2]:
        world.account.standin.switches.revoked_password = True
    poll()
    everybody.revoked_password = False
    poll(minutes=1.1)
    assert not Outage.objects.exists()
    for _ in range(3):
        poll()
        assert not Outage.objects.exists()
    alone = ["needs_password, alone"] * 2
    assert statuses(worlds) == [*alone, "connected", "connected"]


def test_who_was_revoked_before_others_were_served_is_not_taken_for_one_of_all(
    worlds: list[World], everybody: Any
) -> None:
    worlds[0].account.standin.switches.revoked_password = True
    poll()
    everybody.revoked_password = True
    poll()
    assert Outage.objects.exists()
    everybody.revoked_password = False
    poll(minutes=1.1)
    poll()
    assert statuses(worlds) == ["needs_password", "connected", "connected", "connected"]


def test_a_lost_key_is_no_refused_password(
    worlds: list[World], everybody: Any, settings: Any
) -> None:
    keys = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="]
    tasks.pull(worlds[0].connection.pk)
    settings.FIELD_ENCRYPTION_KEYS = keys
    everybody.revoked_password = True
    tasks.pull(worlds[1].connection.pk)
    assert not Outage.objects.exists()
    tasks.pull(worlds[2].connection.pk)
    assert Outage.objects.exists()
    assert statuses(worlds) == [
        "needs_password",
        "degraded, held",
        "degraded, held",
        "connected",
    ]


def test_who_is_refused_at_the_moment_an_outage_begins_waits_too(
    worlds: list[World], everybody: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody.revoked_password = True
    poll()
    [last] = [one for one in worlds if statuses([one]) == ["connected"]][:1]
    with monkeypatch.context() as before:
        before.setattr(refusals, "is_everybodys", lambda server: False)
        sync(last.connection.pk)
    assert statuses([last]) == ["degraded, held"]
    assert Outage.objects.count() == 1


def test_a_401_ends_what_was_taken_for_a_server_that_is_down(
    worlds: list[World], everybody: Any
) -> None:
    go_down(worlds, everybody)
    everybody.reset()
    worlds[3].account.standin.switches.revoked_password = True
    poll(minutes=1.1)  # the one that has not failed asks
    assert not Outage.objects.exists()
    assert statuses(worlds)[3] == "needs_password"


def test_a_server_that_comes_back_refusing_everybody_is_waited_for_on(
    worlds: list[World], everybody: Any
) -> None:
    go_down(worlds, everybody)
    everybody.reset()
    everybody.revoked_password = True
    poll(minutes=1.1)
    poll()
    assert Outage.objects.get().reason == outages.REFUSES
    assert "needs_password" not in statuses(worlds)
    everybody.reset()
    poll(minutes=1.1)
    poll()
    assert statuses(worlds) == ["connected"] * 4


def test_a_new_password_ends_it_for_whoever_was_right(worlds: list[World], everybody: Any) -> None:
    for world in worlds:
        world.account.standin.switches.revoked_password = True
    poll()
    assert Outage.objects.get().reason == outages.REFUSES
    worlds[0].account.standin.switches.revoked_password = False
    worlds[0].connection.refresh_from_db()
    connecting.update_password(worlds[0].connection, worlds[0].account.password)
    tasks.sync(worlds[0].connection.pk)
    assert not Outage.objects.exists()
    poll()
    poll(minutes=1.1)
    poll()
    assert not Outage.objects.exists()
    assert statuses(worlds)[0] == "connected"
    assert {one.partition(",")[0] for one in statuses(worlds)[1:]} == {"needs_password"}


def test_staff_read_that_nobody_need_do_anything_and_after_hours_what_may_help(
    worlds: list[World], everybody: Any
) -> None:
    everybody.revoked_password = True
    poll()
    [sentence] = sentences()
    assert "localhost has refused everybody's password since" in sentence
    assert "nobody need do anything or make a new password" in sentence
    Outage.objects.update(since=timezone.now() - timedelta(hours=4))
    [sentence] = sentences()
    assert "nobody need" not in sentence
    assert "have one user make a new app-specific password" in sentence


# --- What people and support see ----------------------------------------------------------


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
