"""D19 in the admin: which events stay in iCloud is said before a calendar stops being served,
and they can be taken out."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calendars.models import Calendar
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from tests.factories import (
    AppointmentFactory,
    CalendarFactory,
    ICloudConnectionFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
RESOURCES = "/admin/icloud_sync/remoteresource/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(username="staff", is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def massage() -> Any:
    return CalendarFactory(name="Massage")


@pytest.fixture
def connection(massage: Any) -> Any:
    """Serves Massage and Yoga, each with two events in iCloud; nothing waits to be sent."""
    yoga = CalendarFactory(name="Yoga")
    made = ICloudConnectionFactory(user__username="anna", calendars=[massage, yoga])
    made.collections.create(href="/home/", name="Home", role="target")
    for calendar in (massage, yoga):
        for number in (1, 2):
            copy(made, calendar, title=f"{calendar} {number}")
    return made


def copy(connection: ICloudConnection, calendar: Any, title: str, **fields: Any) -> RemoteResource:
    appointment = AppointmentFactory(calendar=calendar, host=connection.user, title=title)
    OutboxEntry.objects.all().delete()
    return RemoteResource.objects.create(
        connection=connection,
        collection=connection.collections.get(),
        href=f"/home/{title}.ics",
        uid=title,
        appointment=appointment,
        **{"state": "synced", **fields},
    )


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def hidden(response: Any) -> dict[str, list[str]]:
    """What the confirmation posts again, without the answer."""
    found: dict[str, list[str]] = {}
    pattern = r'<input type="hidden" name="([^"]+)" value="([^"]*)">'
    for name, value in re.findall(pattern, response.content.decode()):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(value)
    return found


def everything() -> Any:
    """All that staff's answers may change."""
    return (
        list(Calendar.objects.order_by("pk").values()),
        list(ICloudConnection.objects.order_by("pk").values()),
        list(ICloudConnection.calendars.through.objects.order_by("pk").values()),
        list(RemoteResource.objects.order_by("pk").values()),
        list(OutboxEntry.objects.order_by("pk").values()),
        list(SyncLogEntry.objects.order_by("pk").values()),
        LogEntry.objects.count(),
    )


def withdrawn() -> list[str]:
    return sorted(RemoteResource.objects.filter(withdrawn=True).values_list("uid", flat=True))


def waiting() -> list[str]:
    rows = OutboxEntry.objects.filter(state="waiting").values("object_id")
    copies = RemoteResource.objects.filter(appointment__in=rows)
    return sorted(copies.values_list("uid", flat=True))


# --- The connection's page --------------------------------------------------------------


def narrow(client: Client, connection: ICloudConnection, *chosen: Any, **typed: Any) -> Any:
    home = connection.collections.get()
    form: dict[str, Any] = {
        "serves": "chosen",
        "calendars": [calendar.pk for calendar in chosen],
        "write_who_is_coming": "on",
        "unanswered_blocks": "on",
        "travel_blocks": "on",
        "collections-TOTAL_FORMS": 1,
        "collections-INITIAL_FORMS": 1,
        "collections-0-id": home.pk,
        "collections-0-connection": connection.pk,
        "collections-0-role": "target",
        "_save": "Save",
    }
    return client.post(page(connection), {**form, **typed}, follow=True)


def page(connection: ICloudConnection) -> str:
    return f"/admin/icloud_sync/icloudconnection/{connection.pk}/change/"


def test_narrowing_says_first_what_stays_and_saves_nothing(
    staff: Client, connection: Any, massage: Any
) -> None:
    before = everything()
    asked = narrow(staff, connection, massage, write_who_is_coming="")
    for words in [
        "By this choice 2 events that Referins wrote stay in iCloud",
        "Yoga: 2 events",
        "Yoga 1,",
        "Yoga 2,",
        "Nothing has been saved yet",
    ]:
        assert words in text(asked)
    assert "Massage 1" not in text(asked)
    for button in ["Take them out first", "Leave them there"]:
        assert f'value="{button}"' in asked.content.decode()
    assert f'href="{page(connection)}">Cancel' in asked.content.decode()
    assert everything() == before


def test_leave_them_there_saves_what_was_typed_and_nothing_is_sent(
    staff: Client, connection: Any, massage: Any
) -> None:
    asked = narrow(staff, connection, massage)
    said = staff.post(page(connection), {**hidden(asked), "_leave_them_there": "x"}, follow=True)
    assert said.redirect_chain == [("/admin/icloud_sync/icloudconnection/", 302)]
    assert (list(connection.calendars.all()), withdrawn(), waiting()) == ([massage], [], [])


def test_take_them_out_first_does_so_and_leaves_the_choice_for_afterwards(
    staff: Client, connection: Any, massage: Any
) -> None:
    asked = narrow(staff, connection, massage)
    answer = {**hidden(asked), "_take_them_out_first": "x"}
    said = staff.post(page(connection), answer, follow=True)
    assert "Asked for 2 events to be taken out of iCloud." in text(said)
    assert (connection.calendars.count(), withdrawn(), waiting()) == (
        2,
        ["Yoga 1", "Yoga 2"],
        ["Yoga 1", "Yoga 2"],
    )
    assert connection.log.get().message.endswith("By staff.")
    assert LogEntry.objects.get().change_message == "Asked for 2 events to be taken out of iCloud."

    assert "2 of them are on the way out already" in text(narrow(staff, connection, massage))
    RemoteResource.objects.filter(withdrawn=True).update(state="removed")
    narrow(staff, connection, massage)
    assert (list(connection.calendars.all()), withdrawn()) == ([massage], [])


def test_from_all_calendars_to_some_is_a_narrowing_too(
    staff: Client, connection: Any, massage: Any
) -> None:
    connection.calendars.clear()
    ICloudConnection.objects.update(serves="all")
    assert "Yoga: 2 events" in text(narrow(staff, connection, massage))
    connection.refresh_from_db()
    assert connection.serves == "all"


@pytest.mark.parametrize("case", ["wider", "same", "nothing there"])
def test_where_nothing_would_stay_nobody_is_asked(
    staff: Client, connection: Any, massage: Any, case: str
) -> None:
    chosen = [*connection.calendars.all()]
    if case == "wider":
        chosen.append(CalendarFactory())
    if case == "nothing there":
        RemoteResource.objects.filter(uid__startswith="Yoga").update(state="deleted_in_icloud")
        chosen = [massage]
    narrow(staff, connection, *chosen)
    assert set(connection.calendars.all()) == set(chosen)


def test_more_than_ten_are_counted_and_those_that_cannot_go_are_named_as_such(
    staff: Client, connection: Any, massage: Any
) -> None:
    yoga = Calendar.objects.get(name="Yoga")
    for number in range(10):
        copy(connection, yoga, f"Late {number}", has_guests=number == 0)
    shown = text(narrow(staff, connection, massage))
    assert "Yoga: 12 events" in shown
    assert len(re.findall(r"(?:Yoga|Late) \d, ", shown)) == 10
    assert "and 2 more" in shown
    assert "1 of them cannot be taken out by Referins, because guests were added" in shown


def test_titles_are_text_and_never_markup(staff: Client, connection: Any, massage: Any) -> None:
    copy(connection, Calendar.objects.get(name="Yoga"), "<script>alert(1)</script>")
    html = narrow(staff, connection, massage, write_who_is_coming='"><script>x').content.decode()
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "<script>x" not in html


def test_who_may_only_look_is_not_asked_and_changes_nothing(
    client: Client, connection: Any, massage: Any
) -> None:
    before = everything()
    viewer = allowed(client, "view_icloudconnection")
    for answer in ({}, {"_take_them_out_first": "x"}, {"_leave_them_there": "x"}):
        assert narrow(viewer, connection, massage, **answer).status_code == 403
    assert everything() == before


def allowed(client: Client, *codenames: str) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def test_the_question_asks_the_database_as_often_for_two_events_as_for_fifty(
    staff: Client, connection: Any, massage: Any
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(database) as captured:
            assert "would stay in iCloud" in text(narrow(staff, connection, massage))
        return len(captured)

    queries()  # what Django keeps for good
    few = queries()
    for number in range(50):
        copy(connection, Calendar.objects.get(name="Yoga"), f"More {number}")
    assert queries() == few


# --- The calendar's page ----------------------------------------------------------------


def turn(client: Client, calendar: Any, **typed: Any) -> Any:
    form = {
        "name": calendar.name,
        "type": "simple",
        "time_zone": calendar.time_zone,
        "seats": 1,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
        "_save": "Save",
    }
    return client.post(calendar_page(calendar), {**form, **typed}, follow=True)


def calendar_page(calendar: Any) -> str:
    return f"/admin/calendars/calendar/{calendar.pk}/change/"


def test_a_calendars_page_says_what_is_in_icloud_and_where_to_take_it_out(
    staff: Client, connection: Any, massage: Any
) -> None:
    shown = staff.get(calendar_page(massage))
    assert "Of this calendar, 2 events are in iCloud. Made a Simple calendar" in text(shown)
    [link] = re.findall(r'href="([^"]+\?calendar=\d+)"', shown.content.decode())
    listed = staff.get(link).context["cl"].result_list
    assert sorted(row.uid for row in listed) == ["Massage 1", "Massage 2"]


def test_turning_it_simple_asks_first_and_saves_nothing(
    staff: Client, connection: Any, massage: Any
) -> None:
    before = everything()
    asked = turn(staff, massage, name="Renamed")
    assert "Make it a Simple calendar?" in text(asked)
    assert "Of this calendar, 2 events are in iCloud." in text(asked)
    assert everything() == before

    staff.post(calendar_page(massage), {**hidden(asked), "_leave_them_there": "x"})

    massage.refresh_from_db()
    assert (massage.name, massage.type) == ("Renamed", "simple")
    assert (withdrawn(), waiting()) == ([], [])
    assert "not updated any more" in text(staff.get(calendar_page(massage)))


@pytest.mark.parametrize("case", ["nothing there", "another type", "only renamed"])
def test_nobody_is_asked_where_nothing_stops(
    staff: Client, connection: Any, massage: Any, case: str
) -> None:
    typed = {"nothing there": {}, "another type": {"type": "service"}, "only renamed": {}}[case]
    if case == "nothing there":
        RemoteResource.objects.update(state="removed")
    if case == "only renamed":
        Calendar.objects.update(type="simple")
        massage.refresh_from_db()
    turn(staff, massage, name="Renamed", **typed)
    massage.refresh_from_db()
    assert (massage.name, massage.type) == ("Renamed", typed.get("type", "simple"))


def test_deleting_a_calendar_says_what_it_takes_out_and_counts_only_what_goes(
    staff: Client, connection: Any, massage: Any
) -> None:
    copy(connection, massage, "With guests", has_guests=True)
    url = f"/admin/calendars/calendar/{massage.pk}/delete/"
    assert "Events taken out of iCloud: 2" in text(staff.get(url))
    turn(staff, massage, _leave_them_there="x")
    assert "Events taken out of iCloud" not in text(staff.get(url))


# --- The list of resources --------------------------------------------------------------


def act(client: Client, action: str, *chosen: Any, **more: str) -> Any:
    rows = [row.pk for row in chosen]
    return client.post(RESOURCES, {"action": action, "_selected_action": rows, **more}, follow=True)


def test_chosen_events_are_taken_out_after_a_confirmation_and_put_back(
    staff: Client, connection: Any
) -> None:
    one, other = RemoteResource.objects.filter(uid__startswith="Yoga")
    foreign = RemoteResource.objects.create(
        connection=connection, collection=connection.collections.get(), href="/x", uid="x"
    )
    before = everything()
    asked = act(staff, "take_out_of_icloud", one, foreign)
    assert "1 event will be deleted in iCloud" in text(asked)
    assert "1 of the chosen rows is left out" in text(asked)
    assert everything() == before

    said = staff.post(RESOURCES, {**hidden(asked), "_take_out": "x"}, follow=True)

    assert "Asked for 1 event to be taken out of iCloud." in text(said)
    assert (withdrawn(), waiting()) == (["Yoga 1"], ["Yoga 1"])
    OutboxEntry.objects.all().delete()
    said = act(staff, "put_back_into_icloud", one, other)
    assert "Asked for 1 event to be put back into iCloud. 1 left out" in text(said)
    assert (withdrawn(), waiting()) == ([], ["Yoga 1"])


def test_what_is_not_served_cannot_be_taken_out_and_says_why(
    staff: Client, connection: Any, massage: Any
) -> None:
    connection.calendars.remove(massage)
    row = RemoteResource.objects.get(uid="Massage 1")
    for more in ({}, {"_take_out": "x"}):
        act(staff, "take_out_of_icloud", row, **more)
        assert (withdrawn(), waiting()) == ([], [])
    assert "None of these can be taken out" in text(act(staff, "take_out_of_icloud", row))


@pytest.mark.parametrize("action", ["take_out_of_icloud", "put_back_into_icloud"])
def test_who_may_only_look_at_the_list_is_offered_neither(
    client: Client, connection: Any, action: str
) -> None:
    RemoteResource.objects.filter(uid="Yoga 1").update(withdrawn=True, state="removed")
    viewer = allowed(client, "view_remoteresource")
    before = everything()
    assert action not in viewer.get(RESOURCES).content.decode()
    act(viewer, action, *RemoteResource.objects.all(), _take_out="x")
    assert everything() == before


@pytest.mark.parametrize("action", ["take_out_of_icloud", "put_back_into_icloud"])
def test_nothing_is_taken_out_or_put_back_by_following_a_link(
    staff: Client, connection: Any, action: str
) -> None:
    row = RemoteResource.objects.get(uid="Yoga 1")
    RemoteResource.objects.filter(uid="Yoga 2").update(withdrawn=True)
    before = everything()
    query = {"action": action, "_selected_action": row.pk, "_take_out": "x"}
    staff.get(RESOURCES, query)
    assert everything() == before


@pytest.mark.parametrize("asked", ["0", "x", "999999", "9" * 30])
def test_a_calendar_that_is_not_there_lists_nothing(
    staff: Client, connection: Any, asked: str
) -> None:
    found = staff.get(RESOURCES, {"calendar": asked}, follow=True)
    assert found.status_code == 200
    assert list(found.context["cl"].result_list) == []
