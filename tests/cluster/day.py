"""One day of two people whose accounts are connected: acts on both sides, one after the other,
and the state of both sides in the end, as values to compare whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.cluster.processes import Site, wait_until
from tests.scenarios.world import read_events
from tests.wire import Exchange, Wire
from tests.wire_rules import violations

PASSWORD = "abcd-efgh-ijkl-mnop"
BERLIN = ZoneInfo("Europe/Berlin")
# One day for all runs of a session, though it may be midnight in between.
MORNING = datetime.combine(datetime.now(BERLIN).date() + timedelta(days=1), time(9), BERLIN)

NAMES = """
from datetime import datetime, timedelta
from django.db import transaction
from calendars.models import Appointment, Attendee, BlockedSlot, Calendar, Contact, User
from icloud_sync import connecting, tasks
from icloud_sync.connecting.keep import sync_soon
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
morning = datetime.fromisoformat({morning!r})
answer = None
"""
CONNECT = """
person = User.objects.create_user({name!r}, time_zone="Europe/Berlin")
connecting.connect(person, {name!r} + "@example.com", {password!r}, server_url={url!r})
"""
SET_UP = """
Calendar.objects.create(name="Team", type="round_robin", time_zone="Europe/Berlin")
Contact.objects.create(name="Cleo Customer", phone="+49 30 1")
"""
BOOK = """
with transaction.atomic():
    start = morning + timedelta(hours={hours})
    booked = Appointment.objects.create(
        calendar=Calendar.objects.get(), title={title!r}, starts_at=start,
        ends_at=start + timedelta(hours=1), status="confirmed",
    )
    booked.hosts.add(User.objects.get(username="anna"))
    Attendee.objects.create(appointment=booked, contact=Contact.objects.get())
"""
RENAME = """
one = Appointment.objects.get(title="Haircut")
one.title, one.notes = "Haircut and shave", "Bring a towel."
one.save()
"""
REASSIGN = """
with transaction.atomic():
    one = Appointment.objects.get(title="Haircut and shave")
    one.hosts.set([User.objects.get(username="ben")])
"""
CANCEL = """
one = Appointment.objects.get(title="Colour")
one.status = "cancelled"
one.save()
"""
MOVE_SLOT = """
slot = BlockedSlot.objects.get(title="Dentist")
slot.starts_at += timedelta(minutes=30)
slot.ends_at += timedelta(minutes=30)
slot.save()
"""
SYNC_NOW = """
sync_soon(ICloudConnection.objects.get(user__username="anna"))
"""
# Whether nothing is left to do.
RESTS = """
held = ICloudConnection.objects.exclude(lease_owner="").exists()
answer = not held and not OutboxEntry.objects.exists()
"""
HERE = """
answer = {
    "appointments": [
        [one.title, str(one.starts_at), str(one.ends_at), one.location, one.notes, one.status,
         sorted(host.username for host in one.hosts.all())]
        for one in Appointment.objects.order_by("title")
    ],
    "slots": [
        [one.title, str(one.starts_at), str(one.ends_at), one.location, one.is_busy, one.origin,
         one.user.username, one.removed_at_source_at is not None]
        for one in BlockedSlot.objects.order_by("title", "starts_at")
    ],
    "resources": sorted(
        [one.connection.user.username, one.appointment.title if one.appointment else "", one.state]
        for one in RemoteResource.objects.all()
    ),
    "outbox": [[str(one), one.state, one.last_error] for one in OutboxEntry.objects.all()],
    "conflicts": [one.message for one in SyncLogEntry.objects.filter(outcome="conflict")],
}
"""
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//Phone//EN\r\nBEGIN:VEVENT\r\n"
    "UID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{title}\r\n"
    "DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{end:%Y%m%dT%H%M%SZ}\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def names() -> str:
    """What statements about an installation may use."""
    return NAMES.format(morning=MORNING.isoformat())


@dataclass
class Day:
    """`act`: the number of the act that is going on."""

    site: Site
    anna: StandInAccount
    ben: StandInAccount
    wires: list[Wire]
    act: int = 0
    faults: list[Callable[[Exchange], Any]] = field(default_factory=list)
    # What goes on while an act is waited for.
    meanwhile: Callable[[], object] = lambda: None

    def ask(self, statements: str) -> Any:
        return self.site.ask(names() + statements)

    def do(self, statements: str) -> None:
        """What somebody does in Referins."""
        self.ask(statements)

    # --- What people do -------------------------------------------------------------------

    def set_up(self) -> None:
        for account, wire in zip((self.anna, self.ben), self.wires, strict=True):
            name = account.apple_id.partition("@")[0]
            self.ask(CONNECT.format(name=name, password=PASSWORD, url=wire.url))
        self.ask(SET_UP)

    def acts(self) -> list[Callable[[], None]]:
        return [
            lambda: self.do(BOOK.format(title="Haircut", hours=0)),
            lambda: self.do(BOOK.format(title="Colour", hours=2)),
            lambda: self.do(RENAME),
            self.somebody_moves_colour_upstairs,
            lambda: self.do(REASSIGN),
            self.the_phone_gets_the_dentist,
            lambda: self.do(MOVE_SLOT),
            lambda: self.do(CANCEL),
        ]

    def live(self, before_each: Callable[[], None] = lambda: None) -> None:
        """All of it. Each act is done with, on both sides, before the next begins."""
        for wire in self.wires:
            wire.faults += self.faults
        for act in self.acts():
            self.act += 1
            before_each()
            act()
            self.wait_for_rest()

    def somebody_moves_colour_upstairs(self) -> None:
        [(name, body)] = [
            (href.rpartition("/")[2], str(body))
            for href, body in self.anna.resources("home").items()
            if "SUMMARY:Colour" in str(body)
        ]
        self.anna.put(name, body.replace("SUMMARY:", "LOCATION:Upstairs\r\nSUMMARY:"), "home")
        self.sync_until('Appointment.objects.filter(location="Upstairs").exists()')

    def the_phone_gets_the_dentist(self) -> None:
        self.the_phone_gets("dentist", "Dentist", hours=4)
        self.sync_until('BlockedSlot.objects.filter(title="Dentist").exists()')

    def the_phone_gets(self, uid: str, title: str, hours: int) -> None:
        """An event of anna's, so long after the morning of the day."""
        start = MORNING.astimezone(UTC) + timedelta(hours=hours)
        body = EVENT.format(uid=uid, title=title, start=start, end=start + timedelta(hours=1))
        self.anna.put(f"{uid}.ics", body, "home")

    def sync_until(self, condition: str) -> None:
        """Staff press Sync now, once."""
        self.ask(SYNC_NOW)
        self.wait_for(f"answer = {condition}", condition)

    def wait_for_rest(self) -> None:
        self.wait_for(RESTS, f"rest after act {self.act}")

    def wait_for(self, statements: str, what: str) -> None:
        def found() -> Any:
            self.meanwhile()
            return self.ask(statements)

        try:
            wait_until(found, 90, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state()}\n{self.story()}") from None

    # --- Time -----------------------------------------------------------------------------

    def three_minutes_pass(self) -> None:
        """Leases of whoever died run out, the periodic tasks run, and who is to be looked at
        again is due."""
        self.ask(
            "past = morning - timedelta(days=2)\n"
            "ICloudConnection.objects.exclude(lease_owner='').update(lease_until=past)\n"
            "ICloudConnection.objects.update(next_poll_at=past)\n"
            "tasks.sweep(), tasks.poll()"
        )

    # --- What came of it ------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        there = {
            account.apple_id: sorted(
                (event for body in account.resources("home").values() for event in read(str(body))),
                key=lambda event: event["title"],
            )
            for account in (self.anna, self.ben)
        }
        return self.ask(HERE) | {"in iCloud": there}

    def story(self) -> str:
        """What the log tells, for a failing test."""
        logged = self.ask(
            "answer = [[one.action, one.outcome, one.message, one.repeats] "
            "for one in SyncLogEntry.objects.order_by('pk')]"
        )
        return "\n".join(map(str, logged))

    def interrupted(self) -> int:
        """How often the log says that a worker stopped in the middle of something."""
        told = "SyncLogEntry.objects.filter(action='interrupted').values_list('repeats', flat=True)"
        return int(self.ask(f"answer = sum({told})"))

    def assert_nothing_forbidden_was_sent(self) -> None:
        assert [each for wire in self.wires for each in violations(wire.ever)] == []


def read(body: str) -> list[dict[str, Any]]:
    return [{name: str(value) for name, value in event.items()} for event in read_events(body)]


@contextmanager
def day_at(site: Site, kind: type[Day] = Day) -> Iterator[Day]:
    """Both connected; nobody works yet."""
    with StandIn() as standin:
        accounts = [
            standin.add_account(f"{name}@example.com", PASSWORD) for name in ("anna", "ben")
        ]
        wires = [Wire(standin.url) for _ in accounts]
        try:
            made = kind(site, *accounts, wires)
            made.set_up()
            yield made
        finally:
            for wire in wires:
                wire.close()
