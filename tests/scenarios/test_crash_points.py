"""A lost answer, an account that is away, a token that has expired: nothing doubled,
nothing lost."""

from collections.abc import Callable

import pytest

from calendars.models import BlockedSlot
from icloud_sync.connecting import update_password
from icloud_sync.models import OutboxEntry, RemoteResource
from tests.scenarios.world import World, at, event, slot, vevent
from tests.wire import Drop, Exchange, Reply


def once(method: str, verdict: Drop | Reply) -> Callable[[Exchange], Drop | Reply | None]:
    left = [verdict]

    def fault(exchange: Exchange) -> Drop | Reply | None:
        return left.pop() if exchange.method == method and left else None

    return fault


def due(world: World) -> None:
    """Time passes until the next try."""
    world.connection.outbox.update(not_before=at(0, days=-1))


def no_conflicts(world: World) -> None:
    assert not world.connection.log.filter(outcome="conflict").exists()


@pytest.mark.parametrize("drop", list(Drop))
def test_a_put_whose_answer_was_lost_makes_no_twin(world: World, drop: Drop) -> None:
    world.account.wire.faults.append(once("PUT", drop))
    world.book(title="Haircut")
    world.sync()
    due(world)
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11))]
    assert world.slots() == []
    no_conflicts(world)


@pytest.mark.parametrize("drop", list(Drop))
def test_an_edit_made_before_the_lost_answer_was_noticed_is_not_taken_back(
    world: World, drop: Drop
) -> None:
    world.account.wire.faults.append(once("PUT", drop))
    appointment = world.book(title="Haircut")
    world.sync()
    appointment.title = "Shave"
    appointment.save()
    due(world)
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]
    appointment.refresh_from_db()
    assert appointment.title == "Shave"
    no_conflicts(world)


@pytest.mark.parametrize("drop", list(Drop))
def test_an_update_whose_answer_was_lost_is_recognised(world: World, drop: Drop) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.wire.faults.append(once("PUT", drop))
    appointment.title = "Shave"
    appointment.save()
    world.sync()
    due(world)
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]
    no_conflicts(world)


@pytest.mark.parametrize("drop", list(Drop))
def test_a_delete_whose_answer_was_lost_is_done(world: World, drop: Drop) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.wire.faults.append(once("DELETE", drop))
    appointment.status = "cancelled"
    appointment.save()
    world.sync()
    due(world)
    world.settle()
    assert world.remote() == []
    assert world.log("mark deleted in iCloud") == []


def test_an_own_write_that_a_pull_meets_before_its_answer_was_saved_is_no_news(
    world: World,
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    RemoteResource.objects.update(etag='"older"')  # as if the crash came before the save
    changed = appointment.updated_at
    from icloud_sync.sync import sync

    world.account.wire.clear()
    sync(world.connection.pk, full=True)
    appointment.refresh_from_db()
    assert appointment.updated_at == changed
    assert world.account.wire.writes() == []
    assert world.slots() == []


def test_a_pull_that_dies_half_way_starts_again_where_it_was(world: World) -> None:
    for number in range(3):
        world.account.phone.put(
            f"e{number}.ics", vevent(f"e{number}", f"Event {number}", at(9 + number), at(12))
        )
    multigets = [Reply(500)]
    world.account.wire.faults.append(
        lambda exchange: (
            multigets.pop() if "calendar-multiget" in exchange.body and multigets else None
        )
    )
    assert world.sync().failed
    assert world.slots() == []
    world.settle()
    assert [one["title"] for one in world.slots()] == ["Event 0", "Event 1", "Event 2"]


@pytest.mark.parametrize(
    "answer", ["bare 403", "valid-sync-token", "410", "412", "507", "everything again"]
)
def test_an_expired_token_compares_etags_and_reads_nothing_again(apple: World, answer: str) -> None:
    apple.book(title="Haircut")
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    before = apple.state()
    apple.account.standin.switches.expired_token = answer
    apple.account.standin.expire_tokens()
    apple.account.phone.put("b.ics", vevent("b", "New", at(14), at(15)))
    apple.account.wire.clear()
    assert not apple.sync().failed
    read = [one.body for one in apple.account.wire.requests if "multiget" in one.body]
    assert len(read) == 1
    assert "b.ics" in read[0]
    assert "a.ics" not in read[0]
    assert apple.account.wire.writes() == []
    assert apple.appointments() == before[0]
    assert apple.slots() == [*before[1], slot("New", at(14), at(15))]
    apple.settle()


@pytest.mark.parametrize("what", ["members", "all"])
def test_an_empty_listing_takes_nothing_away(apple: World, what: str) -> None:
    apple.book(title="Haircut")
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    before = apple.state()
    switches = apple.account.standin.switches
    switches.empty_listing = what
    from icloud_sync.sync import sync

    sync(apple.connection.pk, full=True)
    assert apple.state() == before
    switches.empty_listing = ""
    apple.connection.refresh_from_db()
    apple.settle()
    assert apple.state() == before


def test_a_sign_in_page_takes_nothing_away(apple: World) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    before = apple.state()
    apple.account.standin.switches.html_answer = True
    assert apple.sync().failed
    assert apple.state() == before
    assert apple.connection.status == "degraded"
    apple.account.standin.switches.html_answer = False
    apple.settle()
    assert apple.connection.status == "connected"


def test_a_revoked_password_loses_nothing_and_a_new_one_sends_everything_once(
    apple: World,
) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    apple.account.standin.switches.revoked_password = True
    first = apple.book(title="One")
    first.title = "Uno"
    first.save()
    apple.book(title="Two", starts_at=at(15))
    assert apple.sync().failed
    assert apple.connection.status == "needs_password"
    asked = len(apple.account.wire.requests)
    apple.sync()
    assert len(apple.account.wire.requests) == asked  # a dead password is not tried again
    assert len(apple.slots()) == 1
    apple.account.standin.switches.revoked_password = False
    update_password(apple.connection, apple.account.password)
    apple.account.wire.clear()
    assert not apple.sync().failed
    puts = [write.status for write in apple.account.wire.writes()]
    assert puts == [201, 201]
    apple.settle()
    assert apple.remote() == [
        event("Uno", at(10), at(11)),
        event("Lunch", at(12), at(13), status=""),
        event("Two", at(15), at(16)),
    ]


def test_a_server_that_is_busy_is_asked_again_when_it_said(apple: World) -> None:
    apple.account.standin.switches.throttle_seconds = 3_000
    apple.book(title="Haircut")
    apple.book(title="Shave", starts_at=at(14))
    assert apple.sync().failed
    assert apple.connection.status == "degraded"
    for row in OutboxEntry.objects.all():  # also the one that was not tried
        assert row.state == "waiting"
        assert (row.not_before - row.created_at).total_seconds() > 2_900
    apple.account.standin.switches.throttle_seconds = None
    due(apple)
    apple.settle()
    assert apple.connection.status == "connected"
    assert apple.remote() == [event("Haircut", at(10), at(11)), event("Shave", at(14), at(15))]


def test_two_edits_before_the_push_are_one_put(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    for title in ("Shave", "Beard", "Both"):
        appointment.title = title
        appointment.save()
    world.account.wire.clear()
    world.sync()
    assert len(world.account.wire.writes()) == 1
    world.settle()
    assert world.remote() == [event("Both", at(10), at(11))]


def test_a_server_that_gives_no_etag_is_read_before_the_next_write(apple: World) -> None:
    apple.account.standin.switches.put_without_etag = True
    appointment = apple.book(title="Haircut")
    apple.settle()
    appointment.title = "Shave"
    appointment.save()
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]
    apple.account.wire.assert_every_write_has_a_precondition()


def test_one_event_nobody_can_read_stops_only_itself(apple: World) -> None:
    apple.account.phone.put("bad.ics", "BEGIN:VCALENDAR\r\nrubbish\r\n")
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    assert apple.slots() == [slot("Lunch", at(12), at(13))]
    assert RemoteResource.objects.filter(state="needs_attention").count() == 1
    assert BlockedSlot.objects.count() == 1


def test_a_slot_edited_again_after_a_lost_answer_keeps_the_last_edit(world: World) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    lunch = BlockedSlot.objects.get()
    lunch.title = "Brunch"
    lunch.save()
    world.account.wire.faults.append(once("PUT", Drop.AFTER_APPLY))
    world.sync()
    lunch.refresh_from_db()
    lunch.title = "Breakfast"
    lunch.save()
    due(world)
    world.settle()
    assert world.remote() == [event("Breakfast", at(12), at(13), status="")]
    no_conflicts(world)


def test_one_event_the_server_chokes_on_does_not_keep_the_others_back(apple: World) -> None:
    apple.settle()
    apple.book(title="Bad")
    apple.book(title="Good", starts_at=at(15))
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.account.wire.faults.append(
        lambda exchange: (
            Reply(500) if exchange.method == "PUT" and "SUMMARY:Bad" in exchange.body else None
        )
    )
    apple.sync()
    apple.sync()
    assert [one["title"] for one in apple.remote()] == ["Lunch", "Good"]
    assert apple.slots() == [slot("Lunch", at(12), at(13))]
