"""R5, R6, R8-R12: what is done in iCloud, and what Referins makes of it."""

from datetime import timedelta

from calendars.models import Appointment, BlockedSlot, Contact
from tests.scenarios.world import World, at, event, slot, stamp, vevent


def test_r5_a_change_in_icloud_to_a_pushed_event_changes_the_appointment(world: World) -> None:
    appointment = world.book(title="Haircut", notes="Bring a hat", location="Mitte")
    world.settle()
    href = world.href("Haircut")
    phone = world.account.phone
    phone.edit(href, "SUMMARY:Haircut", "SUMMARY:Haircut\\, short")
    phone.edit(href, "LOCATION:Mitte", "LOCATION:Wedding")
    phone.edit(href, "Bring a hat", "Bring two hats")
    phone.edit(href, "T100000", "T093000")
    world.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.location, appointment.notes) == (
        "Haircut, short",
        "Wedding",
        "Bring two hats",
    )
    assert (appointment.starts_at, appointment.ends_at) == (at(9, 30), at(11))
    assert Appointment.objects.count() == 1
    assert BlockedSlot.objects.count() == 0


def test_r6_deleting_a_pushed_event_in_icloud_changes_nothing_in_referins(world: World) -> None:
    world.book(title="Haircut")
    world.settle()
    before = world.appointments()
    world.account.phone.delete(world.href("Haircut"))
    world.settle()
    assert world.appointments() == before
    assert world.remote() == []
    assert len(world.log("mark deleted in iCloud")) == 1


def test_d4_a_later_change_here_puts_the_deleted_event_back(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.delete(world.href("Haircut"))
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]


def test_r8_and_r11_an_event_from_icloud_is_a_blocked_slot_and_no_contact(world: World) -> None:
    world.account.phone.put(
        "lunch.ics",
        vevent("lunch", "Lunch with Bob", at(12), at(13), "LOCATION:Canteen"),
    )
    world.settle()
    assert world.slots() == [slot("Lunch with Bob", at(12), at(13), place="Canteen")]
    assert Appointment.objects.count() == 0
    assert Contact.objects.count() == 0
    assert world.account.wire.writes() == []


def test_r9_a_later_change_in_icloud_is_mirrored(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    [before] = BlockedSlot.objects.values_list("pk", flat=True)
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Late lunch")
    world.account.phone.edit(href, stamp(at(12)), stamp(at(12, 30)))
    world.settle()
    assert world.slots() == [slot("Late lunch", at(12, 30), at(13))]
    assert list(BlockedSlot.objects.values_list("pk", flat=True)) == [before]


def test_r10_a_later_change_in_referins_is_mirrored_in_icloud(world: World) -> None:
    world.account.phone.put(
        "a.ics", vevent("a", "Lunch", at(12), at(13), "X-OTHER;X=1:kept as it is")
    )
    world.settle()
    lunch = BlockedSlot.objects.get()
    lunch.title, lunch.location = "Brunch", "Home"
    lunch.starts_at, lunch.ends_at = at(11), at(12)
    lunch.save()
    world.settle()
    assert world.remote() == [event("Brunch", at(11), at(12), place="Home", status="")]
    [body] = world.account.phone.resources().values()
    assert "X-OTHER;X=1:kept as it is" in body
    world.account.wire.assert_every_write_has_a_precondition()


def test_d6_deleting_the_slot_in_referins_deletes_the_event_in_icloud(world: World) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    BlockedSlot.objects.get().delete()
    world.settle()
    assert world.remote() == []
    assert world.slots() == []


def test_d6_a_cascade_never_writes_to_icloud(world: World) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.wire.clear()
    world.user.delete()
    assert world.account.wire.requests == []
    assert len(world.account.phone.resources()) == 1


def test_r12_deleting_the_event_in_icloud_leaves_the_slot(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.delete(href)
    world.settle()
    assert world.slots() == [slot("Lunch", at(12), at(13), **{"deleted in iCloud": True})]


def test_r12_a_shortened_series_is_a_change_and_its_slots_go(world: World) -> None:
    href = world.account.phone.put(
        "s.ics", vevent("s", "Standup", at(9), at(9, 15), "RRULE:FREQ=DAILY;COUNT=5")
    )
    world.settle()
    days = [timedelta(days=n) for n in range(5)]
    assert world.slots() == [slot("Standup", at(9) + d, at(9, 15) + d) for d in days]
    kept = list(BlockedSlot.objects.order_by("starts_at").values_list("pk", flat=True))[:3]
    world.account.phone.edit(href, "COUNT=5", "COUNT=3")
    world.settle()
    assert world.slots() == [slot("Standup", at(9) + d, at(9, 15) + d) for d in days[:3]]
    assert list(BlockedSlot.objects.order_by("starts_at").values_list("pk", flat=True)) == kept
    assert len(world.log("remove slot")) == 2


def test_d10_editing_one_slot_of_a_series_touches_no_other_occurrence(world: World) -> None:
    world.account.phone.put(
        "s.ics", vevent("s", "Standup", at(9), at(9, 15), "RRULE:FREQ=DAILY;COUNT=3")
    )
    world.settle()
    second = BlockedSlot.objects.order_by("starts_at")[1]
    second.title = "Long standup"
    second.ends_at += timedelta(minutes=30)
    second.save()
    world.settle()
    day = timedelta(days=1)
    assert world.slots() == [
        slot("Standup", at(9), at(9, 15)),
        slot("Long standup", at(9) + day, at(9, 45) + day),
        slot("Standup", at(9) + 2 * day, at(9, 15) + 2 * day),
    ]
    BlockedSlot.objects.order_by("starts_at")[2].delete()
    world.settle()
    [body] = world.account.phone.resources().values()
    assert body.count("BEGIN:VEVENT") == 2
    assert "EXDATE" in body


def test_d10_several_slots_of_a_series_changed_before_one_push(world: World) -> None:
    world.account.phone.put(
        "s.ics", vevent("s", "Standup", at(9), at(9, 15), "RRULE:FREQ=DAILY;COUNT=4")
    )
    world.settle()
    one, two, three, four = BlockedSlot.objects.order_by("starts_at")
    one.title, three.title = "First", "Third"
    one.save()
    two.delete()
    three.save()
    world.settle()
    assert [each["title"] for each in world.slots()] == ["First", "Third", "Standup"]
    three.delete()  # an override goes with its EXDATE
    world.settle()
    assert [each["title"] for each in world.slots()] == ["First", "Standup"]
    [body] = world.account.phone.resources().values()
    assert body.count("BEGIN:VEVENT") == 2
