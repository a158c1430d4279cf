"""What is kept for how long, and that nothing of it is told to iCloud (D6, D10)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from calendars.models import BlockedSlot
from icloud_sync import outbox, retention, tasks
from icloud_sync.core.retention import slots_until
from icloud_sync.models import (
    ICloudConnection,
    MintedUid,
    OutboxEntry,
    RemoteResource,
    SyncLogEntry,
    SyncRun,
)
from icloud_sync.schedules import sync_schedules
from tests.factories import BlockedSlotFactory, ICloudConnectionFactory
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-12-01T12:00:00+00:00")
DAY = timedelta(days=1)


@pytest.fixture
def connection() -> ICloudConnection:
    return ICloudConnectionFactory(user__username="anna")


def log(connection: ICloudConnection, age: timedelta, **fields: Any) -> SyncLogEntry:
    values = {"direction": "pull", "action": "update", "outcome": "done", "message": "Said."}
    entry = SyncLogEntry.objects.create(connection=connection, **{**values, **fields})
    SyncLogEntry.objects.filter(pk=entry.pk).update(created_at=NOW - age)
    return entry


def resource(connection: ICloudConnection) -> RemoteResource:
    collection, _ = connection.collections.get_or_create(href="/home/", name="Home")
    number = RemoteResource.objects.count()
    return RemoteResource.objects.create(
        connection=connection, collection=collection, href=f"/home/{number}.ics", state="synced"
    )


def slot(of: RemoteResource, ended: timedelta, rid: str = "", **fields: Any) -> BlockedSlot:
    end = NOW - ended
    return BlockedSlotFactory(
        user=of.connection.user,
        origin="icloud",
        source_ref=f"icloud:{of.pk}:{rid}",
        starts_at=end - timedelta(hours=1),
        ends_at=end,
        **fields,
    )


# --- The log --------------------------------------------------------------------------


def test_the_log_is_kept_as_long_as_the_setting_says(
    connection: ICloudConnection, settings: Any
) -> None:
    settings.SYNC_LOG_DAYS = 30
    run, empty, young = (
        SyncRun.objects.create(connection=connection, direction="pull", started_at=NOW - age)
        for age in (31 * DAY, 31 * DAY, 29 * DAY)
    )
    old = log(connection, 31 * DAY, run=empty, body="BEGIN:VCALENDAR")
    kept = log(connection, 29 * DAY, run=run, restores=old)
    met_again = log(connection, 40 * DAY, outcome="retrying", last_at=NOW - DAY)
    assert str(retention.prune(NOW)) == "0 slots, 1 log entries, 1 runs"
    assert set(SyncLogEntry.objects.values_list("pk", "restores")) == {
        (kept.pk, None),
        (met_again.pk, None),
    }
    assert set(SyncRun.objects.all()) == {run, young}
    assert str(retention.prune(NOW)) == "0 slots, 0 log entries, 0 runs"


def test_a_uid_we_made_is_kept_for_ever(connection: ICloudConnection) -> None:
    MintedUid.objects.create(uid="ours", appointment_id=1)
    MintedUid.objects.update(created_at=NOW - 4000 * DAY)
    retention.prune(NOW)
    assert MintedUid.objects.count() == 1


# --- Slots ----------------------------------------------------------------------------


def test_passed_slots_from_icloud_go_and_one_entry_an_account_says_so(
    connection: ICloudConnection,
) -> None:
    mine, other = resource(connection), resource(ICloudConnectionFactory())
    slot(mine, 401 * DAY, "1")
    slot(mine, 500 * DAY, "2", removed_at_source_at=NOW)
    slot(other, 401 * DAY)
    young = slot(mine, 399 * DAY, "3")
    own = BlockedSlotFactory(user=connection.user, starts_at=NOW - 900 * DAY)
    OutboxEntry.objects.all().delete()
    assert str(retention.prune(NOW)) == "3 slots, 0 log entries, 0 runs"
    assert set(BlockedSlot.objects.all()) == {young, own}
    assert list(
        SyncLogEntry.objects.order_by("pk").values_list("connection", "action", "message")
    ) == [
        (
            connection.pk,
            "prune",
            "removed 2 Blocked Slots that ended before 2025-10-27; nothing changes in iCloud",
        ),
        (
            other.connection_id,
            "prune",
            "removed 1 Blocked Slot that ended before 2025-10-27; nothing changes in iCloud",
        ),
    ]
    assert not OutboxEntry.objects.exists()


@pytest.mark.parametrize("state", ["waiting", "claimed", "needs_attention", "held"])
def test_a_slot_whose_edit_is_still_to_be_sent_stays(
    connection: ICloudConnection, state: str
) -> None:
    edited = slot(resource(connection), 500 * DAY)
    outbox.enqueue_slot(edited)
    OutboxEntry.objects.update(state=state)
    retention.prune(NOW)
    assert list(BlockedSlot.objects.all()) == [edited]


def test_where_the_window_reaches_back_further_it_wins() -> None:
    assert slots_until(NOW, days=400, window_back=30) == NOW - 400 * DAY
    assert slots_until(NOW, days=10, window_back=30) == NOW - 32 * DAY
    assert slots_until(NOW, days=31, window_back=30) == NOW - 32 * DAY


@pytest.mark.parametrize("title", ["single", "series", "all-day"])
def test_what_was_pruned_does_not_come_back_and_nothing_is_written_to_icloud(
    standin: Server, settings: Any, title: str
) -> None:
    """The shortest retention, so that the window alone decides."""
    settings.SLOT_PAST_DAYS = 1
    world: World = connected(standin.new_account())
    bodies = {
        "single": vevent("a", "Single", at(9, days=-20), at(10, days=-20)),
        "series": vevent(
            "a", "Series", at(9, days=-20), at(10, days=-20), "RRULE:FREQ=DAILY;COUNT=40"
        ),
        "all-day": vevent("a", "Days", at(0, days=-20).date(), at(0, days=-19).date()),
    }
    href = world.account.phone.put("a.ics", bodies[title])
    world.settle()
    there = world.account.phone.resources()
    before = BlockedSlot.objects.count()
    with time_machine.travel(timezone.now() + 30 * DAY):
        pruned = retention.prune(timezone.now())
        assert 0 < pruned.slots <= before
        left = world.slots()
        world.account.wire.clear()
        tasks.sweep()
        tasks.roll_window(world.connection.pk)
        world.connection.resources.update(reconsider_at=timezone.now())
        world.settle()
        world.connection.collections.update(sync_token="", ctag="")
        world.connection.resources.update(etag="")
        world.settle()  # read anew as a whole
        assert world.account.phone.resources() == there
        assert [str(one) for one in world.account.wire.writes()] == []
        assert world.slots() == left
        world.account.phone.edit(href, "SUMMARY:", "SUMMARY:Renamed ")
        world.settle()
        assert len(world.slots()) == len(left)


# --- How much at once -----------------------------------------------------------------


def test_a_run_does_so_much_and_the_next_one_goes_on(
    connection: ICloudConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST", 5)
    monkeypatch.setattr(retention, "BATCH", 2)
    mine = resource(connection)
    for number in range(3):
        slot(mine, 500 * DAY, str(number))
    for _ in range(5):
        log(connection, 500 * DAY)
    with time_machine.travel(NOW):
        assert tasks.prune() == "3 slots, 2 log entries, 0 runs"
        assert [one.func() for one in OrmQ.objects.all()] == ["icloud_sync.tasks.prune"]
        OrmQ.objects.all().delete()
        assert tasks.prune() == "0 slots, 3 log entries, 0 runs"
    assert not OrmQ.objects.exists()


def test_it_runs_every_day() -> None:
    sync_schedules()
    assert Schedule.objects.get(func="icloud_sync.tasks.prune").minutes == 24 * 60
