"""Somebody else's event where one of ours is, or was to be: theirs is theirs, whatever its
address says (failure case 44, C14)."""

from collections.abc import Callable
from typing import Any

import pytest

from calendars.models import BlockedSlot
from icloud_sync.models import RemoteResource
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, event, slot, vevent
from tests.wire import Drop, Exchange

THEIRS = vevent("foreign-uid", "Private", at(12), at(13))
PRIVATE = slot("Private", at(12), at(13))


def due(world: World) -> None:
    world.connection.outbox.update(not_before=at(0, days=-1))


def plant_before_our_put(world: World, times: int, body: Callable[[int], str]) -> list[str]:
    """At the very place that we are about to write to; where."""
    planted: list[str] = []

    def fault(exchange: Exchange) -> None:
        if exchange.header("if-none-match") and len(planted) < times:
            collection, _, name = exchange.path.rpartition("/")
            text = body(len(planted))
            planted.append(world.account.phone.put(name, text, f"{collection}/"))

    world.account.wire.faults.append(fault)
    return planted


def test_44_another_event_at_the_address_we_chose_stays_and_ours_gets_another_address(
    world: World,
) -> None:
    world.settle()
    planted = plant_before_our_put(world, 1, lambda number: THEIRS)
    world.book(title="Haircut")
    assert not world.sync().failed
    world.settle()
    assert world.remote() == [
        event("Haircut", at(10), at(11)),
        event("Private", at(12), at(13), status=""),
    ]
    assert world.slots() == [PRIVATE]
    ours = RemoteResource.objects.get(appointment__isnull=False)
    assert ours.href == world.href("Haircut") != planted[0] == world.href("Private")
    assert ours.uid in world.account.phone.get(ours.href)
    assert len(world.log("choose another address")) == 1
    assert not world.connection.log.filter(outcome="conflict").exists()


def test_44_it_is_all_the_same_when_a_pull_meets_it_first(world: World) -> None:
    world.settle()
    planted = plant_before_our_put(world, 1, lambda number: THEIRS)
    world.account.wire.faults.append(lambda one: Drop.BEFORE if one.method == "PUT" else None)
    world.book(title="Haircut")
    world.sync()
    world.account.wire.faults.clear()
    sync(world.connection.pk, push=False, full=True)
    assert world.slots() == [PRIVATE]
    due(world)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Haircut", "Private"]
    assert planted == [world.href("Private")]


def test_44_where_every_address_turns_out_to_be_taken_a_person_is_asked(world: World) -> None:
    world.settle()
    planted = plant_before_our_put(
        world, 20, lambda number: vevent(f"u{number}", f"No. {number}", at(12), at(13))
    )
    world.book(title="Haircut")
    for _ in range(12):
        due(world)
        world.sync()
    [row] = world.connection.outbox.all()
    assert row.state == "needs_attention"
    assert "Something else is at each address" in row.last_error
    titles = [f"No. {number}" for number in range(len(planted))]
    assert sorted(one["title"] for one in world.remote()) == sorted(titles)
    assert sorted(one["title"] for one in world.slots()) == sorted(titles)
    assert len(planted) < 20


def replaced(world: World, title: str = "Haircut") -> tuple[Any, str]:
    """Our event is taken away, and another put in its place."""
    appointment = world.book(title=title)
    world.settle()
    href = world.href(title)
    world.account.phone.delete(href)
    world.account.phone.put(href.rpartition("/")[2], THEIRS)
    return appointment, href


def edited(appointment: Any) -> None:
    appointment.title = "Shave"
    appointment.save()


def cancelled(appointment: Any) -> None:
    appointment.status = "cancelled"
    appointment.save()


def deleted(appointment: Any) -> None:
    appointment.delete()


def test_44_an_event_put_in_the_place_of_ours_is_a_blocked_slot_and_ours_is_deleted_in_icloud(
    world: World,
) -> None:
    appointment, href = replaced(world)
    world.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.starts_at) == ("Haircut", at(10))
    assert world.slots() == [PRIVATE]
    assert world.remote() == [event("Private", at(12), at(13), status="")]
    ours = RemoteResource.objects.get(appointment=appointment)
    assert (ours.state, ours.href != href) == ("deleted_in_icloud", True)
    assert "Replaced by another event" in ours.state_reason
    [entry] = world.log("mark deleted in iCloud")
    assert "was replaced by another event in iCloud" in entry.message


@pytest.mark.parametrize("then", [edited, cancelled, deleted])
@pytest.mark.parametrize("seen_first", [False, True])
def test_44_whatever_is_done_here_to_an_event_that_was_replaced_theirs_is_left_alone(
    world: World, then: Callable[[Any], None], seen_first: bool
) -> None:
    appointment, href = replaced(world)
    before = world.account.phone.get(href)
    if seen_first:
        world.settle()
    then(appointment)
    world.sync()
    due(world)
    world.settle()
    assert world.account.phone.get(href) == before
    assert world.slots() == [PRIVATE]
    ours = [event("Shave", at(10), at(11))] if then is edited else []  # D4
    assert world.remote() == [*ours, event("Private", at(12), at(13), status="")]


def test_44_an_event_put_where_a_cancelled_one_of_ours_was_is_not_deleted(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    cancelled(appointment)
    world.settle()
    world.account.phone.put(href.rpartition("/")[2], THEIRS)
    world.settle()
    assert world.slots() == [PRIVATE]
    assert world.remote() == [event("Private", at(12), at(13), status="")]
    appointment.status = "confirmed"
    appointment.save()
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Haircut", "Private"]


def test_44_an_event_put_where_a_deleted_one_of_theirs_was_is_another_one(world: World) -> None:
    href = world.account.phone.put("lunch.ics", vevent("lunch", "Lunch", at(10), at(11)))
    world.settle()
    world.account.phone.delete(href)
    world.settle()
    world.account.phone.put("lunch.ics", THEIRS)
    world.settle()
    gone = slot("Lunch", at(10), at(11), **{"deleted in iCloud": True})
    assert world.slots() == [gone, PRIVATE]


def test_44_an_event_of_theirs_that_gets_another_uid_where_it_is_was_edited(world: World) -> None:
    world.account.phone.put("lunch.ics", vevent("lunch", "Lunch", at(10), at(11)))
    world.settle()
    world.account.phone.delete(world.href("Lunch"))
    world.account.phone.put("lunch.ics", THEIRS)
    world.settle()
    assert world.slots() == [PRIVATE]


def test_44_a_moved_event_is_found_though_another_one_took_its_place(world: World) -> None:
    other = world.account.make_collection("Other")
    world.sync()
    world.connection.collections.filter(href=other).update(role="mirrored")
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    world.account.phone.move(href, "Other")
    world.account.phone.put(href.rpartition("/")[2], THEIRS)
    world.sync()
    world.settle()
    edited(appointment)
    world.settle()
    assert world.remote("Other") == [event("Shave", at(10), at(11))]
    assert world.remote() == [event("Private", at(12), at(13), status="")]
    assert world.slots() == [PRIVATE]


def test_44_one_that_nobody_can_read_is_left_alone_as_well(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    nonsense = THEIRS.replace("DTSTART:", "DTSTART;TZID=Mars/Olympus:").replace(
        "Z\r\nDTEND", "\r\nDTEND"
    )
    apple.account.phone.delete(href)
    apple.account.phone.put(href.rpartition("/")[2], nonsense)
    edited(appointment)
    apple.sync()
    apple.settle()
    assert apple.account.phone.get(href) == nonsense
    assert RemoteResource.objects.get(href=href).state == "needs_attention"
    assert RemoteResource.objects.get(appointment=appointment).state == "synced"
    assert BlockedSlot.objects.count() == 0
