"""D19 and D20: which calendars a connection serves, and what goes out when it begins."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from icloud_sync.connecting import (
    ConnectError,
    count_to_push,
    pause,
    resume,
    set_served,
    what_resuming_sends,
)
from icloud_sync.core.policy import SIMPLE_REFUSED
from tests.factories import AppointmentFactory, CalendarFactory, UserFactory
from tests.scenarios.world import World, at, connected, event
from tests.servers import Server


def titles(world: World) -> list[str]:
    return [one["title"] for one in world.remote()]


# --- D19 ---


def test_d19_only_chosen_calendars_are_served(server: Server, db: None) -> None:
    served, other = CalendarFactory(), CalendarFactory()
    world = connected(server.new_account(), calendars=[served])
    world.book(served, title="Served")
    world.book(other, title="Not served", starts_at=at(14))
    world.settle()
    assert titles(world) == ["Served"]


def test_d19_a_calendar_added_through_the_orm_is_served_from_then_on(apple: World) -> None:
    one, two, three = CalendarFactory(), CalendarFactory(), CalendarFactory()
    for number, calendar in enumerate((one, two, three)):
        apple.book(calendar, title=f"In {number}", starts_at=at(9 + number))
    set_served(apple.connection, "chosen", [one])
    apple.settle()
    assert titles(apple) == ["In 0"]
    apple.connection.calendars.add(two)
    apple.settle()
    assert titles(apple) == ["In 0", "In 1"]
    three.icloud_connections.add(apple.connection)
    apple.settle()
    assert titles(apple) == ["In 0", "In 1", "In 2"]


def test_r2_a_simple_calendar_is_refused_on_every_path(apple: World, standin: Server) -> None:
    simple, fine = CalendarFactory(type="simple"), CalendarFactory()
    ways = [
        lambda: apple.connection.calendars.add(simple),
        lambda: apple.connection.calendars.set([fine, simple]),
        lambda: simple.icloud_connections.add(apple.connection),
        lambda: simple.icloud_connections.set([apple.connection]),
    ]
    for way in ways:
        with pytest.raises(ValidationError, match=SIMPLE_REFUSED), transaction.atomic():
            way()
    with pytest.raises(ConnectError, match=SIMPLE_REFUSED):
        set_served(apple.connection, "chosen", [fine, simple])
    with pytest.raises(ConnectError, match=SIMPLE_REFUSED):
        connected(standin.new_account(), calendars=[simple])
    assert apple.connection.calendars.count() == 0
    assert apple.connection.outbox.count() == 0


def test_d19_a_calendar_turned_simple_stops_syncing_for_deletions_too(world: World) -> None:
    calendar = CalendarFactory()
    kept = world.book(calendar, title="Kept")
    gone = world.book(calendar, title="Gone", starts_at=at(14))
    world.settle()
    calendar.type = "simple"
    calendar.save()
    kept.title = "Changed"
    kept.save()
    gone.delete()
    world.book(calendar, title="New", starts_at=at(16))
    world.settle()
    assert titles(world) == ["Kept", "Gone"]
    world.account.phone.edit(world.href("Kept"), "SUMMARY:Kept", "SUMMARY:Edited there")
    world.settle()
    kept.refresh_from_db()
    assert kept.title == "Changed"
    assert world.slots() == []


def test_d19_a_calendar_taken_out_stops_syncing_for_deletions_too(apple: World) -> None:
    calendar, other = CalendarFactory(), CalendarFactory()
    set_served(apple.connection, "chosen", [calendar, other])
    kept, gone = apple.book(calendar, title="Kept"), apple.book(calendar, title="Gone")
    apple.settle()
    apple.connection.calendars.remove(calendar)
    kept.title = "Changed"
    kept.save()
    gone.delete()
    apple.settle()
    assert sorted(titles(apple)) == ["Gone", "Kept"]


@pytest.mark.parametrize("first", ["turned", "deleted"])
def test_d19_what_was_waiting_when_a_calendar_turned_simple_is_not_sent(
    apple: World, first: str
) -> None:
    calendar = CalendarFactory()
    changed, gone = apple.book(calendar, title="One"), apple.book(calendar, title="Two")
    apple.settle()
    changed.title = gone.title = "Changed"
    changed.save()
    gone.save()
    if first == "deleted":
        gone.delete()
    calendar.type = "simple"
    calendar.save()
    if first == "turned":
        gone.delete()
    apple.settle()
    assert sorted(titles(apple)) == ["One", "Two"]


def test_d19_and_d20_a_calendar_served_again_catches_up(apple: World) -> None:
    calendar = CalendarFactory()
    moved = apple.book(calendar, title="Moved")
    cancelled = apple.book(calendar, title="Cancelled", starts_at=at(14))
    apple.settle()
    calendar.type = "simple"
    calendar.save()
    moved.starts_at, moved.ends_at = at(12), at(13)
    moved.save()
    cancelled.status = "cancelled"
    cancelled.save()
    apple.book(calendar, title="New", starts_at=at(16))
    apple.settle()
    calendar.type = "service"
    calendar.save()
    apple.settle()
    assert apple.remote() == [event("Moved", at(12), at(13)), event("New", at(16), at(17))]


def test_d19_served_again_what_was_edited_in_icloud_meanwhile_comes_in(apple: World) -> None:
    calendar = CalendarFactory()
    appointment = apple.book(calendar, title="Haircut", location="Mitte")
    apple.settle()
    calendar.type = "simple"
    calendar.save()
    apple.account.phone.edit(apple.href("Haircut"), "LOCATION:Mitte", "LOCATION:Wedding")
    apple.settle()
    appointment.title = "Shave"
    appointment.save()
    calendar.type = "service"
    calendar.save()
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.location) == ("Shave", "Wedding")
    assert apple.remote() == [event("Shave", at(10), at(11), place="Wedding")]


def test_d19_serving_all_again_catches_up_on_both_sides(apple: World) -> None:
    calendar, other = CalendarFactory(), CalendarFactory()
    here = apple.book(calendar, title="Here")
    there = apple.book(calendar, title="There", starts_at=at(15))
    apple.settle()
    set_served(apple.connection, "chosen", [other])
    here.title = "Changed here"
    here.save()
    apple.account.phone.edit(apple.href("There"), "SUMMARY:There", "SUMMARY:Changed there")
    apple.settle()
    assert titles(apple) == ["Here", "Changed there"]
    set_served(apple.connection, "all", [])
    apple.settle()
    there.refresh_from_db()
    assert there.title == "Changed there"
    assert titles(apple) == ["Changed here", "Changed there"]


def test_an_appointment_moved_into_a_served_calendar_appears(apple: World) -> None:
    appointment = apple.book(CalendarFactory(type="simple"), title="Haircut")
    apple.settle()
    assert titles(apple) == []
    appointment.calendar = CalendarFactory()
    appointment.save()
    apple.settle()
    assert titles(apple) == ["Haircut"]


def test_an_appointment_moved_into_a_simple_calendar_is_not_written_about_again(
    apple: World,
) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    appointment.calendar = CalendarFactory(type="simple")
    appointment.title = "Private"
    appointment.save()
    apple.settle()
    assert "Private" not in titles(apple)
    assert not [one for one in apple.account.wire.requests if "Private" in one.body]


def test_an_appointment_moved_between_served_calendars_keeps_its_event(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    appointment.calendar = CalendarFactory(time_zone="Asia/Tokyo")
    appointment.save()
    apple.settle()
    assert apple.href("Haircut") == href


# --- D20 ---


def everything(world_user: object) -> int:
    """Two to come (one of them running now), and three that are not to be sent."""
    now = timezone.now()
    hour = timedelta(hours=1)
    calendar = CalendarFactory()
    for title, starts, status in (
        ("Past", now - 3 * hour, "confirmed"),
        ("Running", now - hour / 2, "confirmed"),
        ("Coming", now + 5 * hour, "new"),
        ("Cancelled", now + 7 * hour, "cancelled"),
    ):
        AppointmentFactory(
            calendar=calendar, hosts=[world_user], title=title, starts_at=starts, status=status
        )
    AppointmentFactory(calendar=CalendarFactory(type="simple"), hosts=[world_user], title="Simple")
    return 2


def test_d20_connecting_sends_what_ends_in_the_future_as_counted(server: Server, db: None) -> None:
    user = UserFactory()
    expected = everything(user)
    assert count_to_push(user, "all", (), timezone.now()) == expected
    world = connected(server.new_account(), user)
    assert not world.sync().failed
    assert len(world.account.wire.writes()) == expected
    world.settle()
    assert titles(world) == ["Running", "Coming"]


def test_d20_resuming_sends_what_came_meanwhile_as_counted(apple: World) -> None:
    pause(apple.connection)
    expected = everything(apple.user)
    assert apple.sync().busy
    assert apple.account.wire.requests == []
    shown = what_resuming_sends(apple.connection, timezone.now())
    resume(apple.connection)
    apple.sync()
    assert len(apple.account.wire.writes()) == expected
    assert shown >= expected  # what waits is counted whether or not it needs sending
    apple.settle()
    assert titles(apple) == ["Running", "Coming"]


def test_d20_rows_that_came_past_every_signal_are_counted_and_sent_at_resume(
    apple: World,
) -> None:
    pause(apple.connection)
    expected = everything(apple.user)
    apple.connection.outbox.all().delete()  # as after a restored backup
    assert what_resuming_sends(apple.connection, timezone.now()) == expected
    assert resume(apple.connection) == expected
    apple.settle()
    assert titles(apple) == ["Running", "Coming"]


def test_d20_a_calendar_becoming_served_sends_its_future_as_counted(apple: World) -> None:
    set_served(apple.connection, "chosen", [CalendarFactory()])
    expected = everything(apple.user)
    apple.settle()
    assert titles(apple) == []
    calendars = [one.calendar for one in apple.user.appointments.exclude(title="Simple")]
    assert set_served(apple.connection, "chosen", calendars[:1]) == expected
    apple.settle()
    assert titles(apple) == ["Running", "Coming"]


@pytest.mark.parametrize("chosen", [False, True])
def test_r4_deleting_the_calendar_takes_its_events_out(apple: World, chosen: bool) -> None:
    calendar = CalendarFactory()
    if chosen:
        set_served(apple.connection, "chosen", [calendar])
    apple.book(calendar, title="Haircut")
    apple.settle()
    calendar.delete()
    apple.settle()
    assert apple.remote() == []
    assert apple.slots() == []
