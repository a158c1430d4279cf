"""The admin, as staff use it: connecting in two steps, and looking after a connection."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from calendars.models import BlockedSlot, User
from icloud_sync.connecting import account as account_module
from icloud_sync.connecting import connect
from icloud_sync.core.policy import SIMPLE_REFUSED
from icloud_sync.models import ICloudConnection, RemoteCollection, RemoteResource
from icloud_sync.remote.errors import CredentialsError, RateLimited
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ICloudConnectionFactory,
    UserFactory,
)
from tests.icloud_sync.accounts import PASSWORD, AppleAccount

pytestmark = pytest.mark.django_db

ADD = "/admin/icloud_sync/icloudconnection/add/"
CHOOSE = f"{ADD}choose/"
LIST = "/admin/icloud_sync/icloudconnection/"
ACTS = ["sync", "pause", "resume", "password", "disconnect"]


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> AppleAccount:
    account = AppleAccount()
    monkeypatch.setattr(account_module, "open_remote", account.open)
    return account


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(username="staff", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def anna() -> Any:
    return UserFactory(username="anna")


@pytest.fixture
def connection(account: AppleAccount, anna: Any) -> ICloudConnection:
    return connect(anna, account.apple_id, PASSWORD)


def allowed(client: Client, *codenames: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def page(connection: ICloudConnection, act: str = "change") -> str:
    return f"{LIST}{connection.pk}/{act}/"


def text(response: Any) -> str:
    """What the page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def first_step(client: Client, user: Any, **typed: str) -> Any:
    typed = {"apple_id": "anna@icloud.example", "password": PASSWORD, "server_url": ""} | typed
    return client.post(ADD, {"user": user.pk, **typed})


def second_step(client: Client, **typed: Any) -> Any:
    chosen = {"role_0": "target", "role_1": "mirrored", "role_2": "ignored", "serves": "all"}
    return client.post(CHOOSE, {**chosen, "write_who_is_coming": "on", **typed}, follow=True)


# --- Connecting -----------------------------------------------------------------------


def test_staff_connect_in_two_steps(staff: Client, account: AppleAccount, anna: Any) -> None:
    AppointmentFactory(host=anna)
    assert first_step(staff, anna).headers["Location"] == CHOOSE
    assert not ICloudConnection.objects.exists()

    offered = text(staff.get(CHOOSE))
    for words in ["Home", "Work", "Holidays", "Read-only in iCloud", "1 appointment of anna now"]:
        assert words in offered

    said = second_step(staff)

    connection = ICloudConnection.objects.get()
    assert said.redirect_chain == [(page(connection), 302)]
    assert (connection.user, connection.status, connection.app_password) == (
        anna,
        "connected",
        PASSWORD,
    )
    assert dict(connection.collections.values_list("name", "role")) == {
        "Home": "target",
        "Work": "mirrored",
        "Holidays": "ignored",
    }
    assert "Connected anna@icloud.example for anna: 1 appointment on the way" in text(said)
    assert connection.log.get().message.endswith("By staff.")
    assert LogEntry.objects.get().change_message == "Connected."


def test_the_second_step_says_in_words_what_does_not_sync(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    first_step(staff, anna)
    shown = text(staff.get(CHOOSE))
    for limit in [
        "Deleting an event in iCloud deletes nothing in Referins",
        "A Blocked Slot made in Referins never reaches iCloud",
        "Simple calendars never sync",
        "never makes a contact",
        "Events with guests are read, but never written",
    ]:
        assert limit in shown


def test_the_password_is_in_no_page_and_in_the_session_only_encrypted(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    refused = staff.post(ADD, {"user": anna.pk, "apple_id": "no", "password": PASSWORD})
    assert "Enter a valid email address" in text(refused)
    assert PASSWORD not in refused.content.decode()
    first_step(staff, anna)
    assert staff.session["icloud_connecting"]["password"].startswith("fer1:")
    assert PASSWORD not in str(Session.objects.get().get_decoded())
    assert PASSWORD not in staff.get(CHOOSE).content.decode()

    done = second_step(staff)

    assert PASSWORD not in done.content.decode()
    assert "fer1:" not in done.content.decode()
    assert "icloud_connecting" not in staff.session


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (CredentialsError("no", 401), "did not accept this Apple ID and password"),
        (RateLimited("slow", 503), "it was asked too much and wants to be left alone"),
    ],
)
def test_trouble_is_said_at_the_first_step_and_nothing_is_kept(
    staff: Client, account: AppleAccount, anna: Any, trouble: Any, says: str
) -> None:
    account.trouble = trouble
    assert says in text(first_step(staff, anna))
    assert "icloud_connecting" not in staff.session
    assert not ICloudConnection.objects.exists()


def test_a_user_who_is_connected_is_refused_before_the_server_is_asked(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    ICloudConnectionFactory(user=anna)
    assert "anna has an iCloud connection already" in text(first_step(staff, anna))
    assert account.opened_with == []


def test_after_a_quarter_of_an_hour_the_password_is_forgotten(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    first_step(staff, anna)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        late = second_step(staff)
    assert late.redirect_chain == [(ADD, 302)]
    assert "the password was forgotten" in text(late)
    assert "icloud_connecting" not in staff.session
    assert not ICloudConnection.objects.exists()


def test_cancelling_forgets_the_password(staff: Client, account: AppleAccount, anna: Any) -> None:
    first_step(staff, anna)
    said = staff.post(f"{ADD}cancel/", follow=True)
    assert "Nothing was connected" in text(said)
    assert "icloud_connecting" not in staff.session


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"role_0": "mirrored"}, "Choose one calendar that new events go to."),
        ({"role_1": "target"}, "Choose one calendar that new events go to."),
        ({"role_0": "ignored", "role_2": "target"}, "Select a valid choice."),
        ({"serves": "chosen"}, "Choose at least one calendar to serve"),
    ],
)
def test_the_second_step_asks_for_one_target_we_can_write_to(
    staff: Client, account: AppleAccount, anna: Any, typed: dict[str, str], says: str
) -> None:
    first_step(staff, anna)
    assert says in text(second_step(staff, **typed))
    assert not ICloudConnection.objects.exists()


def test_a_simple_calendar_is_not_offered_and_refused_when_sent_all_the_same(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    simple = CalendarFactory(type="simple", name="Plain diary")
    CalendarFactory(name="Massage")
    first_step(staff, anna)
    offered = text(staff.get(CHOOSE))
    assert "Massage (Round Robin): 0 to send" in offered
    assert "Plain diary" not in offered
    assert SIMPLE_REFUSED in text(second_step(staff, serves="chosen", calendars=[simple.pk]))
    assert not ICloudConnection.objects.exists()


def test_an_account_taken_between_the_steps_is_refused(
    staff: Client, account: AppleAccount, anna: Any
) -> None:
    first_step(staff, anna)
    connect(UserFactory(username="ben"), account.apple_id, PASSWORD)
    assert "This Apple account is connected for ben already" in text(second_step(staff))
    assert ICloudConnection.objects.count() == 1


# --- The page of a connection ---------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("connected", "Nothing. Changes flow in both directions."),
        ("degraded", "it is tried again by itself"),
        ("needs_password", "type it with Update password"),
        ("paused", "Press Resume"),
        ("disconnected", "Connect the account again"),
    ],
)
def test_the_page_says_the_state_since_when_why_and_what_to_do(
    staff: Client, connection: ICloudConnection, status: str, words: str
) -> None:
    hours = timezone.now() - timedelta(hours=3, minutes=1)
    ICloudConnection.objects.update(status=status, status_reason="So it is.", status_since=hours)
    shown = text(staff.get(page(connection)))
    for part in [ICloudConnection.Status(status).label, "3\xa0hours ago", "So it is.", words]:
        assert part.replace("\xa0", " ") in shown.replace("&nbsp;", " ").replace("\xa0", " ")


def test_the_password_is_in_no_form_of_the_page(
    staff: Client, connection: ICloudConnection
) -> None:
    for act in ["change", "password", "disconnect"]:
        html = staff.get(page(connection, act)).content.decode()
        assert PASSWORD not in html
        assert "fer1:" not in html


def save_page(client: Client, connection: ICloudConnection, **typed: Any) -> Any:
    """Posts the page as a browser would: what it shows, with what was typed over it."""
    collections = list(connection.collections.order_by("pk"))
    form: dict[str, Any] = {
        "serves": connection.serves,
        "calendars": list(connection.calendars.values_list("pk", flat=True)),
        "write_who_is_coming": "on",
        "unanswered_blocks": "on",
        "travel_blocks": "on",
        "collections-TOTAL_FORMS": len(collections),
        "collections-INITIAL_FORMS": len(collections),
    }
    ordered = connection.collections.all()
    for number, collection in enumerate(ordered):
        form[f"collections-{number}-id"] = collection.pk
        form[f"collections-{number}-connection"] = connection.pk
        form[f"collections-{number}-role"] = typed.pop(collection.name, collection.role)
    return client.post(page(connection), {**form, **typed}, follow=True)


def roles(connection: ICloudConnection) -> dict[str, str]:
    return dict(connection.collections.values_list("name", "role"))


def test_staff_change_roles_on_the_page(staff: Client, connection: ICloudConnection) -> None:
    save_page(staff, connection, Home="mirrored", Work="target", Holidays="ignored")
    assert roles(connection) == {"Home": "mirrored", "Work": "target", "Holidays": "ignored"}
    assert connection.log.first().action == "choose calendars"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"Home": "mirrored"}, "Choose one calendar that new events go to."),
        ({"Work": "target"}, "Choose one calendar that new events go to."),
        ({"Home": "mirrored", "Holidays": "target"}, "Select a valid choice."),
    ],
)
def test_roles_that_cannot_be_are_refused_on_the_page(
    staff: Client, connection: ICloudConnection, typed: dict[str, str], says: str
) -> None:
    before = roles(connection)
    assert says in text(save_page(staff, connection, **typed))
    assert roles(connection) == before


def test_staff_change_what_is_served_on_the_page(
    staff: Client, connection: ICloudConnection
) -> None:
    massage = CalendarFactory()
    save_page(staff, connection, serves="chosen", calendars=[massage.pk])
    connection.refresh_from_db()
    assert (connection.serves, list(connection.calendars.all())) == ("chosen", [massage])
    save_page(staff, connection, serves="all")
    connection.refresh_from_db()
    assert (connection.serves, list(connection.calendars.all())) == ("all", [])


def test_a_simple_calendar_is_refused_on_the_page(
    staff: Client, connection: ICloudConnection
) -> None:
    simple = CalendarFactory(type="simple")
    said = save_page(staff, connection, serves="chosen", calendars=[simple.pk])
    assert SIMPLE_REFUSED in text(said)
    connection.refresh_from_db()
    assert (connection.serves, connection.calendars.count()) == ("all", 0)


def test_leaving_out_who_is_coming_sends_the_events_again(
    staff: Client, connection: ICloudConnection
) -> None:
    appointment = AppointmentFactory(host=connection.user)
    connection.outbox.all().delete()
    RemoteResource.objects.create(
        connection=connection,
        collection=connection.collections.get(name="Home"),
        href="/1.ics",
        uid="1",
        appointment=appointment,
        state="synced",
    )
    save_page(staff, connection, write_who_is_coming="")
    connection.refresh_from_db()
    assert not connection.write_who_is_coming
    assert list(connection.outbox.values_list("object_id", flat=True)) == [appointment.pk]


def test_what_takes_time_away_begins_as_iclouds_people_expect_and_is_switched_on_the_page(
    staff: Client, connection: ICloudConnection
) -> None:
    switches = ("free_all_day_blocks", "unanswered_blocks", "travel_blocks")
    html = text(staff.get(page(connection)))
    for label in ("Free all-day events block", "Unanswered invitations block", "Travel time"):
        assert label in html
    assert [getattr(connection, name) for name in switches] == [False, True, True]
    OrmQ.objects.all().delete()
    save_page(staff, connection)
    assert not OrmQ.objects.exists()
    save_page(staff, connection, free_all_day_blocks="on", travel_blocks="")
    connection.refresh_from_db()
    assert [getattr(connection, name) for name in switches] == [True, True, False]
    told = connection.log.first()
    assert told is not None
    assert told.message == (
        "What takes time away: free all-day events block: on, travel time blocks: off. By staff."
    )


# --- What staff do with it ------------------------------------------------------------


def test_sync_now_starts_a_task_that_names_the_connection_and_nothing_else(
    staff: Client, connection: ICloudConnection, django_capture_on_commit_callbacks: Any
) -> None:
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        said = staff.post(page(connection, "sync"), follow=True)
    assert "Sync started" in text(said)
    tasks = [(queued.task["func"], queued.task["args"]) for queued in OrmQ.objects.all()]
    assert tasks == [("icloud_sync.tasks.sync", (connection.pk,))]


def test_what_is_paused_does_not_sync_and_says_so(
    staff: Client, connection: ICloudConnection
) -> None:
    assert "Paused. Nothing is sent" in text(staff.post(page(connection, "pause"), follow=True))
    shown = text(staff.get(page(connection)))
    assert "Sync now" not in staff.get(page(connection)).content.decode()
    assert "This connection is paused" in text(staff.post(page(connection, "sync"), follow=True))
    assert "Paused by staff." in shown


def test_resume_says_beforehand_how_much_it_sends(
    staff: Client, connection: ICloudConnection
) -> None:
    staff.post(page(connection, "pause"))
    AppointmentFactory(host=connection.user)
    html = staff.get(page(connection)).content.decode()
    assert 'value="Resume (1 change will be sent)"' in html
    said = text(staff.post(page(connection, "resume"), follow=True))
    assert "Resumed. 1 change on the way to iCloud." in said
    connection.refresh_from_db()
    assert connection.status == "connected"


def test_staff_update_the_password(
    staff: Client, connection: ICloudConnection, account: AppleAccount
) -> None:
    ICloudConnection.objects.update(status="needs_password", status_reason="Apple said 401.")
    account.password = "wxyz-wxyz-wxyz-wxyz"
    wrong = staff.post(page(connection, "password"), {"password": PASSWORD})
    assert "did not accept" in text(wrong)
    assert PASSWORD not in wrong.content.decode()

    right = staff.post(page(connection, "password"), {"password": account.password}, follow=True)

    assert "The new password works" in text(right)
    connection.refresh_from_db()
    assert (connection.status, connection.app_password) == ("connected", account.password)


def test_disconnecting_shows_what_stays_and_goes_before_it_does_anything(
    staff: Client, connection: ICloudConnection
) -> None:
    resource = RemoteResource.objects.create(
        connection=connection,
        collection=connection.collections.get(name="Home"),
        href="/1.ics",
        uid="1",
    )
    BlockedSlotFactory(user=connection.user, origin="icloud", source_ref=f"icloud:{resource.pk}:")
    shown = text(staff.get(page(connection, "disconnect")))
    assert "0 events that Referins wrote" in shown
    assert "1 future Blocked Slot that came from iCloud" in shown
    assert BlockedSlot.objects.count() == 1

    said = text(staff.post(page(connection, "disconnect"), follow=True))

    assert "Removed from Referins: 1 future Blocked Slot." in said
    assert BlockedSlot.objects.count() == 0
    connection.refresh_from_db()
    assert (connection.status, connection.app_password) == ("disconnected", "")


def test_a_second_click_on_disconnect_says_so_instead_of_failing(
    staff: Client, connection: ICloudConnection
) -> None:
    staff.post(page(connection, "disconnect"))
    again = staff.post(page(connection, "disconnect"), follow=True)
    assert "This connection is disconnected" in text(again)


@pytest.mark.parametrize("act", ["sync", "pause", "resume"])
def test_nothing_happens_by_following_a_link(
    staff: Client, connection: ICloudConnection, act: str
) -> None:
    before = ICloudConnection.objects.values().get()
    assert staff.get(page(connection, act)).status_code == 405
    assert ICloudConnection.objects.values().get() == before


# --- Permissions ----------------------------------------------------------------------


@pytest.mark.parametrize("act", ACTS)
def test_who_may_only_look_cannot_act(
    client: Client, connection: ICloudConnection, act: str
) -> None:
    before = ICloudConnection.objects.values().get()
    viewer = allowed(client, "view_icloudconnection")
    assert viewer.post(page(connection, act), {"password": PASSWORD}).status_code == 403
    assert viewer.get(page(connection, act)).status_code == 403
    assert ICloudConnection.objects.values().get() == before


def test_who_may_only_look_sees_no_buttons(client: Client, connection: ICloudConnection) -> None:
    shown = allowed(client, "view_icloudconnection").get(page(connection))
    html = shown.content.decode()
    assert shown.status_code == 200
    for button in ["Sync now", "Pause", "Update password…", "Disconnect…", 'name="_save"']:
        assert button not in html
    assert "New events go here" in html


@pytest.mark.parametrize("url", [ADD, CHOOSE, f"{ADD}cancel/"])
def test_who_may_not_add_cannot_connect(client: Client, url: str) -> None:
    changer = allowed(client, "view_icloudconnection", "change_icloudconnection")
    assert changer.post(url, {}).status_code == 403


def test_without_any_permission_nothing_is_shown(
    client: Client, connection: ICloudConnection
) -> None:
    nobody = allowed(client)
    assert {nobody.get(url).status_code for url in [LIST, page(connection)]} == {403}


def test_a_connection_is_never_deleted_in_the_admin_but_goes_with_its_user(
    staff: Client, connection: ICloudConnection
) -> None:
    assert staff.post(page(connection, "delete"), {"post": "yes"}).status_code == 403
    assert ICloudConnection.objects.count() == 1
    user_page = reverse("admin:calendars_user_delete", args=[connection.user.pk])
    assert staff.post(user_page, {"post": "yes"}).status_code == 302
    assert (ICloudConnection.objects.count(), RemoteCollection.objects.count()) == (0, 0)
    assert not User.objects.filter(username="anna").exists()


# --- The list -------------------------------------------------------------------------


def test_the_list_says_state_target_waiting_and_trouble(
    staff: Client, connection: ICloudConnection
) -> None:
    AppointmentFactory(host=connection.user)
    connection.outbox.create(
        kind="slot", object_id=5, state="needs_attention", not_before=timezone.now()
    )
    shown = staff.get(LIST)
    row = re.search(r'<th class="field-account.*?</tr>', shown.content.decode(), re.DOTALL)
    assert row is not None
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row[0])).strip()
    assert words == "anna anna@icloud.example Connected Home never yet 1 1 to send"


@pytest.mark.parametrize("url", [LIST, f"{LIST}?q=user", f"{LIST}?status__exact=connected"])
def test_the_list_asks_the_database_as_often_for_two_rows_as_for_twenty(
    staff: Client, django_assert_max_num_queries: Any, url: str
) -> None:
    from django.db import connection as database
    from django.test.utils import CaptureQueriesContext

    def queries() -> int:
        with CaptureQueriesContext(
            database,
        ) as captured:
            assert staff.get(url).status_code == 200
        return len(captured)

    ICloudConnectionFactory.create_batch(2)
    few = queries()
    for connection in ICloudConnectionFactory.create_batch(18):
        connection.collections.create(href="/home/", name="Home", role="target")
        connection.outbox.create(kind="slot", object_id=1, not_before=timezone.now())
    assert queries() == few
