"""The admin's forms, open while iCloud changes what they show."""

from typing import Any

import lxml.html
import pytest
from django.test import Client
from django.urls import reverse

from calendars.models import BlockedSlot
from icloud_sync.models import SyncLogEntry
from tests.factories import UserFactory
from tests.scenarios.world import World, at, event, slot, vevent


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def address(row: Any) -> str:
    return reverse(f"admin:calendars_{row._meta.model_name}_change", args=[row.pk])


def opened(staff: Client, row: Any) -> dict[str, Any]:
    page = lxml.html.fromstring(staff.get(address(row)).content.decode())
    form = next(form for form in page.forms if form.get("id", "").endswith("_form"))
    sent: dict[str, Any] = {"_save": "Save"}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return sent


def test_r5_an_edit_in_icloud_outlives_a_form_that_was_open_meanwhile(
    apple: World, staff: Client
) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    form = opened(staff, appointment)
    apple.account.phone.edit(apple.href("Haircut"), "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.settle()
    assert staff.post(address(appointment), {**form, "notes": "bring towel"}).status_code == 302
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.notes) == ("Shave", "bring towel")
    assert apple.remote() == [event("Shave", at(10), at(11), notes="bring towel")]
    assert not SyncLogEntry.objects.filter(outcome="conflict").exists()


def test_r9_an_edit_in_icloud_outlives_an_open_form_of_its_slot(
    apple: World, staff: Client
) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    apple.settle()
    form = opened(staff, BlockedSlot.objects.get())
    apple.account.phone.edit(apple.href("Lunch"), "SUMMARY:Lunch", "SUMMARY:Dinner")
    apple.settle()
    lunch = BlockedSlot.objects.get()
    assert staff.post(address(lunch), {**form, "notes": "at Ben’s"}).status_code == 302
    apple.settle()
    assert apple.slots() == [slot("Dinner", at(12), at(13), notes="at Ben’s")]
    assert [(one["title"], one["notes"]) for one in apple.remote()] == [("Dinner", "at Ben’s")]
