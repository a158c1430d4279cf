"""The walk on the examples of RFC 5545 (3.8.5.3), and where the RFC leaves room."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.recurrence.rule import Rule, parse_rule
from icloud_sync.core.recurrence.walk import walk
from tests.core.rfc_rules import RFC
from tests.core.rules import days

NEW_YORK = ZoneInfo("America/New_York")


def until_of(rule: Rule) -> datetime | None:
    """UNTIL on New York's wall: the RFC's examples give it in UTC."""
    if not rule.until or not rule.until.is_utc:
        return rule.until and rule.until.wall
    utc = rule.until.wall.replace(tzinfo=ZoneInfo("UTC"))
    return utc.astimezone(NEW_YORK).replace(tzinfo=None)


def starts(text: str, start: datetime, last: datetime) -> list[datetime]:
    rule = parse_rule(text)
    return walk(rule, start, start, last, until_of(rule))


# The same for what the RFC says in other places, or leaves to us.
READ_SO = [
    # 3.3.10: invalid dates "MUST be ignored and MUST NOT be counted".
    ("FREQ=YEARLY;COUNT=3", "2024-02 29", "2024-02 29 2028-02 29 2032-02 29"),
    ("FREQ=MONTHLY;COUNT=3", "2026-01 31", "2026-01 31 2026-03 31 2026-05 31"),
    ("FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=30", "2026-04 30", "2026-04 30 2027-04 30 2028-04 30 …"),
    ("FREQ=YEARLY;BYYEARDAY=366,-366", "2024-12 31", "2024-12 31 2028-01 1 2028-12 31 …"),
    # DTSTART counts, though the rule would not make it.
    ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-01 1", "2026-01 1 5 12"),
    ("FREQ=MONTHLY;BYDAY=2TU;COUNT=1", "2026-01 1", "2026-01 1"),
    ("FREQ=DAILY;UNTIL=20260101T000000", "2026-01 20", "2026-01 20"),
    # COUNT and UNTIL together: what comes first.
    ("FREQ=DAILY;COUNT=3;UNTIL=20260301T000000", "2026-01 1", "2026-01 1-3"),
    ("FREQ=DAILY;COUNT=9;UNTIL=20260103T090000", "2026-01 1", "2026-01 1-3"),
    # BYSETPOS looks at the whole period, also the one that DTSTART lies in the middle of.
    ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2,4;COUNT=4", "2026-01 20", "2026-01 20 27 2026-02 10 24"),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=2;COUNT=3", "2026-01 6", "2026-01 6 13 20"),
    (
        "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=1,-10;COUNT=3",
        "2026-08 1",
        "2026-08 1 2026-09 5 2026-10 3",
    ),
    # BYWEEKNO: without BYDAY on DTSTART's weekday; week 1 may begin in December.
    ("FREQ=YEARLY;BYWEEKNO=20", "2026-05 13", "2026-05 13 2027-05 19 2028-05 17 …"),
    (
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO",
        "2025-12 29",
        "2025-12 29 2028-01 3 2029-12 31 …",
    ),
    (
        "FREQ=YEARLY;BYWEEKNO=53,-53;BYDAY=SU",
        "2027-01 3",
        "2027-01 3 2032-01 4 2033-01 2 2037-01 4 …",
    ),
    ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU", "2026-01 4", "2026-01 4 2027-01 3 2028-01 2 …"),
    # A month day alone is in DTSTART's month, one with a weekday is in any.
    ("FREQ=YEARLY;BYMONTHDAY=16", "2026-01 16", "2026-01 16 2027-01 16 2028-01 16 …"),
    ("FREQ=YEARLY;BYMONTHDAY=13;BYDAY=FR", "2026-02 13", "2026-02 13 2026-03 13 2026-11 13 …"),
    # Weekdays with and without a number: any of them.
    ("FREQ=MONTHLY;BYDAY=5MO,TH", "2026-03 26", "2026-03 26 30 2026-04 2 9 16 23 30 …"),
    # Parts that a frequency must not have, limit it.
    ("FREQ=WEEKLY;BYDAY=FR;BYMONTHDAY=13", "2026-02 13", "2026-02 13 2026-03 13 2026-11 13 …"),
    ("FREQ=MONTHLY;BYYEARDAY=1,32", "2026-01 1", "2026-01 1 2026-02 1 2027-01 1 2027-02 1 …"),
    ("FREQ=DAILY;BYWEEKNO=20;BYDAY=MO,TU", "2026-05 11", "2026-05 11 12 2027-05 17 18 …"),
    # Birthdays without a year are of 1604 in Apple's Contacts.
    ("FREQ=YEARLY;UNTIL=16070101T000000", "1604-02 29", "1604-02 29"),
]


@pytest.mark.parametrize(("text", "start", "expected"), [*RFC, *READ_SO])
def test_a_rule_means_these_days(text: str, start: str, expected: str) -> None:
    listed = days(expected.removesuffix("…"))
    last = listed[-1] if expected.endswith("…") else listed[-1] + timedelta(3700)
    assert starts(text, days(start)[0], last) == listed


EVERY_20_MINUTES = [time(hour, minute) for hour in range(9, 17) for minute in (0, 20, 40)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The RFC's UNTIL is an erratum: its text lists 9, 12 and 15 o'clock in New York.
        ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T210000Z", [time(9), time(12), time(15)]),
        (
            "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
            [time(9), time(9, 15), time(9, 30), time(9, 45), time(10), time(10, 15)],
        ),
        (
            "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
            [time(9), time(10, 30), time(12), time(13, 30)],
        ),
        ("FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", EVERY_20_MINUTES),
        ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16", EVERY_20_MINUTES),
        ("FREQ=SECONDLY;INTERVAL=5400;COUNT=2", [time(9), time(10, 30)]),
        (
            "FREQ=HOURLY;BYMINUTE=0,15,30,45;BYSETPOS=-1;COUNT=3",
            [time(9), time(9, 45), time(10, 45)],
        ),
        ("FREQ=DAILY;BYHOUR=9,12,17;BYSETPOS=1,-1", [time(9), time(17)]),
        ("FREQ=MONTHLY;BYHOUR=9,12,17;BYSETPOS=-2", [time(9), time(12)]),
    ],
)
def test_a_rule_means_these_times_of_a_day(text: str, expected: list[time]) -> None:
    (day,) = days("1997-09 2")
    assert starts(text, day, day.replace(hour=23)) == [
        datetime.combine(day, clock) for clock in expected
    ]


def test_what_repeats_inside_the_day_keeps_its_pace_over_midnight() -> None:
    (monday,) = days("2026-01 5", time(22))
    assert starts("FREQ=HOURLY;INTERVAL=7", monday, monday + timedelta(1)) == [
        monday + timedelta(hours=hours) for hours in (0, 7, 14, 21)
    ]


@pytest.mark.parametrize(
    "text", ["FREQ=WEEKLY", "FREQ=DAILY", "FREQ=YEARLY;BYWEEKNO=1", "FREQ=MONTHLY"]
)
def test_the_first_and_the_last_days_there_are_can_be_walked(text: str) -> None:
    rule = parse_rule(text)
    for start, last in (("0001-01 1", "0001-03 1"), ("9999-11 28", "9999-12 31")):
        (first,), (end,) = days(start), days(last)
        assert walk(rule, first, first, end)[0] == first
    (end,) = days("9999-12 31")
    assert walk(parse_rule("FREQ=DAILY"), end, end, end.replace(hour=23)) == [end]


def test_the_windows_bounds_belong_to_it_and_a_moment_beyond_does_not() -> None:
    start, second, third = days("2026-01 5-7")
    tick, rule = timedelta(microseconds=1), parse_rule("FREQ=DAILY")
    assert walk(rule, start, second, third) == [second, third]
    assert walk(rule, start, second + tick, third - tick) == []
