"""What only several connections to a database at once can show."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from calendars.models import Appointment
from icloud_sync import outbox
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.sync import SyncResult, sync
from tests.scenarios.world import World, connected
from tests.servers import Server
from tests.wire import Exchange

ON_POSTGRESQL = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")


@pytest.fixture
def world(standin: Server, transactional_db: None) -> World:
    return connected(standin.new_account())


# --- A worker that was away for longer than its lease ---------------------------------


class Paused:
    """A worker of another connection to the database, whose request is on its way: the server
    has done it, and the answer comes once `go_on` is called."""

    def __init__(self, world: World, method: str) -> None:
        self.world, self.method = world, method
        self.arrived, self.answer = threading.Event(), threading.Event()
        self.results: list[SyncResult] = []
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        try:
            self.results.append(sync(self.world.connection.pk))
        finally:
            connections.close_all()

    def hold(self, exchange: Exchange) -> None:
        """A fault that changes nothing but the time an answer takes."""
        if exchange.method == self.method and not self.arrived.is_set():
            exchange.before_answer = self.wait

    def wait(self) -> None:
        self.arrived.set()
        assert self.answer.wait(20)

    def go_on(self) -> SyncResult:
        self.answer.set()
        self.thread.join(20)
        [result] = self.results
        return result


@contextmanager
def paused(world: World, method: str) -> Iterator[Paused]:
    worker = Paused(world, method)
    world.account.wire.faults.append(worker.hold)
    worker.thread.start()
    try:
        assert worker.arrived.wait(20)
        yield worker
    finally:
        worker.answer.set()
        worker.thread.join(20)


def lease_runs_out() -> None:
    ICloudConnection.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def stored() -> list[tuple[str, ...]]:
    return list(RemoteResource.objects.values_list("etag", "base", "state", "written_digest"))


def change(appointment: Appointment, title: str) -> None:
    appointment.title = title
    appointment.save()


def created(world: World) -> Appointment:
    return world.book(title="One")


def changed(world: World) -> Appointment:
    appointment = world.book(title="Nought")
    world.settle()
    change(appointment, "One")
    return appointment


@pytest.mark.parametrize("act", [created, changed])
def test_a_worker_that_lost_its_lease_writes_nothing_of_what_it_hears(
    world: World, act: Callable[[World], Appointment]
) -> None:
    appointment = act(world)
    with paused(world, "PUT") as first:
        lease_runs_out()
        change(appointment, "Two")
        assert not world.sync().failed
        assert [event["title"] for event in world.remote()] == ["Two"]
        change(appointment, "Three")  # a row that the late worker must not take along
        known, rows = stored(), list(OutboxEntry.objects.values())

        late = first.go_on()

    assert "took over" in late.error
    assert stored() == known
    assert list(OutboxEntry.objects.values()) == rows
    world.settle()
    assert [event["title"] for event in world.remote()] == ["Three"]


def test_a_late_answer_to_a_deletion_changes_nothing_either(world: World) -> None:
    appointment = world.book(title="One")
    world.settle()
    appointment.status = "cancelled"
    appointment.save()
    with paused(world, "DELETE") as first:
        lease_runs_out()
        appointment.status = "confirmed"
        appointment.save()
        assert not world.sync().failed
        known = stored()
        first.go_on()
    assert stored() == known


# --- A worker that died ---------------------------------------------------------------


def test_what_a_dead_worker_deleted_is_not_taken_for_a_deletion_in_icloud(world: World) -> None:
    """Whoever looks at the account next finishes what was begun, before it looks."""
    appointment = world.book(title="One")
    world.settle()
    appointment.status = "cancelled"
    appointment.save()
    assert outbox.claim(world.connection.pk, "dead", timezone.now())
    world.account.phone.delete(world.href("One"))  # as the dead worker had it deleted
    world.sync()
    assert RemoteResource.objects.get().state == "removed"
    assert world.log("mark deleted in iCloud") == []
    assert len(world.log("interrupted")) == 1


# --- Two at a row ---------------------------------------------------------------------
# SQLite writes one transaction after the other, so this is about PostgreSQL alone.

if ON_POSTGRESQL:

    def test_a_save_that_coalesces_while_the_worker_runs_is_not_lost(world: World) -> None:
        appointment = world.book(title="Old")
        world.sync()
        appointment.title = "Middle"
        appointment.save()
        saved, go = threading.Event(), threading.Event()

        def staff() -> None:
            try:
                with transaction.atomic():
                    mine = Appointment.objects.get(pk=appointment.pk)
                    mine.title = "New"
                    mine.save()
                    saved.set()
                    go.wait(10)
            finally:
                connections.close_all()

        thread = threading.Thread(target=staff)
        thread.start()
        assert saved.wait(10)
        timer = threading.Timer(1, go.set)  # a right claim waits for the saver
        timer.start()
        world.sync()
        go.set()
        thread.join(10)
        OutboxEntry.objects.update(not_before=timezone.now())
        world.sync()
        assert [event["title"] for event in world.remote()] == ["New"]
        assert OutboxEntry.objects.count() == 0
