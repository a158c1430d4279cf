"""D21: what removes much at once waits for a person, and one switch stops everything."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from calendars.models import Appointment, BlockedSlot
from icloud_sync.connecting import deciding
from icloud_sync.guards import stop
from icloud_sync.models import Hold, OutboxEntry, RemoteResource
from tests.factories import CalendarFactory, UserFactory
from tests.scenarios.world import World, at, event, slot, vevent

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEVEN = range(7)


@pytest.fixture(autouse=True)
def staff(db: None) -> Any:
    return UserFactory(is_staff=True, email="staff@example.com", username="staff")


def lunch(number: int) -> dict[str, Any]:
    return slot(f"Lunch {number}", at(12, days=number), at(13, days=number))


def seven_events(world: World) -> list[str]:
    hrefs = [
        world.account.phone.put(
            f"{number}.ics",
            vevent(f"lunch-{number}", f"Lunch {number}", at(12, days=number), at(13, days=number)),
        )
        for number in SEVEN
    ]
    world.settle()
    return hrefs


def seven_appointments(world: World) -> list[Appointment]:
    calendar = CalendarFactory()
    made = [
        world.book(calendar, title=f"Cut {number}", starts_at=at(15, days=number + 1))
        for number in SEVEN
    ]
    world.settle()
    return made


def waiting() -> Hold:
    return Hold.objects.get(state=Hold.State.WAITING)


def run_down(world: World) -> None:
    """Whatever waits for its time, waits no longer."""
    OutboxEntry.objects.filter(state="waiting").update(not_before=at(0, days=-2))
    world.settle()


# --- Events gone in iCloud ----------------------------------------------------------------


def test_d21_many_events_gone_at_once_mark_nothing_and_a_person_is_asked_once(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    hrefs = seven_events(world)
    for href in hrefs[:6]:
        world.account.phone.delete(href)
    with django_capture_on_commit_callbacks(execute=True):
        world.sync()
    world.settle()
    assert world.slots() == [lunch(number) for number in SEVEN]
    assert (waiting().number, waiting().of) == (6, 7)
    assert len(world.log("hold back")) == 1
    [sent] = mail.outbox
    assert sent.to == ["staff@example.com"]
    assert "6 of 7 events are gone" in sent.body
    assert f"/icloud_sync/hold/{waiting().pk}/" in sent.body


def test_d21_approved_they_are_marked_as_a_few_would_have_been(world: World) -> None:
    for href in seven_events(world)[:6]:
        world.account.phone.delete(href)
    world.sync()
    deciding.approve(waiting())
    world.settle()
    gone = [{**lunch(number), "deleted in iCloud": True} for number in range(6)]
    assert world.slots() == [*gone, lunch(6)]


def test_d21_of_what_was_approved_what_is_back_by_then_stays(world: World) -> None:
    hrefs = seven_events(world)
    for href in hrefs[:6]:
        world.account.phone.delete(href)
    world.sync()
    body = vevent("lunch-0", "Lunch 0", at(12, days=0), at(13, days=0))
    world.account.phone.put("0.ics", body)
    deciding.approve(waiting())
    world.settle()
    assert [one["deleted in iCloud"] for one in world.slots()] == [False, *5 * [True], False]


def test_d21_kept_slots_keep_their_time_and_our_own_events_go_there_again(world: World) -> None:
    seven_events(world)
    seven_appointments(world)
    world.connection.frees_deleted = True
    world.connection.save()
    hrefs = list(world.account.phone.resources())
    for href in hrefs:
        world.account.phone.delete(href)
    world.sync()
    assert waiting().number == len(hrefs)
    deciding.keep(waiting())
    world.sync()
    run_down(world)
    assert [one["busy"] for one in world.slots()] == 7 * [True]
    assert [one["title"] for one in world.remote()] == [f"Cut {number}" for number in SEVEN]


def test_d21_what_is_back_before_anybody_decided_is_no_longer_asked_about(world: World) -> None:
    hrefs = seven_events(world)
    bodies = [world.account.phone.get(href) for href in hrefs]
    for href in hrefs:
        world.account.phone.delete(href)
    world.sync()
    hold = waiting()
    for href, body in zip(hrefs, bodies, strict=True):
        world.account.phone.put(href.rpartition("/")[2], body)
    world.sync()
    world.settle()
    hold.refresh_from_db()
    assert hold.state == Hold.State.OVER
    assert world.slots() == [lunch(number) for number in SEVEN]


def test_d21_what_was_decided_is_decided_once(world: World) -> None:
    for href in seven_events(world):
        world.account.phone.delete(href)
    world.sync()
    hold = waiting()
    deciding.approve(hold)
    with pytest.raises(deciding.Decided):
        deciding.keep(hold)


# --- Events that we are about to delete ------------------------------------------------------


def test_d21_many_cancelled_at_once_stay_in_icloud_until_a_person_approves(world: World) -> None:
    for appointment in seven_appointments(world)[:6]:
        appointment.status = "cancelled"
        appointment.save()
    world.settle()
    assert len(world.remote()) == 7
    assert (waiting().number, waiting().of) == (6, 7)
    deciding.approve(waiting())
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Cut 6"]


def test_d21_kept_they_stay_in_icloud_and_come_to_life_when_confirmed_again(world: World) -> None:
    made = seven_appointments(world)[:6]
    for appointment in made:
        appointment.status = "cancelled"
        appointment.save()
    world.settle()
    deciding.keep(waiting())
    world.settle()
    assert len(world.remote()) == 7
    made[0].status, made[0].title = "confirmed", "Colour"
    made[0].save()
    world.settle()
    assert "Colour" in [one["title"] for one in world.remote()]
    made[0].status = "cancelled"  # one alone is no mass
    made[0].save()
    world.settle()
    assert len(world.remote()) == 6


def test_d21_many_slots_deleted_at_once_come_back_where_they_are_kept(world: World) -> None:
    seven_events(world)
    for one in BlockedSlot.objects.order_by("starts_at")[:6]:
        one.delete()
    world.settle()
    assert len(world.remote()) == 7
    deciding.keep(waiting())
    world.settle()
    assert world.slots() == [lunch(number) for number in SEVEN]


def test_d21_an_edit_of_one_that_is_held_goes_out_and_the_others_wait_on(world: World) -> None:
    made = seven_appointments(world)[:6]
    for appointment in made:
        appointment.status = "cancelled"
        appointment.save()
    world.settle()
    made[0].status, made[0].title = "confirmed", "Colour"
    made[0].save()
    world.settle()
    assert "Colour" in [one["title"] for one in world.remote()]
    assert len(world.remote()) == 7


# --- A series that shrinks ----------------------------------------------------------------


def daily(count: int) -> str:
    return vevent("s", "Gym", at(9), at(10), f"RRULE:FREQ=DAILY;COUNT={count}")


def shrunk(world: World) -> Hold:
    world.connection.frees_deleted = True
    world.connection.save()
    world.account.phone.put("s.ics", daily(9))
    world.settle()
    world.account.phone.put("s.ics", daily(3))
    world.settle()
    assert len(world.slots()) == 9
    return waiting()


def test_d21_a_series_that_shrinks_by_much_keeps_its_slots_until_a_person_approves(
    world: World,
) -> None:
    deciding.approve(shrunk(world))
    world.settle()
    assert len(world.slots()) == 3


def test_d21_kept_slots_of_a_series_that_shrank_stay_and_say_why(world: World) -> None:
    deciding.keep(shrunk(world))
    world.settle()
    assert [one["deleted in iCloud"] for one in world.slots()] == 3 * [False] + 6 * [True]
    assert all(one["busy"] for one in world.slots())


def test_r12_without_that_switch_a_series_that_shrinks_is_a_change_like_any_other(
    world: World,
) -> None:
    world.account.phone.put("s.ics", daily(9))
    world.settle()
    world.account.phone.put("s.ics", daily(3))
    world.settle()
    assert len(world.slots()) == 3


# --- Freed by itself (D5) ------------------------------------------------------------------


def test_d5_a_switch_frees_what_is_deleted_in_icloud_and_blocks_it_when_it_is_back(
    world: World,
) -> None:
    world.connection.frees_deleted = True
    world.connection.save()
    body = vevent("lunch", "Lunch", at(12), at(13))
    href = world.account.phone.put("lunch.ics", body)
    world.settle()
    world.account.phone.delete(href)
    world.settle()
    gone = {"deleted in iCloud": True, "busy": False}
    assert world.slots() == [{**slot("Lunch", at(12), at(13)), **gone}]
    world.account.phone.put("lunch.ics", body)
    world.settle()
    assert world.slots() == [slot("Lunch", at(12), at(13))]


def test_d5_what_a_person_blocked_stays_blocked(world: World) -> None:
    world.connection.frees_deleted = True
    world.connection.save()
    free = vevent("lunch", "Lunch", at(12), at(13), "TRANSP:TRANSPARENT")
    href = world.account.phone.put("lunch.ics", free)
    world.settle()
    BlockedSlot.objects.update(is_busy=True)
    world.account.phone.delete(href)
    world.settle()
    assert BlockedSlot.objects.get().is_busy


# --- The switch -----------------------------------------------------------------------------


def test_d21_one_switch_stops_everything_and_nothing_is_lost_meanwhile(world: World) -> None:
    stop.stop("Apple has a bad day.")
    world.book(title="Cut")
    world.account.phone.put("lunch.ics", vevent("lunch", "Lunch", at(12), at(13)))
    world.account.wire.clear()
    assert world.sync().busy
    assert [str(one) for one in world.account.wire.requests] == []
    assert "Apple has a bad day." in stop.sentence()
    stop.start()
    world.settle()
    assert world.slots() == [slot("Lunch", at(12), at(13))]
    assert event("Cut", at(10), at(11)) in world.remote()
    assert stop.sentence() == ""


def test_d21_who_is_at_work_when_everything_is_stopped_writes_nothing_more(world: World) -> None:
    from icloud_sync import leases

    with leases.hold(world.connection.pk) as lease:
        assert lease
        stop.stop("")
        with pytest.raises(leases.LeaseLost):
            lease.renew()
    assert not RemoteResource.objects.exists()
