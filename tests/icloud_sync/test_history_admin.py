"""The sync log's pages: what can be restored, what it would do, and who may."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.history import as_json
from icloud_sync.core.values import EventFields, Interval
from icloud_sync.models import (
    ICloudConnection,
    OutboxEntry,
    RemoteResource,
    SyncLogEntry,
    SyncRun,
)
from icloud_sync.snapshots import appointment_fields
from tests.factories import AppointmentFactory, ICloudConnectionFactory, UserFactory
from tests.scenarios.world import at

pytestmark = pytest.mark.django_db
LOG, RUNS = "/admin/icloud_sync/synclogentry/", "/admin/icloud_sync/syncrun/"
LUNCH = EventFields("Lunch", Interval(at(12), at(13)), "Mitte", "Bring a hat")
NEEDED = ("view_synclogentry", "view_syncrun", "change_icloudconnection")
ROWS = ("change_appointment", "change_blockedslot", "add_blockedslot")


@pytest.fixture
def connection() -> ICloudConnection:
    return ICloudConnectionFactory(user__username="anna")


@pytest.fixture
def haircut(connection: ICloudConnection) -> Appointment:
    made: Appointment = AppointmentFactory(host=connection.user, title="Haircut")
    return made


def sign_in(client: Client, *codenames: str) -> Client:
    user = UserFactory(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


@pytest.fixture
def staff(client: Client) -> Client:
    return sign_in(client, *NEEDED, *ROWS)


def log(connection: ICloudConnection, **fields: Any) -> SyncLogEntry:
    values = {"direction": "pull", "action": "update", "outcome": "done", "message": "Said."}
    return SyncLogEntry.objects.create(connection=connection, **{**values, **fields})


@pytest.fixture
def run(connection: ICloudConnection) -> SyncRun:
    return SyncRun.objects.create(
        connection=connection, direction="pull", started_at=timezone.now()
    )


@pytest.fixture
def entry(connection: ICloudConnection, haircut: Appointment, run: SyncRun) -> SyncLogEntry:
    return log(
        connection,
        run=run,
        message="changed the appointment",
        appointment_id=haircut.pk,
        before=as_json(LUNCH),
        after=as_json(appointment_fields(haircut)),
        body="BEGIN:VCALENDAR",
        etag='"7"',
    )


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(version|seen)" value="([^"]*)"', html))


# --- One version ----------------------------------------------------------------------


def test_a_version_is_restored_after_a_page_that_says_what_changes(
    staff: Client, haircut: Appointment, entry: SyncLogEntry
) -> None:
    assert f'href="{LOG}{entry.pk}/restore/?version=before"' in page(
        staff, f"{LOG}{entry.pk}/change/"
    )
    html = page(staff, f"{LOG}{entry.pk}/restore/?version=before")
    said = words(html)
    assert f"In Referins: appointment {haircut.pk}" in said
    assert "Title Haircut Lunch" in said
    assert "12:00 – 13:00 Europe/Berlin" in said
    assert "The event is changed in one account." in said
    haircut.refresh_from_db()
    assert haircut.title == "Haircut"  # looking changes nothing
    answer = staff.post(f"{LOG}{entry.pk}/restore/", hidden(html), follow=True)
    haircut.refresh_from_db()
    assert appointment_fields(haircut) == LUNCH
    told = SyncLogEntry.objects.get(action="restore")
    assert told.actor is not None
    assert (told.restores, told.actor.username) == (entry, "staff")
    assert f"Restored title, time, place, notes of appointment {haircut.pk}" in words(
        answer.content.decode()
    )
    assert LogEntry.objects.get().get_edited_object() == haircut
    shown = words(page(staff, f"{LOG}{entry.pk}/change/"))
    assert "Nothing to restore here. It is so already" in shown
    assert f"restored title, time, place, notes of appointment {haircut.pk}" in shown


def test_what_was_changed_since_is_said_before(
    staff: Client, haircut: Appointment, entry: SyncLogEntry
) -> None:
    haircut.title = "Shave"
    haircut.save()
    said = words(page(staff, f"{LOG}{entry.pk}/restore/"))
    assert "Changed again since: title. That is what you would overwrite." in said


def test_an_answer_to_a_page_that_is_out_of_date_changes_nothing(
    staff: Client, haircut: Appointment, entry: SyncLogEntry
) -> None:
    url = f"{LOG}{entry.pk}/restore/"
    seen = hidden(page(staff, url))
    haircut.title = "Shave"
    haircut.save()
    for answer in (seen, {"version": "before"}):
        told = staff.post(url, answer, follow=True).content.decode()
        assert "It was changed while you looked." in told
    haircut.refresh_from_db()
    assert haircut.title == "Shave"


def test_the_loser_of_a_conflict_and_what_was_before_are_two_buttons(
    staff: Client, connection: ICloudConnection, haircut: Appointment
) -> None:
    after = as_json(appointment_fields(haircut))
    conflict = log(
        connection,
        outcome="conflict",
        appointment_id=haircut.pk,
        before={**after, "location": "Mitte", "lost": {"title": "Beard"}},
        after=after,
    )
    html = page(staff, f"{LOG}{conflict.pk}/change/")
    assert "Restore the losing version…" in html
    assert "Restore the version before…" in html
    assert "Title, which lost" in html
    assert "Title Haircut Beard" in words(page(staff, f"{LOG}{conflict.pk}/restore/?version=lost"))
    assert "Place – Mitte" in words(page(staff, f"{LOG}{conflict.pk}/restore/?version=before"))


def test_text_from_outside_is_text_on_the_pages_of_restoring(
    staff: Client, connection: ICloudConnection, haircut: Appointment, run: SyncRun
) -> None:
    script = "<script>alert(1)</script>"
    Appointment.objects.update(title=script)
    haircut.refresh_from_db()
    bad = EventFields(script + "2", LUNCH.interval, script, script)
    entry = log(
        connection,
        run=run,
        message=script,
        appointment_id=haircut.pk,
        before=as_json(bad),
        after=as_json(appointment_fields(haircut)),
        body=script,
    )
    for url in (
        f"{LOG}{entry.pk}/change/",
        f"{LOG}{entry.pk}/restore/",
        f"{RUNS}{run.pk}/undo/",
        f"{RUNS}{run.pk}/change/",
    ):
        assert script not in page(staff, url)


def test_a_slot_comes_back_as_one_made_in_referins_and_the_page_says_so(
    staff: Client, connection: ICloudConnection
) -> None:
    gone = log(connection, action="remove slot", slot_id=4711, before=as_json(LUNCH, True))
    html = page(staff, f"{LOG}{gone.pk}/restore/")
    assert "It comes back as a Blocked Slot made in Referins that says the same" in words(html)
    assert "Busy – yes" in words(html)
    staff.post(f"{LOG}{gone.pk}/restore/", hidden(html))
    made = BlockedSlot.objects.get()
    assert (made.title, made.origin, made.user) == ("Lunch", "referins", connection.user)
    assert f"{LOG}{gone.pk}/restore/" not in page(staff, f"{LOG}{gone.pk}/change/")


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("lacking", ["change_icloudconnection", "change_appointment"])
def test_who_may_not_is_not_offered_it_and_cannot(
    client: Client, haircut: Appointment, entry: SyncLogEntry, lacking: str
) -> None:
    sign_in(client, *({*NEEDED, *ROWS} - {lacking}))
    OutboxEntry.objects.all().delete()
    assert "/restore/" not in page(client, f"{LOG}{entry.pk}/change/")
    assert client.get(f"{LOG}{entry.pk}/restore/").status_code == 403
    assert client.post(f"{LOG}{entry.pk}/restore/", {"version": "before"}).status_code == 403
    haircut.refresh_from_db()
    assert haircut.title == "Haircut"
    assert not OutboxEntry.objects.exists()
    assert not SyncLogEntry.objects.filter(action="restore").exists()


def test_who_may_not_read_the_log_may_not_restore_from_it(
    client: Client, entry: SyncLogEntry
) -> None:
    sign_in(client, "change_icloudconnection", *ROWS)
    assert client.get(f"{LOG}{entry.pk}/restore/").status_code == 403


def test_who_is_not_staff_is_sent_to_sign_in(client: Client, entry: SyncLogEntry) -> None:
    client.force_login(UserFactory())
    for url in (f"{LOG}{entry.pk}/restore/", f"{RUNS}{entry.run_id}/undo/"):
        assert client.post(url).status_code == 302
    assert not SyncLogEntry.objects.filter(action="restore").exists()


@pytest.mark.parametrize("lacking", ["change_icloudconnection", *ROWS])
def test_a_run_is_undone_only_by_who_may_change_all_of_it(
    client: Client, haircut: Appointment, entry: SyncLogEntry, lacking: str
) -> None:
    sign_in(client, *({*NEEDED, *ROWS} - {lacking}))
    url = f"{RUNS}{entry.run_id}/undo/"
    assert "/undo/" not in page(client, f"{RUNS}{entry.run_id}/change/")
    assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)
    haircut.refresh_from_db()
    assert haircut.title == "Haircut"


# --- A whole run ----------------------------------------------------------------------


def test_a_run_is_undone_after_a_page_that_lists_it_all(
    staff: Client,
    connection: ICloudConnection,
    haircut: Appointment,
    entry: SyncLogEntry,
    run: SyncRun,
) -> None:
    new = log(connection, action="create slot", run=run, message="new slot", after=as_json(LUNCH))
    SyncLogEntry.objects.filter(pk=new.pk).update(slot_id=5)
    assert f'href="{RUNS}{run.pk}/undo/"' in page(staff, f"{RUNS}{run.pk}/change/")
    said = words(page(staff, f"{RUNS}{run.pk}/undo/"))
    assert "1 change will be undone" in said
    assert "Title Haircut Lunch" in said
    assert "new slot It came new from iCloud." in said
    haircut.refresh_from_db()
    assert haircut.title == "Haircut"
    answer = words(staff.post(f"{RUNS}{run.pk}/undo/", follow=True).content.decode())
    assert "Undone: 1 change." in answer
    assert "Left as it is: new slot. It came new from iCloud." in answer
    haircut.refresh_from_db()
    assert appointment_fields(haircut) == LUNCH
    assert "Nothing of this run can be undone." in words(page(staff, f"{RUNS}{run.pk}/undo/"))


def test_a_run_without_changes_offers_nothing(
    staff: Client, connection: ICloudConnection, run: SyncRun
) -> None:
    log(connection, run=run, outcome="retrying", action="retry")
    assert "/undo/" not in page(staff, f"{RUNS}{run.pk}/change/")


# --- Reading --------------------------------------------------------------------------


def test_the_list_and_the_page_say_how_often_trouble_was_met(
    staff: Client, connection: ICloudConnection
) -> None:
    last = timezone.now().replace(hour=10, minute=42, second=5)
    trouble = log(connection, outcome="retrying", repeats=3, last_at=last)
    often = f"3 times, last at {last.day} {last:%b}, 10:42:05"
    assert f"Retrying {often}" in words(page(staff, LOG))
    assert f"Retrying {often}" in words(page(staff, f"{LOG}{trouble.pk}/change/"))


def test_the_page_of_an_entry_says_who_and_shows_what_it_replaced(
    staff: Client, entry: SyncLogEntry
) -> None:
    actor = UserFactory(first_name="Berta", last_name="Bauer")
    SyncLogEntry.objects.update(actor=actor)
    html = page(staff, f"{LOG}{entry.pk}/change/")
    assert "Berta Bauer" in html
    assert '<pre class="ical-body">BEGIN:VCALENDAR</pre>' in html


def test_an_entry_leads_to_all_that_happened_to_what_it_is_about(
    staff: Client, connection: ICloudConnection, entry: SyncLogEntry
) -> None:
    item = RemoteResource.objects.create(
        connection=connection, collection=connection.collections.create(href="/home/"), href="/a"
    )
    about: list[dict[str, Any]] = [
        {"appointment_id": entry.appointment_id},
        {"slot_id": 7},
        {"resource": item},
    ]
    for ids in about:
        one, other = log(connection, **ids), log(connection, message="Another.", **ids)
        number = SyncLogEntry.objects.filter(**ids).count()
        found = re.search(rf'href="([^"]*)">{number}</a>', page(staff, f"{LOG}{one.pk}/change/"))
        assert found, ids
        shown = staff.get(found[1].replace("&amp;", "&")).context["cl"].result_list
        assert {one, other} <= set(shown)
        assert len(shown) == number


def test_the_list_of_the_log_costs_as_much_for_ten_rows_as_for_a_hundred(
    staff: Client, connection: ICloudConnection, haircut: Appointment, run: SyncRun
) -> None:
    def more(number: int) -> None:
        collection, _ = connection.collections.get_or_create(href="/home/")
        for _ in range(number):
            count = SyncLogEntry.objects.count()
            item = RemoteResource.objects.create(
                connection=connection, collection=collection, href=f"/home/{count}.ics"
            )
            log(
                ICloudConnectionFactory() if count % 2 else connection,
                run=run,
                resource=item,
                appointment_id=haircut.pk,
                before=as_json(LUNCH),
                body="x" * 1000,
                actor=UserFactory(),
                restores=SyncLogEntry.objects.first(),
                outcome="retrying",
                repeats=2,
                last_at=timezone.now() - timedelta(minutes=count),
            )

    def queries() -> list[str]:
        with CaptureQueriesContext(database) as captured:
            page(staff, LOG)
        return [query["sql"] for query in captured]

    more(10)
    few = queries()
    more(90)
    many = queries()
    assert len(many) == len(few)
    assert not any('"icloud_sync_synclogentry"."body"' in sql for sql in many)
