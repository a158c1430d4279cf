"""D16-D18: leaving, coming back, and which calendar of the account is for what."""

from datetime import timedelta

import pytest

from calendars.models import BlockedSlot
from icloud_sync.connecting import ConnectError, connect, disconnect, set_collections
from icloud_sync.models import MintedUid, RemoteCollection, RemoteResource
from icloud_sync.remote.client import CalDAVRemote
from tests.factories import CalendarFactory, UserFactory
from tests.scenarios.world import World, at, connected, event, slot, vevent
from tests.servers import Server


def reconnected(world: World) -> World:
    disconnect(world.connection)
    return connected(world.account, world.user)


def test_d16_disconnecting_leaves_our_events_and_takes_future_slots_and_the_password(
    world: World,
) -> None:
    world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.account.phone.put("b.ics", vevent("b", "Past", at(12, days=-2), at(13, days=-2)))
    world.settle()
    before = world.account.phone.resources()
    disconnect(world.connection)
    assert world.account.phone.resources() == before
    assert world.slots() == [slot("Past", at(12, days=-2), at(13, days=-2))]
    world.connection.refresh_from_db()
    assert (world.connection.status, world.connection.app_password) == ("disconnected", "")


def test_d16_reconnecting_finds_its_own_events_again_without_a_twin(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.account.phone.put("b.ics", vevent("b", "Past", at(12, days=-2), at(13, days=-2)))
    world.settle()
    before = world.account.phone.resources()
    again = reconnected(world)
    again.settle()
    assert again.account.phone.resources() == before
    assert again.slots() == [
        slot("Past", at(12, days=-2), at(13, days=-2)),
        slot("Lunch", at(12), at(13)),
    ]
    appointment.title = "Shave"
    appointment.save()
    again.settle()
    assert [one["title"] for one in again.remote()] == ["Past", "Shave", "Lunch"]


def test_d16_reconnecting_with_the_push_task_first_makes_no_twin(world: World) -> None:
    """The queue may run the push before the first import."""
    from icloud_sync.tasks import push

    world.book(title="Haircut")
    world.settle()
    again = reconnected(world)
    push(again.connection.pk)
    again.settle()
    assert again.remote() == [event("Haircut", at(10), at(11))]


def test_d16_what_changed_on_either_side_meanwhile_is_merged(world: World) -> None:
    appointment = world.book(title="Haircut", location="Mitte")
    world.settle()
    disconnect(world.connection)
    appointment.title = "Shave"
    appointment.save()
    world.account.phone.edit(world.href("Haircut"), "SUMMARY:Haircut", "SUMMARY:Beard")
    again = connected(world.account, world.user)
    again.settle()
    assert again.remote() == [event("Shave", at(10), at(11), place="Mitte")]
    assert again.slots() == []
    lost = [e.before["lost"] for e in again.connection.log.filter(outcome="conflict")]
    assert lost == [{"title": "Beard"}]


def test_d16_an_own_event_is_never_a_slot_even_without_its_appointment(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    disconnect(world.connection)
    appointment.delete()
    again = connected(world.account, world.user)
    again.settle()
    assert again.slots() == []
    assert [one["title"] for one in again.remote()] == ["Haircut"]  # past service: it stays


def test_d16_an_own_event_copied_into_somebody_elses_account_is_no_slot(
    world: World, server: Server
) -> None:
    world.book(title="Haircut")
    world.settle()
    [body] = world.account.phone.resources().values()
    other = connected(server.new_account())
    other.account.phone.put("imported.ics", body)
    other.settle()
    assert other.slots() == []
    assert MintedUid.objects.count() == 1


def test_d16_a_cancelled_appointment_is_not_found_again_as_anything(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    disconnect(world.connection)
    appointment.status = "cancelled"
    appointment.save()
    again = connected(world.account, world.user)
    again.settle()
    assert again.slots() == []
    assert again.remote() == []  # D2: a cancelled appointment has no event


# --- D17: roles ---


def test_d17_events_of_an_ignored_collection_do_not_come_in(server: Server, db: None) -> None:
    account = server.new_account()
    private, work = account.make_collection("Private"), account.make_collection("Work")
    account.phone.put("p.ics", vevent("p", "Secret", at(12), at(13)), private)
    account.phone.put("w.ics", vevent("w", "Meeting", at(14), at(15)), work)
    world = connected(account, mirrored=[work])
    world.settle()
    assert world.slots() == [slot("Meeting", at(14), at(15))]
    reports = [one.path for one in account.wire.requests if one.method == "REPORT"]
    assert private not in reports


def test_d17_a_read_only_collection_comes_in_and_nothing_goes_back(
    standin: Server, db: None
) -> None:
    account = standin.new_account()
    account.standin.add_collection("Team", kind="read-only", name="team")
    href = account.standin.collection("team").href
    account.standin.put("t.ics", vevent("t", "Team day", at(12), at(13)), "team")
    world = connected(account)
    world.settle()
    [one] = BlockedSlot.objects.all()
    assert "does not let us write" in one.read_only_reason
    one.title = "Changed all the same"
    one.save()
    world.account.wire.clear()
    world.sync()
    one.delete()
    world.sync()
    assert world.account.wire.writes() == []
    assert "Team day" in account.phone.resources(href)[f"{href}t.ics"]


def test_d17_a_collection_we_may_write_to_now_makes_its_slots_editable(apple: World) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    apple.connection.collections.update(can_write=False)
    BlockedSlot.objects.update(read_only_reason="iCloud does not let us write there.")
    apple.settle()
    lunch = BlockedSlot.objects.get()
    assert lunch.read_only_reason == ""
    lunch.title = "Brunch"
    lunch.save()
    apple.settle()
    assert [one["title"] for one in apple.remote()] == ["Brunch"]


def test_d17_a_read_only_collection_cannot_be_the_target(standin: Server, db: None) -> None:
    account = standin.new_account()
    account.standin.add_collection("Team", kind="read-only", name="team")
    with pytest.raises(ConnectError, match="read-only in iCloud"):
        connected(account, target_href=account.standin.collection("team").href)


@pytest.fixture
def two(server: Server, db: None) -> World:
    """Connected, with a second collection that is read."""
    account = server.new_account()
    account.make_collection("Second")
    return connected(account)


def test_d17_a_slot_moved_to_another_collection_is_the_same_slot(two: World) -> None:
    href = two.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    two.settle()
    [before] = BlockedSlot.objects.values_list("pk", flat=True)
    moved = two.account.phone.move(href, "Second")
    two.settle()
    assert two.slots() == [slot("Lunch", at(12), at(13))]
    assert list(BlockedSlot.objects.values_list("pk", flat=True)) == [before]
    lunch = BlockedSlot.objects.get()
    lunch.title = "Brunch"
    lunch.save()
    two.settle()
    assert "SUMMARY:Brunch" in two.account.phone.get(moved)
    assert two.remote() == []


def test_d17_a_moved_copy_is_followed_and_later_edits_go_to_the_new_place(two: World) -> None:
    appointment = two.book(title="Haircut")
    two.settle()
    moved = two.account.phone.move(two.href("Haircut"), "Second")
    two.settle()
    assert two.slots() == []
    appointment.title = "Shave"
    appointment.save()
    two.settle()
    assert two.remote("Second") == [event("Shave", at(10), at(11))]
    assert two.remote() == []
    two.account.phone.edit(moved, "SUMMARY:Shave", "SUMMARY:Beard")
    two.settle()
    appointment.refresh_from_db()
    assert appointment.title == "Beard"


def test_d17_moved_there_and_edited_here_before_we_looked(two: World) -> None:
    appointment = two.book(title="Haircut")
    two.settle()
    two.account.phone.move(two.href("Haircut"), "Second")
    appointment.title = "Shave"
    appointment.save()
    two.settle()
    assert two.remote("Second") == [event("Shave", at(10), at(11))]
    assert two.remote() == []


def test_d17_moved_and_edited_there_in_one_go(two: World) -> None:
    appointment = two.book(title="Haircut")
    two.settle()
    moved = two.account.phone.move(two.href("Haircut"), "Second")
    two.account.phone.edit(moved, "SUMMARY:Haircut", "SUMMARY:Beard")
    two.settle()
    appointment.refresh_from_db()
    assert appointment.title == "Beard"
    assert two.slots() == []


def test_d17_there_and_back_again(two: World) -> None:
    two.book(title="Haircut")
    two.settle()
    moved = two.account.phone.move(two.href("Haircut"), "Second")
    two.settle()
    two.account.phone.move(moved, "Home")
    two.settle()
    assert two.slots() == []
    assert two.remote() == [event("Haircut", at(10), at(11))]
    assert RemoteResource.objects.filter(state="synced").count() == 1


def test_d17_moved_to_an_ignored_collection_is_deleted_in_icloud(server: Server, db: None) -> None:
    account = server.new_account()
    account.make_collection("Attic")
    world = connected(account, mirrored=[])
    world.book(title="Haircut")
    href = account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    before = world.appointments()
    account.phone.move(world.href("Haircut"), "Attic")
    account.phone.move(href, "Attic")
    world.settle()
    assert world.appointments() == before
    assert world.slots() == [slot("Lunch", at(12), at(13), **{"deleted in iCloud": True})]
    assert set(RemoteResource.objects.values_list("state", flat=True)) == {"deleted_in_icloud"}


def test_d17_a_new_target_leaves_copies_where_they_are(two: World) -> None:
    old = two.book(title="Old")
    two.settle()
    second = two.account.phone.href_of("Second")
    set_collections(two.connection, second, [two.account.home])
    two.book(title="New", starts_at=at(14))
    old.notes = "still here"
    old.save()
    two.settle()
    assert two.remote() == [event("Old", at(10), at(11), notes="still here")]
    assert two.remote("Second") == [event("New", at(14), at(15))]


def test_d17_a_collection_ignored_and_read_again_comes_in_whole(two: World) -> None:
    second = two.account.phone.href_of("Second")
    two.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)), "Second")
    two.settle()
    set_collections(two.connection, two.account.home, [])
    two.settle()
    assert two.slots() == []
    set_collections(two.connection, two.account.home, [second])
    two.settle()
    assert two.slots() == [slot("Lunch", at(12), at(13))]
    assert two.account.wire.writes() == []


def test_d17_the_collections_of_an_account_that_vanish_take_nothing_with_them(
    apple: World,
) -> None:
    account = apple.account
    account.make_collection("Holidays")
    other = account.phone.href_of("Holidays")
    account.phone.put("a.ics", vevent("a", "Away", at(12), at(13)), "Holidays")
    apple.sync()
    RemoteCollection.objects.filter(href=other).update(role="mirrored")
    apple.settle()
    account.standin.remove_collection("Holidays")
    assert apple.sync().failed  # it says that a calendar is missing
    assert apple.slots() == [slot("Away", at(12), at(13))]


# --- D18 ---


def test_d18_a_second_user_with_the_same_account_is_refused(world: World) -> None:
    second = UserFactory()
    with pytest.raises(ConnectError, match=f"connected for {world.user} already"):
        connect(
            second,
            world.account.username.upper(),
            world.account.password,
            server_url=world.account.server_url,
        ) if world.account.standin else connected(world.account, second)
    assert not second.icloud_connections.exists()
    disconnect(world.connection)
    connected(world.account, second).settle()


def test_d18_the_next_owner_of_an_account_gets_no_slots_of_the_first_ones_copies(
    world: World,
) -> None:
    world.book(CalendarFactory(), title="Haircut", ends_at=at(10) + timedelta(hours=2))
    world.settle()
    disconnect(world.connection)
    second = connected(world.account, UserFactory())
    second.settle()
    assert second.slots() == []
    assert [one["title"] for one in second.remote()] == ["Haircut"]


def test_d17_a_pull_under_way_writes_nothing_of_a_collection_that_is_ignored_meanwhile(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.settle()
    two.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)), "Second")
    second, stock = two.account.phone.href_of("Second"), CalDAVRemote.list_changes

    def list_then_ignore(remote: CalDAVRemote, href: str, token: str) -> object:
        listed = stock(remote, href, token)
        if href == second:
            set_collections(two.connection, two.account.home, [])
        return listed

    with monkeypatch.context() as patch:
        patch.setattr(CalDAVRemote, "list_changes", list_then_ignore)
        two.sync()
    assert two.slots() == []
    two.settle()
    assert two.slots() == []
    assert not RemoteResource.objects.filter(collection__href=second).exclude(base="").exists()
