"""A real worker, each broker: a committed save reaches iCloud without anybody's doing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.cluster.processes import Site, wait_until
from tests.wire_rules import assert_the_rules_were_kept

pytestmark = pytest.mark.cluster

PASSWORD = "abcd-efgh-ijkl-mnop"
SOON = 10.0  # seconds; two are usual, but two cores may be busy

CONNECT = """
from calendars.models import User
from icloud_sync import connecting
anna = User.objects.create_user("anna", time_zone="Europe/Berlin")
made = connecting.connect(anna, "anna@example.com", {password!r}, server_url={url!r})
answer = made.pk
"""
BOOK = """
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from calendars.models import Appointment, Calendar, User
with transaction.atomic():
    calendar = Calendar.objects.create(name="Team", type="round_robin", time_zone="Europe/Berlin")
    start = timezone.now().replace(microsecond=0) + timedelta(days=1)
    booked = Appointment.objects.create(
        calendar=calendar, title="Consultation", starts_at=start,
        ends_at=start + timedelta(hours=1), status="confirmed",
    )
    booked.hosts.add(User.objects.get(username="anna"))
answer = booked.pk
"""
CHANGE = """
from calendars.models import Appointment
booked = Appointment.objects.get()
{change}
booked.save()
answer = booked.pk
"""
SLOTS = """
from calendars.models import BlockedSlot
answer = [slot.title for slot in BlockedSlot.objects.all()]
"""
IMPORTED = """
from icloud_sync.models import ICloudConnection
answer = ICloudConnection.objects.get().last_success_at is not None
"""
DENTIST = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Phone//EN\r\nBEGIN:VEVENT\r\n"
    "UID:dentist\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Dentist\r\n{when}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running
        assert_the_rules_were_kept(running)


@pytest.fixture
def anna(standin: StandIn) -> StandInAccount:
    return standin.add_account("anna@example.com", PASSWORD)


def connect(site: Site, standin: StandIn) -> None:
    site.ask(CONNECT.format(password=PASSWORD, url=standin.url))


def tomorrow() -> str:
    day = datetime.now(UTC).date() + timedelta(days=1)
    return f"DTSTART:{day:%Y%m%d}T090000Z\r\nDTEND:{day:%Y%m%d}T100000Z"


def bodies(account: StandInAccount) -> list[str]:
    return [str(body) for body in account.resources("home").values()]


def titles(account: StandInAccount) -> list[str]:
    """What every event in the account's calendar is called."""
    return [
        line.partition(":")[2]
        for line in "".join(bodies(account)).split("\r\n")
        if line.startswith("SUMMARY")
    ]


def wait_for_titles(account: StandInAccount, *wanted: str) -> None:
    wait_until(lambda: titles(account) == list(wanted), SOON, f"{wanted} at the stand-in")


def test_a_saved_appointment_is_made_changed_and_cancelled_in_icloud(
    site: Site, standin: StandIn, anna: StandInAccount
) -> None:
    connect(site, standin)
    site.start("worker")

    site.ask(BOOK)
    wait_for_titles(anna, "Consultation")

    site.ask(CHANGE.format(change="booked.title += ', moved'"))
    wait_for_titles(anna, "Consultation\\, moved")

    site.ask(CHANGE.format(change="booked.status = 'cancelled'"))
    wait_for_titles(anna)


def test_what_was_saved_while_no_worker_ran_is_sent_once_one_runs(
    sqlite_site: Site, standin: StandIn, anna: StandInAccount
) -> None:
    connect(sqlite_site, standin)
    sqlite_site.ask(BOOK)
    assert titles(anna) == []

    sqlite_site.start("worker")

    wait_for_titles(anna, "Consultation")


def test_an_event_made_in_icloud_comes_in_by_the_schedule_alone(
    sqlite_site: Site, standin: StandIn, anna: StandInAccount
) -> None:
    sqlite_site.extra |= {"ICLOUD_POLL_SECONDS": "1", "ICLOUD_POLL_MAX_SECONDS": "1"}
    connect(sqlite_site, standin)
    sqlite_site.start("worker")
    wait_until(lambda: sqlite_site.ask(IMPORTED), SOON, "the first import")
    anna.put("dentist.ics", DENTIST.format(when=tomorrow()), "home")

    wait_until(lambda: sqlite_site.ask(SLOTS) == ["Dentist"], 100, "the Blocked Slot")
