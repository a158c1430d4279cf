"""D8: both sides changed since they last agreed."""

from calendars.models import BlockedSlot
from tests.scenarios.world import World, at, event, slot, vevent


def test_edits_of_different_fields_both_survive(world: World) -> None:
    appointment = world.book(title="Haircut", location="Mitte", notes="Bring a hat")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "LOCATION:Mitte", "LOCATION:Wedding")
    appointment.title = "Shave"
    appointment.starts_at, appointment.ends_at = at(14), at(15)
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(14), at(15), place="Wedding", notes="Bring a hat")]
    appointment.refresh_from_db()
    assert (appointment.title, appointment.location) == ("Shave", "Wedding")
    assert not world.connection.log.filter(outcome="conflict").exists()


def test_referins_wins_for_appointments_and_the_log_keeps_the_loser(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "SUMMARY:Haircut", "SUMMARY:Beard")
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]
    [entry] = world.connection.log.filter(outcome="conflict")
    assert entry.before["lost"] == {"title": "Beard"}


def test_icloud_wins_for_slots_and_the_log_keeps_the_loser(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Dinner")
    lunch = BlockedSlot.objects.get()
    lunch.title, lunch.location = "Brunch", "Home"
    lunch.save()
    world.settle()
    assert world.slots() == [slot("Dinner", at(12), at(13), place="Home")]
    assert world.remote() == [event("Dinner", at(12), at(13), place="Home", status="")]
    [entry] = world.connection.log.filter(outcome="conflict")
    assert entry.before["lost"] == {"title": "Brunch"}


def test_the_same_change_on_both_sides_is_no_conflict_and_no_write(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Brunch")
    lunch = BlockedSlot.objects.get()
    lunch.title = "Brunch"
    lunch.save()
    world.settle()
    assert world.slots() == [slot("Brunch", at(12), at(13))]
    assert not world.connection.log.filter(outcome="conflict").exists()
    stored = [w for w in world.account.wire.writes() if w.status in (200, 201, 204)]
    assert stored == []


def test_a_slot_deleted_here_and_edited_there_goes_and_the_log_keeps_the_edit(
    world: World,
) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Lunch with the mayor")
    BlockedSlot.objects.get().delete()
    world.settle()
    # Whichever side wins, both agree, and nothing is lost without a trace.
    assert [one["title"] for one in world.remote()] == [one["title"] for one in world.slots()]
    seen = [one["title"] for one in world.slots()] + [
        str(entry.before) + str(entry.after) for entry in world.connection.log.all()
    ]
    assert any("mayor" in text for text in seen)


def test_d12_a_move_onto_a_busy_time_is_applied_with_a_warning(world: World) -> None:
    world.book(title="First", starts_at=at(14))
    appointment = world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(14), at(15)))
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "T100000", "T140000")
    world.account.phone.edit(world.href("Haircut"), "T110000", "T150000")
    world.settle()
    appointment.refresh_from_db()
    assert (appointment.starts_at, appointment.ends_at) == (at(14), at(15))
    [entry] = world.log("update appointment")[:1]
    messages = " ".join(one.message for one in world.log("update appointment"))
    assert "warning: it overlaps 1 other appointment and 1 Blocked Slot" in messages, entry
