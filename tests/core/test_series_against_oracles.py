"""Series as we read them, beside ical.js and recurring-ical-events.

Where they differ, DIFFERENCES has the sentence that decides it; each entry is tried.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from icloud_sync.core.ical.parse import parse
from icloud_sync.core.ical.zones import vtimezone
from icloud_sync.core.values import Window, Zones
from tests.core.bodies import BERLIN, body, override
from tests.core.expansions import Asked, Start, by_icaljs, by_recurring_ical_events, ours, spans
from tests.core.generated import PLACES, made

SERIES = 8 * len(PLACES)
A_YEAR = timedelta(days=400)


def asked_about(number: int) -> Asked:
    series = made(number)
    first = series.start.replace(tzinfo=UTC) - timedelta(days=20)
    return Asked(str(number), series.text, Window(first, first + A_YEAR), series.zone)


def test_generated_series_begin_when_ical_js_says() -> None:
    asked = [asked_about(number) for number in range(SERIES)]
    answers = by_icaljs(asked)
    assert {
        each.name: (ours(each), answer)
        for each, answer in zip(asked, answers, strict=True)
        if ours(each) != answer
    } == {}


def test_generated_series_begin_and_end_when_recurring_ical_events_says() -> None:
    for number in range(SERIES):
        asked = asked_about(number)
        found = parse(asked.text, asked.window, Zones(asked.zone, asked.zone)).occurrences
        intervals = [one.fields.interval for one in found]
        mine = [
            (each.starts_on or each.starts_at, each.ends_on or each.ends_at) for each in intervals
        ]
        assert comparable(asked, mine) == comparable(asked, spans(asked)), asked.text


def comparable(asked: Asked, spans: Iterable[tuple[Start, Start]]) -> list[tuple[Start, Start]]:
    """Sorted; without the end where clocks change before it (see DIFFERENCES)."""
    inside = [(start, end) for start, end in spans if asked.inside(start)]
    return sorted(
        (start, start if changes(asked.zone, start, end) else end) for start, end in inside
    )


def changes(zone: ZoneInfo, first: Start, last: Start) -> bool:
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return False
    return first.astimezone(zone).utcoffset() != last.astimezone(zone).utcoffset()


# --- Where they differ -------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """`decided`: the sentence. Starts as YYYYMMDD[THHMM in UTC], with a length where that is
    the difference; "same" where the library agrees with us."""

    decided: str
    lines: tuple[str, ...]
    more: str
    ours: str
    icaljs: str = "same"
    events: str = "same"


DAILY = ("DTSTART;TZID=Europe/Berlin:20261201T090000", "RRULE:FREQ=DAILY;COUNT=3")
UTC_DAILY = ("DTSTART:20261201T080000Z", "RRULE:FREQ=DAILY;COUNT=2")
DAYS = "DTSTART;VALUE=DATE:20261201"
DIFFERENCES = {
    "a time in a gap": Difference(
        "RFC 5545, 3.3.10: If the computed local start time of a recurrence instance does not "
        "exist, or occurs more than once, for the specified time zone, the time of the "
        "recurrence instance is interpreted in the same manner as an explicit DATE-TIME value "
        "describing that date and time, as specified in Section 3.3.5. And there: interpreted "
        "using the UTC offset before the gap in local times. (A sentence later in 3.3.10 wants "
        "instances of a nonexistent local time ignored; a time must not read as free.)",
        ("DTSTART;TZID=Europe/Berlin:20270327T023000", "RRULE:FREQ=DAILY;COUNT=3"),
        "",
        "20270327T0130 20270328T0130 20270329T0030",
        icaljs="20270327T0130 20270328T0030 20270329T0030",
    ),
    "a time that comes twice": Difference(
        "RFC 5545, 3.3.5: refers to the first occurrence of the referenced time",
        ("DTSTART;TZID=Europe/Berlin:20261024T023000", "RRULE:FREQ=DAILY;COUNT=3"),
        "",
        "20261024T0030 20261025T0030 20261026T0130",
        icaljs="20261024T0030 20261025T0130 20261026T0130",
    ),
    "changes of clocks in one list": Difference(
        "RFC 5545, 3.8.5.2: This property defines the list of DATE-TIME values for recurring "
        "events, to-dos, journal entries, or time zone definitions.",
        ("DTSTART;TZID=Africa/Casablanca:20270215T090000",),
        "",
        "20270215T0900",
        icaljs="20270215T0800",
    ),
    "an override outside of the series": Difference(
        "our own: a time must never read as free by mistake",
        UTC_DAILY,
        override("RECURRENCE-ID:20261210T080000Z", "DTSTART:20261210T090000Z"),
        "20261201T0800 20261202T0800 20261210T0900",
        icaljs="20261201T0800 20261202T0800",
    ),
    "an override of what was taken out": Difference(
        "our own: a time must never read as free by mistake",
        (*UTC_DAILY, "EXDATE:20261202T080000Z"),
        override("RECURRENCE-ID:20261202T080000Z", "DTSTART:20261202T090000Z"),
        "20261201T0800 20261202T0900",
        icaljs="20261201T0800",
        events="20261201T0800",
    ),
    "one occurrence without its series": Difference(
        "RFC 4791, 4.1: It is possible for a calendar object resource to just contain "
        'components that represent "overridden" instances […] without also including the '
        '"master" recurring component',
        ("RECURRENCE-ID:20261202T080000Z", "DTSTART:20261202T090000Z"),
        "",
        "20261202T0900",
        icaljs="",
    ),
    "a start that the rule does not make": Difference(
        "RFC 5545, 3.3.10: The DTSTART property value always counts as the first occurrence",
        ("DTSTART:20261201T080000Z", "RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=3"),
        "",
        "20261201T0800 20261204T0800 20261211T0800",
        icaljs="20261204T0800 20261211T0800 20261218T0800",
        events="20261201T0800 20261204T0800 20261211T0800 20261218T0800",
    ),
    "an end before the start": Difference(
        'RFC 5545, 3.8.5.3: The "DTSTART" property defines the first instance in the '
        "recurrence set.",
        ("DTSTART:20261201T080000Z", "RRULE:FREQ=DAILY;UNTIL=20261130T080000Z"),
        "",
        "20261201T0800",
        icaljs="",
        events="",
    ),
    "two rules that count": Difference(
        "RFC 5545, 3.3.10: The DTSTART property value always counts as the first occurrence",
        (*UTC_DAILY, "RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2"),
        "",
        "20261201T0800 20261202T0800 20261204T0800",
        icaljs="20261201T0800 20261202T0800",
        events="20261201T0800 20261202T0800 20261204T0800 20261211T0800",
    ),
    "an RDATE that the rule makes too": Difference(
        "RFC 5545, 3.8.5.3: Duplicate instances are ignored",
        (*DAILY, "RDATE:20261202T080000Z"),
        "",
        "20261201T0800 20261202T0800 20261203T0800",
        icaljs="20261201T0800 20261202T0800 20261202T0800 20261203T0800",
    ),
    "an RDATE with a length": Difference(
        "RFC 5545, 3.8.5.2: a value may be a PERIOD as well",
        ("DTSTART:20261201T080000Z", "RDATE;VALUE=PERIOD:20261202T080000Z/PT3H"),
        "",
        "20261201T0800 20261202T0800",
        icaljs="TypeError: occurrence.convertToZone is not a function",
    ),
    "an EXRULE": Difference(
        "RFC 2445, 4.8.5.2: This property defines a rule or repeating pattern for an exception "
        "to a recurrence set.",
        ("DTSTART:20261204T080000Z", "RRULE:FREQ=DAILY;COUNT=3", "EXRULE:FREQ=WEEKLY;BYDAY=SA"),
        "",
        "20261204T0800 20261206T0800",
        icaljs="20261204T0800 20261205T0800 20261206T0800",
        events="20261204T0800 20261205T0800 20261206T0800",
    ),
    "UNTIL as a date": Difference(
        "RFC 5545, 3.3.10, and what people mean: the whole of that day",
        (DAILY[0], "RRULE:FREQ=DAILY;UNTIL=20261203"),
        "",
        "20261201T0800 20261202T0800 20261203T0800",
        icaljs="20261201T0800 20261202T0800",
        events="20261201T0800 20261202T0800",
    ),
    "UNTIL of an all-day series in UTC": Difference(
        "our own: what Apple and Exchange write is a time of the owner's day",
        (DAYS, "RRULE:FREQ=DAILY;UNTIL=20261202T230000Z"),
        "",
        "20261201 20261202 20261203",
        icaljs="20261201 20261202",
        events="20261201 20261202",
    ),
    "UNTIL of a floating series in UTC": Difference(
        "our own: a floating time is where its owner is",
        ("DTSTART:20261201T090000", "RRULE:FREQ=DAILY;UNTIL=20261202T080000Z"),
        "",
        "20261201T0800 20261202T0800",
        icaljs="20261201T0800",
        events="20261201T0800",
    ),
    "an EXDATE in UTC of a floating series": Difference(
        "our own: a floating time is where its owner is",
        ("DTSTART:20261201T090000", UTC_DAILY[1], "EXDATE:20261202T080000Z"),
        "",
        "20261201T0800",
        icaljs="20261201T0800 20261202T0800",
        events="20261201T0900 20261202T0900",
    ),
    "an override named by its date": Difference(
        "our own: a date means what starts on that day, and nothing twice",
        DAILY,
        override("RECURRENCE-ID;VALUE=DATE:20261202", "DTSTART:20261202T090000Z"),
        "20261201T0800 20261202T0900 20261203T0800",
        icaljs="20261201T0800 20261202T0800 20261203T0800",
        events="20261201T0800 20261202T0800 20261202T0900 20261203T0800",
    ),
    "an all-day override named by a time": Difference(
        "our own: Exchange names a day by its midnight",
        (DAYS, "RRULE:FREQ=DAILY;COUNT=3"),
        override("RECURRENCE-ID;TZID=Europe/Berlin:20261202T000000", "DTSTART;VALUE=DATE:20261205"),
        "20261201 20261203 20261205",
        icaljs="20261201 20261202 20261203",
    ),
    "this and future in another zone": Difference(
        "RFC 5545, 3.8.4.4: rescheduled by the same time difference",
        DAILY,
        override(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T080000Z",
            "DTSTART;TZID=America/New_York:20261202T090000",
        ),
        "20261201T0800 20261202T1400 20261203T1400",
        icaljs="20261201T0800 20261202T1400 20261203T1500",
    ),
    "floating times in X-WR-TIMEZONE": Difference(
        "Apple's own property",
        ("DTSTART:20261201T090000",),
        "X-WR-TIMEZONE:Asia/Tokyo",
        "20261201T0000",
        icaljs="20261201T0800",
    ),
    "an end before the beginning": Difference(
        'RFC 5545, 3.8.2.2: its value MUST be later in time than the value of the "DTSTART" '
        "property. No length is the least there is",
        ("DTSTART:20261201T080000Z", "DTEND:20261201T070000Z"),
        "",
        "20261201T0800",
        events="20261201T0700",
    ),
}
WINTER = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))


def asked_by(name: str, difference: Difference) -> Asked:
    text = with_definitions(body(*difference.lines, more=difference.more))
    return Asked(name, text, WINTER, BERLIN)


def with_definitions(text: str) -> str:
    """ical.js knows no zone but those that a body defines."""
    named = set(re.findall(r"TZID=([\w/+-]+)[:;]", text)) & available_timezones()
    names = {name for name in named if f"TZID:{name}" not in text}
    definitions = "".join(vtimezone(name) for name in sorted(names))
    return re.sub("BEGIN:VEVENT", f"{definitions}BEGIN:VEVENT", text, count=1)


def spelled(starts: list[Start] | str) -> str:
    if isinstance(starts, str):
        return starts
    return " ".join(
        each.strftime("%Y%m%dT%H%M" if isinstance(each, datetime) else "%Y%m%d") for each in starts
    )


@cache
def icaljs_says() -> dict[str, str]:
    asked = [asked_by(name, each) for name, each in DIFFERENCES.items()]
    return dict(zip(DIFFERENCES, map(spelled, by_icaljs(asked)), strict=True))


@pytest.mark.parametrize("name", DIFFERENCES)
def test_where_a_library_differs_it_still_does_and_we_hold_to_the_rfc(name: str) -> None:
    difference = DIFFERENCES[name]
    asked = asked_by(name, difference)
    said = [icaljs_says()[name], spelled(by_recurring_ical_events(asked))]
    assert spelled(ours(asked)) == difference.ours
    assert [each if each != difference.ours else "same" for each in said] == [
        difference.icaljs,
        difference.events,
    ]


def test_over_a_change_of_clocks_an_end_says_the_time_that_passes() -> None:
    """RFC 5545, 3.8.5.3: the same exact duration will apply to all the members."""
    night = body(
        "DTSTART;TZID=Europe/Berlin:20261023T220000",
        "DTEND;TZID=Europe/Berlin:20261024T060000",
        "RRULE:FREQ=DAILY;COUNT=3",
    )
    asked = Asked("night", night, WINTER, BERLIN)
    found = [one.fields.interval for one in parse(night, WINTER, Zones(BERLIN, BERLIN)).occurrences]
    assert [each.ends_at - each.starts_at for each in found] == [timedelta(hours=8)] * 3
    assert {end - start for start, end in spans(asked)} == {timedelta(hours=8), timedelta(hours=9)}
