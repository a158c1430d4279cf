"""The doctor in the admin: by a worker, the same words, and a test event only when asked twice."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from django_q.models import OrmQ, Schedule, Task
from django_q.signing import SignedPackage

from icloud_sync.doctor import background
from icloud_sync.models import ICloudConnection, SyncLogEntry
from icloud_sync.schedules import sync_schedules
from tests.factories import ICloudConnectionFactory, UserFactory
from tests.scenarios.world import World, connected
from tests.servers import Server

LIST = "/admin/icloud_sync/icloudconnection/"
MACHINE = f"{LIST}doctor/"


@pytest.fixture
def apple(standin: Server, db: None) -> World:
    world = connected(standin.new_account())
    ICloudConnection.objects.update(last_success_at=timezone.now())
    OrmQ.objects.all().delete()
    return world


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(UserFactory(username="staff", is_staff=True, is_superuser=True))
    return client


def page(world: World) -> str:
    return f"{LIST}{world.connection.pk}/doctor/"


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def work() -> None:
    """What a worker does with the one task that waits, and what its monitor keeps of it."""
    row = OrmQ.objects.get()
    task = SignedPackage.loads(row.payload)
    row.delete()
    kept = {"id": task["id"], "name": task["name"], "func": task["func"], "group": task["group"]}
    times = {"started": task["started"], "stopped": timezone.now()}
    try:
        found = background.run(*task["args"])
    except Exception as error:
        Task.objects.create(**kept, **times, result=f"{error} : Traceback", success=False)
        return
    assert task["save"]
    Task.objects.create(**kept, **times, result=found, success=True)


# --- Examining ------------------------------------------------------------------------


def test_one_press_examines_in_the_background_and_shows_the_report(
    staff: Client, apple: World
) -> None:
    apple.account.standin.switches.revoked_password = True
    apple.account.wire.clear()
    pressed = staff.post(page(apple))
    assert pressed.status_code == 302
    assert apple.account.wire.requests == []  # no server was asked in the web request
    where = pressed.headers["Location"]

    waiting = staff.get(where)
    assert "Being examined." in text(waiting)
    assert '<meta http-equiv="refresh" content="2">' in waiting.content.decode()

    work()
    shown = staff.get(where)
    assert "Needs attention Sign-in: The password worked until" in text(shown)
    assert "Next Ask the user for a new app-specific password" in text(shown)
    assert "Principal Not tried Not tried, because it needs: Sign-in." in text(shown)
    assert "http-equiv" not in shown.content.decode()
    assert "Examined" in text(staff.get(page(apple)))  # the latest, without its address
    assert LogEntry.objects.get().change_message == "Examined."


def test_a_connection_s_page_leads_to_it(staff: Client, apple: World) -> None:
    shown = staff.get(f"{LIST}{apple.connection.pk}/change/").content.decode()
    assert f'action="{page(apple)}"><input type="submit" value="Doctor…">' in shown
    assert f'href="{MACHINE}">Doctor</a>' in staff.get(LIST).content.decode()
    first = text(staff.get(page(apple)))
    assert "Tries, in this order, what a sync does" in first


def test_nothing_private_is_on_the_page_and_nothing_runs_in_it(staff: Client, apple: World) -> None:
    staff.post(page(apple))
    work()
    shown = staff.get(page(apple)).content.decode()
    assert apple.account.password not in shown
    assert "fer1:" not in shown
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|style=", shown)


def test_a_calendar_s_name_is_shown_as_text(staff: Client, apple: World) -> None:
    apple.connection.collections.filter(role="target").update(
        name="<script>alert(1)</script>", href="/gone/"
    )
    staff.post(page(apple))
    work()
    shown = staff.get(page(apple)).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


# --- The test event -------------------------------------------------------------------


def test_a_test_event_is_written_only_after_a_second_yes(staff: Client, apple: World) -> None:
    asked = staff.post(page(apple), {"write": "on"})
    assert "Write a test event?" in text(asked)
    assert "“Referins test event”, is written into “Home”" in text(asked)
    assert OrmQ.objects.count() == 0

    staff.post(page(apple), {"write": "on", "confirmed": "on"})
    apple.account.wire.clear()
    work()

    assert [one.method for one in apple.account.wire.writes()] == ["PUT", "PUT", "DELETE"]
    assert "Test event Good An event was written" in text(staff.get(page(apple)))
    entry = SyncLogEntry.objects.get(action="test event")
    assert entry.message.endswith("By staff.")
    assert LogEntry.objects.get().change_message == "Examined, with a test event."


def test_confirmed_without_the_box_writes_nothing(staff: Client, apple: World) -> None:
    staff.post(page(apple), {"confirmed": "on"})
    apple.account.wire.clear()
    work()
    assert apple.account.wire.writes() == []


def test_a_paused_connection_is_examined_without_the_offer(staff: Client, apple: World) -> None:
    ICloudConnection.objects.update(status="paused")
    assert "Also write a test event" not in text(staff.get(page(apple)))
    staff.post(page(apple))
    work()
    assert "All is well." in text(staff.get(page(apple)))


# --- Who may, and what may go wrong ----------------------------------------------------


@pytest.mark.parametrize("codename", ["view_icloudconnection", "view_synclogentry"])
def test_who_may_not_change_connections_may_not_examine_them(
    client: Client, apple: World, codename: str
) -> None:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=codename))
    client.force_login(user)
    seen = [client.get(page(apple)), client.post(page(apple)), client.post(MACHINE)]
    assert [one.status_code for one in seen] == [403, 403, 403]
    assert OrmQ.objects.count() == 0
    if codename.endswith("connection"):
        for where in (f"{LIST}{apple.connection.pk}/change/", LIST):
            assert "Doctor" not in text(client.get(where))


def test_strangers_are_sent_to_sign_in(client: Client, apple: World) -> None:
    assert client.post(page(apple)).headers["Location"].startswith("/admin/login/")


def test_a_disconnected_connection_is_not_examined(staff: Client) -> None:
    connection = ICloudConnectionFactory(status="disconnected")
    said = staff.post(f"{LIST}{connection.pk}/doctor/", follow=True)
    assert "This connection is disconnected." in text(said)
    assert OrmQ.objects.count() == 0


def test_another_connection_s_report_is_not_shown_by_its_address(
    staff: Client, apple: World
) -> None:
    run = staff.post(page(apple)).headers["Location"].partition("?")[2]
    work()
    other = ICloudConnectionFactory()
    shown = text(staff.get(f"{LIST}{other.pk}/doctor/?{run}"))
    assert "Tries, in this order" in shown
    assert apple.account.username not in shown


def test_a_made_up_address_shows_the_page_as_it_is(staff: Client, apple: World) -> None:
    assert "Tries, in this order" in text(staff.get(f"{page(apple)}?run=made:up:x"))


def test_without_a_worker_the_page_says_so_and_ends_looking(staff: Client, apple: World) -> None:
    sync_schedules()
    now = timezone.now()
    Schedule.objects.update(next_run=now - timedelta(minutes=10))
    where = staff.post(page(apple)).headers["Location"]
    with time_machine.travel(now + timedelta(seconds=30)):
        late = staff.get(where)
    assert "No worker has answered yet" in text(late)
    assert "Worker Needs attention No worker is running" in text(late)
    assert "http-equiv" in late.content.decode()
    with time_machine.travel(now + timedelta(minutes=4)):
        over = staff.get(where)
    assert f"manage.py icloud_doctor {apple.connection.pk} does the same" in text(over)
    assert "http-equiv" not in over.content.decode()


def test_an_examination_that_broke_down_shows_no_traceback(
    staff: Client, apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: ICloudConnection) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(background, "facts_of", broken)
    where = staff.post(page(apple)).headers["Location"]
    work()
    shown = text(staff.get(where))
    assert "The examination itself broke down" in shown
    assert "Traceback" not in shown
    assert "secret" not in shown
    assert "Tries, in this order" in text(staff.get(page(apple)))


def test_reports_are_kept_for_a_day(staff: Client, apple: World) -> None:
    staff.post(page(apple))
    work()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        background.start(apple.connection.pk)
    assert Task.objects.count() == 0


# --- The machine ----------------------------------------------------------------------


def test_the_machine_is_examined_the_same_way(staff: Client, apple: World, settings: Any) -> None:
    settings.ICLOUD_SERVER_URL = apple.account.server_url
    sync_schedules()
    assert "Looks at this machine’s settings" in text(staff.get(MACHINE))
    where = staff.post(MACHINE).headers["Location"]
    work()
    shown = text(staff.get(where))
    assert "Database Good The database answers" in shown
    assert f"Connection {apple.connection.pk}, {apple.connection} Good The account" in shown
