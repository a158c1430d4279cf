"""Four readers of one rule: our walk, and three programs of other people."""

from collections.abc import Callable
from datetime import datetime, timedelta

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

from icloud_sync.core.recurrence.rule import parse_rule
from icloud_sync.core.recurrence.walk import walk
from tests.core.rules import Series
from tests.oracle import expand_with_icaljs

Answer = list[datetime]
ICALJS, DATEUTIL, RECURRING = "ical.js", "python-dateutil", "recurring-ical-events"


def ours(asked: Series) -> Answer:
    return walk(parse_rule(asked.text), asked.start, asked.first, asked.last, asked.until)


def body(asked: Series) -> str:
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:test",
            "BEGIN:VEVENT",
            "UID:1",
            "DTSTAMP:20250101T000000Z",
            f"DTSTART:{asked.start:%Y%m%dT%H%M%S}",
            f"RRULE:{asked.text}",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def icaljs(asked: list[Series]) -> list[Answer]:
    return expand_with_icaljs((body(one), one.first, one.last) for one in asked)


def dateutil(asked: list[Series]) -> list[Answer]:
    return [
        rrulestr(one.text, dtstart=one.start).between(one.first, one.last, inc=True)
        for one in asked
    ]


def recurring(asked: list[Series]) -> list[Answer]:
    return [
        sorted(
            event.start
            for event in recurring_ical_events.of(icalendar.Calendar.from_ical(body(one))).between(
                one.first, one.last + timedelta(seconds=1)
            )
        )
        for one in asked
    ]


ORACLES: dict[str, Callable[[list[Series]], list[Answer]]] = {
    ICALJS: icaljs,
    DATEUTIL: dateutil,
    RECURRING: recurring,
}
