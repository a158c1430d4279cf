"""Who speaks for a connection: only the worker that holds it, and only for what it saw."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync import connecting, tasks
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncRun
from icloud_sync.session import Session
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server
from tests.wire import Reply

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(standin: Server) -> World:
    world = connected(standin.new_account())
    world.settle()
    OrmQ.objects.all().delete()
    return world


def during(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], Any]) -> None:
    """Staff act while the request of this number is under way: after our look at the lease."""
    look = Session.before_request

    def look_and_act(self: Session) -> None:
        look(self)
        if self.requests == number:
            act()

    monkeypatch.setattr(Session, "before_request", look_and_act)


def answer(world: World, reply: Reply) -> None:
    world.account.wire.faults.append(lambda exchange: reply)


def status(world: World) -> str:
    return ICloudConnection.objects.values_list("status", flat=True).get(pk=world.connection.pk)


def runs() -> list[tuple[str, str]]:
    return list(SyncRun.objects.order_by("-pk").values_list("outcome", "error"))


def refuse_writes(world: World) -> None:
    world.account.wire.faults.append(
        lambda exchange: Reply(500) if exchange.method == "PUT" else None
    )


def test_an_error_wakes_nobody_and_is_met_by_two_rows_at_most(world: World) -> None:
    for hour in range(8, 14):
        world.book(starts_at=at(hour))
    refuse_writes(world)
    world.account.wire.clear()
    tasks.push(world.connection.pk)
    assert len(world.account.wire.writes()) == 2
    assert OrmQ.objects.count() == 0
    assert status(world) == "degraded"


def test_a_run_without_a_request_says_nothing_about_the_account(world: World) -> None:
    ICloudConnection.objects.update(status="degraded", failures=3, status_reason="Down.")
    assert tasks.push(world.connection.pk) == "nothing changed"
    fresh = ICloudConnection.objects.get(pk=world.connection.pk)
    assert (fresh.status, fresh.failures, fresh.status_reason) == ("degraded", 3, "Down.")


def test_a_mistake_of_our_own_is_said_and_backed_off_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("icloud_sync.pull.run.known_collections", broken)
    assert "ZeroDivisionError" in sync(world.connection.pk).error
    fresh = ICloudConnection.objects.get(pk=world.connection.pk)
    assert (fresh.status, fresh.failures) == ("degraded", 1)
    assert fresh.next_poll_at is not None
    assert fresh.next_poll_at > timezone.now()
    assert runs()[0] == ("errored", "ZeroDivisionError (our own mistake)")


def test_a_row_parked_in_a_run_counts_though_others_were_tried_again(world: World) -> None:
    world.account.phone.put("guests.ics", vevent("g", "Lunch", at(12), at(13)))
    world.settle()
    appointment = world.book(title="Refused")
    world.account.wire.faults.append(
        lambda exchange: Reply(400) if "SUMMARY:Refused" in exchange.body else None
    )
    result = sync(world.connection.pk)
    assert result.failed
    [row] = OutboxEntry.objects.all()
    assert (row.object_id, row.state) == (appointment.pk, "needs_attention")


def test_disconnecting_while_a_pull_runs_leaves_no_slot_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    during(monkeypatch, 3, lambda: connecting.disconnect(world.connection))
    result = sync(world.connection.pk)
    assert "staff changed the connection" in result.error
    assert world.slots() == []
    assert status(world) == "disconnected"
    assert all(outcome != "running" for outcome, _ in runs())


def test_a_late_401_does_not_stop_a_connection_that_has_a_new_password(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new_password() -> None:
        """As update_password ends."""
        ICloudConnection.objects.filter(pk=world.connection.pk).update(lease_owner="")

    during(monkeypatch, 1, new_password)
    answer(world, Reply(401))
    sync(world.connection.pk)
    assert status(world) == "connected"


def test_a_late_error_does_not_undo_a_pause(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    during(monkeypatch, 1, lambda: connecting.pause(world.connection))
    answer(world, Reply(500))
    sync(world.connection.pk)
    assert status(world) == "paused"


def test_one_event_that_answers_403_does_not_stop_the_account(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.delete(href)
    world.account.wire.faults.append(
        lambda exchange: Reply(403) if exchange.method == "GET" else None
    )
    world.account.phone.put("b.ics", vevent("b", "Tea", at(15), at(16)))
    assert not sync(world.connection.pk).failed
    assert [slot["title"] for slot in world.slots()] == ["Lunch", "Tea"]


def test_a_slow_listing_still_takes_in_a_batch(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from icloud_sync.pull.run import Pull

    monkeypatch.setattr(Pull, "time_is_up", property(lambda self: True))
    for number in range(60):
        world.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"E{number}", at(9), at(10)))
    assert [len(world.slots()) for _ in range(3) if world.sync()] == [50, 60, 60]


def test_a_dead_workers_claim_does_not_make_the_tasks_spin(world: World) -> None:
    appointment = world.book()
    OutboxEntry.objects.update(
        state="claimed", claimed_by="dead", claimed_until=timezone.now() + timedelta(minutes=2)
    )
    appointment.save()
    tasks.push(world.connection.pk)
    assert OrmQ.objects.count() == 0


def forget_home(world: World) -> None:
    ICloudConnection.objects.filter(pk=world.connection.pk).update(home_url="")


def test_a_403_at_the_door_of_an_account_that_worked_is_a_throttle_until_it_has_lasted(
    world: World,
) -> None:
    answer(world, Reply(403))
    forget_home(world)
    for _ in range(8):
        world.sync()
        assert world.connection.status == "degraded"
        assert "most likely it was asked too much" in world.connection.status_reason
    world.sync()
    assert world.connection.status == "needs_password"


def test_a_403_at_the_door_of_an_account_that_never_worked_is_its_password(world: World) -> None:
    answer(world, Reply(403))
    forget_home(world)
    ICloudConnection.objects.update(last_success_at=None)
    world.sync()
    assert world.connection.status == "needs_password"
