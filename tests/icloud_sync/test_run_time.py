"""A run has one deadline for all it does, well before the queue would end its task; what it did
not come to is done by the next."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django_q.models import OrmQ

from icloud_sync import session, tasks
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.session import LONGEST_ANSWER
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db
EACH = 10  # seconds that a request takes
TELL_THE_TIME = ("session", "push.drain", "pull.run", "pull.work", "window")


class SlowClock:
    """Time passes with each request, and nowhere else."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SlowClock:
    clock = SlowClock()
    time = SimpleNamespace(monotonic=clock, sleep=lambda seconds: None)
    for name in TELL_THE_TIME:
        monkeypatch.setattr(import_module(f"icloud_sync.{name}"), "time", time)
    return clock


@pytest.fixture
def world(standin: Server, clock: SlowClock) -> World:
    world = connected(standin.new_account())
    world.settle()
    OrmQ.objects.all().delete()
    return world


def slow_down(world: World, clock: SlowClock) -> None:
    def takes_long(exchange: Any) -> None:
        clock.now += EACH

    world.account.wire.faults.append(takes_long)


def work_off(world: World, clock: SlowClock) -> list[float]:
    """How long each task took, until the queue is empty."""
    took: list[float] = []
    tasks.async_task("icloud_sync.tasks.pull", world.connection.pk)
    while OrmQ.objects.exists():
        assert len(took) < 30
        task = OrmQ.objects.order_by("pk")[0]
        func, args = str(task.task["func"]), task.task["args"]
        task.delete()
        before = clock.now
        getattr(tasks, func.rpartition(".")[2])(*args)
        took.append(clock.now - before)
    return took


def test_the_queue_waits_longer_than_the_longest_run_may_take() -> None:
    assert settings.Q_CLUSTER["timeout"] > session.LAST_REQUEST + LONGEST_ANSWER


def test_pushes_and_pulls_of_a_run_share_its_time_and_tasks_follow_for_the_rest(
    world: World, clock: SlowClock
) -> None:
    for number in range(12):
        world.book(title=f"Ours {number:02}", starts_at=at(8, number))
        world.account.phone.put(
            f"{number}.ics", vevent(f"u{number}", f"Theirs {number:02}", at(9), at(10))
        )
    slow_down(world, clock)
    took = work_off(world, clock)
    assert max(took) <= session.SECONDS + 2 * EACH
    ours, theirs = ([f"{who} {n:02}" for n in range(12)] for who in ("Ours", "Theirs"))
    assert sorted(one["title"] for one in world.remote()) == [*ours, *theirs]
    assert sorted(one["title"] for one in world.slots()) == theirs
    world.account.wire.faults.clear()
    world.settle()


def test_many_calendars_are_read_in_several_runs(world: World, clock: SlowClock) -> None:
    hrefs = [world.account.make_collection(f"Calendar {number}") for number in range(9)]
    world.sync()
    world.connection.collections.filter(role="ignored").update(role="mirrored")
    world.sync()
    for number, href in enumerate(hrefs):
        event = vevent(f"u{number}", f"Event {number}", at(9), at(10))
        world.account.phone.put("a.ics", event, href)
    for number in range(12):
        world.book(title=f"Ours {number:02}", starts_at=at(8, number))
    slow_down(world, clock)
    took = work_off(world, clock)
    assert max(took) <= session.SECONDS + 2 * EACH
    assert [one["title"] for one in world.slots()] == [f"Event {n}" for n in range(9)]
    assert len(world.remote()) == 12
    fresh = ICloudConnection.objects.get(pk=world.connection.pk)
    assert (fresh.status, fresh.failures) == ("connected", 0)


def test_what_asks_on_and_on_is_cut_short_and_tried_later(
    world: World, clock: SlowClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LAST_REQUEST", 15.0)
    world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("u", "Lunch", at(12), at(13)))
    slow_down(world, clock)
    took = work_off(world, clock)
    assert max(took) <= 15 + EACH
    fresh = ICloudConnection.objects.get(pk=world.connection.pk)
    assert (fresh.status, fresh.failures) == ("degraded", 1)
    assert fresh.status_reason == session.TOO_SLOW  # and so no sign of an outage
    world.account.wire.faults.clear()
    world.connection.outbox.update(not_before=fresh.created_at)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Haircut", "Lunch"]
    assert [one["title"] for one in world.slots()] == ["Lunch"]
