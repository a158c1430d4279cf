"""Bodies and values that several tests of the core read."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icloud_sync.core.values import EventFields, Interval, Window, Zones

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
ZONES = Zones(dates=BERLIN, floating=BERLIN)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))


def body(*event: str, more: str = "") -> str:
    """A resource with one VEVENT of these lines, and what `more` adds after it."""
    text = "\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Apple Inc.//iOS 18.0//EN"]
        + ["BEGIN:VEVENT", "UID:one", "DTSTAMP:20260101T000000Z", *event, "END:VEVENT"]
        + ([more] if more else [])
        + ["END:VCALENDAR", ""]
    )
    return text.replace("\n", "\r\n")


def override(*event: str) -> str:
    """One more VEVENT of the same resource, for `more`."""
    return "\n".join(["BEGIN:VEVENT", "UID:one", "DTSTAMP:20260101T000000Z", *event, "END:VEVENT"])


def without_zones(text: str, besides: str = "") -> str:
    """Most bodies here name zones that they do not define: a write then brings the VTIMEZONE
    (RFC 5545, 3.6.5), of which tests of other things need not speak. Those that stand in
    `besides` stay."""
    definition = re.compile(r"BEGIN:VTIMEZONE\r\n.*?END:VTIMEZONE\r\n", re.DOTALL)
    return definition.sub(lambda found: found[0] if found[0] in besides else "", text)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def fields(title: str = "Lunch", start: int = 9, end: int = 10, **more: str) -> EventFields:
    """On the first of December 2026, between these hours UTC."""
    return EventFields(title, Interval(utc(12, 1, start), utc(12, 1, end)), **more)
