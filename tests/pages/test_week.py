"""The week page, as Django's test client sees it."""

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from calendars import sources
from calendars.sources import Source
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ContactFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

WEEK = "/calendar/2026/11/24/week/"
TEN_IN_BERLIN = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def anna(client):
    user = UserFactory(username="anna")
    client.force_login(user)
    return user


class Entries(HTMLParser):
    """(classes, text, link) of everything drawn in the week, without the legend."""

    def __init__(self) -> None:
        super().__init__()
        self.found, self.open = [], None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if "entry" in classes and tag in ("a", "div"):
            self.open = tag
            self.found.append((classes[1:], [], given.get("href", "")))

    def handle_endtag(self, tag):
        if tag == self.open:
            self.open = None

    def handle_data(self, data):
        if self.open and data.strip():
            self.found[-1][1].append(" ".join(data.split()))


def drawn(client, address=WEEK):
    parser = Entries()
    parser.feed(client.get(address).content.decode())
    return [(classes, " ".join(text), link) for classes, text, link in parser.found]


def test_the_front_door_leads_to_log_in_and_then_to_this_week(client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/")
    UserFactory(username="anna", time_zone="Pacific/Kiritimati")
    answer = client.post(
        "/login/", {"username": "anna", "password": "password", "next": "/"}, follow=True
    )
    today = timezone.now().astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    assert answer.redirect_chain[-1][0] == f"/calendar/{today.year}/{today.month}/{today.day}/week/"


def test_a_wrong_password_says_so(client) -> None:
    answer = client.post("/login/", {"username": "anna", "password": "wrong"})
    assert "Please enter a correct username and password" in answer.content.decode()


def test_logging_out_is_a_post(client, anna) -> None:
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/").status_code == 302


def test_one_sees_the_own_appointments_and_slots_and_nobody_elses(client, anna) -> None:
    host = UserFactory()
    calendar = CalendarFactory(type="class_booking", seats=5, name="Yoga", owner=anna)
    AppointmentFactory(
        calendar=calendar,
        title="Beginners",
        hosts=[anna, host],
        contact=ContactFactory(),
        starts_at=TEN_IN_BERLIN,
    )
    AppointmentFactory(title="Not mine", host=host, starts_at=TEN_IN_BERLIN)
    BlockedSlotFactory(title="Dentist", user=anna, origin="icloud", starts_at=TEN_IN_BERLIN)
    BlockedSlotFactory(title="Not mine either", user=host, starts_at=TEN_IN_BERLIN)
    assert drawn(client) == [
        (["appointment"], "Beginners 10:00 – 11:00 Yoga, 1 of 5 seats taken", ""),
        (["slot"], "☁ Dentist 10:00 – 11:00 Blocked Slot", ""),
    ]


def test_free_removed_cancelled_and_all_day_are_told_in_words(client, anna) -> None:
    BlockedSlotFactory(title="Maybe", user=anna, is_busy=False, starts_at=TEN_IN_BERLIN)
    BlockedSlotFactory(
        title="Gone",
        user=anna,
        origin="icloud",
        removed_at_source_at=TEN_IN_BERLIN,
        starts_at=TEN_IN_BERLIN + timedelta(hours=2),
    )
    BlockedSlotFactory(
        title="Fair",
        user=anna,
        is_all_day=True,
        starts_on=date(2026, 11, 25),
        ends_on=date(2026, 11, 28),
    )
    AppointmentFactory(
        calendar__name="Desk",
        title="Off",
        host=anna,
        status="cancelled",
        starts_at=TEN_IN_BERLIN + timedelta(hours=4),
    )
    assert drawn(client) == [
        (["slot"], "Fair Wed 25 – Fri 27 Blocked Slot", ""),
        (["slot", "free"], "Maybe 10:00 – 11:00 Blocked Slot free", ""),
        (["slot", "removed"], "☁ Gone 12:00 – 13:00 Blocked Slot deleted in iCloud", ""),
        (["appointment", "off"], "Off 14:00 – 15:00 Desk, cancelled", ""),
    ]


def test_the_times_are_those_of_the_users_zone(client, anna) -> None:
    anna.time_zone = "America/New_York"
    anna.save()
    BlockedSlotFactory(title="Call", user=anna, starts_at=TEN_IN_BERLIN)
    assert [text for _, text, _ in drawn(client)] == ["Call 04:00 – 05:00 Blocked Slot"]
    assert "Times as in America/New_York." in client.get(WEEK).content.decode()


def test_a_week_begins_on_monday_and_ends_on_sunday_midnight(client, anna) -> None:
    sunday_midnight = datetime(2026, 11, 29, 23, tzinfo=UTC)
    for title, starts_at in (
        ("before", sunday_midnight - timedelta(days=7, hours=1)),
        ("first", sunday_midnight - timedelta(days=7)),
        ("last", sunday_midnight - timedelta(hours=1)),
        ("after", sunday_midnight),
    ):
        BlockedSlotFactory(title=title, user=anna, starts_at=starts_at)
    assert [text.split()[0] for _, text, _ in drawn(client)] == ["first", "last"]


def test_an_empty_week_says_so(client, anna) -> None:
    assert "Nothing is booked or blocked this week." in client.get(WEEK).content.decode()


def test_previous_and_next_lead_on(client, anna) -> None:
    page = client.get("/calendar/2027/1/1/week/").content.decode()
    assert 'href="/calendar/2026/12/21/week/" rel="prev"' in page
    assert 'href="/calendar/2027/1/4/week/" rel="next"' in page
    assert "28 December 2026 – 3 January 2027" in " ".join(page.split())


@pytest.mark.parametrize(
    "address", ["/calendar/2026/2/30/week/", "/calendar/1/1/1/week/", "/calendar/9999/12/31/week/"]
)
def test_a_day_that_cannot_be_is_not_found(client, anna, address) -> None:
    assert client.get(address).status_code == 404


def test_nobody_sees_anything_without_logging_in(client) -> None:
    assert client.get(WEEK)["Location"] == f"/login/?next={WEEK}"


def test_staff_may_look_at_a_user_and_others_may_not(client, anna) -> None:
    ben = UserFactory(username="ben", first_name="Ben")
    slot = BlockedSlotFactory(title="Secret", user=ben, starts_at=TEN_IN_BERLIN)
    refused = client.get(WEEK, {"user": ben.pk})
    assert refused.status_code == 403
    assert "Secret" not in refused.content.decode()
    assert client.get("/", {"user": ben.pk}).status_code == 403
    assert client.get(WEEK, {"user": anna.pk}).status_code == 200

    client.force_login(UserFactory(is_staff=True))
    link = reverse("admin:calendars_blockedslot_change", args=[slot.pk])
    page = f"{WEEK}?user={ben.pk}"
    assert drawn(client, page) == [(["slot"], "Secret 10:00 – 11:00 Blocked Slot", link)]
    assert f"/calendar/2026/11/30/week/?user={ben.pk}" in client.get(page).content.decode()
    for nobody in ("0", "none", "9" * 30):
        assert client.get(WEEK, {"user": nobody}).status_code == 404


def test_how_current_a_source_is_stands_below(client, anna, monkeypatch) -> None:
    monkeypatch.setattr(sources, "registered", {})
    assert "From iCloud" not in client.get(WEEK).content.decode()
    sources.register(Source("icloud", "iCloud", freshness=lambda user: f"{user}: as of 10:42."))
    page = client.get(WEEK).content.decode()
    assert "anna: as of 10:42." in page
    assert "From iCloud" in page


def test_titles_are_text_and_never_markup(client, anna) -> None:
    BlockedSlotFactory(title='<b onclick="x">"', user=anna, starts_at=TEN_IN_BERLIN)
    page = client.get(WEEK).content.decode()
    assert "onclick=&quot;x&quot;" in page
    assert "<b onclick" not in page


def test_the_page_needs_no_inline_style_or_script(client, anna) -> None:
    BlockedSlotFactory(user=anna, starts_at=TEN_IN_BERLIN)
    for address in (WEEK, "/login/"):
        page = client.get(address).content.decode()
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=", page)


def fill(user, count):
    calendar = CalendarFactory(type="class_booking", seats=9)
    for n in range(count):
        starts_at = TEN_IN_BERLIN + timedelta(minutes=30 * n)
        AppointmentFactory(
            calendar=calendar, host=user, contact=ContactFactory(), starts_at=starts_at
        )
        BlockedSlotFactory(user=user, starts_at=starts_at, origin="icloud")


@pytest.mark.parametrize("is_staff", [False, True])
def test_ten_and_forty_rows_take_the_same_few_queries(
    client, django_assert_num_queries, is_staff
) -> None:
    person = UserFactory(is_staff=is_staff)
    client.force_login(person)
    shown = UserFactory() if is_staff else person
    address = f"{WEEK}?user={shown.pk}"
    counts = []
    for _ in range(2):
        fill(shown, 5 if not counts else 15)
        with django_assert_num_queries((5 if is_staff else 4) + len(sources.registered)):
            assert client.get(address).status_code == 200
        counts.append(len(drawn(client, address)))
    assert counts[0] >= 10
    assert counts[1] >= 40
