"""D1: the unit of sync is (appointment, host)."""

from collections.abc import Callable
from datetime import datetime

import pytest

from calendars.models import Appointment, CalendarMember
from icloud_sync.models import RemoteResource
from tests.factories import CalendarFactory, UserFactory
from tests.scenarios.world import World, at, connected, event
from tests.servers import Server
from tests.wire import Exchange, Reply


@pytest.fixture
def other(server: Server, db: None) -> World:
    return connected(server.new_account())


def meeting(*worlds: World, **values: object) -> Appointment:
    hosts = [world.user for world in worlds] + [UserFactory(username="without-icloud")]
    return worlds[0].book(CalendarFactory(type="collective"), hosts=hosts, **values)


def settle(*worlds: World) -> None:
    for world in worlds:
        world.sync()
    for world in worlds:
        world.settle()


def broken(status: int) -> Callable[[Exchange], Reply]:
    return lambda exchange: Reply(status, b"no")


def test_each_connected_host_has_a_copy_and_the_unconnected_one_changes_nothing(
    world: World, other: World
) -> None:
    meeting(world, other, title="Kick-off")
    settle(world, other)
    expected = [event("Kick-off", at(10), at(11))]
    assert (world.remote(), other.remote()) == (expected, expected)
    assert len(set(RemoteResource.objects.values_list("uid", flat=True))) == 2


def test_a_move_made_in_one_copy_moves_the_appointment_and_the_other_copies_follow(
    world: World, other: World
) -> None:
    appointment = meeting(world, other, title="Kick-off")
    settle(world, other)
    phone = other.account.phone
    phone.edit(other.href("Kick-off"), "T100000", "T093000")
    phone.edit(other.href("Kick-off"), "SUMMARY:Kick-off", "SUMMARY:Early kick-off")
    other.settle()
    world.settle()
    expected = [event("Early kick-off", at(9, 30), at(11))]
    assert (world.remote(), other.remote()) == (expected, expected)
    appointment.refresh_from_db()
    assert (appointment.title, appointment.starts_at) == ("Early kick-off", at(9, 30))


def test_a_broken_account_does_not_stop_the_other_and_catches_up(
    world: World, other: World
) -> None:
    other.account.wire.faults.append(broken(500))
    meeting(world, other, title="Kick-off")
    assert other.sync().failed
    world.settle()
    assert world.remote() == [event("Kick-off", at(10), at(11))]
    assert other.remote() == []
    assert other.connection.status == "degraded"
    other.account.wire.faults.clear()
    other.connection.outbox.update(not_before=at(0, days=-1))
    other.settle()
    assert other.remote() == [event("Kick-off", at(10), at(11))]
    assert other.connection.status == "connected"


def test_one_copy_deleted_in_icloud_touches_neither_the_appointment_nor_the_other_copy(
    world: World, other: World
) -> None:
    meeting(world, other, title="Kick-off")
    settle(world, other)
    before = world.appointments()
    world.account.phone.delete(world.href("Kick-off"))
    settle(world, other)
    assert world.appointments() == before
    assert (world.remote(), other.remote()) == ([], [event("Kick-off", at(10), at(11))])


def test_a_change_in_both_copies_at_once_converges(world: World, other: World) -> None:
    appointment = meeting(world, other, title="Kick-off")
    settle(world, other)
    world.account.phone.edit(world.href("Kick-off"), "SUMMARY:Kick-off", "SUMMARY:Kick one")
    other.account.phone.edit(other.href("Kick-off"), "SUMMARY:Kick-off", "SUMMARY:Kick two")
    settle(world, other)
    world.settle()
    appointment.refresh_from_db()
    expected = [event(appointment.title, at(10), at(11))]
    assert (world.remote(), other.remote()) == (expected, expected)
    assert appointment.title in ("Kick one", "Kick two")
    lost = [
        entry.before["lost"]["title"]
        for side in (world, other)
        for entry in side.log("update appointment")
        if entry.before and "lost" in entry.before
    ]
    assert {appointment.title, *lost} == {"Kick one", "Kick two"}


def test_being_host_is_enough_and_being_a_member_is_not(apple: World) -> None:
    stranger, team = CalendarFactory(), CalendarFactory()
    CalendarMember.objects.create(calendar=team, user=apple.user)
    apple.book(stranger, title="Helping out")
    apple.book(team, title="Without me", hosts=[UserFactory()])
    apple.settle()
    assert apple.remote() == [event("Helping out", at(10), at(11))]


def test_a_move_in_icloud_while_the_host_moves_it_here_is_decided_once(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    apple.account.phone.edit(apple.href("Haircut"), "T110000", "T113000")
    appointment.starts_at, appointment.ends_at = at(15), at(16)
    appointment.save()
    apple.settle()
    assert apple.remote() == [event("Haircut", at(15), at(16))]  # one field: no half and half
    [entry] = apple.connection.log.filter(outcome="conflict")
    lost = entry.before["lost"]["interval"]
    assert [datetime.fromisoformat(lost[end]) for end in ("starts_at", "ends_at")] == [
        at(10),
        at(11, 30),
    ]
