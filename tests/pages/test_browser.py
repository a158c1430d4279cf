"""The story a newcomer clicks through, in a real browser against real processes."""

import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests import machine
from tests.cluster.processes import ROOT, Site, wait_until
from tests.wire_rules import assert_the_rules_were_kept

pytestmark = pytest.mark.browser

PASSWORD, WRONG = "abcd-efgh-ijkl-mnop", "this-is-not-right"
ZONE = "Europe/Berlin"
SOON = 10.0  # seconds; two are usual, but two cores may be busy
PEOPLE = f"""
from calendars.models import Calendar, CalendarMember, User
User.objects.create_superuser("admin", password="admin", time_zone={ZONE!r})
anna = User.objects.create_user("anna", password="anna", time_zone={ZONE!r})
team = Calendar.objects.create(name="Consultations", type="round_robin", time_zone={ZONE!r})
CalendarMember.objects.create(calendar=team, user=anna, priority=1)
answer = anna.pk
"""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}


class Person:
    """Somebody at a browser of their own, who notices everything that goes wrong in it."""

    def __init__(self, context: Any) -> None:
        self.page = context.new_page()
        self.page.set_default_timeout(SOON * 1000)
        self.troubles: list[str] = []
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("requestfailed", self.failed)
        self.page.on("response", self.answered)

    def heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.troubles.append(f"console: {message.text}")

    def failed(self, request: Any) -> None:
        # What was still loading when the person went on to the next page did not fail.
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def answered(self, response: Any) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.status}: {response.url}")

    def log_in(self, url: str, name: str) -> None:
        self.page.goto(url)
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(name)
        self.press("Log in")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.look()

    def follow(self, name: str, exact: bool = False) -> None:
        self.page.get_by_role("link", name=name, exact=exact).first.click()
        self.look()

    def choose(self, field: str, words: str) -> None:
        """In one of the admin's boxes that search while one types."""
        self.page.locator(f".field-{field} .select2-selection").click()
        self.page.keyboard.type(words)
        self.page.locator(".select2-results__option", has_text=words).click()

    def look(self) -> None:
        """The page fits a phone, and nothing has gone wrong on the way to it."""
        self.page.wait_for_load_state()
        self.page.set_viewport_size(PHONE)
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        over = self.page.evaluate(wider)
        self.page.set_viewport_size(DESK)
        assert (over, self.troubles) == (0, []), self.page.url

    def sees(self, words: str) -> bool:
        return bool(self.page.get_by_text(words).filter(visible=True).count())

    def waits_for(self, condition: Callable[[], bool], what: str) -> None:
        """Reloads like somebody who is impatient, and gives up after a while."""

        def reloaded() -> bool:
            self.page.reload()
            return condition()

        wait_until(reloaded, SOON, what)
        self.look()


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running
        assert_the_rules_were_kept(running)


@pytest.fixture
def anna(standin: StandIn) -> StandInAccount:
    return standin.add_account("anna@example.com", PASSWORD, "Anna Weber", ZONE)


@pytest.fixture
def site(tmp_path: Path, standin: StandIn) -> Iterator[Site]:
    """Migrated, with staff, a user and a calendar; what happens by itself takes an hour."""
    hour = {"ICLOUD_POLL_SECONDS": "3600", "ICLOUD_POLL_MAX_SECONDS": "3600"}
    own = {"DEBUG": "on", "ALLOWED_HOSTS": "localhost", "ICLOUD_SERVER_URL": standin.url}
    site = Site(tmp_path, f"sqlite:///{tmp_path}/site.sqlite3", extra=own | hour)
    try:
        site.manage("migrate", "--verbosity", "0")
        site.ask(PEOPLE)
        yield site
    finally:
        site.stop()


@pytest.fixture
def web(site: Site) -> str:
    """The address of the pages, with a worker beside them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}/"
    site.extra["PUBLIC_URL"] = url.rstrip("/")
    serve(site, port)
    site.start("worker")
    wait_until(lambda: answers(f"{url}login/"), 30, "the web pages are up")
    wait_until(lambda: "running." in site.log("worker"), 30, "the worker is up")
    return url


def serve(site: Site, port: int) -> None:
    with (site.folder / "web.log").open("wb") as log:
        program = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"]
        process = subprocess.Popen(
            [*program, "referins.wsgi:application"],
            cwd=ROOT,
            env=site.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    site.started.append(process)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture
def people() -> Iterator[Callable[[], Person]]:
    """New persons, each with cookies of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=machine.need(machine.chromium()), args=FLAGS
        )
        yield lambda: Person(browser.new_context(viewport=DESK))
        browser.close()


@pytest.fixture
def day() -> date:
    """Far enough ahead to be booked whatever the hour is now."""
    return datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=2)


# --- What people do -------------------------------------------------------------------


def connect_anna(staff: Person, web: str) -> None:
    staff.page.goto(f"{web}admin/")
    staff.page.locator("#content .model-icloudconnection .addlink").click()
    staff.choose("user", "anna")
    staff.page.get_by_label("Apple ID").fill("anna@example.com")
    staff.page.get_by_label("App-specific password").fill(WRONG)
    staff.press("Check and continue")
    assert staff.sees("The server did not accept this Apple ID and password.")
    assert staff.page.get_by_label("App-specific password").input_value() == ""

    staff.page.get_by_label("App-specific password").fill(PASSWORD)
    staff.press("Check and continue")
    assert staff.sees("Step 2 of 2. The password works")
    staff.press("Connect")
    assert staff.sees("Connected anna@example.com for anna")


def book(staff: Person, web: str, title: str, day: date) -> None:
    staff.page.goto(f"{web}admin/")
    staff.follow("Book an appointment")
    staff.choose("calendar", "Consultations")
    staff.page.get_by_label("Title").fill(title)
    for name, hour in (("starts_at", "10:00"), ("ends_at", "11:00")):
        staff.page.locator(f"#id_{name}_0").fill(day.isoformat())
        staff.page.locator(f"#id_{name}_1").fill(hour)
    staff.choose("hosts", "anna")
    staff.press("Save")
    assert staff.sees("was added successfully")


def sync_now(staff: Person, web: str) -> None:
    staff.page.goto(f"{web}admin/icloud_sync/icloudconnection/")
    staff.follow("anna")
    staff.press("Sync now")
    assert staff.sees("Sync started.")


def open_row(staff: Person, web: str, changelist: str, title: str) -> None:
    staff.page.goto(f"{web}admin/calendars/{changelist}/")
    staff.look()
    staff.follow(title)


def add_on_phone(owner: Person, phone: str, title: str, day: date) -> None:
    owner.page.goto(phone)
    owner.follow("Add an event")
    owner.page.get_by_label("Title").fill(title)
    set_time(owner, day, "15:00", "15:45")
    owner.press("Add")


def set_time(owner: Person, day: date, start: str, end: str) -> None:
    owner.page.get_by_label("Date", exact=True).fill(day.isoformat())
    owner.page.get_by_label("Start").fill(start)
    owner.page.get_by_label("End", exact=True).fill(end)


def entry(user: Person, title: str) -> tuple[bool, str]:
    """Is it a Blocked Slot, and the time it shows: none where it is not there."""
    shown = user.page.locator(".week .entry", has_text=title)
    if shown.count() != 1:
        return False, ""
    when = re.sub(r"\s+", " ", shown.locator("time").first.text_content() or "").strip()
    return "slot" in (shown.get_attribute("class") or "").split(), when


def test_the_story_of_the_first_day_by_clicking(
    web: str, anna: StandInAccount, standin: StandIn, people: Callable[[], Person], day: date
) -> None:
    staff, user, owner = people(), people(), people()
    phone = f"{standin.url}phone/{anna.dsid}/"
    week = f"{web}calendar/{day:%Y/%m/%d}/week/"

    staff.log_in(f"{web}admin/", "admin")
    connect_anna(staff, web)

    book(staff, web, "First talk", day)
    owner.page.goto(phone)
    owner.waits_for(lambda: owner.sees("First talk"), "the appointment is on the phone")

    owner.follow("First talk")
    set_time(owner, day, "13:00", "14:30")
    owner.press("Save")
    sync_now(staff, web)
    open_row(staff, web, "appointment", "First talk")
    moved = staff.page.locator("#id_starts_at_1")
    staff.waits_for(lambda: moved.input_value()[:5] == "13:00", "the appointment follows")
    assert staff.page.locator("#id_starts_at_0").input_value() == day.isoformat()
    assert staff.page.locator("#id_ends_at_1").input_value()[:5] == "14:30"

    user.log_in(week, "anna")
    assert entry(user, "First talk") == (False, "13:00 – 14:30")

    add_on_phone(owner, phone, "Dentist", day)
    sync_now(staff, web)
    user.waits_for(lambda: bool(entry(user, "Dentist")[1]), "the Blocked Slot is in the week")
    assert entry(user, "Dentist") == (True, "15:00 – 15:45")

    open_row(staff, web, "blockedslot", "Dentist")
    staff.follow("Delete", exact=True)
    assert staff.sees("This also deletes the event in iCloud")
    staff.press("Yes, I’m sure")
    owner.waits_for(lambda: not owner.sees("Dentist"), "the event is gone from the phone")
    assert owner.sees("First talk")
    user.page.reload()
    assert (entry(user, "Dentist"), entry(user, "First talk")[1]) == ((False, ""), "13:00 – 14:30")
