"""One event, or one calendar, that cannot be read: the others are, and somebody is told."""

from collections.abc import Callable

import pytest

from icloud_sync.models import RemoteResource
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, vevent
from tests.wire import Exchange, Reply

pytestmark = pytest.mark.django_db
NEED_PRIVILEGES = b'<error xmlns="DAV:"><need-privileges/></error>'


def hundred(world: World, odd: str | bytes) -> str:
    """100 events in one calendar, and the href of the one that is odd."""
    for number in range(99):
        world.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"E{number}", at(9), at(10)))
    world.account.standin.put("odd.ics", odd)
    return f"{world.account.home}odd.ics"


def spoiling(found: bytes) -> Callable[[Exchange], Reply | None]:
    """What some servers do with what XML cannot carry: they put it there."""

    def spoilt(one: Exchange) -> Reply | None:
        reported = one.method == "REPORT" and "odd.ics<" in one.body
        return Reply(207, b'<multistatus xmlns="DAV:">' + found) if reported else None

    return spoilt


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (b"\x08", "This event holds a control character (0x08)."),
        (b"\xff\xfe", "This event is not valid UTF-8 text."),
    ],
    ids=["0x08", "invalid UTF-8"],
)
def test_26_an_event_that_no_xml_can_carry_stops_only_itself(
    apple: World, odd: bytes, why: str
) -> None:
    body = vevent("odd", "Ring …", at(12), at(13)).encode()
    href = hundred(apple, body.replace("…".encode(), odd))
    apple.account.wire.faults.append(spoiling(odd))
    apple.sync()
    assert len(apple.slots()) == 99
    [aside] = RemoteResource.objects.filter(state="needs_attention")
    assert (aside.href, aside.state_reason) == (href, why)
    assert [one.message for one in apple.log("set aside")] == [f"set aside {href}: {why}"]
    assert len(apple.account.wire.requests) < 25
    apple.settle()
    apple.account.wire.faults.clear()
    apple.account.phone.put("odd.ics", vevent("odd", "Ring", at(12), at(13)))
    apple.sync()
    assert len(apple.slots()) == 100
    assert RemoteResource.objects.filter(state="needs_attention").count() == 0
    apple.settle()


@pytest.mark.parametrize("how", ["404", "500", "left out"])
def test_25_of_a_hundred_one_that_a_report_has_no_body_of_is_asked_for_again(
    apple: World, how: str
) -> None:
    apple.settle()
    for number in range(99):
        apple.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"E{number}", at(9), at(10)))
    home = apple.account.standin.switches_of("home")
    home.missing_is, home.listed_but_missing = how, 2
    href = apple.account.phone.put("odd.ics", vevent("odd", "Ring", at(12), at(13)))
    apple.sync()
    assert {one["title"] for one in apple.slots()} == {f"E{number}" for number in range(99)}
    assert not RemoteResource.objects.exclude(state="synced").exists()
    asked = asked_for(apple)
    assert "odd.ics<" in asked
    assert asked.count(".ics<") == 1
    asked_for(apple)
    assert len(apple.slots()) == 100
    assert RemoteResource.objects.get(href=href).state == "synced"
    home.reset()
    apple.settle()


def asked_for(world: World) -> str:
    """The hrefs whose bodies one more look asks for."""
    world.account.wire.clear()
    world.sync()
    return "".join(one.body for one in world.account.wire.requests if "multiget" in one.body)


def reports_of(collection: str, reply: Reply) -> Callable[[Exchange], Reply | None]:
    return lambda one: reply if (one.method, one.path) == ("REPORT", collection) else None


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(403, NEED_PRIVILEGES), "need-privileges"),
        (Reply(403), "refused the request (403)"),
        (Reply(500), "The server failed (500)"),
        (Reply(404), "nothing at this address"),
        (Reply(207, b"<multistatus"), "its XML is broken"),
    ],
    ids=["need-privileges", "403", "500", "404", "broken"],
)
def test_a_calendar_that_cannot_be_read_does_not_keep_the_others_from_it(
    apple: World, reply: Reply, says: str
) -> None:
    other = apple.account.make_collection("Other")
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.sync()
    apple.connection.collections.update(role="mirrored")
    apple.connection.collections.filter(href=apple.account.home).update(role="target")
    apple.account.phone.put("b.ics", vevent("b", "Tea", at(16), at(17)), other)
    apple.account.phone.edit(apple.href("Lunch"), "SUMMARY:Lunch", "SUMMARY:Late lunch")
    apple.account.wire.faults.append(reports_of(apple.account.home, reply))
    for _ in range(3):
        apple.account.wire.clear()
        apple.sync()
    assert [one["title"] for one in apple.slots()] == ["Lunch", "Tea"]
    assert apple.connection.status == "degraded"
    assert "The calendar “Home” could not be read" in apple.connection.status_reason
    assert says in apple.connection.status_reason
    assert len(apple.log("read collection")) == 1
    assert len(apple.account.wire.requests) <= 4
    apple.account.wire.faults.clear()
    apple.settle()
    assert apple.connection.status == "connected"
    assert [one["title"] for one in apple.slots()] == ["Late lunch", "Tea"]


def test_a_push_says_nothing_of_a_calendar_that_cannot_be_read(apple: World) -> None:
    apple.settle()
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.account.wire.faults.append(reports_of(apple.account.home, Reply(500)))
    apple.sync()
    apple.book(title="Haircut")
    assert sync(apple.connection.pk, pull_too=False).pushes.sent == 1
    apple.connection.refresh_from_db()
    assert apple.connection.status == "degraded"
