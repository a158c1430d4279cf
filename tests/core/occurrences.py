"""A series, and what is told of its occurrences."""

from datetime import datetime, timedelta

from icloud_sync.core.ical.parse import parse
from icloud_sync.core.values import Window, Zones
from tests.core.bodies import WINDOW, ZONES

# 9 to 10 in Berlin on 1, 2, 3 and 4 December 2026.
DAILY = (
    "DTSTART;TZID=Europe/Berlin:20261201T090000",
    "DTEND;TZID=Europe/Berlin:20261201T100000",
    "RRULE:FREQ=DAILY;COUNT=4",
    "SUMMARY:Standup",
)
DAYS = ("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=4", "SUMMARY:Away")


def names(text: str, zones: Zones = ZONES, window: Window = WINDOW) -> list[str]:
    return [one.recurrence_id for one in parse(text, window, zones).occurrences]


def told(text: str, zones: Zones = ZONES) -> list[tuple[str, str, datetime]]:
    """Name, title and start of each occurrence."""
    return [
        (one.recurrence_id, one.fields.title, one.fields.interval.starts_at)
        for one in parse(text, WINDOW, zones).occurrences
    ]


def hours(text: str, zones: Zones = ZONES) -> list[float]:
    """How long each occurrence takes."""
    found = (one.fields.interval for one in parse(text, WINDOW, zones).occurrences)
    return [(each.ends_at - each.starts_at) / timedelta(hours=1) for each in found]


def daily(*days: int) -> list[str]:
    """Names of occurrences of DAILY."""
    return [f"202612{day:02}T080000Z" for day in days]


def away(*days: int) -> list[str]:
    """Names of occurrences of DAYS."""
    return [f"202612{day:02}" for day in days]
