"""D19: what stays in iCloud when a calendar is served no longer can be taken out before."""

import pytest

from icloud_sync.connecting import (
    copies_leaving,
    copies_staying,
    pause,
    put_back,
    resume,
    set_served,
    take_out,
    what_resuming_sends,
)
from icloud_sync.models import RemoteResource
from tests.factories import CalendarFactory, UserFactory
from tests.scenarios.world import World, at, event, timezone

HAIRCUT = event("Haircut", at(10), at(11))
SHAVE = event("Shave", at(14), at(15))


def withdrawn() -> list[str]:
    found = RemoteResource.objects.filter(withdrawn=True)
    return list(found.values_list("appointment__title", flat=True))


def test_d19_taking_events_out_leaves_the_appointments_and_other_calendars_events(
    world: World,
) -> None:
    calendar = CalendarFactory()
    world.book(calendar, title="Haircut")
    world.book(title="Shave", starts_at=at(14))
    world.settle()
    before = world.appointments()
    staff = UserFactory(username="staff")
    assert take_out(copies_staying(calendar=calendar), actor=staff) == 1
    world.settle()
    assert (world.remote(), world.appointments(), world.slots()) == ([SHAVE], before, [])
    assert [entry.message for entry in world.log("take out")] == [
        "Asked for 1 event to be taken out of iCloud; the appointments stay here. By staff."
    ]


@pytest.mark.parametrize("way", ["service", "orm"])
def test_d19_a_calendar_taken_out_and_chosen_again_has_its_events_back_once(
    world: World, way: str
) -> None:
    kept, left = CalendarFactory(), CalendarFactory()
    set_served(world.connection, "chosen", [kept, left])
    world.book(kept, title="Haircut")
    world.book(left, title="Shave", starts_at=at(14))
    world.settle()
    href = world.href("Shave")
    take_out(copies_leaving(world.connection, "chosen", [kept]))
    world.settle()
    if way == "service":
        set_served(world.connection, "chosen", [kept])
    else:
        world.connection.calendars.remove(left)
    world.settle()
    assert (world.remote(), withdrawn()) == ([HAIRCUT], [])
    if way == "service":
        assert set_served(world.connection, "chosen", [kept, left]) == 1
    else:
        world.connection.calendars.add(left)
    world.settle()
    assert world.remote() == [HAIRCUT, SHAVE]
    assert (world.href("Shave"), world.slots()) == (href, [])


def test_d19_a_calendar_turned_simple_and_back_has_its_events_back_once(world: World) -> None:
    calendar = CalendarFactory()
    world.book(calendar, title="Haircut")
    cancelled = world.book(calendar, title="Shave", starts_at=at(14))
    world.settle()
    href = world.href("Haircut")
    take_out(copies_staying(calendar=calendar))
    world.settle()
    calendar.type = "simple"
    calendar.save()
    cancelled.status = "cancelled"
    cancelled.save()
    world.settle()
    assert (world.remote(), withdrawn()) == ([], [])
    calendar.type = "service"
    calendar.save()
    world.settle()
    assert (world.remote(), world.href("Haircut"), world.slots()) == ([HAIRCUT], href, [])


def test_d19_what_was_taken_out_stays_out_while_its_calendar_is_served(apple: World) -> None:
    calendar = CalendarFactory()
    appointment = apple.book(calendar, title="Haircut")
    apple.settle()
    take_out(copies_staying(apple.connection))
    apple.settle()
    appointment.notes = "Bring a towel"
    appointment.save()
    calendar.name = "Renamed"
    calendar.save()
    pause(apple.connection)
    assert what_resuming_sends(apple.connection, timezone.now()) == 1  # the row that waits
    assert resume(apple.connection) == 0
    apple.settle()
    assert (apple.remote(), withdrawn()) == ([], ["Haircut"])


def test_d19_what_was_taken_out_by_mistake_is_put_back(apple: World) -> None:
    apple.book(title="Haircut")
    apple.book(title="Yesterday", starts_at=at(10, days=-1))
    apple.settle()
    href = apple.href("Haircut")
    assert take_out(copies_staying(apple.connection)) == 2
    apple.settle()
    assert apple.remote() == []
    assert put_back(apple.connection.resources.all()) == 1
    apple.settle()
    assert (apple.remote(), apple.href("Haircut")) == ([HAIRCUT], href)
    assert put_back(apple.connection.resources.all()) == 0


def test_d19_nothing_is_taken_out_once_the_calendar_is_served_no_longer(apple: World) -> None:
    simple, unchosen, other = CalendarFactory(), CalendarFactory(), CalendarFactory()
    set_served(apple.connection, "chosen", [simple, unchosen, other])
    apple.book(simple, title="Haircut")
    apple.book(unchosen, title="Shave", starts_at=at(14))
    apple.settle()
    set_served(apple.connection, "chosen", [simple, other])
    simple.type = "simple"
    simple.save()
    apple.account.wire.clear()
    assert take_out(copies_staying()) == 0
    apple.settle()
    assert (apple.remote(), withdrawn()) == ([HAIRCUT, SHAVE], [])
    assert apple.account.wire.writes() == []


def test_d19_what_had_not_gone_when_service_ended_stays_and_is_not_written_again(
    apple: World,
) -> None:
    calendar = CalendarFactory()
    apple.book(calendar, title="Haircut")
    apple.settle()
    take_out(copies_staying(calendar=calendar))
    calendar.type = "simple"
    calendar.save()
    apple.account.wire.clear()
    apple.settle()
    assert (apple.remote(), withdrawn(), apple.account.wire.writes()) == ([HAIRCUT], [], [])


def test_d19_an_edit_made_in_icloud_before_the_event_goes_is_kept_in_the_appointment(
    apple: World,
) -> None:
    apple.book(title="Haircut", location="Mitte")
    apple.settle()
    apple.account.phone.edit(apple.href("Haircut"), "LOCATION:Mitte", "LOCATION:Wedding")
    take_out(copies_staying(apple.connection))
    apple.settle()
    assert apple.remote() == []
    assert [one["place"] for one in apple.appointments()] == ["Wedding"]


def test_d7_and_d19_a_copy_with_guests_is_not_taken_out_and_says_why(apple: World) -> None:
    apple.book(title="Haircut")
    apple.settle()
    apple.account.phone.edit(
        apple.href("Haircut"), "SUMMARY:", "ATTENDEE:mailto:guest@example.com\r\nSUMMARY:"
    )
    apple.settle()
    apple.account.wire.clear()
    take_out(copies_staying(apple.connection))
    apple.sync()
    assert apple.account.wire.writes() == []
    assert apple.remote() == [HAIRCUT]
    assert [(row.state, row.last_error) for row in apple.connection.outbox.all()] == [
        ("needs_attention", "Guests added in iCloud, not updated there.")
    ]


def test_d2_and_d19_of_a_series_only_our_occurrence_goes(apple: World) -> None:
    apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    apple.account.phone.edit(href, "SUMMARY:", "RRULE:FREQ=DAILY;COUNT=3\r\nSUMMARY:")
    apple.settle()
    assert len(apple.slots()) == 2
    take_out(copies_staying(apple.connection))
    apple.settle()
    assert "EXDATE" in apple.account.phone.resources()[href]
    assert (len(apple.appointments()), len(apple.slots())) == (1, 2)
