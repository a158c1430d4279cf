"""The window's far edge, rolled forward from stored bodies with no request (D10)."""

from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch as replace_name

import pytest
import time_machine
from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync.tasks import roll_window, roll_windows
from tests.scenarios.world import BERLIN, World, at, connected, stamp, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db


MONTH = timedelta(days=30)


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


def days_of_slots() -> dict[int, date]:
    """pk -> the day in Berlin."""
    found = BlockedSlot.objects.order_by("starts_at")
    return {slot.pk: slot.starts_at.astimezone(BERLIN).date() for slot in found}


def test_thirteen_months_later_what_is_new_is_there_and_nothing_is_made_twice(
    standin: Server, settings: Any
) -> None:
    """A month back and two ahead, so that the days can be counted."""
    settings.ICLOUD_WINDOW_DAYS_BACK, settings.ICLOUD_WINDOW_DAYS_AHEAD = 30, 60
    world: World = connected(standin.new_account())
    world.account.phone.put("s.ics", daily(at(9, days=-400)))
    world.settle()
    before = days_of_slots()
    first, last = min(before.values()), max(before.values())
    assert list(before.values()) == every_day(first, last)
    world.account.wire.clear()
    today = timezone.now()
    for month in range(1, 14):
        with time_machine.travel(today + month * MONTH, tick=False):
            assert roll_windows() == "1 connections"
            roll_window(world.connection.pk)
    after = days_of_slots()
    assert world.account.wire.requests == []
    assert list(after.values()) == every_day(first, last + 13 * MONTH)
    assert before.items() <= after.items()
    with time_machine.travel(today + 13 * MONTH, tick=False):
        world.connection.resources.update(reconsider_at=today)
        roll_window(world.connection.pk)
        world.settle()
        assert days_of_slots() == after


def daily(start: datetime) -> str:
    """In its zone, so that it is nine o'clock all year."""
    text = vevent("s", "Daily", start, start + timedelta(hours=1), "RRULE:FREQ=DAILY")
    for name, moment in (("DTSTART", start), ("DTEND", start + timedelta(hours=1))):
        wall = f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}"
        text = text.replace(f"{name}:{stamp(moment)}", wall)
    return text


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
