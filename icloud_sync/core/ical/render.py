"""A new event, as we write it: one VEVENT, its VTIMEZONE, and nothing that mails anybody
(no ATTENDEE, ORGANIZER or METHOD: D7, icloud-behaviour 7.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.forms import in_zone
from icloud_sync.core.ical.notes import with_block
from icloud_sync.core.ical.zones import utc_stamp, vtimezone
from icloud_sync.core.values import EventFields

PRODID = "-//Referins//iCloud sync//EN"


@dataclass(frozen=True, slots=True)
class Written:
    """What only we write, and never read back (D11): STATUS, URL, who is coming."""

    status: str
    url: str
    block: str

    @property
    def digest(self) -> str:
        return hashlib.sha256("\0".join((self.status, self.url, self.block)).encode()).hexdigest()


def render(uid: str, fields: EventFields, written: Written, zone: ZoneInfo, now: datetime) -> str:
    form, stamp = in_zone(zone), utc_stamp(now)
    zone_text = vtimezone(zone.key, fields.interval.starts_at.year) if form.params else ""
    event = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"CREATED:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        "SEQUENCE:0",
        form.line("DTSTART", fields.interval.starts_at).text,
        form.line("DTEND", fields.interval.ends_at).text,
        f"SUMMARY:{lines.escape(fields.title)}",
        *optional("LOCATION", fields.location),
        *optional("DESCRIPTION", with_block(fields.notes, written.block)),
        f"STATUS:{written.status}",
        f"URL:{written.url}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    whole = [*head, *zone_text.splitlines(), *event, "END:VCALENDAR"]
    return lines.join(lines.make(text) for text in whole)


def optional(name: str, value: str) -> list[str]:
    return [f"{name}:{lines.escape(value)}"] if value else []
