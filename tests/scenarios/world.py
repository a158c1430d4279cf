"""Both sides of one connected user, and the state of each as values to compare whole."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from icalendar import Calendar as Document

from calendars.models import Appointment, BlockedSlot, Calendar, User
from icloud_sync.connecting import connect
from icloud_sync.core.ical.notes import without_block
from icloud_sync.models import ICloudConnection, SyncLogEntry
from icloud_sync.sync import SyncResult, sync
from tests.factories import AppointmentFactory, CalendarFactory, UserFactory
from tests.servers import Account

BERLIN = ZoneInfo("Europe/Berlin")


def at(hour: int, minute: int = 0, days: int = 1) -> datetime:
    """A wall time in Berlin, `days` from today; the days around today have no DST change
    often enough, and the tests of DST name their dates."""
    day = timezone.now().astimezone(BERLIN).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=BERLIN)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def vevent(
    uid: str,
    title: str,
    starts: datetime | date,
    ends: datetime | date,
    *more: str,
    after: str = "",
) -> str:
    """An event as a device would write it, `more` as further lines of the VEVENT."""
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Apple Inc.//iOS 18.0//EN",
            "CALSCALE:GREGORIAN",
            "BEGIN:VEVENT",
            f"UID:{uid}",
            "DTSTAMP:20260101T000000Z",
            f"DTSTART{spell(starts)}",
            f"DTEND{spell(ends)}",
            f"SUMMARY:{title}",
            "SEQUENCE:0",
            *more,
            "END:VEVENT",
            *([after] if after else []),
            "END:VCALENDAR",
            "",
        ]
    )


def spell(moment: datetime | date) -> str:
    if isinstance(moment, datetime):
        return f":{stamp(moment)}"
    return f";VALUE=DATE:{moment:%Y%m%d}"


@dataclass
class World:
    """One user whose account is connected, on one server."""

    account: Account
    user: User
    connection: ICloudConnection

    # --- what happens ---

    def sync(self) -> SyncResult:
        result = sync(self.connection.pk)
        self.connection.refresh_from_db()
        return result

    def settle(self) -> None:
        """Sync, then prove that nothing is left to do: a second sync sends no write and
        changes nothing on either side."""
        assert not (result := self.sync()).failed, result
        before = self.state()
        self.account.wire.clear()
        again = self.sync()
        assert not again.failed, again
        assert [str(one) for one in self.account.wire.writes()] == []
        assert self.state() == before

    def book(self, calendar: Calendar | None = None, **values: Any) -> Appointment:
        values.setdefault("hosts", [self.user])
        values.setdefault("starts_at", at(10))
        values.setdefault("ends_at", values["starts_at"] + timedelta(hours=1))
        appointment: Appointment = AppointmentFactory(
            calendar=calendar or CalendarFactory(), **values
        )
        return appointment

    # --- what is ---

    def state(self) -> Any:
        return self.appointments(), self.slots(), self.account.phone.resources()

    def remote(self, collection: str | None = None) -> list[dict[str, Any]]:
        """The events in the collection, as people see them, in order."""
        bodies = self.account.phone.resources(collection).values()
        events = [event for body in bodies for event in read_events(body)]
        return sorted(events, key=lambda event: (str(event["starts"]), event["title"]))

    def href(self, title: str, collection: str | None = None) -> str:
        """Where the event of this title lies."""
        found = [
            href
            for href, body in self.account.phone.resources(collection).items()
            if any(event["title"] == title for event in read_events(body))
        ]
        assert len(found) == 1, f"{title!r} is at {found}"
        return found[0]

    def appointments(self) -> list[dict[str, Any]]:
        return [
            {
                "title": one.title,
                "starts": one.starts_at,
                "ends": one.ends_at,
                "place": one.location,
                "notes": one.notes,
                "status": one.status,
            }
            for one in Appointment.objects.order_by("starts_at", "pk")
        ]

    def slots(self) -> list[dict[str, Any]]:
        return [
            {
                "title": one.title,
                "starts": one.starts_on or one.starts_at,
                "ends": one.ends_on or one.ends_at,
                "place": one.location,
                "notes": one.notes,
                "busy": one.is_busy,
                "origin": one.origin,
                "deleted in iCloud": one.removed_at_source_at is not None,
            }
            for one in BlockedSlot.objects.order_by("starts_at", "pk")
        ]

    def log(self, action: str) -> list[SyncLogEntry]:
        return list(SyncLogEntry.objects.filter(connection=self.connection, action=action))


def read_events(body: str) -> list[dict[str, Any]]:
    document = Document.from_ical(body)
    return [
        {
            "title": str(event.get("SUMMARY", "")),
            "starts": instant(event["DTSTART"].dt),
            "ends": instant(event["DTEND"].dt) if "DTEND" in event else None,
            "place": str(event.get("LOCATION", "")),
            "notes": without_block(str(event.get("DESCRIPTION", ""))),
            "status": str(event.get("STATUS", "")),
        }
        for event in document.walk("VEVENT")
    ]


def instant(value: datetime | date) -> datetime | date:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def event(title: str, starts: Any, ends: Any, **more: str) -> dict[str, Any]:
    """An expected remote event; a pushed, confirmed one unless said otherwise."""
    return {
        "title": title,
        "starts": instant(starts),
        "ends": instant(ends),
        "place": "",
        "notes": "",
        "status": "CONFIRMED",
        **more,
    }


def slot(title: str, starts: Any, ends: Any, **more: Any) -> dict[str, Any]:
    """An expected Blocked Slot; one that came from iCloud unless said otherwise."""
    return {
        "title": title,
        "starts": instant(starts),
        "ends": instant(ends),
        "place": "",
        "notes": "",
        "busy": True,
        "origin": "icloud",
        "deleted in iCloud": False,
        **more,
    }


def connected(account: Account, user: User | None = None, **options: Any) -> World:
    user = user or UserFactory(time_zone="Europe/Berlin")
    connection = connect(
        user,
        account.username,
        account.password,
        server_url=account.server_url,
        target_href=options.pop("target_href", account.home),
        **options,
    )
    account.wire.clear()
    return World(account, user, connection)
