"""An account that is left alone for a while: because its server asked for a pause, which new
saves keep too, or because it failed, where one save is tried at once and the rest wait."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync import connecting, pauses, tasks
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncLogEntry
from icloud_sync.poll import due_connections
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, connected
from tests.servers import Server

pytestmark = pytest.mark.django_db
FIFTY_MINUTES = 3000  # seconds


@pytest.fixture
def world(standin: Server) -> World:
    world = connected(standin.new_account())
    world.settle()
    world.account.wire.clear()
    return world


@pytest.fixture
def switches(world: World) -> Any:
    return world.account.standin.switches


def asked(world: World) -> int:
    """How many runs asked the server in vain since `world.connection` was read; each may take
    a few requests, and nobody else made any."""
    before, requests = world.connection.failures, len(world.account.wire.requests)
    world.connection.refresh_from_db()
    world.account.wire.clear()
    number = world.connection.failures - before
    assert bool(number) == bool(requests)
    return number


def save(world: World, *hours: int) -> list[str]:
    """Appointments are booked, and each wakes a worker; what that says."""
    said = []
    for hour in hours:
        world.book(title=f"Hour {hour}", starts_at=at(hour))
        said.append(tasks.push(world.connection.pk))
    return said


def pass_by(**how_long: float) -> None:
    """All that waits for a moment is so much nearer to it."""
    span = timedelta(**how_long)
    ICloudConnection.objects.update(
        paid_until=F("paid_until") - span,
        next_poll_at=F("next_poll_at") - span,
        last_success_at=F("last_success_at") - span,
    )
    OutboxEntry.objects.update(not_before=F("not_before") - span)


def minute() -> None:
    """The tasks of a minute, and what they wake."""
    OrmQ.objects.all().delete()
    tasks.poll()
    tasks.sweep()
    for task in OrmQ.objects.order_by("pk"):
        getattr(tasks, str(task.task["func"]).rpartition(".")[2])(*task.task["args"])
    OrmQ.objects.all().delete()


def attempts(world: World) -> list[int]:
    return sorted(world.connection.outbox.values_list("attempts", flat=True))


def titles(world: World) -> list[str]:
    return [one["title"] for one in world.remote()]


# --- The server asks for a pause ----------------------------------------------------------


def test_no_save_breaks_a_pause_and_what_waited_goes_out_after_it(
    world: World, switches: Any
) -> None:
    switches.throttle_seconds = FIFTY_MINUTES
    tasks.pull(world.connection.pk)
    assert asked(world) == 1
    OrmQ.objects.all().delete()
    said = save(world, 9, 10, 11, 12)
    assert not OrmQ.objects.exists()  # who waits wakes nobody
    for _ in range(3):
        pass_by(minutes=15)
        assert tasks.sweep().endswith("0 connections woken")
        minute()
    assert asked(world) == 0
    assert {one.partition(" 20")[0] for one in said} == {"waits until"}
    assert attempts(world) == [0, 0, 0, 0]
    switches.reset()
    pass_by(minutes=6)
    minute()
    assert titles(world) == ["Hour 9", "Hour 10", "Hour 11", "Hour 12"]
    world.settle()


def test_a_pause_that_a_save_met_is_kept_by_the_next_ones(world: World, switches: Any) -> None:
    world.book(title="Waits already", starts_at=at(8))
    switches.throttle_seconds = FIFTY_MINUTES
    save(world, 9, 10, 11, 12)
    assert asked(world) == 1
    sync(world.connection.pk, patient=True)
    assert asked(world) == 0
    put_off = world.connection.outbox.filter(not_before__gt=timezone.now() + timedelta(minutes=49))
    assert put_off.count() == 2  # staff read there when the next try is


def test_staff_read_until_when_and_support_that_it_was_asked_for(
    world: World, switches: Any
) -> None:
    switches.throttle_seconds = FIFTY_MINUTES
    world.sync()
    ends = pauses.asked_until(world.connection, timezone.now())
    assert ends is not None
    assert FIFTY_MINUTES - 5 < (ends - timezone.now()).total_seconds() < FIFTY_MINUTES + 10
    until = f"{ends:%Y-%m-%d %H:%M} UTC"
    assert world.connection.status_reason.endswith(f"Nothing is sent or fetched before {until}.")
    assert [(one.outcome, one.message) for one in world.log("wait")] == [
        ("retrying", f"iCloud asks us to wait: nothing is sent or fetched before {until}")
    ]


def test_a_person_may_try_once_in_each_pause(world: World, switches: Any) -> None:
    switches.throttle_seconds = FIFTY_MINUTES
    tasks.pull(world.connection.pk)
    asked(world)
    for expected in (1, 0, 0):
        connecting.sync_soon(world.connection)
        tasks.sync(world.connection.pk)
        minute()
        assert asked(world) == expected
    assert [one.repeats for one in world.log("wait")] == [2]
    pass_by(minutes=51)
    minute()  # asks, and is asked to wait again
    assert asked(world) == 1
    tasks.sync(world.connection.pk)
    tasks.sync(world.connection.pk)
    assert asked(world) == 1
    assert [one.repeats for one in world.log("wait")] == [2, 2]


def test_a_person_who_was_right_ends_the_pause(world: World, switches: Any) -> None:
    switches.throttle_seconds = FIFTY_MINUTES
    save(world, 9)
    switches.reset()
    tasks.sync(world.connection.pk)
    [woken] = OrmQ.objects.all()
    assert str(woken.task["func"]) == "icloud_sync.tasks.push"
    tasks.push(world.connection.pk)
    save(world, 10)
    assert titles(world) == ["Hour 9", "Hour 10"]
    world.settle()


def test_a_log_that_was_cleared_keeps_nobody_from_trying(world: World, switches: Any) -> None:
    switches.throttle_seconds = FIFTY_MINUTES
    tasks.pull(world.connection.pk)
    SyncLogEntry.objects.all().delete()
    asked(world)
    tasks.sync(world.connection.pk)
    assert asked(world) == 1


def test_a_pause_is_nobody_elses(world: World, switches: Any, standin: Server) -> None:
    other = connected(standin.new_account())
    switches.throttle_seconds = FIFTY_MINUTES
    for each in (world, other):
        each.sync()
    ICloudConnection.objects.update(next_poll_at=timezone.now())
    assert due_connections(timezone.now()) == [other.connection.pk]
    save(other, 9)
    assert titles(other) == ["Hour 9"]


# --- We back off by ourselves -------------------------------------------------------------


def test_saves_do_not_besiege_a_server_that_fails(world: World, switches: Any) -> None:
    switches.refuse_everything = True
    said = save(world, 9, 10, 11, 12)
    assert asked(world) == 1
    assert [one.startswith("waits until") for one in said] == [False, True, True, True]
    assert tasks.sweep().endswith("0 connections woken")
    minute()
    assert asked(world) == 1
    switches.reset()
    pass_by(minutes=1)
    minute()
    assert titles(world) == ["Hour 9", "Hour 10", "Hour 11", "Hour 12"]
    world.settle()


def test_each_step_of_the_back_off_costs_one_request(world: World, switches: Any) -> None:
    switches.refuse_everything = True
    save(world, 9)
    pauses_taken = []
    for hour in range(10, 16):
        before = ICloudConnection.objects.get(pk=world.connection.pk).next_poll_at
        assert before is not None
        pauses_taken.append((before - timezone.now()).total_seconds())
        asked(world)
        save(world, hour)
        minute()
        assert asked(world) == (1 if pauses_taken[-1] <= 30 else 0)
        pass_by(minutes=2)
        minute()
    assert asked(world) <= 1


def test_a_save_during_trouble_that_nobody_saved_in_before_is_tried_at_once(
    world: World, switches: Any
) -> None:
    switches.refuse_everything = True
    for _ in range(5):
        pass_by(hours=2)
        minute()
    assert asked(world) == 5
    switches.reset()
    again = ICloudConnection.objects.get(pk=world.connection.pk).next_poll_at
    assert again is not None
    assert again > timezone.now() + timedelta(seconds=50)
    save(world, 9)
    assert titles(world) == ["Hour 9"]


def test_a_look_that_was_asked_for_twice_does_not_cut_a_pause_short(
    world: World, switches: Any
) -> None:
    switches.refuse_everything = True
    ICloudConnection.objects.update(failures=8)
    world.connection.refresh_from_db()
    tasks.pull(world.connection.pk)
    assert asked(world) == 1
    assert tasks.pull(world.connection.pk).startswith("waits until")
    assert asked(world) == 0
    connecting.sync_soon(world.connection)
    tasks.sync(world.connection.pk)  # a person may
    assert asked(world) == 1
