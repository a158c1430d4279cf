"""One event, or one calendar, that cannot be read: the others are, and somebody is told."""

from collections.abc import Callable

import pytest

from icloud_sync.models import RemoteResource
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, vevent
from tests.wire import Exchange, Reply

pytestmark = pytest.mark.django_db
NEED_PRIVILEGES = b'<error xmlns="DAV:"><need-privileges/></error>'


def spoils_reports(one: Exchange) -> Reply | None:
    """What some servers do with a control character: they put it into their XML."""
    spoilt = one.method == "REPORT" and "bell.ics<" in one.body
    return Reply(207, b'<multistatus xmlns="DAV:">\x08</multistatus>') if spoilt else None


def test_an_event_that_no_xml_can_carry_stops_only_itself(apple: World) -> None:
    for number in range(60):
        apple.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"E{number}", at(9), at(10)))
    href = apple.account.phone.put("bell.ics", vevent("bell", "Ring \x08", at(12), at(13)))
    apple.account.wire.faults.append(spoils_reports)
    apple.sync()
    assert len(apple.slots()) == 60
    [aside] = RemoteResource.objects.filter(state="needs_attention")
    why = "This event holds a control character (0x08)."
    assert (aside.href, aside.state_reason) == (href, why)
    assert [one.message for one in apple.log("set aside")] == [f"set aside {href}: {why}"]
    assert len(apple.account.wire.requests) < 25
    apple.settle()
    apple.account.wire.faults.clear()
    apple.account.phone.put("bell.ics", vevent("bell", "Ring", at(12), at(13)))
    apple.sync()
    assert len(apple.slots()) == 61
    assert RemoteResource.objects.filter(state="needs_attention").count() == 0
    apple.settle()


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
