"""What staff do with a connection: password, pause, collections, served calendars, leaving."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync import connecting
from icloud_sync.connecting import ConnectError, Leaving, connect
from icloud_sync.core.policy import SIMPLE_REFUSED
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.remote.errors import CredentialsError
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ICloudConnectionFactory,
    UserFactory,
)
from tests.icloud_sync.accounts import HOLIDAYS, HOME, PASSWORD, WORK, AppleAccount

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "wxyz-wxyz-wxyz-wxyz"


@pytest.fixture
def account() -> AppleAccount:
    return AppleAccount()


@pytest.fixture
def connection(account: AppleAccount) -> ICloudConnection:
    anna = UserFactory(username="anna")
    return connect(anna, account.apple_id, account.password, remote=account.open)


def resource(connection: ICloudConnection, name: str, **fields: Any) -> RemoteResource:
    collection = connection.collections.get(name=name)
    number = connection.resources.count()
    href = f"{collection.href}{number}.ics"
    fields = {"uid": f"uid-{number}", "etag": '"1"', "base": "BODY", "state": "synced"} | fields
    return RemoteResource.objects.create(
        connection=connection, collection=collection, href=href, **fields
    )


def slot(of: RemoteResource, starts_in: timedelta, recurrence_id: str = "") -> BlockedSlot:
    starts_at = timezone.now() + starts_in
    return BlockedSlotFactory(
        user=of.connection.user,
        origin="icloud",
        source_ref=f"icloud:{of.pk}:{recurrence_id}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
    )


def last_log(connection: ICloudConnection) -> tuple[str, str]:
    entry = connection.log.first()
    assert entry is not None
    return entry.action, entry.message


def outbox_rows(connection: ICloudConnection) -> list[tuple[str, int, str]]:
    return list(connection.outbox.values_list("kind", "object_id", "state"))


# --- The password ---------------------------------------------------------------------


def test_a_new_password_brings_a_connection_back_with_all_its_links(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    copy = resource(connection, "Home", appointment=AppointmentFactory())
    appointment = AppointmentFactory(host=connection.user)
    later = timezone.now() + timedelta(hours=3)
    connection.outbox.update(not_before=later)
    ICloudConnection.objects.update(
        status="needs_password", status_reason="Apple said 401.", failures=4, next_poll_at=later
    )
    connection.refresh_from_db()
    account.password = NEW_PASSWORD

    connecting.update_password(connection, f" {NEW_PASSWORD} ", remote=account.open)

    connection = ICloudConnection.objects.get()
    assert connection.app_password == NEW_PASSWORD
    assert (connection.status, connection.status_reason, connection.failures) == (
        "connected",
        "",
        0,
    )
    assert connection.next_poll_at < later
    assert list(connection.resources.all()) == [copy]
    assert outbox_rows(connection) == [("appointment", appointment.pk, "waiting")]
    assert connection.outbox.get().not_before < later
    assert last_log(connection) == ("update password", "Stored a new app-specific password.")


def test_a_new_password_that_is_wrong_changes_nothing(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    before = ICloudConnection.objects.values().get()
    account.trouble = CredentialsError("no", 401)
    with pytest.raises(ConnectError, match="did not accept") as refused:
        connecting.update_password(connection, NEW_PASSWORD, remote=account.open)
    assert refused.value.field == "password"
    assert ICloudConnection.objects.values().get() == before


def test_a_password_of_another_account_is_refused(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    account.principal_href = "/2/principal/"
    with pytest.raises(ConnectError, match="opens another Apple account"):
        connecting.update_password(connection, PASSWORD, remote=account.open)


def test_rights_that_changed_meanwhile_are_stored_and_new_calendars_are_ignored(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    from icloud_sync.core.values import CollectionInfo

    account.collections = (
        HOME,
        CollectionInfo(WORK.href, "Office", can_write=False),
        HOLIDAYS,
        CollectionInfo("/1/calendars/new/", "New", can_write=True),
    )
    connecting.update_password(connection, PASSWORD, remote=account.open)
    assert list(connection.collections.values_list("name", "role", "can_write")) == [
        ("Holidays", "mirrored", False),
        ("Home", "target", True),
        ("New", "ignored", True),
        ("Office", "mirrored", False),
    ]


def test_a_paused_connection_takes_a_new_password_and_stays_paused(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    connecting.pause(connection)
    connecting.update_password(connection, PASSWORD, remote=account.open)
    assert ICloudConnection.objects.get().status == "paused"


# --- Pause and resume -----------------------------------------------------------------


def test_resuming_sends_what_waited_and_what_was_never_sent(connection: ICloudConnection) -> None:
    connecting.pause(connection)
    assert (connection.status, connection.status_reason) == ("paused", "Paused by staff.")
    waited = AppointmentFactory(host=connection.user)
    unpushed = AppointmentFactory(host=connection.user)
    connection.outbox.filter(object_id=unpushed.pk).delete()
    AppointmentFactory(host=connection.user, status="cancelled")
    connection.outbox.exclude(object_id=waited.pk).delete()
    assert connecting.what_resuming_sends(connection, timezone.now()) == 2

    connecting.resume(connection)

    assert (connection.status, connection.status_reason) == ("connected", "")
    assert {waited.pk, unpushed.pk} <= {pk for _, pk, _ in outbox_rows(connection)}


def test_a_worker_loses_its_lease_when_staff_pause_its_connection(
    connection: ICloudConnection,
) -> None:
    from icloud_sync import leases

    with leases.hold(connection.pk) as lease:
        assert lease is not None
        connecting.pause(connection)
        with pytest.raises(leases.LeaseLost):
            lease.renew()


# --- Collections and served calendars -------------------------------------------------


def test_a_new_target_leaves_the_old_one_as_asked_and_copies_where_they_are(
    connection: ICloudConnection,
) -> None:
    copy = resource(connection, "Home", appointment=AppointmentFactory())
    connecting.set_collections(connection, WORK.href, [HOME.href])
    assert dict(connection.collections.values_list("name", "role")) == {
        "Home": "mirrored",
        "Work": "target",
        "Holidays": "ignored",
    }
    copy.refresh_from_db()
    assert (copy.etag, copy.collection.name) == ('"1"', "Home")


def test_what_is_no_longer_read_takes_its_future_slots_along_and_tells_icloud_nothing(
    connection: ICloudConnection,
) -> None:
    work, home = resource(connection, "Work"), resource(connection, "Home")
    connection.collections.update(sync_token="token", ctag="tag")
    past, future = slot(work, timedelta(days=-2), "1"), slot(work, timedelta(days=2), "2")
    kept = slot(home, timedelta(days=2))
    future.title = "Edited here, not sent yet"
    future.save()

    connecting.set_collections(connection, HOME.href, [HOLIDAYS.href])

    assert set(BlockedSlot.objects.all()) == {past, kept}
    assert outbox_rows(connection) == []
    assert dict(connection.collections.values_list("name", "sync_token")) == {
        "Home": "token",
        "Work": "",
        "Holidays": "token",
    }
    assert dict(connection.resources.values_list("pk", "etag")) == {work.pk: "", home.pk: '"1"'}


@pytest.mark.parametrize(
    ("target", "says"), [(HOLIDAYS.href, "read-only"), ("", "Choose one calendar")]
)
def test_a_target_we_cannot_write_to_is_refused(
    connection: ICloudConnection, target: str, says: str
) -> None:
    with pytest.raises(ConnectError, match=says):
        connecting.set_collections(connection, target, [])
    assert connection.collections.get(role="target").name == "Home"


def test_serving_more_calendars_begins_to_send_their_appointments(
    connection: ICloudConnection,
) -> None:
    one, two = CalendarFactory(name="One"), CalendarFactory(name="Two")
    connecting.set_served(connection, "chosen", [one])
    appointment = AppointmentFactory(calendar=two, host=connection.user)
    assert outbox_rows(connection) == []

    assert connecting.set_served(connection, "chosen", [one, two]) == 1

    assert outbox_rows(connection) == [("appointment", appointment.pk, "waiting")]
    assert last_log(connection) == ("choose served", "Serves only: One, Two.")


def test_serving_all_again_empties_the_choice(connection: ICloudConnection) -> None:
    connecting.set_served(connection, "chosen", [CalendarFactory()])
    connecting.set_served(connection, "all", [CalendarFactory()])
    assert (connection.serves, connection.calendars.count()) == ("all", 0)


def test_a_simple_calendar_cannot_be_served_later_either(connection: ICloudConnection) -> None:
    with pytest.raises(ConnectError) as refused:
        connecting.set_served(connection, "chosen", [CalendarFactory(type="simple")])
    assert refused.value.sentence == SIMPLE_REFUSED
    assert ICloudConnection.objects.get().serves == "all"


# --- Counts, and leaving --------------------------------------------------------------


def test_only_what_will_stand_in_icloud_is_counted() -> None:
    anna, massage = UserFactory(), CalendarFactory()
    past = timezone.now() - timedelta(days=1)
    AppointmentFactory(host=anna, calendar=massage)
    AppointmentFactory(host=anna)
    AppointmentFactory(host=anna, status="cancelled")
    AppointmentFactory(host=anna, calendar=CalendarFactory(type="simple"))
    AppointmentFactory(host=anna, starts_at=past, ends_at=past)
    AppointmentFactory(host=UserFactory())
    count = connecting.count_to_push
    assert count(anna, "all", [], timezone.now()) == 2
    assert count(anna, "chosen", [massage.pk], timezone.now()) == 1


def test_disconnecting_says_beforehand_what_it_does_and_does_that(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    copy = resource(connection, "Home", appointment=AppointmentFactory())
    work = resource(connection, "Work")
    past, future = slot(work, timedelta(days=-2), "1"), slot(work, timedelta(days=2), "2")
    local = BlockedSlotFactory(user=connection.user)
    future.save()  # an edit that waits to be sent
    expected = Leaving(events_staying=1, slots_leaving=1, pushes_dropped=1)
    assert connecting.what_disconnecting_does(connection) == expected

    assert connecting.disconnect(connection, actor=UserFactory(username="staff")) == expected

    connection = ICloudConnection.objects.get()
    assert (connection.status, connection.app_password) == ("disconnected", "")
    assert connection.next_poll_at is None
    assert set(BlockedSlot.objects.all()) == {past, local}
    assert list(connection.resources.all()) == [copy, work]
    assert OutboxEntry.objects.count() == 0
    assert last_log(connection) == (
        "disconnect",
        "Disconnected: 1 event stays in iCloud, 1 future Blocked Slot left Referins, "
        "1 waiting change dropped. By staff.",
    )


def test_the_same_account_of_the_same_user_connects_again_without_twins_of_the_past(
    connection: ICloudConnection, account: AppleAccount
) -> None:
    work = resource(connection, "Work")
    long_gone, recent = slot(work, timedelta(days=-90), "1"), slot(work, timedelta(days=-2), "2")
    connecting.disconnect(connection)
    assert set(BlockedSlot.objects.all()) == {long_gone, recent}

    again = connect(connection.user, account.apple_id, PASSWORD, remote=account.open)

    assert again.pk != connection.pk
    assert again.status == "connected"
    assert list(BlockedSlot.objects.all()) == [long_gone]


@pytest.mark.parametrize("act", ["pause", "resume", "disconnect", "set_collections", "set_served"])
def test_a_disconnected_connection_cannot_be_acted_on(act: str) -> None:
    connection = ICloudConnectionFactory(status="disconnected", app_password="")
    arguments: dict[str, Any] = {
        "set_collections": (HOME.href, []),
        "set_served": ("all", []),
    }
    with pytest.raises(ConnectError, match="Connect the account again"):
        getattr(connecting, act)(connection, *arguments.get(act, ()))
