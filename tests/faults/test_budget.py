"""What an account costs: a burst, then a steady rate, whoever works on it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from icloud_sync.leases import hold
from icloud_sync.models import ICloudConnection
from icloud_sync.session import Session, session
from tests.scenarios.world import World, at, vevent

pytestmark = pytest.mark.django_db
START = datetime.fromisoformat("2026-11-22T12:00:00+00:00")


class Clock:
    """Time passes only where somebody waits."""

    def __init__(self) -> None:
        self.now, self.slept = START, 0.0

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += timedelta(seconds=seconds)


def ask(world: World, clock: Clock, times: int) -> None:
    """As one worker of several does: with what the row says."""
    connection = ICloudConnection.objects.get(pk=world.connection.pk)
    with hold(connection.pk) as lease:
        assert lease
        with session(connection, lease) as opened:
            opened.clock, opened.sleep = clock, clock.sleep
            for _ in range(times):
                opened.before_request()


@pytest.fixture
def clock(apple: World) -> Clock:
    ICloudConnection.objects.update(paid_until=None)
    return Clock()


def test_the_burst_is_the_accounts_and_not_a_workers(apple: World, clock: Clock) -> None:
    for _ in range(5):
        ask(apple, clock, 50)
    assert clock.slept == 0
    ask(apple, clock, 40)
    assert clock.slept == pytest.approx(10)  # 40 at 240 a minute


def test_a_setting_says_how_much_an_account_may_cost(
    apple: World, clock: Clock, settings: Any
) -> None:
    settings.ICLOUD_REQUESTS_PER_MINUTE, settings.ICLOUD_REQUESTS_BURST = 60, 3
    ask(apple, clock, 13)
    assert clock.slept == pytest.approx(10)


def test_nothing_is_dropped_where_the_budget_is_spent(
    apple: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ICLOUD_REQUESTS_PER_MINUTE, settings.ICLOUD_REQUESTS_BURST = 60, 1
    slept: list[float] = []
    monkeypatch.setattr(Session.__init__, "__defaults__", defaults_with(slept.append))
    for hour in range(9, 14):
        apple.book(title=f"Hour {hour}", starts_at=at(hour))
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(15), at(16)))
    apple.sync()
    assert len(apple.remote()) == 6
    assert [one["title"] for one in apple.slots()] == ["Lunch"]
    assert len(slept) >= len(apple.account.wire.requests) - 2


def defaults_with(sleep: Any) -> tuple[Any, ...]:
    clock, _, *rest = Session.__init__.__defaults__ or ()
    return (clock, sleep, *rest)


# --- When nothing changed ----------------------------------------------------------------


def look(world: World) -> list[tuple[str, int]]:
    """What one look asks for, and how many bytes come back."""
    account = world.account.standin
    account.forget_requests()
    world.account.wire.clear()
    world.sync()
    assert len(account.requests) == len(world.account.wire.requests)
    return [(one.method, len(one.response_body)) for one in world.account.wire.requests]


def read_only_home(world: World) -> None:
    world.connection.collections.exclude(role="target").update(role="ignored")
    world.sync()


def test_of_several_calendars_the_homes_listing_tells_whether_one_changed(apple: World) -> None:
    apple.settle()
    [(method, _)] = look(apple)
    assert method == "PROPFIND"


def test_of_one_calendar_its_own_report_tells_and_is_a_fraction_of_that(apple: World) -> None:
    apple.settle()
    [(_, listing)] = look(apple)
    read_only_home(apple)
    [(method, report)] = look(apple)
    assert method == "REPORT"
    assert report < 500 < listing / 10


def test_a_change_in_the_one_calendar_costs_two_requests(apple: World) -> None:
    apple.settle()
    read_only_home(apple)
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    assert [method for method, _ in look(apple)] == ["REPORT", "REPORT"]
    assert [method for method, _ in look(apple)] == ["REPORT"]


@pytest.mark.parametrize(
    ("hours", "asked"),
    [(1, ["PROPFIND"]), (24, ["PROPFIND", "REPORT"])],
    ids=["names and rights, each hour", "every etag, each day"],
)
def test_now_and_then_more_is_looked_at(apple: World, hours: int, asked: list[str]) -> None:
    apple.settle()
    read_only_home(apple)
    past = timezone.now() - timedelta(hours=hours)
    ICloudConnection.objects.update(last_success_at=past)
    assert [method for method, _ in look(apple)] == asked


def test_a_calendar_that_is_withdrawn_is_missed_though_it_is_the_only_one(apple: World) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    read_only_home(apple)
    apple.account.standin.switches_of("home").withdrawn = "404"
    apple.sync()
    assert apple.connection.status == "degraded"
    assert "“Home” is not in the account any more" in apple.connection.status_reason
    assert [one["deleted in iCloud"] for one in apple.slots()] == [False]
