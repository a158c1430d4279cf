"""The test event: only by consent, never imported, always taken out again or said."""

import threading
from typing import Any

import pytest
from django.utils import timezone

from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.probe import TITLE
from icloud_sync.core.verdicts.values import Grade, Step, Verdict
from icloud_sync.doctor import examine, probe
from icloud_sync.doctor.patience import Patience
from icloud_sync.models import ICloudConnection, MintedUid, SyncLogEntry
from tests.factories import UserFactory
from tests.scenarios.world import World, connected
from tests.servers import Server
from tests.wire import Drop, Exchange, Reply


@pytest.fixture
def apple(standin: Server, db: None) -> World:
    world = connected(standin.new_account())
    ICloudConnection.objects.update(last_success_at=timezone.now())
    return world


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe.time, "sleep", lambda seconds: None)


def write(world: World, **more: Any) -> Verdict:
    verdicts = list(examine(world.connection, write=True, **more))
    return next(one for one in verdicts if one.step is Step.WRITE)


def story(world: World) -> list[tuple[str, str]]:
    entries = SyncLogEntry.objects.filter(connection=world.connection, action="test event")
    return list(entries.values_list("outcome", "message"))


def on(method: str, reply: Any, times: int = 99) -> Any:
    """The first `times` requests of this kind meet this."""
    left = [times]

    def fault(exchange: Exchange) -> Any:
        if exchange.method != method or not left[0]:
            return None
        left[0] -= 1
        return reply

    return fault


def test_without_consent_nothing_is_written(apple: World) -> None:
    assert Step.WRITE not in [one.step for one in examine(apple.connection)]
    assert (apple.account.wire.writes(), MintedUid.objects.count()) == ([], 0)


def test_it_is_written_changed_read_and_deleted_each_with_a_condition(apple: World) -> None:
    verdict = write(apple, actor=UserFactory(username="staff"))
    assert (verdict.grade, verdict.seen) == (
        Grade.GOOD,
        "Done: written, changed, read back, deleted.",
    )
    assert [one.method for one in apple.account.wire.writes()] == ["PUT", "PUT", "DELETE"]
    apple.account.wire.assert_every_write_has_a_precondition()
    assert apple.account.phone.resources() == {}
    assert apple.account.standin.outgoing_mail == []
    assert story(apple) == [
        (
            "done",
            "Doctor: An event was written, changed, read and deleted in “Home”. "
            "Done: written, changed, read back, deleted. By staff.",
        )
    ]


def test_its_uid_is_minted_before_anything_is_sent(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[tuple[list[str], int]] = []

    def look(trial: probe.Trial) -> None:
        uids = list(MintedUid.objects.values_list("uid", flat=True))
        known.append((uids, len(apple.account.wire.writes())))
        assert uids == [trial.probe.uid]

    monkeypatch.setattr(probe.Trial, "go_through", look)
    write(apple)
    assert [writes for _, writes in known] == [0]


def test_a_server_that_gives_no_etags_is_asked_for_them(apple: World) -> None:
    apple.account.standin.switches_of("home").put_without_etag = True
    assert write(apple).grade is Grade.GOOD
    assert apple.account.phone.resources() == {}


@pytest.mark.parametrize("lost_deletions", [0, 1])
def test_a_write_that_was_stored_without_an_answer_is_taken_out(
    apple: World, lost_deletions: int
) -> None:
    apple.account.wire.faults.append(on("PUT", Drop.AFTER_APPLY, 1))
    apple.account.wire.faults.append(on("DELETE", Drop.AFTER_APPLY, lost_deletions))
    assert write(apple).cause is Cause.BROKE_OFF
    assert apple.account.phone.resources() == {}


def test_an_answer_that_was_lost_to_the_deletion_only_is_found_out(apple: World) -> None:
    apple.account.wire.faults.append(on("DELETE", Drop.AFTER_APPLY, 1))
    verdict = write(apple)
    assert verdict.cause is Cause.BROKE_OFF
    assert apple.account.phone.resources() == {}


def test_what_could_not_be_taken_out_is_said_and_never_becomes_a_blocked_slot(
    apple: World,
) -> None:
    apple.account.wire.faults.append(on("DELETE", Drop.BEFORE))
    verdict = write(apple)
    assert verdict.cause is Cause.LEFT_BEHIND
    assert TITLE in verdict.next_step
    assert [outcome for outcome, _ in story(apple)] == ["needs_attention"]
    assert len(apple.account.phone.resources()) == 1
    apple.account.wire.faults.clear()
    apple.settle()
    assert apple.slots() == []


def test_a_change_by_somebody_else_meanwhile_does_not_leave_it_behind(apple: World) -> None:
    def touch(exchange: Exchange) -> None:
        if exchange.method == "GET":
            href = exchange.path
            name = href.rpartition("/")[2]
            apple.account.phone.put(name, apple.account.phone.get(href))

    apple.account.wire.faults.append(touch)
    write(apple)
    assert apple.account.phone.resources() == {}


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(403), Cause.WRITE_REFUSED),
        (Reply(404), Cause.WRITE_REFUSED),
        (Reply(507), Cause.ACCOUNT_FULL),
        (Reply(503, headers={"Retry-After": "60"}), Cause.THROTTLED),
    ],
)
def test_a_server_that_will_not_have_it(apple: World, reply: Reply, cause: Cause) -> None:
    apple.account.wire.faults.append(on("PUT", reply))
    verdict = write(apple)
    assert (verdict.cause, verdict.grade) == (cause, Grade.TROUBLE)
    assert apple.account.phone.resources() == {}


def test_an_old_copy_read_back_is_noted_and_the_event_deleted(apple: World) -> None:
    """Not there yet, says the server: it serves from elsewhere for a while (4.8)."""
    apple.account.wire.faults.append(on("GET", Reply(404)))
    verdict = write(apple)
    assert (verdict.grade, verdict.cause) == (Grade.NOTE, Cause.NOT_AS_WRITTEN)
    assert apple.account.phone.resources() == {}


@pytest.mark.parametrize(
    ("switch", "value"), [("stale_reads", 1), ("listed_but_missing", 1), ("drop_after_write", 1)]
)
def test_a_server_that_is_behind_the_times_keeps_nothing(
    apple: World, switch: str, value: int
) -> None:
    setattr(apple.account.standin.switches_of("home"), switch, value)
    write(apple)
    assert apple.account.phone.resources() == {}


@pytest.mark.parametrize("status", ["paused", "needs_password"])
def test_a_connection_that_may_not_sync_is_not_written_to(apple: World, status: str) -> None:
    ICloudConnection.objects.update(status=status)
    apple.connection.refresh_from_db()
    assert write(apple).cause is Cause.MAY_NOT_WRITE
    assert (apple.account.wire.writes(), MintedUid.objects.count()) == ([], 0)


def test_a_calendar_that_is_gone_is_not_written_to(apple: World) -> None:
    apple.account.standin.remove_collection("home")
    verdict = write(apple)
    assert verdict.likely == "Not tried, because it needs: Calendars and rights."
    assert apple.account.wire.writes() == []


def test_a_server_that_stops_answering_half_way_is_told_as_one_and_cleared(apple: World) -> None:
    stalls = [None]

    def stall(exchange: Exchange) -> None:
        if exchange.method == "GET" and stalls:
            stalls.pop()
            threading.Event().wait(1)

    apple.account.wire.faults.append(stall)
    verdict = write(apple, patience=Patience(20, one=0.5))
    assert verdict.cause is Cause.STALLED
    assert "answered at first and then not in time" in verdict.likely
    assert apple.account.phone.resources() == {}


def test_when_the_time_is_up_nothing_is_written(apple: World) -> None:
    patience = Patience()
    steps = examine(apple.connection, write=True, patience=patience)
    for last in steps:
        if last.step is Step.LATENCY:
            patience.ends = 0.0
    assert (last.step, last.cause, last.grade) == (Step.WRITE, Cause.TIME_IS_UP, Grade.NOT_TRIED)
    assert (apple.account.wire.writes(), MintedUid.objects.count()) == ([], 0)
    assert story(apple) == []


def test_broken_off_by_a_person_it_is_taken_out(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(trial: probe.Trial) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(probe.Trial, "read_back", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(apple)
    assert apple.account.phone.resources() == {}
