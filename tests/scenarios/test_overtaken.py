"""R12, D8: an edit made here while its occurrence leaves the series in iCloud."""

from calendars.models import BlockedSlot
from icloud_sync.models import OutboxEntry
from tests.scenarios.world import World, at, vevent


def daily(count: int) -> str:
    return vevent("s", "Gym", at(9), at(10), f"RRULE:FREQ=DAILY;COUNT={count}")


def test_r12_the_slot_goes_the_edit_stands_in_the_log_and_nothing_failed(world: World) -> None:
    world.account.phone.put("s.ics", daily(4))
    world.settle()
    last = BlockedSlot.objects.order_by("starts_at")[3]
    last.title = "Mine"
    last.save()
    world.account.phone.put("s.ics", daily(3))
    world.settle()
    assert [one["title"] for one in world.slots()] == ["Gym"] * 3
    assert "Mine" in str([entry.before for entry in world.log("remove slot")])
    assert world.log("park") == []
    assert not OutboxEntry.objects.exists()
