"""A new event, as we write it: one VEVENT, its VTIMEZONE, and nothing that mails anybody
(no ATTENDEE, ORGANIZER or METHOD: D7, icloud-behaviour 7.1)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.forms import in_zone, line
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
    start, end = in_zone(fields.interval.starts_at, zone), in_zone(fields.interval.ends_at, zone)
    zone_text = vtimezone(zone.key) if zone.key in (start.tzid, end.tzid) else ""
    stamp = utc_stamp(now)
    event = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTAMP:{stamp}",
        f"CREATED:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        "SEQUENCE:0",
        line("DTSTART", start).text,
        line("DTEND", end).text,
        f"SUMMARY:{lines.escape(fields.title)}",
        *optional("LOCATION", fields.location),
        *optional("DESCRIPTION", with_block(fields.notes, written.block)),
        f"STATUS:{written.status}",
        f"URL:{written.url}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    made = [lines.make(text) for text in (*event, "END:VCALENDAR")]
    return lines.join([*map(lines.make, head), *lines.split(zone_text), *made])


def optional(name: str, value: str) -> list[str]:
    return [f"{name}:{lines.escape(value)}"] if value else []
