"""A week with a series from iCloud in it, as its owner sees it."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from icloud_sync.connecting import set_blocking
from tests.pages.test_week import Entries
from tests.scenarios.test_series_from_icloud import body, component, when
from tests.scenarios.world import BERLIN, World, connected
from tests.servers import Server

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
EVERY_OTHER_DAY = "RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR"


@pytest.fixture
def apple(standin: Server, client: Client, db: None) -> World:
    world = connected(standin.new_account())
    client.force_login(world.user)
    return world


def monday() -> datetime:
    """Nine o'clock on the first Monday that is more than a week away."""
    today = timezone.now().astimezone(BERLIN).date()
    first = today + timedelta(days=14 - today.weekday())
    return datetime(first.year, first.month, first.day, 9, tzinfo=BERLIN)


def drawn(client: Client, first: datetime) -> dict[str, list[str]]:
    """Weekday -> what its column says of each entry; "all day": above the columns."""
    page = client.get(f"/calendar/{first.year}/{first.month}/{first.day}/week/")
    above, *columns = page.content.decode().partition("<footer")[0].split('<section class="day')
    shown = {"all day": above} | {weekday(column): column for column in columns}
    return {name: said for name, html in shown.items() if (said := entries(html))}


def weekday(column: str) -> str:
    found = re.search(r'<time datetime="([0-9-]+)"', column)
    assert found
    return f"{datetime.fromisoformat(found[1]):%a}"


def entries(html: str) -> list[str]:
    parser = Entries()
    parser.feed(html)
    return [" ".join(text).replace(" Blocked Slot", "") for _, text, _ in parser.found]


def put(world: World, *components: str, name: str = "s.ics") -> None:
    world.account.phone.put(name, body(*components))
    world.settle()


def test_one_moved_and_one_deleted_occurrence_stand_where_they_should_and_nowhere_else(
    apple: World, client: Client
) -> None:
    first = monday()
    wednesday, friday = first + 2 * DAY, first + 4 * DAY
    series = component("Gym", first, EVERY_OTHER_DAY)
    put(apple, series)
    usual = "☁ Gym 09:00 – 10:00"
    assert drawn(client, first) == {"Mon": [usual], "Wed": [usual], "Fri": [usual]}
    put(
        apple,
        component("Gym", first, EVERY_OTHER_DAY, when("EXDATE", friday)),
        component("Gym", wednesday + DAY + 6 * HOUR, when("RECURRENCE-ID", wednesday)),
    )
    assert drawn(client, first) == {"Mon": [usual], "Thu": ["☁ Gym 15:00 – 16:00"]}
    after = first + WEEK
    assert drawn(client, after) == {"Mon": [usual], "Wed": [usual], "Fri": [usual]}


def test_after_this_and_future_the_past_stands_as_it_was_and_the_future_once(
    apple: World, client: Client
) -> None:
    first = monday()
    put(apple, component("Gym", first, EVERY_OTHER_DAY))
    wednesday = first + 2 * DAY
    until = (wednesday - timedelta(seconds=1)).astimezone(ZoneInfo("UTC"))
    apple.account.phone.put(
        "s.ics", body(component("Gym", first, f"{EVERY_OTHER_DAY};UNTIL={until:%Y%m%dT%H%M%SZ}"))
    )
    later = component("Gym", wednesday + 8 * HOUR, EVERY_OTHER_DAY, uid="later")
    put(apple, later, name="later.ics")
    late = ["☁ Gym 17:00 – 18:00"]
    assert drawn(client, first) == {"Mon": ["☁ Gym 09:00 – 10:00"], "Wed": late, "Fri": late}
    assert drawn(client, first + WEEK) == {"Mon": late, "Wed": late, "Fri": late}


def test_the_way_there_is_told_and_the_event_stands_at_its_own_time(
    apple: World, client: Client
) -> None:
    travel = "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT45M"
    put(apple, component("Gym", monday(), travel, "LOCATION:Mitte"))
    [[with_it]] = drawn(client, monday()).values()
    assert with_it == "☁ Gym 09:00 – 10:00 taken from 08:15, Mitte"
    set_blocking(apple.connection, {"travel_blocks": False})
    apple.settle()
    [[without]] = drawn(client, monday()).values()
    assert without == "☁ Gym 09:00 – 10:00 Mitte"
