"""What the model found, each as the shortest story that shows it; marked while it lasts."""

from calendars.models import Appointment, BlockedSlot
from tests.model.agree import check_agreement, seen
from tests.model.here import Here
from tests.model.quiet import check_calm, check_fixed_point, settle
from tests.model.there import There
from tests.model.world import World


def end_well(world: World) -> None:
    settle(world)
    check_calm()
    check_agreement(world)
    check_fixed_point(world)


def test_an_event_moved_out_of_sight_and_edited_here_is_not_tried_for_ever(world: World) -> None:
    """D17, D4: only a person can say what is to become of it."""
    Here(world).edit(0, "title")
    There(world).move(0, 0, "Junk")
    end_well(world)


def test_what_is_left_of_a_deleted_appointments_series_still_takes_its_time(world: World) -> None:
    """R8: the rest of the series were Blocked Slots, and one of its days is there still."""
    There(world).repeat(0, 0, 3)
    world.minute()
    Here(world).delete(0)
    world.minute()
    there = There(world)
    there.repeat_no_more(0, 0)
    settle(world)
    left = world.account(0).bodies()["/anna@icloud.example/calendars/home/minted-1.ics"]
    assert left.master.seen() in [seen(slot) for slot in BlockedSlot.objects.all()]


def test_an_event_made_a_series_without_its_own_day_does_not_move_its_appointment(
    world: World,
) -> None:
    """D13, R6: its own occurrence was left out in iCloud, which changes nothing here."""
    before = seen(Appointment.objects.get(pk=1))
    there = There(world)
    there.repeat(0, 0, 2)
    there.leave_out(0, 0, 0)
    settle(world)
    assert seen(Appointment.objects.get(pk=1)) == before


def test_an_edit_of_an_occurrence_that_left_its_series_is_no_mistake_of_ours(
    world: World,
) -> None:
    """R12: the pull within the push takes the slot away, and with it the row being sent."""
    slot = BlockedSlot.objects.filter(title="event 18").order_by("pk")[1]
    slot.title = "Typed here"
    slot.save()
    There(world).leave_out(0, 3, 1)
    world.minute()
    assert world.grumble.mistakes == []
