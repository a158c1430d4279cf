"""The tasks: what they wake, and what they leave for later."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync import leases, tasks
from icloud_sync.models import ICloudConnection, OutboxEntry
from icloud_sync.poll import due_connections
from tests.factories import AppointmentFactory, ICloudConnectionFactory
from tests.scenarios.world import World, connected
from tests.servers import Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(standin: Server) -> World:
    world = connected(standin.new_account())
    OrmQ.objects.all().delete()
    return world


def queued() -> list[str]:
    return [str(task.func()).rpartition(".")[2] for task in OrmQ.objects.order_by("pk")]


def test_a_push_sends_what_waits_and_wakes_nobody(world: World) -> None:
    world.book(title="Haircut")
    ICloudConnection.objects.update(next_poll_at=timezone.now() + timedelta(minutes=5))
    assert tasks.push(world.connection.pk) == "1 pushed"
    assert [event["title"] for event in world.remote()] == ["Haircut"]
    assert queued() == []


def test_a_task_that_finds_the_connection_taken_ends_at_once(world: World) -> None:
    world.book()
    with leases.hold(world.connection.pk):
        assert tasks.push(world.connection.pk) == "busy, or not to be synced now"
    assert OutboxEntry.objects.filter(state="waiting").count() == 1


def test_the_holder_looks_once_more_for_who_found_it_busy(world: World) -> None:
    """Somebody asked to sync now while a push ran."""
    world.sync()
    world.book()
    ICloudConnection.objects.update(next_poll_at=timezone.now())
    tasks.push(world.connection.pk)
    assert queued() == ["pull"]


def test_a_poll_wakes_each_connection_that_is_due_or_nearly(world: World) -> None:
    now = timezone.now()
    soon, later, off = ICloudConnectionFactory.create_batch(3)
    ICloudConnection.objects.filter(pk=soon.pk).update(next_poll_at=now + timedelta(seconds=20))
    ICloudConnection.objects.filter(pk=later.pk).update(next_poll_at=now + timedelta(minutes=2))
    ICloudConnection.objects.filter(pk=off.pk).update(status="paused")
    assert due_connections(now) == [world.connection.pk, soon.pk]
    assert tasks.poll() == "2 due"
    assert queued() == ["pull", "pull"]


def test_the_sweep_wakes_whoever_has_rows_due_and_frees_a_dead_workers(world: World) -> None:
    world.book()
    stuck = ICloudConnectionFactory()
    AppointmentFactory(host=stuck.user)
    long_ago = timezone.now() - timedelta(hours=1)
    OutboxEntry.objects.filter(connection=stuck).update(
        state="claimed", claimed_by="dead", claimed_until=long_ago
    )
    assert tasks.sweep() == "1 released, 2 connections woken"
    assert queued() == ["push", "push"]


def test_a_connection_polls_often_after_activity_on_our_side(world: World) -> None:
    world.book()
    ICloudConnection.objects.update(last_activity_at=None)
    tasks.pull(world.connection.pk)
    world.connection.refresh_from_db()
    assert world.connection.next_poll_at is not None
    assert world.connection.next_poll_at < timezone.now() + timedelta(seconds=61)
