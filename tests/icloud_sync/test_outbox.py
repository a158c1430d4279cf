"""The outbox: one waiting row an object and connection, claimed once, never lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ

from calendars.models import Appointment, Attendee
from icloud_sync import leases, left_behind, outbox
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncLogEntry, SyncRun
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ContactFactory,
    ICloudConnectionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def rows() -> list[tuple[int, str, int, str]]:
    return list(
        OutboxEntry.objects.order_by("pk").values_list(
            "connection_id", "kind", "object_id", "state"
        )
    )


@pytest.fixture
def connection() -> ICloudConnection:
    made: ICloudConnection = ICloudConnectionFactory()
    return made


def test_saves_coalesce_into_one_waiting_row(connection: ICloudConnection) -> None:
    appointment = AppointmentFactory(host=connection.user)
    appointment.title = "Changed"
    appointment.save()
    Attendee.objects.create(appointment=appointment, contact=ContactFactory())
    assert rows() == [(connection.pk, "appointment", appointment.pk, "waiting")]


def test_a_save_during_the_push_makes_a_new_row(connection: ICloudConnection) -> None:
    appointment = AppointmentFactory(host=connection.user)
    owner = holder(connection)
    claimed = outbox.claim(connection.pk, owner, timezone.now())
    assert claimed
    appointment.save()
    assert [row[3] for row in rows()] == ["claimed", "waiting"]
    assert outbox.claim(connection.pk, owner, timezone.now()) is None
    outbox.finish(claimed)
    assert outbox.claim(connection.pk, owner, timezone.now())


def test_each_host_with_a_live_connection_gets_a_row() -> None:
    one, two, gone = ICloudConnectionFactory.create_batch(3)
    ICloudConnection.objects.filter(pk=gone.pk).update(status="disconnected")
    appointment = AppointmentFactory(hosts=[one.user, two.user, gone.user, UserFactory()])
    assert {row[:3] for row in rows()} == {
        (one.pk, "appointment", appointment.pk),
        (two.pk, "appointment", appointment.pk),
    }


@pytest.mark.parametrize("kind", ["simple"])
def test_a_simple_calendar_leaves_no_row(connection: ICloudConnection, kind: str) -> None:
    appointment = AppointmentFactory(host=connection.user, calendar=CalendarFactory(type=kind))
    appointment.save()
    appointment.delete()
    assert rows() == []


def test_a_calendar_that_is_not_served_leaves_no_row(connection: ICloudConnection) -> None:
    served, other = CalendarFactory(), CalendarFactory()
    connection.calendars.add(served)
    AppointmentFactory(host=connection.user, calendar=other)
    wanted = AppointmentFactory(host=connection.user, calendar=served)
    assert [row[2] for row in rows()] == [wanted.pk]


def test_a_blocked_slot_made_here_leaves_no_row(connection: ICloudConnection) -> None:
    slot = BlockedSlotFactory(user=connection.user)
    slot.save()
    slot.delete()
    assert rows() == []


def test_a_rolled_back_save_leaves_neither_row_nor_task(connection: ICloudConnection) -> None:
    with transaction.atomic():
        AppointmentFactory(host=connection.user)
        transaction.set_rollback(True)
    assert rows() == []
    assert OrmQ.objects.count() == 0


def test_the_worker_is_woken_once_for_one_waiting_row(
    connection: ICloudConnection, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        AppointmentFactory(host=connection.user).save()
    assert len(callbacks) == 1
    assert OrmQ.objects.count() == 1


def test_user_appointments_add_and_clear_are_seen_from_the_other_side(
    connection: ICloudConnection,
) -> None:
    appointment = AppointmentFactory()
    connection.user.appointments.add(appointment)
    assert len(rows()) == 1
    OutboxEntry.objects.all().delete()
    connection.user.appointments.clear()
    assert len(rows()) == 1


def test_a_renamed_contact_touches_what_is_still_to_come(connection: ICloudConnection) -> None:
    contact = ContactFactory()
    past = timezone.now() - timedelta(days=2)
    AppointmentFactory(
        host=connection.user, contact=contact, starts_at=past, ends_at=past + timedelta(hours=1)
    )
    coming = AppointmentFactory(host=connection.user, contact=contact)
    OutboxEntry.objects.all().delete()
    contact.save()
    assert [row[2] for row in rows()] == [coming.pk]


def test_a_released_row_waits_and_a_newer_one_makes_it_needless(
    connection: ICloudConnection,
) -> None:
    appointment = AppointmentFactory(host=connection.user)
    now = timezone.now()
    entry = outbox.claim(connection.pk, "worker", now)
    assert entry
    outbox.release(entry, now + timedelta(minutes=1), "No answer.")
    assert outbox.claim(connection.pk, "worker", now) is None
    entry = outbox.claim(connection.pk, "worker", now + timedelta(minutes=2))
    assert entry
    assert (entry.attempts, entry.last_error) == (1, "No answer.")
    appointment.save()
    outbox.release(entry, now + timedelta(minutes=5), "No answer.")
    [left] = OutboxEntry.objects.all()
    assert (left.state, left.attempts) == ("waiting", 2)


def test_a_parked_row_goes_once_a_later_change_was_sent(connection: ICloudConnection) -> None:
    appointment = AppointmentFactory(host=connection.user)
    entry = outbox.claim(connection.pk, "worker", timezone.now())
    assert entry
    outbox.park(entry, "Too large.")
    assert [row[3] for row in rows()] == ["needs_attention"]
    appointment.save()
    entry = outbox.claim(connection.pk, "worker", timezone.now())
    assert entry
    outbox.finish(entry)
    assert rows() == []


def test_a_dead_workers_row_comes_back_once_its_lease_has_gone_and_the_log_says_so(
    connection: ICloudConnection,
) -> None:
    appointment = AppointmentFactory(host=connection.user)
    now = timezone.now()
    assert outbox.claim(connection.pk, holder(connection), now)
    assert left_behind.give_back(now) == 0
    ICloudConnection.objects.update(lease_until=now - timedelta(seconds=1))
    assert left_behind.give_back(now) == 1
    [row] = OutboxEntry.objects.all()
    assert (row.state, row.attempts, row.not_before) == ("waiting", 1, now)
    [entry] = SyncLogEntry.objects.filter(action="interrupted")
    assert (entry.appointment_id, entry.outcome, entry.message) == (
        appointment.pk,
        "retrying",
        f"Appointment {appointment.pk} was being sent when the worker stopped; it is sent again",
    )


def test_a_row_that_workers_keep_dying_of_backs_off(connection: ICloudConnection) -> None:
    AppointmentFactory(host=connection.user)
    now, waits = timezone.now(), []
    for number in range(14):
        assert outbox.claim(connection.pk, f"worker {number}", now)
        left_behind.give_back(now)
        [row] = OutboxEntry.objects.all()
        waits.append(row.not_before - now)
        now = row.not_before
    assert waits[0] == timedelta(0)
    assert timedelta(seconds=7) < waits[1] < timedelta(seconds=13)
    assert timedelta(minutes=45) <= waits[-1] <= timedelta(minutes=75)


def test_a_claim_that_ran_out_is_no_longer_ours_to_settle(connection: ICloudConnection) -> None:
    """Whoever was away for too long neither takes rows away nor changes them."""
    AppointmentFactory(host=connection.user)
    now = timezone.now()
    late = outbox.claim(connection.pk, "late", now)
    assert late
    left_behind.give_back(now)
    second = outbox.claim(connection.pk, holder(connection), now)
    assert second
    outbox.park(second, "Too large.")
    enqueue_again(late)
    left = list(OutboxEntry.objects.order_by("pk").values())

    outbox.finish(late)
    outbox.park(late, "Something else.")
    outbox.release(late, now, "Something else.")
    outbox.take_over(late)

    assert list(OutboxEntry.objects.order_by("pk").values()) == left
    assert [row["state"] for row in left] == ["needs_attention", "waiting"]


def enqueue_again(entry: OutboxEntry) -> None:
    outbox.enqueue(entry.connection_id, entry.kind, entry.object_id, entry.source_ref)


def holder(connection: ICloudConnection) -> str:
    """Of the connection's lease."""
    lease = leases.take(connection.pk)
    assert lease
    return lease.owner


def test_a_run_that_a_worker_left_open_is_closed_in_words(connection: ICloudConnection) -> None:
    now = timezone.now()
    for minutes in (1, 10):
        SyncRun.objects.create(
            connection=connection, direction="push", started_at=now - timedelta(minutes=minutes)
        )
    left_behind.close_runs(now)
    runs = SyncRun.objects.order_by("started_at").values_list("outcome", "error")
    assert list(runs) == [("errored", left_behind.STOPPED), ("running", "")]


@pytest.mark.parametrize("status", ["paused", "needs_password"])
def test_a_connection_that_may_not_sync_keeps_its_rows_waiting(
    connection: ICloudConnection, status: str
) -> None:
    ICloudConnection.objects.filter(pk=connection.pk).update(status=status)
    AppointmentFactory(host=connection.user)
    assert len(rows()) == 1
    assert outbox.claim(connection.pk, "worker", timezone.now()) is None


def test_beginning_service_enqueues_what_ends_in_the_future_and_has_no_copy(
    connection: ICloudConnection,
) -> None:
    past = timezone.now() - timedelta(days=2)
    AppointmentFactory(host=connection.user, starts_at=past, ends_at=past + timedelta(hours=1))
    coming = AppointmentFactory(host=connection.user)
    AppointmentFactory(host=connection.user, calendar=CalendarFactory(type="simple"))
    OutboxEntry.objects.all().delete()
    assert outbox.enqueue_unpushed(connection) == 1
    assert outbox.enqueue_unpushed(connection) == 1
    assert [row[2] for row in rows()] == [coming.pk]
    assert Appointment.objects.count() == 3
