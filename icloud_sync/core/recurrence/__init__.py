"""Which occurrences of a series lie in the window (RFC 5545, 3.8.5)."""

from datetime import timedelta

import recurring_ical_events
from icalendar import Calendar, Event

from icloud_sync.core.values import Window

# A rule that fires more often than daily is no calendar entry, and costs minutes of CPU.
TOO_OFTEN = {"SECONDLY", "MINUTELY", "HOURLY"}
MOST_OCCURRENCES = 5_000
# Floating and all-day occurrences have no instant of their own: look a day further.
MARGIN = timedelta(days=1)


class TooManyOccurrences(Exception):
    """The series would fill the calendar; it is set aside for a person."""


def is_recurring(event: Event) -> bool:
    return any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


def expand(calendar: Calendar, window: Window) -> list[Event]:
    """One event an occurrence, each with its RECURRENCE-ID. Overrides and EXDATEs are
    honoured; an occurrence at the window's edge may be a little outside of it."""
    for event in calendar.walk("VEVENT"):
        refuse_bombs(event)
    found = recurring_ical_events.of(calendar).between(
        window.starts_at - MARGIN, window.ends_at + MARGIN
    )
    if len(found) > MOST_OCCURRENCES:
        raise TooManyOccurrences(f"It repeats {len(found)} times in the window.")
    return list(found)


def refuse_bombs(event: object) -> None:
    rules = event.get("RRULE", []) if isinstance(event, Event) else []
    for rule in rules if isinstance(rules, list) else [rules]:
        frequency = {str(word).upper() for word in rule.get("FREQ", [])}
        interval = [int(number) for number in rule.get("INTERVAL", [1])]
        if frequency & TOO_OFTEN or min(interval, default=1) < 1:
            raise TooManyOccurrences("It repeats more often than once a day.")
