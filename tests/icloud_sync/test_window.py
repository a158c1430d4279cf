"""The window's far edge, rolled forward from stored bodies with no request (D10)."""

from datetime import timedelta
from unittest.mock import patch as replace_name

import pytest
from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync.tasks import roll_window, roll_windows
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db


def starts() -> list[object]:
    return list(BlockedSlot.objects.order_by("starts_at").values_list("starts_at", flat=True))


def test_occurrences_enter_the_window_as_the_days_go_by_and_old_slots_stay(
    standin: Server,
) -> None:
    world: World = connected(standin.new_account())
    world.account.phone.put("s.ics", vevent("s", "Weekly", at(9), at(10), "RRULE:FREQ=WEEKLY"))
    world.account.phone.put("f.ics", vevent("f", "Far", at(9, days=560), at(10, days=560)))
    world.settle()
    before, pks = starts(), set(BlockedSlot.objects.values_list("pk", flat=True))
    world.account.wire.clear()
    later = timezone.now() + timedelta(days=14)
    with replace_name("icloud_sync.window.timezone.now", return_value=later):
        assert roll_windows() == "1 connections"
        assert roll_window(world.connection.pk) == "2 events looked at"
        again = starts()
        assert roll_windows() == "0 connections"
        assert roll_window(world.connection.pk) == "0 events looked at"
    assert starts() == again
    assert again[: len(before)] == before
    assert len(again) == len(before) + 3
    assert pks < set(BlockedSlot.objects.values_list("pk", flat=True))
    assert world.account.wire.requests == []
