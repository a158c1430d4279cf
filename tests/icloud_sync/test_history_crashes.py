"""Whoever dies in between, the log tells the story: what was written, what it replaced (Q10)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calendars import booking
from calendars.models import Appointment, BlockedSlot
from icloud_sync import history, outbox, tasks
from icloud_sync.core.history import read
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncLogEntry
from icloud_sync.push.record import store
from icloud_sync.synclog import Journal
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server
from tests.wire import Drop, Exchange

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As if the process had been killed: nothing of ours catches it."""


@pytest.fixture
def world(standin: Server) -> World:
    return connected(standin.new_account())


def die(*args: Any, **kwargs: Any) -> None:
    raise Killed


def die_recording(resource: Any, session: Any, done: Any = None) -> None:
    """The server has said yes."""
    if done:
        raise Killed
    store(resource, session)


def die_telling(journal: Journal, entries: list[SyncLogEntry]) -> None:
    """The row is written, and its transaction goes with the log's entry."""
    if entries:
        raise Killed


def killed_at(world: World, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """One sync that is killed there, and the next ones, by another worker."""
    with monkeypatch.context() as patched:
        if where == "before it is recorded":
            for module in ("record", "send", "returning"):
                patched.setattr(f"icloud_sync.push.{module}.store", die_recording)
        elif where == "before the log has it":
            patched.setattr(Journal, "save", die_telling)
        else:
            patched.setattr(outbox, "finish", die)
        with pytest.raises(Killed):
            world.sync()
    past = timezone.now() - timedelta(days=1)
    OutboxEntry.objects.filter(state="claimed").update(claimed_until=past)
    ICloudConnection.objects.update(lease_owner="", lease_until=None)
    tasks.sweep()
    for _ in range(3):
        OutboxEntry.objects.update(not_before=past)
        world.sync()
    world.settle()


def told(**about: Any) -> set[str]:
    """Every title that the log tells of, of one object."""
    entries = SyncLogEntry.objects.filter(**about)
    values = [read(kept) for entry in entries for kept in (entry.before, entry.after)]
    return {one["title"] for one in values if "title" in one}


POINTS = ["before it is recorded", "before the log has it", "before the row is finished"]


@pytest.mark.parametrize("where", POINTS)
def test_an_event_that_was_created_is_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    world.sync()
    appointment = world.book(title="Haircut")
    killed_at(world, monkeypatch, where)
    assert [one["title"] for one in world.remote()] == ["Haircut"]
    assert told(appointment_id=appointment.pk) == {"Haircut"}
    assert len(world.log("created")) == 1


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("of_a_slot", [False, True])
def test_what_an_update_replaced_is_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str, of_a_slot: bool
) -> None:
    row: Appointment | BlockedSlot
    if of_a_slot:
        world.account.phone.put("a.ics", vevent("a", "Haircut", at(10), at(11)))
        world.settle()
        row = BlockedSlot.objects.get()
    else:
        row = world.book(title="Haircut")
        world.settle()
    row.title = "Shave"
    row.save()
    killed_at(world, monkeypatch, where)
    assert [one["title"] for one in world.remote()] == ["Shave"]
    about = {"slot_id" if of_a_slot else "appointment_id": row.pk}
    changed = SyncLogEntry.objects.filter(**about, action__in=("updated", "agree")).get()
    assert (read(changed.before)["title"], read(changed.after)["title"]) == ("Haircut", "Shave")
    assert "SUMMARY:Haircut" in changed.body
    history.restore(changed)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Haircut"]


@pytest.mark.parametrize("where", POINTS)
@pytest.mark.parametrize("text", ["DTSTAMP:20260101T000000Z", "RRULE:FREQ=DAILY;COUNT=3"])
def test_an_event_that_was_deleted_is_in_the_log_and_comes_back(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str, text: str
) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), text))
    world.settle()
    before = world.slots()
    slot = BlockedSlot.objects.order_by("starts_at").first()
    assert slot is not None
    pk = slot.pk
    booking.delete_slot(slot)
    killed_at(world, monkeypatch, where)
    assert world.slots() == before[1:]
    action = "took out of its series" if "RRULE" in text else "took out"
    entry = SyncLogEntry.objects.get(action=action)
    assert (entry.slot_id, read(entry.before)["title"]) == (pk, "Lunch")
    assert "SUMMARY:Lunch" in entry.body
    history.restore(entry)
    world.settle()
    assert world.slots() == before


@pytest.mark.parametrize("where", POINTS)
def test_an_event_that_was_put_back_is_there_once_with_its_slot(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    before = world.slots(), world.remote()
    booking.delete_slot(BlockedSlot.objects.get())
    world.settle()
    history.restore(world.log("took out")[0])
    killed_at(world, monkeypatch, where)
    assert (world.slots(), world.remote()) == before


def test_the_answer_to_an_update_that_got_lost_loses_nothing_of_the_log(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    appointment.title = "Shave"
    appointment.save()
    lost: list[Exchange] = []

    def lose(exchange: Exchange) -> Drop | None:
        if exchange.method != "PUT" or lost:
            return None
        lost.append(exchange)
        return Drop.AFTER_APPLY

    world.account.wire.faults.append(lose)
    world.sync()
    OutboxEntry.objects.update(not_before=timezone.now())
    world.settle()
    assert told(appointment_id=appointment.pk) == {"Haircut", "Shave"}
    [entry] = world.log("agree")
    assert entry.message == (
        f"appointment {appointment.pk} (title) is the same on both sides: changed alike, or "
        "written by us and the answer lost"
    )
