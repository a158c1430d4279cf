"""A series changed in iCloud while something about it waits here, or had left it before."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calendars.models import Appointment, BlockedSlot
from icloud_sync.models import OutboxEntry
from tests.scenarios.world import World, at, event, slot, stamp, vevent

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=4"
LATER, BEFORE = datetime(2090, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)


def gym(*more: str) -> str:
    return vevent("gym", "Gym", at(12), at(13), WEEKLY, *more)


def gyms() -> list[object]:
    starts = [at(12) + WEEK * number for number in range(4)]
    return [slot("Gym", start, start + timedelta(hours=1)) for start in starts]


def made_a_series(apple: World) -> tuple[Appointment, str]:
    appointment = apple.book(title="Haircut")
    apple.settle()
    href = apple.href("Haircut")
    apple.account.phone.edit(href, "END:VEVENT", f"{WEEKLY}\r\nEND:VEVENT")
    return appointment, href


def test_r12_an_edit_that_waits_for_an_occurrence_taken_out_in_icloud_deletes_nothing_there(
    apple: World,
) -> None:
    apple.account.phone.put("gym.ics", gym())
    apple.settle()
    third = BlockedSlot.objects.order_by("starts_at")[2]
    third.title = "Boxing"
    third.save()
    OutboxEntry.objects.update(not_before=LATER)
    apple.account.phone.put("gym.ics", gym(f"EXDATE:{stamp(at(12) + 2 * WEEK)}"))
    apple.sync()
    apple.account.phone.put("gym.ics", gym())
    apple.sync()
    OutboxEntry.objects.update(not_before=BEFORE)
    apple.settle()
    assert apple.slots() == gyms()
    assert "EXDATE" not in apple.account.phone.get(apple.href("Gym"))
    assert "Boxing" in str([entry.before for entry in apple.log("remove slot")])


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_d13_taking_an_appointment_out_leaves_the_series_that_icloud_made_of_it_meanwhile(
    apple: World, how: str
) -> None:
    appointment, _ = made_a_series(apple)
    if how == "deleted":
        appointment.delete()
    else:
        appointment.status = "cancelled"
        appointment.save()
    apple.settle()
    starts = [at(10) + WEEK * number for number in range(1, 4)]
    assert apple.slots() == [
        slot("Haircut", one, one + timedelta(hours=1), notes="") for one in starts
    ]


@pytest.mark.parametrize("ours_was", ["cancelled", "taken out there"])
def test_r8_what_is_left_of_a_series_that_our_occurrence_had_left_is_a_slot(
    apple: World, ours_was: str
) -> None:
    appointment, href = made_a_series(apple)
    apple.settle()
    if ours_was == "cancelled":
        appointment.status = "cancelled"
        appointment.save()
    else:
        local = at(10).strftime("%Y%m%dT%H%M%S")
        exdate = f"EXDATE;TZID=Europe/Berlin:{local}\r\n"
        apple.account.phone.edit(href, "RRULE:FREQ=WEEKLY", f"{exdate}RRULE:FREQ=WEEKLY")
    apple.settle()
    only = at(10) + 2 * WEEK
    apple.account.phone.put(href.rpartition("/")[2], alone(apple.account.phone.get(href), only))
    apple.settle()
    assert apple.remote() == [event("Haircut", only, only + timedelta(hours=1))]
    assert apple.slots() == [slot("Haircut", only, only + timedelta(hours=1))]


# --- iCloud: this and all future ----------------------------------------------------------


def split(world: World, hour: int, *more: str) -> None:
    """From the third on another series, at this hour, as Apple's editor writes it."""
    related = "RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:9F2A"
    until = f"RRULE:FREQ=WEEKLY;UNTIL={stamp(at(12) + 2 * WEEK - timedelta(seconds=1))}"
    start = at(hour) + 2 * WEEK
    rest = vevent("rest", "Gym", start, start + HOUR, "RRULE:FREQ=WEEKLY;COUNT=2", related, *more)
    world.account.phone.put("gym.ics", vevent("gym", "Gym", at(12), at(13), until, related))
    world.account.phone.put("a-rest.ics", rest)


def busy() -> list[bool]:
    return list(BlockedSlot.objects.order_by("starts_at").values_list("is_busy", flat=True))


@pytest.mark.parametrize("hour", [12, 15])
def test_d9_time_freed_here_stays_free_in_the_new_part_of_a_series_that_icloud_splits(
    apple: World, hour: int
) -> None:
    apple.account.phone.put("gym.ics", gym())
    apple.settle()
    third = BlockedSlot.objects.order_by("starts_at")[2]
    third.is_busy = False
    third.save()
    split(apple, hour)
    apple.settle()
    assert busy() == [True, True, False, True]


def test_d9_where_the_new_part_is_free_or_busy_in_another_way_icloud_is_followed(
    apple: World,
) -> None:
    apple.account.phone.put("gym.ics", gym("TRANSP:TRANSPARENT"))
    apple.settle()
    third = BlockedSlot.objects.order_by("starts_at")[2]
    third.is_busy = True
    third.save()
    split(apple, 12, "TRANSP:OPAQUE")
    apple.settle()
    assert busy() == [True, True, True, True]


def test_d9_two_events_at_the_same_time_are_no_parts_of_one_series(apple: World) -> None:
    """A copy that somebody made: freeing one frees no other."""
    apple.account.phone.put("gym.ics", gym())
    apple.settle()
    BlockedSlot.objects.update(is_busy=False)
    apple.account.phone.put("copy.ics", gym().replace("UID:gym", "UID:copy"))
    apple.settle()
    assert sorted(busy()) == [False] * 4 + [True] * 4


# --- Deleted here and there ---------------------------------------------------------------


def test_d6_what_was_deleted_here_before_its_series_was_deleted_there_goes_when_that_comes_back(
    apple: World,
) -> None:
    href = apple.account.phone.put("gym.ics", gym())
    apple.settle()
    BlockedSlot.objects.order_by("starts_at")[1].delete()
    apple.account.phone.delete(href)
    apple.sync()
    OutboxEntry.objects.update(not_before=BEFORE)
    apple.settle()
    assert [one["deleted in iCloud"] for one in apple.slots()] == [True] * 3
    apple.account.phone.put("gym.ics", gym())
    apple.settle()
    assert apple.slots() == [gyms()[0], *gyms()[2:]]
    assert "EXDATE" in apple.account.phone.get(href)


def test_r8_a_slot_removed_here_that_read_deleted_in_icloud_comes_back_with_its_event(
    apple: World,
) -> None:
    """Who tidied up here asked for nothing there."""
    href = apple.account.phone.put("gym.ics", gym())
    apple.settle()
    apple.account.phone.delete(href)
    apple.settle()
    BlockedSlot.objects.order_by("starts_at")[1].delete()
    apple.settle()
    apple.account.phone.put("gym.ics", gym())
    apple.settle()
    assert apple.slots() == gyms()
    assert "EXDATE" not in apple.account.phone.get(href)


# --- The edge of the window ---------------------------------------------------------------


def test_d10_an_occurrence_that_has_passed_and_is_moved_into_the_window_is_no_conflict(
    apple: World, settings: Any
) -> None:
    start = at(12, days=-20)
    series = vevent("gym", "Gym", start, start + HOUR, "RRULE:FREQ=WEEKLY;COUNT=4")
    apple.account.phone.put("gym.ics", series)
    apple.settle()
    settings.ICLOUD_WINDOW_DAYS_BACK = 5
    moved = (
        vevent("gym", "Gym", at(15, days=3), at(16, days=3), f"RECURRENCE-ID:{stamp(start)}")
        .partition("BEGIN:VEVENT")[2]
        .partition("END:VCALENDAR")[0]
    )
    apple.account.phone.edit(
        apple.href("Gym"), "END:VCALENDAR", f"BEGIN:VEVENT{moved}END:VCALENDAR"
    )
    apple.settle()
    slot_id = BlockedSlot.objects.get(starts_at=at(15, days=3)).pk
    assert [one.message for one in apple.log("update slot")] == [
        f"changed Blocked Slot {slot_id} (time), as in iCloud"
    ]
    assert [one["starts"] for one in apple.slots()] == [
        start + WEEK,
        start + 2 * WEEK,
        start + 3 * WEEK,
        at(15, days=3),
    ]


def alone(body: str, starts: datetime) -> str:
    """What a phone leaves of a series when all but one are deleted."""
    body = re.sub(r"(RRULE:FREQ=WEEKLY|EXDATE)[^\r]*\r\n", "", body)
    for name, moment in (("DTSTART", starts), ("DTEND", starts + timedelta(hours=1))):
        value = f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}"
        body = re.sub(rf"{name};TZID=Europe/Berlin:\d+T\d+", value, body)
    return body
