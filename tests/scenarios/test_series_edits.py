"""D10, D6: one slot of a series edited or deleted in the admin is one override or one EXDATE in
iCloud, and everything else there stays as it was."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from calendars.models import BlockedSlot
from icloud_sync.core.ical.zones import vtimezone
from icloud_sync.models import OutboxEntry
from tests.factories import UserFactory
from tests.scenarios.test_open_forms import address, opened
from tests.scenarios.world import World, at, slot, vevent

ALARM = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM"
ODD = 'X-ODD;P="a:b":folded where\r\n  nobody else would'
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def a_series(apple: World, starts: datetime | date, ends: datetime | date) -> str:
    """Three weeks, as a phone in Berlin would write it; the server keeps it to the byte."""
    assert apple.account.standin
    apple.account.standin.switches.insert_dtstamp = False
    body = vevent("s", "Yoga", starts, ends, "RRULE:FREQ=WEEKLY;COUNT=3", ODD, ALARM)
    if isinstance(starts, datetime):
        for line in body.splitlines():
            if line.startswith(("DTSTART:", "DTEND:")):
                moment = starts if line.startswith("DTSTART") else ends
                name = line.partition(":")[0]
                body = body.replace(line, f"{name};TZID=Europe/Berlin:{moment:%Y%m%dT%H%M%S}")
        body = body.replace("BEGIN:VEVENT", f"{vtimezone('Europe/Berlin')}BEGIN:VEVENT")
    href = apple.account.phone.put("s.ics", body)
    apple.settle()
    return href


def second() -> BlockedSlot:
    return BlockedSlot.objects.order_by("starts_at")[1]


def save(staff: Client, apple: World, one: BlockedSlot, **typed: str) -> None:
    assert staff.post(address(one), {**opened(staff, one), **typed}).status_code == 302
    apple.settle()
    assert not OutboxEntry.objects.exists()


def override_in(before: str, after: str) -> dict[str, str]:
    """The one event that came, by name (with parameters); nothing else differs."""
    place = before.rindex("END:VEVENT\r\n") + len("END:VEVENT\r\n")
    assert (after[:place], after[len(after) - len(before) + place :]) == (
        before[:place],
        before[place:],
    )
    new = after[place : len(after) - len(before) + place]
    assert new.count("BEGIN:VEVENT") == 1
    assert f"{ODD}\r\n" in new
    assert f"{ALARM}\r\n" in new
    return dict(line.rsplit(":", 1) for line in new.splitlines() if line.count(":") == 1)


def stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def test_d10_a_slot_moved_in_the_admin_is_one_override_and_edited_again_the_same_one(
    apple: World, staff: Client
) -> None:
    start = at(18)
    href = a_series(apple, start, start + HOUR)
    before = apple.account.phone.get(href)
    one = second()
    save(staff, apple, one, title="Yoga outside", starts_at_1="19:00", ends_at_1="20:30")
    new = override_in(before, apple.account.phone.get(href))
    expected = {
        "RECURRENCE-ID;TZID=Europe/Berlin": stamp(start + WEEK),
        "DTSTART;TZID=Europe/Berlin": stamp(start + WEEK + HOUR),
        "DTEND;TZID=Europe/Berlin": stamp(start + WEEK + 2.5 * HOUR),
        "SUMMARY": "Yoga outside",
        "SEQUENCE": "1",
    }
    assert new.items() >= expected.items()

    save(staff, apple, one, notes="bring a towel")
    new = override_in(before, apple.account.phone.get(href))
    assert new.items() >= {**expected, "SEQUENCE": "2", "DESCRIPTION": "bring a towel"}.items()
    assert apple.slots() == [
        slot("Yoga", start, start + HOUR),
        slot(
            "Yoga outside",
            start + WEEK + HOUR,
            start + WEEK + 2.5 * HOUR,
            notes="bring a towel",
        ),
        slot("Yoga", start + 2 * WEEK, start + 2 * WEEK + HOUR),
    ]


def test_d10_a_day_moved_in_an_all_day_series_is_one_override_of_dates(
    apple: World, staff: Client
) -> None:
    day = at(0).date()
    href = a_series(apple, day, day + timedelta(days=1))
    before = apple.account.phone.get(href)
    one, moved = second(), day + WEEK + timedelta(days=2)
    typed = {"starts_at_0": f"{moved}", "ends_at_0": f"{moved}", "title": "Yoga camp"}
    save(staff, apple, one, **typed)
    new = override_in(before, apple.account.phone.get(href))
    expected = {
        "RECURRENCE-ID;VALUE=DATE": f"{day + WEEK:%Y%m%d}",
        "DTSTART;VALUE=DATE": f"{moved:%Y%m%d}",
        "DTEND;VALUE=DATE": f"{moved + timedelta(days=1):%Y%m%d}",
        "SUMMARY": "Yoga camp",
    }
    assert new.items() >= expected.items()


@pytest.mark.parametrize("was_moved", [False, True])
def test_d6_a_slot_deleted_in_the_admin_is_one_exdate(
    apple: World, staff: Client, was_moved: bool
) -> None:
    start = at(18)
    href = a_series(apple, start, start + HOUR)
    before = apple.account.phone.get(href)
    one = second()
    if was_moved:
        save(staff, apple, one, starts_at_1="19:00", ends_at_1="20:00")
    delete = reverse("admin:calendars_blockedslot_delete", args=[one.pk])
    assert staff.post(delete, {"post": "yes"}).status_code == 302
    apple.settle()
    after = apple.account.phone.get(href)
    assert changed_lines(before, after) == {
        f"EXDATE;TZID=Europe/Berlin:{stamp(start + WEEK)}",
        "SEQUENCE:0",
        "SEQUENCE:1",
    }
    assert apple.slots() == [
        slot("Yoga", start, start + HOUR),
        slot("Yoga", start + 2 * WEEK, start + 2 * WEEK + HOUR),
    ]


def changed_lines(before: str, after: str) -> set[str]:
    """Those of one that are not in the other, our stamps aside."""
    found = set(before.splitlines()) ^ set(after.splitlines())
    return {line for line in found if not line.startswith(("DTSTAMP", "LAST-MODIFIED"))}


def test_d6_the_last_slot_of_an_invitation_to_one_occurrence_takes_the_resource_along(
    apple: World,
) -> None:
    """An override without its master (RFC 4791, 4.1): there is no series to except it from."""
    start = at(18)
    alone = f"RECURRENCE-ID:{start - HOUR:%Y%m%dT%H%M%S}"
    href = apple.account.phone.put("o.ics", vevent("o", "Yoga", start, start + HOUR, alone))
    apple.settle()
    BlockedSlot.objects.get().delete()
    apple.settle()
    assert href not in apple.account.phone.resources()


EDITS: dict[str, Callable[[BlockedSlot], None]] = {
    "title": lambda one: setattr(one, "title", "Mine"),
    "time": lambda one: setattr(one, "ends_at", one.ends_at + HOUR),
}


@pytest.mark.parametrize("what", EDITS)
def test_d10_an_override_that_a_device_wrote_in_utc_is_edited_where_it_stands(
    apple: World, what: str
) -> None:
    start = at(18)
    href = a_series(apple, start, start + HOUR)
    moved = vevent("s", "Late", start + WEEK + HOUR, start + WEEK + 2 * HOUR)
    moved = moved[moved.index("BEGIN:VEVENT") : moved.index("END:VCALENDAR")]
    rid = f"RECURRENCE-ID:{start + WEEK - start.utcoffset():%Y%m%dT%H%M%SZ}"
    moved = moved.replace("SEQUENCE:0", f"SEQUENCE:0\r\n{rid}")
    apple.account.phone.edit(href, "END:VCALENDAR", f"{moved}END:VCALENDAR")
    apple.settle()
    before = apple.account.phone.get(href)
    one = second()
    assert one.title == "Late"
    EDITS[what](one)
    one.save()
    apple.settle()
    changed = changed_lines(before, apple.account.phone.get(href))
    names = {line.partition(":")[0] for line in changed}
    assert names == {{"title": "SUMMARY", "time": "DTEND"}[what], "SEQUENCE"}
