"""What waits for a person, what was deleted in iCloud, and the one switch, in the admin."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from icloud_sync.guards import stop
from icloud_sync.models import Hold, ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    ICloudConnectionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
HOLDS, DELETED = "/admin/icloud_sync/hold/", "/admin/icloud_sync/deletedinicloud/"
STOP = "/admin/icloud_sync/stop/"


def signed_in(client: Client, *permissions: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


@pytest.fixture
def staff(client: Client) -> Client:
    return signed_in(
        client,
        "view_hold",
        "change_hold",
        "change_stop",
        "view_deletedinicloud",
        "change_remoteresource",
    )


@pytest.fixture
def connection() -> Any:
    made = ICloudConnectionFactory(user__username="anna")
    made.collections.create(href="/home/", name="Home", role="target")
    return made


def gone(connection: ICloudConnection, number: int = 1, **fields: Any) -> RemoteResource:
    return RemoteResource.objects.create(
        connection=connection,
        collection=connection.collections.get(),
        href=f"/home/{number}.ics",
        uid=str(number),
        **{"state": "deleted_in_icloud", **fields},
    )


def gone_slot(connection: ICloudConnection, number: int = 1, **fields: Any) -> Any:
    resource = gone(connection, number)
    return BlockedSlotFactory(
        user=connection.user,
        origin="icloud",
        source_ref=f"icloud:{resource.pk}:",
        removed_at_source_at=timezone.now(),
        busy_at_source=True,
        **fields,
    )


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def act(client: Client, action: str, *rows: Any, **more: Any) -> Any:
    chosen = [str(row.pk) for row in rows]
    typed = {"action": action, "_selected_action": chosen, **more}
    return client.post(DELETED, typed, follow=True)


def resource_of(slot: Any) -> RemoteResource:
    return RemoteResource.objects.get(pk=slot.source_ref.split(":")[1])


# --- Held back ----------------------------------------------------------------------------


@pytest.fixture
def hold(connection: Any) -> Any:
    slot = gone_slot(connection, title="Dentist")
    RemoteResource.objects.update(state="synced")
    hrefs = [resource_of(slot).href]
    return Hold.objects.create(
        connection=connection,
        kind="vanished",
        message="6 of 7 are gone.",
        number=6,
        of=7,
        what=hrefs,
    )


def test_the_first_page_says_that_something_waits_and_leads_there(
    staff: Client, hold: Hold
) -> None:
    page = staff.get("/admin/").content.decode()
    assert f'One removal is held back: <a href="{HOLDS}">decide</a>.' in page
    assert "6 of 7 are gone." in text(staff.get(HOLDS))


def test_what_is_held_back_says_what_it_is_about_and_what_either_answer_does(
    staff: Client, hold: Hold
) -> None:
    page = text(staff.get(f"{HOLDS}{hold.pk}/change/"))
    assert "Dentist" in page
    assert "The events are marked as deleted in iCloud." in page
    assert "The Blocked Slots keep their time" in page


@pytest.mark.parametrize(("answer", "state"), [("approve", "approved"), ("keep", "kept")])
def test_an_answer_is_a_post_and_stands_in_the_log_with_who_gave_it(
    staff: Client, hold: Hold, answer: str, state: str
) -> None:
    assert staff.get(f"{HOLDS}{hold.pk}/{answer}/").status_code == 405
    assert staff.post(f"{HOLDS}{hold.pk}/{answer}/").status_code == 302
    hold.refresh_from_db()
    assert (hold.state, hold.decided_by_id) == (state, int(staff.session["_auth_user_id"]))
    assert "6 of 7 are gone." in SyncLogEntry.objects.get(action="decide").message
    late = staff.post(f"{HOLDS}{hold.pk}/approve/", follow=True)
    assert "decided already" in text(late)


def test_who_may_only_look_decides_nothing(client: Client, hold: Hold) -> None:
    signed_in(client, "view_hold")
    assert "Approve" not in text(client.get(f"{HOLDS}{hold.pk}/change/"))
    assert client.post(f"{HOLDS}{hold.pk}/keep/").status_code == 403
    hold.refresh_from_db()
    assert hold.state == "waiting"


# --- Deleted in iCloud ----------------------------------------------------------------------


def test_the_list_names_the_event_and_asks_as_often_for_two_rows_as_for_ten(
    staff: Client, connection: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            page = staff.get(DELETED)
        assert "Dentist" in text(page)
        return len(asked)

    for number in (1, 2):
        gone_slot(connection, number, title="Dentist")
    few = queries()
    for number in range(3, 11):
        gone_slot(connection, number, title="Dentist")
    assert queries() == few


def test_d4_put_back_goes_into_icloud_again(staff: Client, connection: Any) -> None:
    appointment = AppointmentFactory(host=connection.user)
    OutboxEntry.objects.all().delete()
    resource = gone(connection, appointment=appointment)
    assert "1 event into iCloud again" in text(act(staff, "put_back", resource))
    assert OutboxEntry.objects.get().object_id == appointment.pk
    assert "By" in SyncLogEntry.objects.get(action="put back").message


def test_d4_what_does_not_belong_there_is_not_put_back(staff: Client, connection: Any) -> None:
    appointment = AppointmentFactory(host=connection.user, status="cancelled")
    OutboxEntry.objects.all().delete()
    resource = gone(connection, appointment=appointment)
    assert "1 left out" in text(act(staff, "put_back", resource))
    assert not OutboxEntry.objects.exists()


def test_d4_cancelling_is_asked_first(staff: Client, connection: Any) -> None:
    appointment = AppointmentFactory(host=connection.user, title="Haircut")
    resource = gone(connection, appointment=appointment)
    page = act(staff, "cancel_appointments", resource)
    assert "Haircut" in text(page)
    assert Appointment.objects.get().status != "cancelled"
    act(staff, "cancel_appointments", resource, _cancel_them="1")
    assert Appointment.objects.get().status == "cancelled"
    assert text(staff.get(DELETED)).count("Haircut") == 0


def test_d5_free_this_time_with_one_click(staff: Client, connection: Any) -> None:
    slot = gone_slot(connection)
    assert "1 Blocked Slot freed" in text(act(staff, "free_time", resource_of(slot)))
    assert not BlockedSlot.objects.get().is_busy


def test_d4_what_is_left_as_it_is_is_listed_no_more(staff: Client, connection: Any) -> None:
    slot = gone_slot(connection, title="Dentist")
    act(staff, "leave", resource_of(slot))
    assert "Dentist" not in text(staff.get(DELETED))
    assert BlockedSlot.objects.get().is_busy


def test_who_may_only_look_is_offered_nothing(client: Client, connection: Any) -> None:
    signed_in(client, "view_deletedinicloud")
    slot = gone_slot(connection, title="Dentist")
    assert "Dentist" in text(client.get(DELETED))
    act(client, "free_time", resource_of(slot))
    assert BlockedSlot.objects.get().is_busy


# --- The switch -------------------------------------------------------------------------------


def test_everything_is_stopped_and_started_from_one_page_and_everybody_reads_it(
    staff: Client, connection: Any
) -> None:
    staff.post(STOP, {"reason": "Apple has a bad day.", "stop": "1"})
    assert "Apple has a bad day." in text(staff.get("/admin/"))
    assert stop.stopped()
    staff.post(STOP, {"start": "1"})
    assert not stop.stopped()
    assert "stopped" not in text(staff.get("/admin/")).lower()
    actions = SyncLogEntry.objects.order_by("pk").values_list("action", "actor")
    me = int(staff.session["_auth_user_id"])
    assert list(actions) == [("stop", me), ("start", me)]


def test_who_may_not_switch_cannot(client: Client) -> None:
    signed_in(client, "view_stop")
    assert client.get(STOP).status_code == 403
    assert client.post(STOP, {"stop": "1"}).status_code == 403
    assert not stop.stopped()
