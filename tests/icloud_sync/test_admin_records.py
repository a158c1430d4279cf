"""The admin's records: sync log, outbox, resources and runs. For reading."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ

from icloud_sync.admin.synclog import side_by_side
from icloud_sync.models import (
    ICloudConnection,
    OutboxEntry,
    RemoteResource,
    SyncLogEntry,
    SyncRun,
)
from tests.factories import AppointmentFactory, ICloudConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(username="staff", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def connection() -> ICloudConnection:
    return ICloudConnectionFactory(user__username="anna")


def log(connection: ICloudConnection, **fields: Any) -> SyncLogEntry:
    defaults = {"direction": "push", "action": "update", "outcome": "done", "message": "Sent."}
    return SyncLogEntry.objects.create(connection=connection, **{**defaults, **fields})


def resource(connection: ICloudConnection, **fields: Any) -> RemoteResource:
    collection, _ = connection.collections.get_or_create(href="/home/", name="Home")
    number = RemoteResource.objects.count()
    defaults = {"href": f"/home/{number}.ics", "uid": f"uid-{number}", "state": "synced"}
    return RemoteResource.objects.create(
        connection=connection, collection=collection, **{**defaults, **fields}
    )


def queue(connection: ICloudConnection, **fields: Any) -> OutboxEntry:
    later = timezone.now() + timedelta(hours=2)
    defaults = {"kind": "appointment", "object_id": 7, "not_before": later, "attempts": 3}
    return OutboxEntry.objects.create(connection=connection, **{**defaults, **fields})


def shown(client: Client, model: str, query: str = "") -> list[str]:
    """The rows of a list, as words."""
    html = client.get(f"/admin/icloud_sync/{model}/{query}").content.decode()
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def detail(client: Client, row: Any) -> str:
    answer = client.get(f"/admin/icloud_sync/{row._meta.model_name}/{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


# --- The sync log ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["Massage", "Haircut", "moved", "anna", "anna@icloud.example", "haircut"]
)
def test_the_log_is_found_by_title_message_user_and_apple_id(
    staff: Client, connection: ICloudConnection, query: str
) -> None:
    wanted = log(
        connection,
        message="The appointment moved.",
        before={"title": "Massage"},
        after={"title": "Haircut"},
    )
    log(ICloudConnectionFactory(user__username="ben"), message="Something else.")
    found = staff.get("/admin/icloud_sync/synclogentry/", {"q": query}).context["cl"].result_list
    assert list(found) == [wanted]


@pytest.mark.parametrize(
    "query",
    ["?direction__exact=pull", "?outcome__exact=conflict", "?action=move"],
)
def test_the_log_is_filtered(staff: Client, connection: ICloudConnection, query: str) -> None:
    log(connection)
    wanted = log(connection, direction="pull", outcome="conflict", action="move")
    found = staff.get(f"/admin/icloud_sync/synclogentry/{query}").context["cl"].result_list
    assert list(found) == [wanted]


def test_before_and_after_stand_side_by_side_and_the_difference_is_marked() -> None:
    before = {"title": "Massage", "location": "Room 1", "notes": ""}
    after = {"title": "Massage", "location": "Room 2", "notes": ""}
    assert side_by_side(before, after) == [
        {"field": "title", "before": "Massage", "after": "Massage", "changed": False},
        {"field": "location", "before": "Room 1", "after": "Room 2", "changed": True},
    ]
    assert side_by_side(None, {"title": "New"}) == [
        {"field": "title", "before": None, "after": "New", "changed": False}
    ]
    assert side_by_side(None, None) == []


def test_what_comes_from_outside_is_text_and_never_markup(
    staff: Client, connection: ICloudConnection
) -> None:
    entry = log(connection, message=SCRIPT, before={"title": SCRIPT}, after={SCRIPT: SCRIPT})
    item = resource(connection, uid=SCRIPT, base=SCRIPT, state_reason=SCRIPT)
    connection.collections.update(name=SCRIPT)
    stuck = queue(connection, last_error=SCRIPT)
    pages = [detail(staff, row) for row in (entry, item, stuck, connection)]
    for model in ("synclogentry", "remoteresource", "outboxentry", "icloudconnection"):
        pages.append(staff.get(f"/admin/icloud_sync/{model}/").content.decode())
    for html in pages:
        assert SCRIPT not in html
    assert "&lt;script&gt;" in pages[0]


def test_the_log_of_a_connection_that_is_gone_can_still_be_read(
    staff: Client, connection: ICloudConnection
) -> None:
    entry = log(connection, appointment_id=4711)
    connection.delete()
    assert "no longer there" in detail(staff, entry)
    assert "4711" in detail(staff, entry)


# --- Resources and runs ---------------------------------------------------------------


def test_what_was_deleted_in_icloud_is_listed_by_what_it_was(
    staff: Client, connection: ICloudConnection
) -> None:
    copy = resource(connection, state="deleted_in_icloud", appointment=AppointmentFactory())
    event = resource(connection, state="deleted_in_icloud")
    resource(connection)
    url = "/admin/icloud_sync/remoteresource/?deleted="
    assert list(staff.get(f"{url}copies").context["cl"].result_list) == [copy]
    assert list(staff.get(f"{url}events").context["cl"].result_list) == [event]


def test_a_copy_whose_appointment_is_gone_says_so(
    staff: Client, connection: ICloudConnection
) -> None:
    appointment = AppointmentFactory()
    copy, pk = resource(connection, appointment=appointment), appointment.pk
    appointment.delete()
    assert f"{pk}, deleted in Referins" in shown(staff, "remoteresource")[0]
    assert f"{pk}, deleted in Referins" in detail(staff, copy)


def test_a_resource_shows_its_body_and_links_to_its_appointment(
    staff: Client, connection: ICloudConnection
) -> None:
    appointment = AppointmentFactory(title="Massage")
    html = detail(staff, resource(connection, appointment=appointment, base="BEGIN:VCALENDAR"))
    assert '<pre class="ical-body">BEGIN:VCALENDAR</pre>' in html
    assert f'<a href="/admin/calendars/appointment/{appointment.pk}/change/">Massage</a>' in html


def test_a_run_leads_to_what_it_did(staff: Client, connection: ICloudConnection) -> None:
    start = timezone.now()
    run = SyncRun.objects.create(
        connection=connection,
        direction="push",
        outcome="failed",
        started_at=start,
        finished_at=start + timedelta(seconds=1.5),
        error="The server said no.",
    )
    log(connection, run=run)
    assert shown(staff, "syncrun")[0].endswith("push Failed 1.5 s The server said no.")
    assert f'href="/admin/icloud_sync/synclogentry/?run__id__exact={run.pk}">1</a>' in detail(
        staff, run
    )
    entries = staff.get(f"/admin/icloud_sync/synclogentry/?run__id__exact={run.pk}")
    assert len(entries.context["cl"].result_list) == 1


# --- The outbox -----------------------------------------------------------------------


def try_again(client: Client, *entries: OutboxEntry) -> Any:
    chosen = {"action": "try_again_now", "_selected_action": [entry.pk for entry in entries]}
    return client.post("/admin/icloud_sync/outboxentry/", chosen, follow=True)


def test_what_needs_attention_is_tried_again_now(
    staff: Client, connection: ICloudConnection, django_capture_on_commit_callbacks: Any
) -> None:
    parked, waiting = queue(connection, state="needs_attention"), queue(connection, object_id=8)
    being_sent = queue(connection, object_id=9, state="claimed")
    with django_capture_on_commit_callbacks(execute=True):
        said = try_again(staff, parked, waiting, being_sent)
    assert "2 changes will be tried now." in said.content.decode()
    rows = OutboxEntry.objects.order_by("object_id").values_list("object_id", "state", "attempts")
    assert list(rows) == [(7, "waiting", 0), (8, "waiting", 0), (9, "claimed", 3)]
    assert OutboxEntry.objects.filter(not_before__lte=timezone.now()).count() == 2
    assert [queued.task["args"] for queued in OrmQ.objects.all()] == [(connection.pk,)]


def test_a_newer_row_for_the_same_object_makes_the_parked_one_needless(
    staff: Client, connection: ICloudConnection
) -> None:
    parked, newer = queue(connection, state="needs_attention"), queue(connection)
    try_again(staff, parked)
    assert list(OutboxEntry.objects.values_list("pk", "attempts")) == [(newer.pk, 0)]


def test_who_may_only_look_is_not_offered_to_try_again(
    client: Client, connection: ICloudConnection
) -> None:
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_outboxentry"))
    client.force_login(viewer)
    parked = queue(connection, state="needs_attention")
    assert "try_again_now" not in client.get("/admin/icloud_sync/outboxentry/").content.decode()
    try_again(client, parked)
    assert OutboxEntry.objects.get().state == "needs_attention"


# --- All of them ----------------------------------------------------------------------


MODELS = ["synclogentry", "outboxentry", "remoteresource", "syncrun"]


@pytest.mark.parametrize("model", MODELS)
def test_records_are_read_only_even_for_a_superuser(
    staff: Client, connection: ICloudConnection, model: str
) -> None:
    make(connection, 1)
    row = getattr(connection, RELATED[model]).get().pk
    url = f"/admin/icloud_sync/{model}/"
    assert staff.get(f"{url}add/").status_code == 403
    assert staff.post(f"{url}{row}/change/", {}).status_code == 403
    assert staff.post(f"{url}{row}/delete/", {"post": "yes"}).status_code == 403
    assert 'value="delete_selected"' not in staff.get(url).content.decode()


RELATED = {
    "synclogentry": "log",
    "outboxentry": "outbox",
    "remoteresource": "resources",
    "syncrun": "runs",
}


def make(connection: ICloudConnection, number: int) -> None:
    for _ in range(number):
        count = RemoteResource.objects.count()
        run = SyncRun.objects.create(
            connection=connection, direction="pull", started_at=timezone.now()
        )
        item = resource(connection, appointment=AppointmentFactory())
        log(connection, run=run, resource=item, appointment_id=count)
        OutboxEntry.objects.filter(connection=connection, object_id=count + 1000).delete()
        queue(connection, object_id=count + 1000)


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_the_database_as_often_for_two_rows_as_for_twenty(
    staff: Client, connection: ICloudConnection, model: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            assert staff.get(f"/admin/icloud_sync/{model}/").status_code == 200
        return len(captured)

    make(connection, 2)
    few = queries()
    make(ICloudConnectionFactory(), 18)
    assert queries() == few
