"""A form of the admin that was open while somebody else changed its row."""

from datetime import UTC, date, datetime, timedelta

import lxml.html
import pytest
from django.db.models.signals import post_save
from django.urls import reverse

from calendars.models import Appointment, BlockedSlot
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ContactFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NINE_UTC = datetime(2026, 11, 24, 9, tzinfo=UTC)  # ten o'clock in Berlin
HOUR = timedelta(hours=1)


@pytest.fixture
def staff(client):
    user = UserFactory(username="staff", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def address(row):
    return reverse(f"admin:calendars_{row._meta.model_name}_change", args=[row.pk])


def typed_in(response):
    """What a browser would send back, hidden inputs and all."""
    page = lxml.html.fromstring(response.content.decode())
    form = next(form for form in page.forms if form.get("id", "").endswith("_form"))
    sent = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return {**sent, "_save": "Save"}


def opened(client, row):
    return typed_in(client.get(address(row)))


def errors(response):
    assert response.status_code == 200
    return {
        name: list(said) for name, said in response.context["adminform"].form.errors.items() if said
    }


def saved(client, row, form):
    response = client.post(address(row), form)
    said = response.context and response.context["adminform"].form.errors
    assert response.status_code == 302, said
    row.refresh_from_db()
    return row


def elsewhere(row, **fields):
    type(row).objects.filter(pk=row.pk).update(**fields)


def booked(**fields):
    return AppointmentFactory(
        **{"title": "Haircut", "starts_at": NINE_UTC, "calendar": CalendarFactory(), **fields}
    )


# --- what the person did not touch ----------------------------------------------------


def test_saving_the_notes_leaves_everything_that_changed_meanwhile(client, staff) -> None:
    row, other = booked(), UserFactory()
    form = opened(client, row)
    elsewhere(
        row,
        title="Shave",
        starts_at=NINE_UTC + HOUR,
        ends_at=NINE_UTC + 3 * HOUR,
        status="showed",
        location="Mitte",
    )
    row.hosts.set([other])
    form["notes"] = "bring towel"
    saved(client, row, form)
    assert (
        row.title,
        row.starts_at,
        row.ends_at,
        row.status,
        row.location,
        row.notes,
        [*row.hosts.all()],
    ) == (
        "Shave",
        NINE_UTC + HOUR,
        NINE_UTC + 3 * HOUR,
        "showed",
        "Mitte",
        "bring towel",
        [other],
    )


def test_only_what_changed_is_saved_and_the_signal_says_so(client, staff) -> None:
    row, heard = booked(title=" Hair\ncut", notes="two\nlines\n"), []

    def listen(update_fields, **_):
        heard.append(sorted(update_fields))

    form = opened(client, row)
    assert form["title"] == [" Hair\ncut"]
    form["title"], form["notes"] = " Haircut", "two\r\nlines\r\n"  # as browsers send it
    post_save.connect(listen, sender=Appointment)
    try:
        saved(client, row, {**form, "location": "Mitte"})
        saved(client, row, opened(client, row))  # nothing changed, nothing saved
    finally:
        post_save.disconnect(listen, sender=Appointment)
    assert heard == [["location", "updated_at"]]
    assert (row.title, row.notes) == (" Hair\ncut", "two\nlines\n")


def test_an_all_day_slot_that_was_moved_meanwhile_stays_where_it_is(client, staff) -> None:
    slot = BlockedSlotFactory(
        user=staff, is_all_day=True, starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 26)
    )
    form = opened(client, slot)
    moved = BlockedSlot.objects.get(pk=slot.pk)
    moved.starts_on, moved.ends_on = date(2026, 12, 1), date(2026, 12, 2)
    moved.save()
    saved(client, slot, {**form, "notes": "by the sea"})
    assert (slot.starts_on, slot.ends_on, slot.starts_at, slot.notes) == (
        date(2026, 12, 1),
        date(2026, 12, 2),
        moved.starts_at,
        "by the sea",
    )


def test_a_slot_made_all_day_meanwhile_stays_all_day(client, staff) -> None:
    slot = BlockedSlotFactory(user=staff, starts_at=NINE_UTC, ends_at=NINE_UTC + HOUR)
    form = opened(client, slot)
    moved = BlockedSlot.objects.get(pk=slot.pk)
    moved.is_all_day = True
    moved.save()
    saved(client, slot, {**form, "title": "Away"})
    assert (slot.is_all_day, slot.starts_on, slot.ends_on, slot.title) == (
        True,
        date(2026, 11, 24),
        date(2026, 11, 25),
        "Away",
    )


def test_another_calendar_keeps_what_the_clock_shows_after_a_move_meanwhile(client, staff) -> None:
    row, tokyo = booked(), CalendarFactory(time_zone="Asia/Tokyo")
    form = opened(client, row)
    elsewhere(row, starts_at=NINE_UTC + HOUR, ends_at=NINE_UTC + 2 * HOUR)
    saved(client, row, {**form, "calendar": tokyo.pk})
    assert (row.calendar, row.starts_at) == (tokyo, datetime(2026, 11, 24, 2, tzinfo=UTC))


# --- what both changed ----------------------------------------------------------------


def test_a_title_that_both_changed_is_shown_and_goes_through_when_saved_again(
    client, staff
) -> None:
    row = booked()
    form = opened(client, row)
    elsewhere(row, title="Shave", location="Mitte")
    refused = client.post(address(row), {**form, "title": "Trim", "notes": "bring towel"})
    assert errors(refused) == {
        "title": ["The title was changed meanwhile, to “Shave”. Look at it and save again."]
    }
    row.refresh_from_db()
    assert (row.title, row.notes) == ("Shave", "")
    again = typed_in(refused)
    assert (again["title"], again["notes"][0].strip()) == (["Trim"], "bring towel")
    saved(client, row, again)
    assert (row.title, row.location, row.notes) == ("Trim", "Mitte", "bring towel")


def test_a_title_changed_once_more_is_asked_about_once_more(client, staff) -> None:
    row = booked()
    form = opened(client, row)
    elsewhere(row, title="Shave")
    refused = client.post(address(row), {**form, "title": "Trim"})
    elsewhere(row, title="Wash")
    assert errors(client.post(address(row), typed_in(refused))) == {
        "title": ["The title was changed meanwhile, to “Wash”. Look at it and save again."]
    }


def test_both_changed_the_title_to_the_same(client, staff) -> None:
    row = booked()
    form = opened(client, row)
    elsewhere(row, title="Shave")
    assert saved(client, row, {**form, "title": "Shave"}).title == "Shave"


def test_start_and_end_are_one_and_shown_in_the_calendars_zone(client, staff) -> None:
    row = booked()
    form = opened(client, row)
    elsewhere(row, starts_at=NINE_UTC + 2 * HOUR, ends_at=NINE_UTC + 3 * HOUR)
    refused = client.post(address(row), {**form, "ends_at_1": "11:30"})
    assert errors(refused) == {
        "starts_at": [
            "The time was changed meanwhile, to “Tue 24 Nov 2026, 12:00 – 13:00”. "
            "Look at it and save again."
        ]
    }
    saved(client, row, typed_in(refused))
    assert (row.starts_at, row.ends_at) == (NINE_UTC, NINE_UTC + HOUR * 1.5)


def test_the_dates_of_an_all_day_slot_are_shown_with_the_last_day(client, staff) -> None:
    slot = BlockedSlotFactory(
        user=staff, is_all_day=True, starts_on=date(2026, 11, 24), ends_on=date(2026, 11, 25)
    )
    form = opened(client, slot)
    moved = BlockedSlot.objects.get(pk=slot.pk)
    moved.starts_on, moved.ends_on = date(2026, 12, 1), date(2026, 12, 3)
    moved.save()
    refused = client.post(address(slot), {**form, "ends_at_0": "2026-11-27"})
    assert errors(refused) == {
        "starts_at": [
            "The time was changed meanwhile, to “Tue 1 Dec 2026 – Wed 2 Dec 2026”. "
            "Look at it and save again."
        ]
    }
    saved(client, slot, typed_in(refused))
    assert (slot.starts_on, slot.ends_on) == (date(2026, 11, 24), date(2026, 11, 28))


def test_hosts_notes_and_status_that_both_changed_are_named(client, staff) -> None:
    row, anna, ben = booked(notes="old"), UserFactory(first_name="Anna"), UserFactory()
    form = opened(client, row)
    row.hosts.set([anna])
    elsewhere(row, notes="", status="showed")
    changes = {"hosts": [ben.pk], "owner": "", "notes": "new", "status": "no_show"}
    assert errors(client.post(address(row), {**form, **changes})) == {
        "hosts": ["The hosts were changed meanwhile, to “Anna”. Look at it and save again."],
        "notes": ["The notes were emptied meanwhile. Look at it and save again."],
        "status": ["The status was changed meanwhile, to “Showed”. Look at it and save again."],
    }


# --- attendees ------------------------------------------------------------------------


def test_an_attendee_changed_meanwhile_stays_or_is_asked_about(client, staff) -> None:
    mia, ben, eva = (ContactFactory(name=name) for name in ("Mia", "Ben", "Eva"))
    row = booked(contact=mia)
    form = opened(client, row)
    row.attendees.update(contact=ben)
    saved(client, row, {**form, "notes": "bring towel"})
    assert [seat.contact for seat in row.attendees.all()] == [ben]
    refused = client.post(address(row), {**form, "attendees-0-contact": eva.pk})
    formset = refused.context["inline_admin_formsets"][0].formset
    assert formset.errors == [
        {"contact": ["This was changed meanwhile, to “Ben”. Choose that, or open the page again."]}
    ]
    saved(client, row, {**opened(client, row), "attendees-0-contact": eva.pk})
    assert [seat.contact for seat in row.attendees.all()] == [eva]
