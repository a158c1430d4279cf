"""All-day slots follow the zone of whom they belong to; pages that of who looks."""

from datetime import UTC, date, datetime

import pytest
from django.db.models.signals import post_save
from django.test import RequestFactory
from django.utils import timezone

from calendars.middleware import OwnTimeZone
from calendars.models import BlockedSlot
from tests.factories import BlockedSlotFactory, CalendarFactory, UserFactory

pytestmark = pytest.mark.django_db

THE_DAY = {"is_all_day": True, "starts_on": date(2026, 11, 24), "ends_on": date(2026, 11, 25)}


@pytest.fixture
def saved_slots():
    heard = []

    def listen(instance, **_):
        heard.append(instance.title)

    post_save.connect(listen, sender=BlockedSlot)
    yield heard
    post_save.disconnect(listen, sender=BlockedSlot)


@pytest.mark.parametrize("kind", ["user", "calendar"])
def test_an_all_day_slot_follows_its_owners_zone(kind) -> None:
    owner = UserFactory() if kind == "user" else CalendarFactory()
    owned = {"user": owner} if kind == "user" else {"user": None, "calendar": owner}
    slot = BlockedSlotFactory(**owned, **THE_DAY)
    timed = BlockedSlotFactory(**owned)
    owner.time_zone = "America/New_York"
    owner.save()
    was = timed.starts_at
    slot.refresh_from_db()
    timed.refresh_from_db()
    assert (slot.starts_at, slot.ends_at, slot.starts_on) == (
        datetime(2026, 11, 24, 5, tzinfo=UTC),
        datetime(2026, 11, 25, 5, tzinfo=UTC),
        date(2026, 11, 24),
    )
    assert timed.starts_at == was


def test_logging_in_or_renaming_a_user_saves_no_slot(client, saved_slots) -> None:
    user = BlockedSlotFactory(title="Fair", **THE_DAY).user
    saved_slots.clear()
    client.force_login(user)
    user.first_name = "Anna"
    user.save()
    assert saved_slots == []


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/Berlin"])
def test_a_page_is_shown_in_the_time_zone_of_who_looks(zone) -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory(time_zone=zone)
    assert OwnTimeZone(lambda _: timezone.get_current_timezone_name())(request) == zone
    assert timezone.get_current_timezone_name() == "UTC"
