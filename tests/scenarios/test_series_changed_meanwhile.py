"""A series changed in iCloud while something about it waits here, or had left it before."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from calendars.models import Appointment, BlockedSlot
from icloud_sync.models import OutboxEntry
from tests.scenarios.world import World, at, event, slot, stamp, vevent

WEEK = timedelta(days=7)
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


def alone(body: str, starts: datetime) -> str:
    """What a phone leaves of a series when all but one are deleted."""
    body = re.sub(r"(RRULE:FREQ=WEEKLY|EXDATE)[^\r]*\r\n", "", body)
    for name, moment in (("DTSTART", starts), ("DTEND", starts + timedelta(hours=1))):
        value = f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}"
        body = re.sub(rf"{name};TZID=Europe/Berlin:\d+T\d+", value, body)
    return body
