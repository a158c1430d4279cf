"""D7, D9 and D13: guests, free events, all-day events, and our event made a series."""

from datetime import date, timedelta

import pytest

from calendars.models import BlockedSlot
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.window import roll
from tests.factories import UserFactory
from tests.scenarios.world import World, at, connected, event, slot, vevent
from tests.servers import Server

GUEST = "\r\n".join(
    ["ORGANIZER:mailto:me@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com"]
)
WEEK = timedelta(days=7)


def test_d7_an_icloud_event_with_guests_is_a_slot_that_is_never_written(world: World) -> None:
    world.account.phone.put("g.ics", vevent("g", "Board", at(12), at(13), GUEST))
    world.settle()
    board = BlockedSlot.objects.get()
    assert "guests" in board.read_only_reason
    board.title = "Changed all the same"  # past every form
    board.save()
    world.sync()
    world.settle()
    assert world.account.wire.writes() == []
    assert [one["title"] for one in world.remote()] == ["Board"]
    [row] = OutboxEntry.objects.all()
    assert (row.state, row.last_error) == (
        "needs_attention",
        "Guests added in iCloud, not updated there.",
    )


def test_d7_an_appointment_whose_copy_got_guests_stays_editable_and_is_not_written(
    world: World,
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "END:VEVENT", f"{GUEST}\r\nEND:VEVENT")
    world.settle()
    assert RemoteResource.objects.get().has_guests
    appointment.title = "Shave"
    appointment.save()
    world.account.wire.clear()
    assert world.sync().failed  # it waits for a person, and says so
    assert world.account.wire.writes() == []
    world.settle()
    appointment.refresh_from_db()
    assert appointment.title == "Shave"
    assert [one["title"] for one in world.remote()] == ["Haircut"]
    [row] = OutboxEntry.objects.all()
    assert row.state == "needs_attention"


def test_d7_guests_added_since_we_looked_are_seen_before_we_write(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "END:VEVENT", f"{GUEST}\r\nEND:VEVENT")
    appointment.title = "Shave"
    appointment.save()
    world.sync()
    assert [one["title"] for one in world.remote()] == ["Haircut"]
    assert all(write.status == 412 for write in world.account.wire.writes())


def test_d7_guests_taken_away_again_lets_the_change_through(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    phone = apple.account.phone
    phone.edit(apple.href("Haircut"), "END:VEVENT", f"{GUEST}\r\nEND:VEVENT")
    appointment.title = "Shave"
    appointment.save()
    apple.sync()
    phone.edit(apple.href("Haircut"), f"{GUEST}\r\n", "")
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]
    assert not OutboxEntry.objects.exists()


def test_d13_made_weekly_the_appointment_follows_its_own_and_the_others_are_slots(
    world: World,
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    world.account.phone.edit(href, "END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT")
    world.settle()
    starts = [at(10, days=8), at(10, days=15)]
    assert world.slots() == [slot("Haircut", s, s + timedelta(hours=1)) for s in starts]
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.title) == (at(10), "Haircut")

    appointment.title = "Shave"
    appointment.save()
    world.settle()
    assert [one["title"] for one in world.slots()] == ["Haircut", "Haircut"]
    assert sorted(one["title"] for one in world.remote()) == ["Haircut", "Shave"]

    appointment.status = "cancelled"
    appointment.save()
    world.settle()
    assert [one["title"] for one in world.slots()] == ["Haircut", "Haircut"]
    assert [one["title"] for one in world.remote()] == ["Haircut"]
    assert "EXDATE" in world.account.phone.get(href)
    world.account.wire.assert_every_write_has_a_precondition()


def test_d13_a_weekly_event_made_single_again_keeps_the_appointment(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    phone, href = world.account.phone, world.href("Haircut")
    phone.edit(href, "END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT")
    world.settle()
    phone.edit(href, "RRULE:FREQ=WEEKLY;COUNT=3\r\n", "")
    world.settle()
    assert world.slots() == []
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]


def test_d13_the_whole_series_moved_by_an_hour_moves_the_appointment(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    phone, href = apple.account.phone, apple.href("Haircut")
    phone.edit(href, "END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT")
    apple.settle()
    phone.edit(href, "T110000", "T120000")
    phone.edit(href, "T100000", "T110000")
    apple.settle()
    appointment.refresh_from_db()
    assert appointment.starts_at == at(11)
    assert RemoteResource.objects.get().state == "synced"
    assert [one["starts"] for one in apple.slots()] == [at(11, days=8), at(11, days=15)]


def test_d13_an_own_occurrence_that_has_passed_is_not_taken_for_deleted(apple: World) -> None:
    """The window moves on; the appointment's own occurrence stays known."""
    past = at(10, days=-60)
    appointment = apple.book(title="Haircut", starts_at=past)
    apple.settle()
    href = apple.href("Haircut")
    apple.account.phone.edit(href, "END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=12\r\nEND:VEVENT")
    apple.settle()
    roll(apple.connection.pk)
    apple.account.phone.edit(href, "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.starts_at) == ("Shave", past)
    assert RemoteResource.objects.get().state == "synced"
    assert {one["title"] for one in apple.slots()} == {"Shave"}
    assert all(one["starts"] > at(10, days=-31) for one in apple.slots())


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
def test_d9_free_and_cancelled_events_are_slots_that_take_no_time_away(
    world: World, line: str
) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Maybe", at(12), at(13), line))
    world.settle()
    assert world.slots() == [slot("Maybe", at(12), at(13), busy=False)]
    world.account.phone.edit(href, f"{line}\r\n", "")
    world.settle()
    assert world.slots() == [slot("Maybe", at(12), at(13))]


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Pacific/Pago_Pago", 11), ("Pacific/Kiritimati", -14), ("Europe/Berlin", -1)],
)
def test_d9_an_all_day_event_keeps_its_dates_wherever_its_owner_lives(
    standin: Server, db: None, zone: str, midnight: int
) -> None:
    world = connected(standin.new_account(), UserFactory(time_zone=zone))
    world.account.phone.put("d.ics", vevent("d", "Off", date(2027, 1, 5), date(2027, 1, 7)))
    world.settle()
    assert world.slots() == [slot("Off", date(2027, 1, 5), date(2027, 1, 7))]
    off = BlockedSlot.objects.get()
    assert off.starts_at.timestamp() == (
        at(0).replace(year=2027, month=1, day=5).timestamp() + (midnight + 1) * 3600
    )
    off.title = "Away"
    off.save()
    world.settle()
    assert [(one["starts"], one["ends"]) for one in world.remote()] == [
        (date(2027, 1, 5), date(2027, 1, 7))
    ]
