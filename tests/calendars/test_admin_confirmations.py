"""What a list begins with, and what a confirmation says before anything is deleted."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calendars import sources
from calendars.sources import Source
from tests.factories import AppointmentFactory, BlockedSlotFactory, CalendarFactory, UserFactory

pytestmark = pytest.mark.django_db
SLOTS = "/admin/calendars/blockedslot/"


@pytest.fixture(autouse=True)
def staff(client: Any) -> Any:
    user = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somewhere that holds one copy of each appointment."""
    elsewhere = Source("elsewhere", "Elsewhere", copies=lambda appointments: appointments.count())
    monkeypatch.setattr(sources, "registered", {"elsewhere": elsewhere})


def titles(answer: Any) -> list[str]:
    return [slot.title for slot in answer.context["cl"].result_list]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Soon", "Later"]),
        ("?when=past", ["Over"]),
        ("?when=all", ["Over", "Soon", "Later"]),
        ("?q=Over", ["Over"]),
    ],
)
def test_slots_begin_with_what_is_to_come_and_a_search_looks_everywhere(
    client: Any, query: str, shown: list[str]
) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    for title, days in (("Later", 9), ("Over", -9), ("Soon", 1)):
        starts_at = now + timedelta(days=days)
        BlockedSlotFactory(title=title, starts_at=starts_at, ends_at=starts_at + hour)
    assert titles(client.get(f"{SLOTS}{query}")) == shown


def test_deleting_a_calendar_says_how_many_events_go_and_hides_rows_of_the_database(
    client: Any, source: None
) -> None:
    calendar = CalendarFactory()
    AppointmentFactory(calendar=calendar, host=UserFactory())
    AppointmentFactory(calendar=calendar, host=UserFactory())
    AppointmentFactory(host=UserFactory())
    answer = client.get(f"/admin/calendars/calendar/{calendar.pk}/delete/")
    counts = dict(answer.context["model_count"])
    assert (counts["appointments"], counts["Events taken out of Elsewhere"]) == (2, 2)
    assert "Appointment_hosts" not in answer.content.decode()


def test_deleting_chosen_appointments_says_how_many_events_go(client: Any, source: None) -> None:
    chosen = [AppointmentFactory(host=UserFactory()).pk for _ in range(2)]
    AppointmentFactory(host=UserFactory())
    form = {"action": "delete_selected", "_selected_action": chosen}
    answer = client.post("/admin/calendars/appointment/", form)
    assert dict(answer.context["model_count"])["Events taken out of Elsewhere"] == 2
