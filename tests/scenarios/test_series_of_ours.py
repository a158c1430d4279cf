"""D13, R6, R9, R10: one occurrence of a series is the appointment, the others are slots of
their own, whatever becomes of the appointment."""

import pytest

from calendars.models import Appointment, BlockedSlot
from tests.scenarios.world import World, at, event

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
    apple.account.phone.edit(href, "RRULE:", f"{exdate}\r\nRRULE:")


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
