"""iCloud lists what it cannot show yet, shows what was there before, and forgets nothing of
the sort soon (icloud-behaviour 4.8, 4.9): a look later all is well, and no edit is undone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from icloud_sync.models import RemoteCollection, RemoteResource, SyncLogEntry
from icloud_sync.pull.listing import Listing
from icloud_sync.pull.run import COMPARE_EVERY
from icloud_sync.remote.interface import MULTIGET_BATCH
from tests.scenarios.world import World, at, vevent

pytestmark = pytest.mark.django_db
NEVER = 1000


def titles(world: World) -> list[str]:
    return [one["title"] for one in world.slots()]


def requests(world: World) -> list[str]:
    """What one more look asks."""
    world.account.wire.clear()
    world.sync()
    return [one.method for one in world.account.wire.requests]


def switches(world: World) -> Any:
    return world.account.standin.switches


def lunch_changes_but_the_old_body_is_served(world: World) -> None:
    href = world.account.phone.put("lunch.ics", vevent("lunch", "Lunch", at(12), at(13)))
    world.settle()
    switches(world).stale_reads = 1
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Late lunch")
    seen = [titles(world) for _ in range(2) if world.sync()]
    assert seen == [["Lunch"], ["Late lunch"]]


def test_an_edit_whose_old_body_is_still_served_comes_a_look_later(apple: World) -> None:
    lunch_changes_but_the_old_body_is_served(apple)
    apple.settle()


def test_without_looking_at_the_etag_that_edit_would_be_missed(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listing, "is_behind", lambda self, one: False)
    with pytest.raises(AssertionError):
        lunch_changes_but_the_old_body_is_served(apple)


def test_our_own_edit_is_not_undone_by_the_body_it_replaced(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    switches(apple).put_without_etag = True
    switches(apple).stale_reads = 2
    appointment.title = "Shave"
    appointment.save()
    for _ in range(4):
        apple.connection.outbox.update(not_before=timezone.now())
        apple.sync()
        appointment.refresh_from_db()
        assert appointment.title == "Shave"
    assert [one["title"] for one in apple.remote()] == ["Shave"]
    assert not apple.log("update appointment")
    apple.settle()


def test_the_version_that_our_edit_replaced_is_known_for_what_it_is(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    before = RemoteResource.objects.get().etag
    appointment.title = "Shave"
    appointment.save()
    apple.sync()
    copy = RemoteResource.objects.get()
    assert [copy.is_behind(etag) for etag in (before, copy.etag, "", '"other"')] == [
        True,
        False,
        False,
        False,
    ]


def test_a_ghost_is_put_on_record_and_costs_no_listing_a_minute(apple: World) -> None:
    apple.settle()
    switches(apple).ghosts = "one"
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    for _ in range(3):
        apple.sync()
    ghosts = RemoteResource.objects.filter(state="needs_attention")
    told = SyncLogEntry.objects.filter(action="set aside")
    assert titles(apple) == ["Lunch"]
    assert [one.message for one in told] == [
        f"set aside {one.href}: iCloud lists this event, but does not show it." for one in ghosts
    ]
    assert [requests(apple) for _ in range(2)] == [["PROPFIND"]] * 2


def test_a_ghost_is_asked_for_again_less_and_less_often_and_not_for_ever(apple: World) -> None:
    apple.settle()
    switches(apple).ghosts = "one"
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    for _ in range(3):
        apple.sync()
    [ghost] = RemoteResource.objects.filter(collection__name="Home", state="needs_attention")
    RemoteResource.objects.filter(state="needs_attention").exclude(pk=ghost.pk).delete()
    waits = []
    for _ in range(10):
        waits.append(hours_until_asked_again(apple, ghost))
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24, 24, 24]
    assert hours_until_asked_again(apple, ghost) == NEVER


def hours_until_asked_again(world: World, ghost: RemoteResource) -> int:
    for hours in (1, 2, 4, 8, 16, 24, 48):
        past = timezone.now() - timedelta(hours=hours, minutes=1)
        RemoteResource.objects.filter(pk=ghost.pk).update(updated_at=past)
        if "REPORT" in requests(world):
            return hours
    return NEVER


def test_a_ghost_that_takes_shape_is_an_event_like_any_other(apple: World) -> None:
    apple.settle()
    switches(apple).listed_but_missing = NEVER
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    for _ in range(3):
        apple.sync()
    assert (titles(apple), RemoteResource.objects.get().state) == ([], "needs_attention")
    switches(apple).reset()
    RemoteResource.objects.update(updated_at=timezone.now() - timedelta(hours=2))
    apple.sync()
    assert (titles(apple), RemoteResource.objects.get().state) == (["Lunch"], "synced")
    apple.settle()


def test_a_ghost_that_is_not_even_listed_any_more_is_forgotten(apple: World) -> None:
    apple.settle()
    switches(apple).ghosts = "one"
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    for _ in range(3):
        apple.sync()
    switches(apple).reset()
    apple.connection.last_success_at = timezone.now() - COMPARE_EVERY
    apple.connection.save(update_fields=["last_success_at"])
    apple.sync()
    assert [one.state for one in RemoteResource.objects.all()] == ["synced"]
    assert not apple.log("mark deleted in iCloud")


# --- Listings that leave out -----------------------------------------------------------


@pytest.fixture
def full(apple: World) -> World:
    """200 events that we know."""
    for number in range(200):
        start = at(8) + timedelta(hours=number)
        body = vevent(f"u{number}", f"Event {number}", start, start + timedelta(minutes=30))
        apple.account.phone.put(f"{number}.ics", body)
    apple.sync()
    assert len(apple.slots()) == 200
    return apple


def token(world: World) -> str:
    return RemoteCollection.objects.values_list("sync_token", flat=True).get(
        connection=world.connection, role="target"
    )


def test_16_an_empty_list_of_200_events_removes_nothing_and_is_told(full: World) -> None:
    before = (full.slots(), token(full))
    home = full.account.standin.switches_of("home")
    home.tokens_expire, home.empty_listing = True, "members"
    full.account.phone.put("new.ics", vevent("new", "New", at(7), at(8)))
    for _ in range(5):
        asked = requests(full)
        assert (full.slots(), token(full)) == before
    assert len(asked) <= 3 + 200 // MULTIGET_BATCH
    assert full.connection.status == "degraded"
    assert "returned an empty list for the calendar “Home”, though its 200 events are there" in (
        full.connection.status_reason
    )
    assert len({one.message for one in full.log("doubt listing")}) == 1
    home.reset()
    full.settle()
    assert len(full.slots()) == 201
    assert full.connection.status == "connected"


def test_17_a_list_that_lacks_a_third_changes_nothing_and_asks_in_batches(full: World) -> None:
    before = full.slots()
    full.account.standin.switches_of("home").short_listings = 1
    full.account.standin.expire_tokens("home")
    full.account.phone.put("new.ics", vevent("new", "New", at(7), at(8)))
    asked = requests(full)
    assert full.account.standin.switches_of("home").short_listings == 0
    assert len(asked) < 12
    assert [one for one in full.slots() if one["title"] != "New"] == before
    full.settle()
    assert len(full.slots()) == 201


@pytest.mark.parametrize("fault", ["500", "503", "reset"])
def test_20_a_report_in_three_pages_that_fails_at_the_second_is_gone_on_with(
    apple: World, fault: str
) -> None:
    apple.settle()
    home, before = apple.account.standin.switches_of("home"), token(apple)
    for number in range(30):
        apple.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"E{number}", at(9), at(10)))
    home.page_size, home.second_page = 10, fault
    for _ in range(2):
        apple.sync()
        assert apple.connection.status == "degraded"
        known = {one["title"] for one in apple.slots()}
        assert token(apple) == before or known >= {f"E{number}" for number in range(10)}
        assert not apple.log("mark deleted in iCloud")
    home.reset("second_page")
    apple.account.wire.clear()
    apple.sync()
    reports = [one for one in apple.account.wire.requests if "sync-collection" in one.body]
    assert len(reports) == 3
    assert {one["title"] for one in apple.slots()} == {f"E{number}" for number in range(30)}
    assert token(apple) != before
    apple.settle()
