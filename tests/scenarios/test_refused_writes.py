"""What iCloud will not take: tried as often as it may help, then told in words that hold. One
event's trouble stops only itself (I9)."""

from collections.abc import Callable, Collection
from typing import Any

import pytest

from calendars.models import BlockedSlot
from icloud_standin.switches import Switches
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.sync import sync
from icloud_sync.tasks import push
from tests.scenarios.world import World, at, event, slot, vevent
from tests.wire import Drop, Exchange, Reply

CALDAV, DAV = "urn:ietf:params:xml:ns:caldav", "DAV:"
Fault = Callable[[Exchange], Drop | Reply | None]


def error(name: str, namespace: str = CALDAV) -> bytes:
    return f'<D:error xmlns:D="DAV:"><X:{name} xmlns:X="{namespace}"/></D:error>'.encode()


def due(world: World) -> None:
    """Time passes until the next try."""
    world.connection.outbox.update(not_before=at(0, days=-1))


def looks(world: World, times: int) -> list[list[str]]:
    """What so many looks asked, as verbs."""
    seen = []
    for _ in range(times):
        due(world)
        world.account.wire.clear()
        world.sync()
        seen.append([one.method for one in world.account.wire.requests])
    return seen


def count(seen: list[list[str]], verb: str) -> list[int]:
    return [verbs.count(verb) for verbs in seen]


def told(world: World) -> list[tuple[str, str]]:
    """What staff read in the outbox."""
    return list(world.connection.outbox.order_by("object_id").values_list("state", "last_error"))


def answering(reply: Drop | Reply, *methods: str, about: str = "") -> Fault:
    """For writes whose body says so."""

    def fault(exchange: Exchange) -> Drop | Reply | None:
        wanted = exchange.method in (methods or ("PUT", "DELETE"))
        return reply if wanted and about in exchange.body else None

    return fault


# --- It lives elsewhere in the account (6.6, D17) --------------------------------------------


def edited_after_it_was_moved_away(world: World, seen_first: bool = True) -> Any:
    world.account.make_collection("Private")
    world.sync()
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.move(world.href("Haircut"), "Private")
    if seen_first:
        world.settle()
    appointment.title = "Shave"
    appointment.save()
    return appointment


@pytest.mark.parametrize("seen_first", [True, False])
@pytest.mark.parametrize("how", Switches.uid_conflict.choices)
def test_d17_an_event_that_was_moved_to_an_ignored_calendar_waits_for_a_person_who_is_told_where(
    apple: World, how: str, seen_first: bool
) -> None:
    apple.account.standin.switches.uid_conflict = how
    edited_after_it_was_moved_away(apple, seen_first)
    before, resource = apple.remote("Private"), RemoteResource.objects.get()
    seen = looks(apple, 6)
    assert count(seen, "PUT") == [2, 0, 0, 0, 0, 0]
    [(state, why)] = told(apple)
    assert state == "needs_attention"
    assert "in another calendar of the account" in why
    assert "“Private”, which is ignored here" in why
    assert [one.message.partition("not sent: ")[2] for one in apple.log("park")] == [why]
    assert (apple.remote(), apple.remote("Private")) == ([], before)
    fresh = RemoteResource.objects.get()
    assert (fresh.state, fresh.base, fresh.uid) == (
        "deleted_in_icloud",
        resource.base,
        resource.uid,
    )
    assert fresh.state_reason == why


ELSEWHERE = {
    "409 no-uid-conflict": Reply(409, error("no-uid-conflict")),
    "412 no-uid-conflict": Reply(412, error("no-uid-conflict")),
    "a bare 412": Reply(412),
    "a bare 403": Reply(403),
    "a bare 409": Reply(409),
}


@pytest.mark.parametrize("how", ELSEWHERE)
def test_d17_however_a_server_says_that_an_event_is_elsewhere_it_is_asked_twice_and_no_more(
    world: World, how: str
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.delete(world.href("Haircut"))
    world.settle()
    appointment.title = "Shave"
    appointment.save()
    world.account.wire.faults.append(answering(ELSEWHERE[how], "PUT"))
    seen = looks(world, 6)
    assert count(seen, "PUT") == [2, 0, 0, 0, 0, 0]
    [(state, why)] = told(world)
    assert state == "needs_attention"
    assert "in another calendar of the account" in why
    world.account.wire.faults.clear()
    appointment.location = "Room 2"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11), place="Room 2")]
    assert told(world) == []


def test_d17_moved_back_into_a_calendar_we_read_it_is_brought_up_to_date(apple: World) -> None:
    edited_after_it_was_moved_away(apple)
    looks(apple, 2)
    away = apple.href("Haircut", "Private")
    apple.account.phone.move(away, "Home")
    apple.sync()
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]
    assert told(apple) == []


def test_d17_moved_back_with_nothing_left_to_say_it_needs_nobody_any_more(apple: World) -> None:
    appointment = edited_after_it_was_moved_away(apple)
    looks(apple, 2)
    away = apple.href("Haircut", "Private")
    apple.account.phone.edit(away, "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.account.phone.move(away, "Home")
    apple.sync()
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]
    assert told(apple) == []
    appointment.refresh_from_db()
    assert appointment.title == "Shave"


def test_as_long_as_a_calendar_cannot_be_read_nobody_says_that_an_event_is_not_there(
    apple: World,
) -> None:
    other = apple.account.make_collection("Other")
    apple.sync()
    apple.connection.collections.filter(href=other).update(role="mirrored")
    edited_after_it_was_moved_away(apple)
    apple.account.wire.faults.append(
        lambda one: Reply(500) if (one.method, one.path) == ("REPORT", other) else None
    )
    looks(apple, 3)
    assert [state for state, _ in told(apple)] == ["waiting"]
    apple.account.wire.faults.clear()
    looks(apple, 1)
    assert [state for state, _ in told(apple)] == ["needs_attention"]


# --- A precondition that never holds (46) -----------------------------------------------------


def never_matching(exchange: Exchange) -> Reply | None:
    """A server whose etags are not those that it compares with."""
    return Reply(412) if exchange.header("if-match") else None


@pytest.mark.parametrize("change", [{"title": "Shave"}, {"status": "cancelled"}])
def test_46_a_precondition_that_never_holds_is_tried_once_more_a_look_and_not_for_ever(
    world: World, change: dict[str, str]
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.wire.faults.append(never_matching)
    for name, value in change.items():
        setattr(appointment, name, value)
    appointment.save()
    seen = looks(world, 12)
    assert [sum(verb in ("PUT", "DELETE") for verb in verbs) for verbs in seen] == [2] * 9 + [0] * 3
    assert count(seen, "GET") == [1] * 9 + [0] * 3
    [(state, why)] = told(world)
    assert state == "needs_attention"
    assert "at each of 9 tries" in why
    assert "changed on the server" not in why
    assert world.remote() == [event("Haircut", at(10), at(11))]
    assert len(world.log("retry")) == len(world.log("park")) == 1
    world.account.wire.faults.clear()
    appointment.location = "Room 2"
    appointment.save()
    world.settle()
    assert told(world) == []


def test_46_a_long_outage_does_not_count_as_tries_of_an_event(apple: World) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    appointment.title = "Shave"
    appointment.save()
    apple.account.standin.switches.fault = "503"
    looks(apple, 12)
    apple.account.standin.switches.reset()
    apple.account.wire.faults.append(never_matching)
    looks(apple, 2)
    assert [state for state, _ in told(apple)] == ["waiting"]
    apple.account.wire.faults.clear()
    looks(apple, 1)
    apple.settle()
    assert apple.remote() == [event("Shave", at(10), at(11))]


# --- Refused (61) ----------------------------------------------------------------------------

READ_ONLY = "iCloud does not let us write to this calendar."


def book(world: World, appointment: Any) -> None:
    world.book(title="New", starts_at=at(15))


def edit(world: World, appointment: Any) -> None:
    appointment.title = "Shave"
    appointment.save()


def cancel(world: World, appointment: Any) -> None:
    appointment.status = "cancelled"
    appointment.save()


@pytest.mark.parametrize("do", [book, edit, cancel])
@pytest.mark.parametrize("known", [False, True])
def test_61_a_calendar_that_turned_read_only_is_named_as_that_and_asked_once_at_most(
    apple: World, do: Callable[[World, Any], None], known: bool
) -> None:
    appointment = apple.book(title="Haircut")
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    apple.account.standin.switches.read_only = True
    if known:
        sync(apple.connection.pk, full=True)
    do(apple, appointment)
    seen = looks(apple, 4)
    writes = [count(seen, verb) for verb in ("PUT", "DELETE")]
    assert sum(map(sum, writes)) == (0 if known else 1)
    [(state, why)] = told(apple)
    assert state == "needs_attention"
    assert why.startswith(READ_ONLY)
    assert [one["title"] for one in apple.remote()] == ["Haircut", "Lunch"]
    assert [one.read_only_reason for one in BlockedSlot.objects.all()] == [READ_ONLY]


def test_61_one_refusal_tells_enough_about_a_calendar(apple: World) -> None:
    apple.settle()
    apple.account.standin.switches.read_only = True
    for hour in (9, 12, 15):
        apple.book(starts_at=at(hour))
    assert count(looks(apple, 3), "PUT") == [1, 0, 0]
    assert [(state, why[: len(READ_ONLY)]) for state, why in told(apple)] == [
        ("needs_attention", READ_ONLY)
    ] * 3


@pytest.mark.parametrize("do", [book, edit, cancel])
def test_61_what_waited_for_the_right_to_write_goes_out_when_it_is_given(
    apple: World, do: Callable[[World, Any], None]
) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    apple.account.standin.switches.read_only = True
    do(apple, appointment)
    looks(apple, 2)
    apple.account.standin.switches.read_only = False
    sync(apple.connection.pk, full=True)
    apple.settle()
    expected = {book: ["Haircut", "New"], edit: ["Shave"], cancel: []}
    assert [one["title"] for one in apple.remote()] == expected[do]
    assert told(apple) == []


def test_a_right_that_is_refused_by_name_needs_no_further_question(world: World) -> None:
    world.settle()
    refusal = Reply(403, error("need-privileges", DAV))
    world.account.wire.faults.append(answering(refusal, "PUT"))
    world.book(title="Haircut")
    looks(world, 3)
    [(state, why)] = told(world)
    assert (state, why.startswith(READ_ONLY)) == ("needs_attention", True)


def test_a_refusal_without_a_reason_that_ends_was_throttling_and_needs_nobody(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.wire.faults.append(answering(Reply(403)))
    edit(world, appointment)
    world.book(title="New", starts_at=at(15))
    seen = looks(world, 4)
    assert count(seen, "PUT") == [2] * 4
    for state, why in told(world):
        assert state == "waiting"
        assert "may be asking us to slow down" in why
    assert world.log("park") == []
    world.account.wire.faults.clear()
    due(world)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Shave", "New"]
    assert told(world) == []


def test_an_event_that_is_refused_while_others_are_taken_is_parked_alone(world: World) -> None:
    world.settle()
    world.account.wire.faults.append(answering(Reply(403), "PUT", about="SUMMARY:Bad"))
    world.book(title="Bad")
    seen = []
    for number in range(7):
        world.book(title=f"Good {number}", starts_at=at(14, days=number + 1))
        seen += looks(world, 1)
    assert count(seen, "PUT") == [2, 2, 2, 2, 2, 1, 1]
    [(state, why)] = told(world)
    assert state == "needs_attention"
    assert "iCloud refused this event and took others" in why
    assert "(403)" in why
    assert [one["title"] for one in world.remote()] == [f"Good {number}" for number in range(7)]
    assert world.connection.status == "connected"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(403, error("valid-calendar-object-resource")), "valid-calendar-object-resource"),
        (Reply(403, error("max-resource-size")), "too large"),
        (Reply(400), "(400)"),
        (Reply(415), "(415)"),
        (Reply(507), "the account is full"),
    ],
)
def test_an_event_that_is_refused_for_a_reason_is_parked_at_once_with_what_was_said(
    world: World, reply: Reply, says: str
) -> None:
    world.settle()
    world.account.wire.faults.append(answering(reply, "PUT", about="SUMMARY:Bad"))
    world.book(title="Bad")
    world.book(title="Good", starts_at=at(15))
    seen = looks(world, 3)
    assert count(seen, "PUT") == [2, 0, 0]
    [(state, why)] = told(world)
    assert state == "needs_attention"
    assert "iCloud refused this event" in why
    assert says in why
    assert world.remote() == [event("Good", at(15), at(16))]


# --- The server fails at one of them (I9) ------------------------------------------------------


@pytest.mark.parametrize("trouble", [Reply(500), Reply(423), Drop.BEFORE], ids=str)
def test_i9_one_event_that_the_server_fails_at_stops_neither_the_others_nor_the_reading(
    world: World, trouble: Drop | Reply
) -> None:
    world.settle()
    world.account.wire.faults.append(answering(trouble, "PUT", about="SUMMARY:Bad"))
    world.book(title="Bad")
    world.book(title="Good", starts_at=at(15))
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    for _ in range(4):
        due(world)
        result = world.sync()
        assert (result.error, result.pushes.failed) == ("", 1)
        assert [one["title"] for one in world.remote()] == ["Lunch", "Good"]
        assert world.slots() == [slot("Lunch", at(12), at(13))]
        assert (world.connection.status, world.connection.status_reason) == ("connected", "")
    assert [state for state, _ in told(world)] == ["waiting"]
    world.account.wire.faults.clear()
    due(world)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Bad", "Lunch", "Good"]


def test_i9_also_a_push_alone_goes_on_and_asks_the_server_how_it_is(apple: World) -> None:
    apple.settle()
    apple.account.wire.faults.append(answering(Reply(500), "PUT", about="SUMMARY:Bad"))
    apple.book(title="Bad")
    push(apple.connection.pk)
    apple.connection.refresh_from_db()
    assert apple.connection.status == "connected"
    apple.account.standin.switches.refuse_everything = True
    due(apple)
    push(apple.connection.pk)
    apple.connection.refresh_from_db()
    assert (apple.connection.status, "(500)" in apple.connection.status_reason) == (
        "degraded",
        True,
    )


@pytest.mark.parametrize("trouble", [Reply(500), Reply(403), Drop.BEFORE], ids=str)
def test_a_server_that_takes_no_write_at_all_is_not_asked_for_each_of_many(
    world: World, trouble: Drop | Reply
) -> None:
    world.settle()
    world.account.wire.faults.append(answering(trouble))
    for number in range(9):
        world.book(title=f"No. {number}", starts_at=at(9 + number))
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12, days=2), at(13, days=2)))
    seen = looks(world, 2)
    assert count(seen, "PUT") == [2, 2]
    assert world.slots() == [slot("Lunch", at(12, days=2), at(13, days=2))]  # reading goes on
    assert world.connection.status == "degraded"
    assert "would not take 2 changes in a row" in world.connection.status_reason
    assert world.connection.last_success_at is not None
    states: Collection[str] = {state for state, _ in told(world)}
    assert states == {"waiting"}
    world.account.wire.faults.clear()
    due(world)
    world.settle()
    assert len(world.remote()) == 10
    assert (world.connection.status, world.connection.status_reason) == ("connected", "")


def test_a_server_that_takes_no_write_is_not_woken_again_at_once(apple: World) -> None:
    apple.settle()
    apple.account.wire.faults.append(answering(Reply(500)))
    for number in range(9):
        apple.book(title=f"No. {number}", starts_at=at(9 + number))
    assert sync(apple.connection.pk, pull_too=False).error
    assert OutboxEntry.objects.filter(attempts=0).count() == 7
