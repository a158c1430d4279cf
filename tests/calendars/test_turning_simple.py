"""Turning a calendar into a Simple one where a source holds events of it."""

import pytest
from django.urls import reverse

from calendars import sources
from calendars.models import Calendar
from calendars.sources import Source
from tests.factories import CalendarFactory, UserFactory

pytestmark = pytest.mark.django_db
SENTENCE = "3 events of this calendar stay there."


@pytest.fixture
def says(monkeypatch):
    """What the source is asked about, and answers once it has anything to say."""
    asked = []

    def on_calendar(calendar):
        asked.append(calendar.type)
        return SENTENCE

    monkeypatch.setattr(sources, "registered", {})
    sources.register(Source("other", "Other"))
    sources.register(Source("icloud", "iCloud", on_calendar=on_calendar))
    return asked


@pytest.fixture
def page(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return reverse("admin:calendars_calendar_change", args=[CalendarFactory(name="Massage").pk])


def posted(client, page, **typed):
    form = {
        "name": "Renamed",
        "type": "simple",
        "time_zone": "Europe/Berlin",
        "seats": 1,
        "memberships-TOTAL_FORMS": 0,
        "memberships-INITIAL_FORMS": 0,
    }
    return client.post(page, {**form, **typed})


def stored():
    return Calendar.objects.values_list("name", "type").get()


def test_the_form_says_what_the_source_says(client, page, says) -> None:
    assert SENTENCE in client.get(page).content.decode()


def test_nothing_is_saved_before_the_answer(client, page, says) -> None:
    asked = posted(client, page)
    assert (asked.status_code, stored()) == (200, ("Massage", "round_robin"))
    assert SENTENCE in asked.content.decode()
    assert set(says) == {"round_robin"}  # as it is stored, not as it was typed
    assert posted(client, page, _leave_them_there="yes").status_code == 302
    assert stored() == ("Renamed", "simple")


def test_what_was_typed_wrong_is_said_before_anything_is_asked(client, page, says) -> None:
    refused = posted(client, page, seats=5)
    assert "Only a Class Booking calendar has several seats." in refused.content.decode()
    assert "Make it a Simple calendar?" not in refused.content.decode()


def test_where_no_source_has_anything_to_say_it_is_saved_at_once(client, page, monkeypatch) -> None:
    monkeypatch.setattr(sources, "registered", {})
    assert posted(client, page).status_code == 302
    assert stored() == ("Renamed", "simple")


def test_a_new_simple_calendar_is_saved_at_once(client, page, says) -> None:
    Calendar.objects.all().delete()
    assert posted(client, reverse("admin:calendars_calendar_add")).status_code == 302
    assert stored() == ("Renamed", "simple")
