"""The same trouble met again is counted; a change of state is a new entry."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry, SyncRun
from icloud_sync.synclog import Journal, tell
from tests.factories import ICloudConnectionFactory
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server


@pytest.fixture
def connection(db: None) -> ICloudConnection:
    return ICloudConnectionFactory()


def met(connection: ICloudConnection, **about: Any) -> None:
    values = {"action": "retry", "outcome": "retrying", "message": "iCloud failed.", **about}
    tell(connection, **values)


def told() -> list[tuple[str, int]]:
    return list(SyncLogEntry.objects.order_by("pk").values_list("message", "repeats"))


def test_the_same_trouble_with_the_same_object_is_counted_with_its_last_time(
    connection: ICloudConnection,
) -> None:
    now = timezone.now()
    for minutes in range(3):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            met(connection, appointment_id=1)
    entry = SyncLogEntry.objects.get()
    assert (entry.repeats, entry.last_at) == (3, now + timedelta(minutes=2))
    assert entry.created_at == now


@pytest.mark.parametrize(
    "other",
    [
        {"message": "iCloud is full."},
        {"action": "park"},
        {"outcome": "needs_attention"},
        {"appointment_id": 2},
        {"appointment_id": None, "slot_id": 1},
        {"appointment_id": None},
    ],
)
def test_another_trouble_or_another_object_is_an_entry_of_its_own(
    connection: ICloudConnection, other: dict[str, Any]
) -> None:
    met(connection, appointment_id=1)
    met(connection, **{"appointment_id": 1, **other})
    assert [number for _, number in told()] == [1, 1]


def test_of_two_accounts_each_has_its_own(connection: ICloudConnection) -> None:
    met(connection, appointment_id=1)
    met(ICloudConnectionFactory(), appointment_id=1)
    assert [number for _, number in told()] == [1, 1]


@pytest.mark.parametrize("outcome", ["done", "conflict", "retrying"])
def test_whatever_happened_to_the_object_in_between_makes_it_new(
    connection: ICloudConnection, outcome: str
) -> None:
    met(connection, appointment_id=1)
    met(connection, appointment_id=1, message="Something else.", outcome=outcome)
    met(connection, appointment_id=1)
    met(connection, appointment_id=1)
    assert told() == [("iCloud failed.", 1), ("Something else.", 1), ("iCloud failed.", 2)]


def test_what_happens_to_others_in_between_does_not(connection: ICloudConnection) -> None:
    met(connection, appointment_id=1)
    met(connection, appointment_id=2, message="Something else.", outcome="done")
    met(connection, message="The calendar is gone.")
    met(connection, appointment_id=1)
    assert told()[0] == ("iCloud failed.", 2)


def test_two_calendars_in_trouble_at_once_are_counted_each(connection: ICloudConnection) -> None:
    """Their names are in the message alone."""
    for _ in range(3):
        met(connection, message="Work is gone.")
        met(connection, message="Home is gone.")
    assert told() == [("Work is gone.", 3), ("Home is gone.", 3)]
    tell(connection, "find", "done", "Work is back.")
    met(connection, message="Work is gone.")
    assert told()[-1] == ("Work is gone.", 1)


@pytest.mark.parametrize("outcome", ["done", "conflict"])
def test_what_was_done_is_never_counted_on_another_entry(
    connection: ICloudConnection, outcome: str
) -> None:
    for _ in range(2):
        met(connection, appointment_id=1, outcome=outcome)
    assert [number for _, number in told()] == [1, 1]


def test_a_run_that_met_known_trouble_alone_leaves_no_row(connection: ICloudConnection) -> None:
    for _ in range(3):
        with leases.hold(connection.pk) as lease:
            assert lease
            with Journal(connection, "push", lease) as journal:
                journal.write("retry", "retrying", "iCloud failed.", appointment_id=1)
    assert told() == [("iCloud failed.", 3)]
    assert SyncRun.objects.count() == 1


def test_counting_costs_one_query(
    connection: ICloudConnection, django_assert_num_queries: Any
) -> None:
    met(connection, appointment_id=1)
    with django_assert_num_queries(1):
        met(connection, appointment_id=1)


if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):

    def test_met_by_two_at_once_both_are_counted(transactional_db: None) -> None:
        connection = ICloudConnectionFactory()
        met(connection, appointment_id=1)

        def meet() -> None:
            try:
                for _ in range(20):
                    met(connection, appointment_id=1)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=meet) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert told() == [("iCloud failed.", 81)]


# --- Through the engine ---------------------------------------------------------------


@pytest.fixture
def world(standin: Server, db: None) -> World:
    return connected(standin.new_account())


def trouble(world: World) -> list[tuple[str, str, int]]:
    entries = world.connection.log.exclude(outcome__in=("done", "conflict")).order_by("pk")
    return list(entries.values_list("action", "outcome", "repeats"))


def look_again(world: World) -> None:
    past = timezone.now() - timedelta(days=2)
    OutboxEntry.objects.update(not_before=past)
    RemoteResource.objects.update(updated_at=past)
    world.sync()


def test_a_server_that_fails_for_hours_is_one_entry_and_its_return_another(world: World) -> None:
    world.account.standin.switches.turn("fault", "503")
    for _ in range(4):
        look_again(world)
    assert trouble(world) == [("sync", "retrying", 4)]
    world.account.standin.switches.reset()
    look_again(world)
    look_again(world)
    assert [one.message for one in world.log("sync")] == [
        "Syncing works again.",
        world.log("sync")[-1].message,
    ]


def test_a_revoked_password_is_one_entry(world: World) -> None:
    world.account.standin.switches.turn("revoked_password", True)
    look_again(world)
    look_again(world)
    assert trouble(world) == [("sync", "needs_attention", 1)]


def test_an_event_that_cannot_be_sent_is_one_entry_for_each_reason(world: World) -> None:
    world.book(title="Haircut")
    world.account.standin.switches.turn("fault", "reset")
    world.account.standin.switches.turn("fault_on", "writes")
    for _ in range(3):
        look_again(world)
    assert [one for one in trouble(world) if one[0] == "retry"] == [("retry", "retrying", 3)]


def test_a_calendar_that_cannot_be_read_is_one_entry(world: World) -> None:
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.sync()
    world.account.standin.switches_of("home").turn("empty_listing", "members")
    for number in range(3):
        world.account.phone.put(f"{number}.ics", vevent(str(number), "Tea", at(14), at(15)))
        look_again(world)
    assert trouble(world) == [("doubt listing", "needs_attention", 3)]
