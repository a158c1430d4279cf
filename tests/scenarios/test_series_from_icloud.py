"""R9, R10, R12, D10: a repeating event made in iCloud, and all that is done to it there."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calendars.models import BlockedSlot
from icloud_sync.models import OutboxEntry, SyncLogEntry
from icloud_sync.window import roll
from tests.scenarios.world import World, at, slot, vevent

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
IN_BERLIN = """BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


def when(name: str, moment: datetime) -> str:
    return f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}"


def component(title: str, start: datetime, *more: str, uid: str = "s") -> str:
    """An event of an hour, written as Apple does."""
    lines = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", when("DTSTART", start)]
    lines += [when("DTEND", start + HOUR), f"SUMMARY:{title}", "SEQUENCE:0", *more]
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def body(*components: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Apple Inc.//iOS 18.0//EN", IN_BERLIN]
    return "\n".join([*lines, *components, "END:VCALENDAR", ""]).replace("\n", "\r\n")


def weekly(count: int, start: datetime | None = None, *more: str) -> str:
    return component("Gym", start or at(9), f"RRULE:FREQ=WEEKLY;COUNT={count}", *more)


def gym(*weeks: int, hour: int = 9, days: int = 1) -> list[dict[str, Any]]:
    starts = [at(hour, days=days + 7 * week) for week in weeks]
    return [slot("Gym", start, start + HOUR) for start in starts]


def pks() -> list[int]:
    return list(BlockedSlot.objects.order_by("starts_at").values_list("pk", flat=True))


def put(world: World, *components: str) -> None:
    world.account.phone.put("s.ics", body(*components))
    world.settle()


def test_r9_the_exceptions_of_a_series_are_honoured_and_none_is_doubled(world: World) -> None:
    start = at(9)
    second, third, fourth, fifth = (start + n * WEEK for n in range(1, 5))
    day = fifth.date()
    all_day = component("Gym", fifth, when("RECURRENCE-ID", fifth)).replace(
        f"{when('DTSTART', fifth)}\n{when('DTEND', fifth + HOUR)}",
        f"DTSTART;VALUE=DATE:{day:%Y%m%d}\nDTEND;VALUE=DATE:{day + DAY:%Y%m%d}",
    )
    put(
        world,
        weekly(6, start, when("EXDATE", second)),
        component("Gym", third + DAY + 5 * HOUR, when("RECURRENCE-ID", third)),
        component("Boxing", fourth, when("RECURRENCE-ID", fourth)),
        all_day,
    )
    first, last = gym(0, 5)
    assert world.slots() == [
        first,
        slot("Gym", at(14, days=16), at(15, days=16)),
        slot("Boxing", at(9, days=22), at(10, days=22)),
        slot("Gym", day, day + DAY),
        last,
    ]


def test_r9_an_occurrence_changed_in_icloud_changes_its_slot_and_no_other(world: World) -> None:
    put(world, weekly(4))
    rows = {each.pk: each for each in BlockedSlot.objects.all()}
    third = at(9) + 2 * WEEK
    put(world, weekly(4), component("Gym", third + 3 * HOUR, when("RECURRENCE-ID", third)))
    assert world.slots() == gym(0, 1) + gym(2, hour=12) + gym(3)
    after = BlockedSlot.objects.order_by("starts_at")
    assert [each.pk for each in after] == sorted(rows)
    changed = [each.updated_at != rows[each.pk].updated_at for each in after]
    assert changed == [False, False, True, False]
    put(world, weekly(4, None, when("EXDATE", third)))
    assert world.slots() == gym(0, 1, 3)


def test_r9_an_override_named_in_utc_is_that_of_its_occurrence(apple: World) -> None:
    second = at(9) + WEEK
    named = f"RECURRENCE-ID:{second.astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"
    put(apple, weekly(3), component("Gym", second + HOUR, named))
    assert apple.slots() == gym(0) + gym(1, hour=10) + gym(2)


def test_r12_a_shortened_series_is_a_change_and_what_went_can_be_restored(apple: World) -> None:
    put(apple, weekly(10))
    kept = pks()[:5]
    put(apple, weekly(5))
    assert (apple.slots(), pks()) == (gym(*range(5)), kept)
    gone = SyncLogEntry.objects.filter(action="remove slot").order_by("pk")
    assert [entry.before["starts_at"] for entry in gone] == [
        one["starts"].isoformat() for one in gym(*range(5, 10))
    ]


def test_r12_a_series_made_one_event_again_keeps_its_first_slot(apple: World) -> None:
    put(apple, weekly(4))
    first = pks()[:1]
    put(apple, component("Gym", at(9)))
    assert (apple.slots(), pks()) == (gym(0), first)
    put(apple, weekly(3))
    assert (apple.slots(), pks()[:1]) == (gym(0, 1, 2), first)


@pytest.mark.parametrize("by", [HOUR, DAY, -2 * DAY + HOUR])
def test_r9_a_series_moved_as_a_whole_moves_its_slots(apple: World, by: timedelta) -> None:
    put(apple, weekly(6, at(9, days=3)))
    before = pks()
    put(apple, weekly(6, at(9, days=3) + by))
    assert pks() == before
    assert len(apple.log("update slot")) == 6
    assert apple.slots() == gym(*range(6), hour=9 + by.seconds // 3600, days=3 + by.days)


def test_r9_a_daily_series_moved_by_a_day_has_lost_its_first_and_gained_one(apple: World) -> None:
    daily = "RRULE:FREQ=DAILY;COUNT=4"
    put(apple, component("Gym", at(9), daily))
    before = pks()
    put(apple, component("Gym", at(9) + DAY, daily))
    assert pks()[:3] == before[1:]
    assert [one["starts"] for one in apple.slots()] == [at(9, days=n) for n in range(2, 6)]


@pytest.mark.parametrize("by", [HOUR, DAY])
def test_r10_what_was_done_here_reaches_the_right_occurrence_of_a_series_moved_meanwhile(
    apple: World, by: timedelta
) -> None:
    put(apple, weekly(4))
    _, second, third, _ = BlockedSlot.objects.order_by("starts_at")
    second.title = "Boxing"
    second.save()
    third.delete()
    moved = weekly(4, at(9) + by)
    apple.account.phone.put("s.ics", body(moved))
    apple.settle()
    starts = [at(9) + by + n * WEEK for n in (0, 1, 3)]
    titles = ["Gym", "Boxing", "Gym"]
    assert apple.slots() == [slot(t, s, s + HOUR) for t, s in zip(titles, starts, strict=True)]
    [stored] = apple.account.phone.resources().values()
    assert when("RECURRENCE-ID", starts[1]) in stored
    assert when("EXDATE", starts[1] + WEEK) in stored
    assert not OutboxEntry.objects.exists()


def test_d6_one_deleted_here_alone_is_the_right_one_of_a_series_moved_meanwhile(
    apple: World,
) -> None:
    put(apple, weekly(3))
    BlockedSlot.objects.order_by("starts_at")[1].delete()
    apple.account.phone.put("s.ics", body(weekly(3, at(10))))
    apple.settle()
    assert apple.slots() == gym(0, 2, hour=10)
    [stored] = apple.account.phone.resources().values()
    assert when("EXDATE", at(10) + WEEK) in stored


@pytest.mark.parametrize("past_keeps_its_uid", [True, False])
def test_r9_this_and_future_in_apples_calendar_moves_the_future_once(
    apple: World, past_keeps_its_uid: bool
) -> None:
    start = at(9, days=-14)
    put(apple, weekly(6, start))
    past = pks()[:2]
    related = "RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:7D4A"
    until = f"UNTIL={(at(9, days=0) - HOUR).astimezone(ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}"
    old, new = ("s", "new") if past_keeps_its_uid else ("new", "s")
    rules = [f"RRULE:FREQ=WEEKLY;{until}", "RRULE:FREQ=WEEKLY;COUNT=4"]
    starts = [start, at(11, days=0)]
    for uid, rule, begins in zip((old, new), rules, starts, strict=True):
        split = component("Gym", begins, rule, related, uid=uid)
        apple.account.phone.put(f"{uid}.ics", body(split))
    apple.settle()
    assert apple.slots() == gym(0, 1, days=-14) + gym(0, 1, 2, 3, hour=11, days=0)
    if past_keeps_its_uid:
        assert pks()[:2] == past


def test_r12_a_series_deleted_in_icloud_that_comes_back_at_another_hour_has_the_same_slots(
    apple: World,
) -> None:
    put(apple, weekly(3))
    before = pks()
    apple.account.phone.delete(apple.href("Gym"))
    apple.settle()
    assert apple.slots() == [{**one, "deleted in iCloud": True} for one in gym(0, 1, 2)]
    put(apple, weekly(3, at(10)))
    assert (apple.slots(), pks()) == (gym(0, 1, 2, hour=10), before)


def test_d16_our_own_event_imported_once_more_is_nobodys_slot(apple: World) -> None:
    apple.book(title="Haircut")
    apple.settle()
    other = apple.account.make_collection("Old phone")
    apple.sync()
    apple.connection.collections.filter(href=other).update(role="mirrored")
    ours = apple.account.phone.get(apple.href("Haircut"))
    repeated = ours.replace("END:VEVENT", "RRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT")
    again = apple.account.phone.put("again.ics", repeated, other)
    apple.settle()
    apple.account.phone.edit(again, "Haircut", "Shave")
    apple.settle()
    assert apple.slots() == []
    assert [one["title"] for one in apple.appointments()] == ["Haircut"]
    assert [one["title"] for one in apple.remote()] == ["Haircut"]


def test_d10_a_passed_slot_moved_here_outlives_a_look_at_what_is_stored(
    apple: World, settings: Any
) -> None:
    """Its occurrence lies outside of the window, and iCloud has not been told."""
    put(apple, weekly(6, at(9, days=-25)))
    settings.ICLOUD_WINDOW_DAYS_BACK = 10
    first = BlockedSlot.objects.order_by("starts_at")[0]
    first.starts_at, first.ends_at = at(15), at(16)
    first.save()
    apple.connection.resources.update(reconsider_at=at(0, days=-1))
    roll(apple.connection.pk)
    apple.settle()
    assert slot("Gym", at(15), at(16)) in apple.slots()
    [stored] = apple.account.phone.resources().values()
    assert when("RECURRENCE-ID", at(9, days=-25)) in stored


# --- The owner moves to another zone ------------------------------------------------------


def floating(text: str) -> str:
    return text.replace(";TZID=Europe/Berlin", "")


def test_d10_times_without_a_zone_are_the_owners_wherever_they_move(apple: World) -> None:
    phone = apple.account.phone
    gym_at_nine = weekly(3, None, when("EXDATE", at(9) + WEEK))
    phone.put("s.ics", floating(body(gym_at_nine)))
    phone.put("d.ics", vevent("d", "Fair", at(9).date(), at(9, days=3).date()))
    phone.put("z.ics", vevent("z", "Call", at(15), at(16)))
    apple.settle()
    before = sorted(pks())
    apple.account.wire.clear()
    apple.user.time_zone = "America/New_York"
    apple.user.save()
    roll(apple.connection.pk)
    assert apple.account.wire.requests == []
    starts = [
        moment.replace(tzinfo=ZoneInfo("America/New_York")) for moment in (at(9), at(9) + 2 * WEEK)
    ]
    assert sorted(apple.slots(), key=lambda one: one["title"]) == [
        slot("Call", at(15), at(16)),
        slot("Fair", at(9).date(), at(9, days=3).date()),
        *(slot("Gym", start, start + HOUR) for start in starts),
    ]
    assert sorted(pks()) == before
    apple.settle()
