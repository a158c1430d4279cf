"""D13, R6, R9, R10: one occurrence of a series is the appointment, the others are slots of
their own, whatever becomes of the appointment."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.tasks import roll_windows
from tests.scenarios.world import World, at, event, stamp, vevent

GUEST = "\r\n".join(
    ["ORGANIZER:mailto:me@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bob@example.com"]
)
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"


def made_a_series(apple: World) -> tuple[Appointment, str]:
    appointment = apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    apple.account.phone.edit(href, "END:VEVENT", f"{WEEKLY}\r\nEND:VEVENT")
    apple.settle()
    return appointment, href


def own_exdate(apple: World, href: str) -> None:
    body = apple.account.phone.get(href)
    start = [line for line in body.splitlines() if line.startswith("DTSTART;TZID")][-1]
    exdate = start.replace("DTSTART", "EXDATE")
    apple.account.phone.edit(href, WEEKLY, f"{exdate}\r\n{WEEKLY}")


def titles() -> list[tuple[str, bool]]:
    slots = BlockedSlot.objects.order_by("starts_at")
    return [(slot.title, slot.removed_at_source_at is not None) for slot in slots]


def edit_first_slot(apple: World) -> None:
    first = BlockedSlot.objects.order_by("starts_at").first()
    assert first is not None
    first.title = "Mine"
    first.save()
    apple.settle()
    assert "Mine" in [one["title"] for one in apple.remote()]


def test_r6_our_occurrence_taken_out_in_icloud_leaves_the_appointment_and_the_other_slots(
    apple: World,
) -> None:
    _, href = made_a_series(apple)
    before = apple.appointments()
    own_exdate(apple, href)
    apple.settle()
    assert (apple.appointments(), titles()) == (before, [("Haircut", False)] * 3)
    apple.account.phone.edit(href, "SUMMARY:Haircut", "SUMMARY:Haircut 2")
    apple.settle()
    assert (apple.appointments(), titles()) == (before, [("Haircut 2", False)] * 3)
    assert len(apple.log("mark deleted in iCloud")) == 1
    edit_first_slot(apple)


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_r10_the_other_slots_of_a_series_live_on_when_the_appointment_is_taken_out(
    apple: World, how: str
) -> None:
    appointment, href = made_a_series(apple)
    if how == "deleted":
        appointment.delete()
    else:
        appointment.status = "cancelled"
        appointment.save()
    apple.settle()
    assert titles() == [("Haircut", False)] * 3
    assert apple.log("mark deleted in iCloud") == []
    edit_first_slot(apple)
    apple.account.phone.edit(href, "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.settle()
    assert titles() == [("Mine", False), ("Shave", False), ("Shave", False)]


# --- Put back ------------------------------------------------------------------------------


def events_of(body: str, name: str) -> list[str]:
    return [line for line in body.splitlines() if line.startswith(name)]


def test_d2_a_cancelled_appointment_of_a_series_comes_back_into_it(apple: World) -> None:
    appointment, href = made_a_series(apple)
    before = apple.slots()
    for status in ("cancelled", "confirmed"):
        appointment.status = status
        appointment.save()
        apple.settle()
    body = apple.account.phone.get(href)
    assert (events_of(body, "EXDATE"), events_of(body, "RDATE")) == ([], [])
    assert apple.slots() == before
    assert [entry.action for entry in apple.log("put back")] == ["put back"]
    apple.account.phone.edit(href, "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.settle()
    appointment.refresh_from_db()
    assert appointment.title == "Shave"


def test_d4_our_occurrence_taken_out_in_icloud_comes_back_once_it_is_changed_here(
    apple: World,
) -> None:
    appointment, href = made_a_series(apple)
    before = apple.slots()
    own_exdate(apple, href)
    apple.settle()
    appointment.save()  # nothing has changed: what was deleted there stays deleted (R6)
    apple.settle()
    assert len(apple.remote()) == 1
    assert len(events_of(apple.account.phone.get(href), "EXDATE")) == 1

    appointment.starts_at, appointment.ends_at = at(15), at(16)
    appointment.save()
    apple.settle()
    assert apple.remote() == [
        event("Haircut", at(10), at(11)),  # the series
        event("Haircut", at(15), at(16)),
    ]
    assert events_of(apple.account.phone.get(href), "EXDATE") == []
    assert apple.slots() == before
    assert not OutboxEntry.objects.exists()


def test_r6_an_occurrence_moved_and_then_deleted_in_icloud_is_not_put_back_by_a_mere_save(
    apple: World,
) -> None:
    appointment, href = made_a_series(apple)
    appointment.starts_at, appointment.ends_at = at(15), at(16)
    appointment.save()
    apple.settle()
    phone = apple.account.phone
    body = phone.get(href)
    override = body[body.rindex("BEGIN:VEVENT") : body.index("END:VCALENDAR")]
    phone.edit(href, override, "")
    own_exdate(apple, href)
    apple.settle()
    appointment.refresh_from_db()
    appointment.save()
    apple.settle()
    assert len(apple.remote()) == 1
    assert appointment.starts_at == at(15)


def test_d4_what_its_series_cannot_hold_any_more_becomes_an_event_of_its_own(
    apple: World,
) -> None:
    """A device that deletes the first of a series may let it begin with the second; what lies
    before DTSTART is in no series (RFC 5545, 3.8.5.3)."""
    appointment, href = made_a_series(apple)
    before = apple.slots()
    phone = apple.account.phone
    for name, hour in (("DTSTART", 10), ("DTEND", 11)):
        first, then = (f"{at(hour, days=days):%Y%m%dT%H%M%S}" for days in (1, 8))
        phone.edit(href, f"{name};TZID=Europe/Berlin:{first}", f"{name};TZID=Europe/Berlin:{then}")
    phone.edit(href, "COUNT=4", "COUNT=3")
    apple.settle()
    assert len(apple.log("mark deleted in iCloud")) == 1
    appointment.title = "Shave"
    appointment.save()
    apple.settle()
    assert event("Shave", at(10), at(11)) in apple.remote()
    assert apple.href("Shave") != href
    assert events_of(phone.get(href), "RDATE") == []
    assert apple.slots() == before
    appointment.status = "cancelled"
    appointment.save()
    apple.settle()
    assert (apple.slots(), "Shave" in str(apple.remote())) == (before, False)


def test_d4_a_deleted_series_of_ours_comes_back_as_one_event_and_its_other_slots_stay(
    apple: World,
) -> None:
    appointment, href = made_a_series(apple)
    apple.account.phone.delete(href)
    apple.settle()
    gone = [{**one, "deleted in iCloud": True} for one in apple.slots()]
    appointment.title = "Shave"
    appointment.save()
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]
    assert apple.slots() == gone
    apple.account.phone.edit(href, "SUMMARY:Shave", "SUMMARY:Trim")
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, apple.slots()) == ("Trim", gone)


def test_d2_the_last_of_a_series_of_ours_takes_the_resource_along_and_comes_back_as_one_event(
    apple: World,
) -> None:
    appointment, href = made_a_series(apple)
    weeks = (f"{at(10, days=1 + 7 * week):%Y%m%dT%H%M%S}" for week in (1, 2, 3))
    others = f"EXDATE;TZID=Europe/Berlin:{','.join(weeks)}"
    apple.account.phone.edit(href, WEEKLY, f"{others}\r\n{WEEKLY}")
    apple.settle()
    assert titles() == []
    appointment.status = "cancelled"
    appointment.save()
    apple.settle()
    assert apple.remote() == []
    appointment.status = "confirmed"
    appointment.save()
    apple.settle()
    assert apple.remote() == [event("Haircut", at(10), at(11))]


def test_d4_in_a_series_that_is_all_day_by_now_there_is_no_going_back(apple: World) -> None:
    appointment, href = made_a_series(apple)
    phone = apple.account.phone
    day = at(0).date()
    for name, hour, days in (("DTSTART", 10, 7), ("DTEND", 11, 8)):
        phone.edit(
            href,
            f"{name};TZID=Europe/Berlin:{at(hour):%Y%m%dT%H%M%S}",
            f"{name};VALUE=DATE:{day + timedelta(days=days):%Y%m%d}",
        )
    apple.settle()
    appointment.title = "Shave"
    appointment.save()
    apple.settle()
    assert event("Shave", at(10), at(11)) in apple.remote()
    assert apple.href("Shave") != href
    assert not OutboxEntry.objects.exists()


def test_d7_guests_of_an_event_that_is_gone_do_not_bind_the_one_put_in_its_place(
    apple: World,
) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    apple.account.phone.edit(href, "END:VEVENT", f"{GUEST}\r\nEND:VEVENT")
    apple.settle()
    apple.account.phone.delete(href)
    apple.settle()
    for title in ("Shave", "Shave 2"):
        appointment.title = title
        appointment.save()
        apple.settle()
    assert apple.remote() == [event("Shave 2", at(10), at(11))]


# --- What has passed, and what is ours alone ----------------------------------------------


def a_passed_slot(apple: World, settings: Any) -> tuple[BlockedSlot, str]:
    """The first of a series, and the window has moved on since it came in."""
    begun = at(12, days=-28)
    rule = "RRULE:FREQ=WEEKLY;COUNT=10"
    apple.account.phone.put("a.ics", vevent("a", "Lunch", begun, at(13, days=-28), rule))
    apple.settle()
    settings.ICLOUD_WINDOW_DAYS_BACK = 10
    first = BlockedSlot.objects.order_by("starts_at").first()
    assert first is not None
    return first, apple.href("Lunch")


def test_d6_deleting_a_passed_slot_of_a_series_takes_its_occurrence_out(
    apple: World, settings: Any
) -> None:
    first, href = a_passed_slot(apple, settings)
    first.delete()
    apple.settle()
    assert "EXDATE" in apple.account.phone.get(href)


def test_r10_a_passed_slot_of_a_series_moved_forward_moves_in_icloud(
    apple: World, settings: Any
) -> None:
    first, href = a_passed_slot(apple, settings)
    first.starts_at, first.ends_at = at(9, days=2), at(10, days=2)
    first.save()
    apple.settle()
    assert event("Lunch", at(9, days=2), at(10, days=2), status="") in apple.remote()
    assert "RECURRENCE-ID" in apple.account.phone.get(href)


def test_d13_a_passed_appointment_of_a_series_moved_forward_moves_in_icloud(
    apple: World, settings: Any
) -> None:
    appointment = apple.book(title="Haircut", starts_at=at(10, days=-20))
    apple.settle()
    phone = apple.account.phone
    phone.edit(apple.href("Haircut"), "END:VEVENT", f"{WEEKLY}\r\nEND:VEVENT")
    apple.settle()
    settings.ICLOUD_WINDOW_DAYS_BACK = 10
    appointment.starts_at, appointment.ends_at = at(9, days=2), at(10, days=2)
    appointment.save()
    apple.settle()
    assert event("Haircut", at(9, days=2), at(10, days=2)) in apple.remote()
    assert not OutboxEntry.objects.exists()


def test_a_change_of_a_slot_whose_occurrence_is_gone_is_told_in_the_log(
    apple: World, settings: Any
) -> None:
    first, href = a_passed_slot(apple, settings)
    exdate = f"EXDATE:{first.starts_at:%Y%m%dT%H%M%SZ}"
    apple.account.phone.edit(href, "RRULE:", f"{exdate}\r\nRRULE:")
    apple.settle()
    first.title = "Mine"
    first.save()
    apple.settle()
    assert ["taken out of the series" in entry.message for entry in apple.log("skip")] == [True]


@pytest.mark.parametrize("rule", [(), (WEEKLY,)])
def test_d9_free_this_time_outlives_edits_in_icloud_and_the_daily_roll(
    apple: World, rule: tuple[str, ...]
) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), *rule))
    apple.settle()
    slot = BlockedSlot.objects.order_by("starts_at")[0]
    slot.is_busy = False
    slot.save()
    apple.settle()
    apple.account.phone.edit(apple.href("Lunch"), "SUMMARY:Lunch", "SUMMARY:Brunch")
    apple.settle()
    RemoteResource.objects.update(reconsider_at=timezone.now())
    roll_windows()
    slot.refresh_from_db()
    assert (slot.title, slot.is_busy) == ("Brunch", False)


def test_d11_a_slot_made_timed_at_midnights_is_written_timed_once(apple: World) -> None:
    day = at(0).date()
    apple.account.phone.put("a.ics", vevent("a", "Trip", day, day + timedelta(days=1), WEEKLY))
    apple.settle()
    slot = BlockedSlot.objects.order_by("starts_at")[0]
    slot.is_all_day, slot.starts_at, slot.ends_at = False, at(0), at(0, days=2)
    slot.save()
    apple.settle()
    assert event("Trip", at(0), at(0, days=2), status="") in apple.remote()
    apple.account.wire.clear()
    for _ in range(2):
        RemoteResource.objects.update(reconsider_at=timezone.now())
        roll_windows()
        apple.sync()
    assert apple.account.wire.writes() == []


def floating(world: World) -> str:
    body = vevent("f", "Gym", at(12), at(13))
    for name, moment in (("DTSTART", at(12)), ("DTEND", at(13))):
        body = body.replace(f"{name}:{stamp(moment)}", f"{name}:{moment:%Y%m%dT%H%M%S}")
    world.account.phone.put("f.ics", body)
    world.settle()
    world.user.time_zone = "America/New_York"
    world.user.save()
    world.settle()
    return world.href("Gym")


def starts_of(body: str) -> list[str]:
    return [line for line in body.splitlines() if line.startswith("DTSTART")]


def test_d11_a_floating_event_keeps_its_wall_time_when_its_owner_moves_to_another_zone(
    apple: World,
) -> None:
    href = floating(apple)
    before = starts_of(apple.account.phone.get(href))
    apple.account.phone.edit(href, "SUMMARY:Gym", "SUMMARY:Gym 2")
    apple.settle()
    assert starts_of(apple.account.phone.get(href)) == before
    new_york = at(12).replace(tzinfo=ZoneInfo("America/New_York"))
    assert [(one["title"], one["starts"]) for one in apple.slots()] == [("Gym 2", new_york)]


@pytest.mark.parametrize("what", ["title", "time"])
def test_d11_a_floating_slot_edited_here_after_the_move_is_written_as_it_is_meant(
    apple: World, what: str
) -> None:
    href = floating(apple)
    slot = BlockedSlot.objects.get()
    slot.title = "Gym 2"
    if what == "time":
        slot.starts_at, slot.ends_at = at(15), at(16)
    slot.save()
    apple.settle()
    hour = {"title": at(12), "time": at(15).astimezone(ZoneInfo("America/New_York"))}[what]
    assert starts_of(apple.account.phone.get(href)) == [f"DTSTART:{hour:%Y%m%dT%H%M%S}"]
