"""D2, D3 where the account was away, or the event has never been there."""

import pytest

from calendars.models import Appointment
from tests.factories import UserFactory
from tests.scenarios.world import World, at, connected, event
from tests.servers import Server
from tests.wire import Exchange, Reply


def unreachable(exchange: Exchange) -> Reply:
    return Reply(500)


def back(world: World) -> None:
    world.account.wire.faults.clear()
    world.connection.outbox.update(not_before=at(0, days=-1))


def test_d3_a_host_changed_while_the_old_ones_account_is_away(world: World, server: Server) -> None:
    other = connected(server.new_account())
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.wire.faults.append(unreachable)
    appointment.hosts.set([other.user])
    other.settle()
    assert world.sync().failed
    assert other.remote() == [event("Haircut", at(10), at(11))]
    assert world.remote() == [event("Haircut", at(10), at(11))]
    back(world)
    world.settle()
    assert (world.remote(), other.remote()) == ([], [event("Haircut", at(10), at(11))])


def test_d3_there_and_back_again_before_anything_was_sent(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    appointment.hosts.set([UserFactory()])
    appointment.hosts.set([world.user])
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11))]
    assert world.href("Haircut") == href


def test_d3_a_host_who_left_and_returned_later_finds_one_event(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    appointment.hosts.clear()
    world.settle()
    assert world.remote() == []
    appointment.hosts.add(world.user)
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11))]


@pytest.mark.parametrize("status", ["cancelled", "invalid"])
def test_d2_cancelled_before_it_was_ever_sent_sends_nothing(apple: World, status: str) -> None:
    appointment = apple.book()
    appointment.status = status
    appointment.save()
    apple.settle()
    assert apple.remote() == []
    assert apple.account.wire.writes() == []


def test_r4_deleted_before_it_was_ever_sent_sends_nothing(apple: World) -> None:
    apple.book().delete()
    assert not apple.sync().failed
    assert apple.account.wire.writes() == []
    assert apple.remote() == []


def test_d2_cancelled_before_the_answer_to_its_first_put_was_heard_is_taken_out(
    apple: World,
) -> None:
    from tests.wire import Drop

    appointment = apple.book()
    apple.account.wire.faults.append(
        lambda exchange: Drop.AFTER_APPLY if exchange.method == "PUT" else None
    )
    assert apple.sync().failed
    assert len(apple.remote()) == 1
    appointment.status = "cancelled"
    appointment.save()
    back(apple)
    apple.settle()
    assert apple.remote() == []


def test_d8_a_cancellation_beats_an_edit_in_icloud_and_the_log_keeps_the_edit(
    world: World,
) -> None:
    appointment = world.book(title="Haircut", notes="Bring a hat")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "Bring a hat", "Bring two hats")
    appointment.status = "cancelled"
    appointment.save()
    world.settle()
    assert world.remote() == []
    appointment.refresh_from_db()
    assert (appointment.status, appointment.notes) == ("cancelled", "Bring a hat")
    [entry] = world.log("keep cancelled")
    assert entry.outcome == "conflict"
    assert entry.before["notes"] == "Bring two hats"
    world.account.wire.assert_every_write_has_a_precondition()


def test_r4_deleted_here_while_edited_in_icloud_goes_and_the_log_keeps_the_edit(
    world: World,
) -> None:
    appointment = world.book(title="Haircut", notes="Bring a hat")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "Bring a hat", "Bring two hats")
    appointment.delete()
    world.settle()
    assert world.remote() == []
    assert world.slots() == []
    kept = [entry.before for entry in world.connection.log.exclude(before=None)]
    assert any(before.get("notes") == "Bring two hats" for before in kept), kept


def test_d4_deleted_in_icloud_and_cancelled_here_stays_away(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.delete(world.href("Haircut"))
    appointment.status = "cancelled"
    appointment.save()
    world.settle()
    assert world.remote() == []


def test_d4_an_event_put_back_by_its_owner_before_we_did_keeps_our_edit(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    body = world.account.phone.get(href)
    world.account.phone.delete(href)
    world.sync()
    world.account.phone.put(href.rpartition("/")[2], body)
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]
    assert [one["title"] for one in world.appointments()] == ["Shave"]


def test_r4_many_deleted_by_one_query_all_leave_icloud(apple: World) -> None:
    for hour in (9, 11, 15):
        apple.book(starts_at=at(hour))
    apple.settle()
    Appointment.objects.all().delete()
    apple.settle()
    assert apple.remote() == []


def test_d3_hosts_changed_from_the_users_side(apple: World) -> None:
    first = apple.book(title="First")
    apple.book(title="Second", starts_at=at(15))
    apple.settle()
    apple.user.appointments.remove(first)
    apple.settle()
    assert apple.remote() == [event("Second", at(15), at(16))]
    apple.user.appointments.clear()
    apple.settle()
    assert apple.remote() == []
