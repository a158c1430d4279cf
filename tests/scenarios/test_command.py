"""`manage.py icloud_sync`: here and now, no worker needed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from icloud_sync.connecting import pause
from tests.scenarios.world import World, at, event, slot, vevent
from tests.wire import Reply


def icloud_sync(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("icloud_sync", *options, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def busy(world: World) -> None:
    world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))


def test_it_pushes_and_pulls_and_sums_up_in_one_line(apple: World) -> None:
    busy(apple)
    assert icloud_sync() == ("1 connections: 1 pushed, 1 read, 0 failed.", "")
    assert apple.slots() == [slot("Lunch", at(12), at(13))]
    assert [one["title"] for one in apple.remote()] == ["Haircut", "Lunch"]
    apple.account.wire.clear()
    assert icloud_sync()[0] == "1 connections: 0 pushed, 0 read, 0 failed."
    assert apple.account.wire.writes() == []


def test_push_alone_reads_nothing_in(apple: World) -> None:
    apple.settle()
    busy(apple)
    icloud_sync("--push")
    assert event("Haircut", at(10), at(11)) in apple.remote()
    assert apple.slots() == []


def test_pull_alone_sends_nothing(apple: World) -> None:
    busy(apple)
    icloud_sync("--pull")
    assert apple.account.wire.writes() == []
    assert apple.slots() == [slot("Lunch", at(12), at(13))]


def test_full_compares_every_etag(apple: World) -> None:
    busy(apple)
    apple.settle()
    apple.account.wire.clear()
    icloud_sync("--full", "--connection", str(apple.connection.pk))
    assert "REPORT" in [one.method for one in apple.account.wire.requests]
    assert not [one for one in apple.account.wire.requests if "multiget" in one.body]


def test_exit_1_when_the_account_failed(apple: World) -> None:
    busy(apple)
    apple.account.wire.faults.append(lambda exchange: Reply(500))
    with pytest.raises(CommandError, match="Something failed"):
        icloud_sync()


def test_exit_1_when_one_event_could_not_be_sent(apple: World) -> None:
    busy(apple)
    apple.account.wire.faults.append(
        lambda exchange: Reply(403) if exchange.method == "PUT" else None
    )
    with pytest.raises(CommandError, match="Something failed"):
        icloud_sync()
    assert apple.slots() == [slot("Lunch", at(12), at(13))]


def test_an_unknown_or_a_paused_connection_is_a_plain_sentence(apple: World) -> None:
    with pytest.raises(CommandError, match="There is no connection 999999"):
        icloud_sync("--connection", "999999")
    pause(apple.connection)
    with pytest.raises(CommandError, match=f"Connection {apple.connection.pk} is paused"):
        icloud_sync("--connection", str(apple.connection.pk))
    assert icloud_sync()[0] == "0 connections: 0 pushed, 0 read, 0 failed."
