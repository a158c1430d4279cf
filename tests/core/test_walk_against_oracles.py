"""Rules of the kinds people have, read by us and by three others: ical.js (another family),
python-dateutil and recurring-ical-events. Where one of them says something else, the table
below says so, with the sentence of RFC 5545 that decides it, and shows that it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random

import pytest

from icloud_sync.core.recurrence.rule import Frequency, Rule, parse_rule
from tests.core.oracles import DATEUTIL, ICALJS, ORACLES, RECURRING, Answer, ours
from tests.core.rules import Series, apples, days, odd, series


@dataclass(frozen=True)
class Difference:
    """`oracles` do not do what `sentence` of RFC 5545 says, where `applies`. The example: a
    rule, its DTSTART and what it means up to the end of 2029."""

    oracles: tuple[str, ...]
    sentence: str
    applies: Callable[[Rule, datetime], bool]
    rule: str
    start: str
    means: str


def yearly(rule: Rule) -> bool:
    return rule.frequency is Frequency.YEARLY


def is_past_28(rule: Rule, start: datetime) -> bool:
    """A day of the month that not all of them have, in months that are named or DTSTART's."""
    return max(rule.by_month_day or (start.day,)) > 28 and not (rule.by_day or rule.by_year_day)


PYTHONS = (DATEUTIL, RECURRING)
DIFFERENCES = {
    "DTSTART counts": Difference(
        (*PYTHONS, ICALJS),
        "The COUNT rule part defines the number of occurrences at which to range-bound the "
        'recurrence. The "DTSTART" property value always counts as the first occurrence.',
        lambda rule, start: False,  # every DTSTART drawn is made by its rule
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
        "2026-01 1",
        "2026-01 1 5 12",
    ),
    "DTSTART belongs": Difference(
        (DATEUTIL, ICALJS),
        'The "DTSTART" property defines the first instance in the recurrence set (3.8.5.3; '
        "what follows it, where it does not match the rule, is undefined there).",
        lambda rule, start: False,
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=13",
        "2026-01 1",
        "2026-01 1 2026-06 13 2027-06 13 2028-06 13 2029-06 13",
    ),
    "UNTIL before DTSTART": Difference(
        (*PYTHONS, ICALJS),
        'The "DTSTART" property defines the first instance in the recurrence set (3.8.5.3). The '
        "UNTIL rule part defines a DATE or DATE-TIME value that bounds the recurrence rule in an "
        "inclusive manner.",
        lambda rule, start: bool(rule.until and rule.until.wall < start),
        "FREQ=DAILY;UNTIL=20260101T000000",
        "2026-01 20",
        "2026-01 20",
    ),
    "weeks without a day": Difference(
        (*PYTHONS, ICALJS),
        "Information, not contained in the rule, necessary to determine the various recurrence "
        'instance start time and dates are derived from the Start Time ("DTSTART") component '
        "attribute.",
        lambda rule, start: False,  # not drawn
        "FREQ=YEARLY;BYWEEKNO=20",
        "2026-05 13",
        "2026-05 13 2027-05 19 2028-05 17 2029-05 16",
    ),
    "a day of the month without a month": Difference(
        PYTHONS,
        "The same sentence; and so do those mean it who write it (Google, Windows).",
        lambda rule, start: False,  # not drawn
        "FREQ=YEARLY;BYMONTHDAY=16",
        "2026-01 16",
        "2026-01 16 2027-01 16 2028-01 16 2029-01 16",
    ),
    "weekdays with and without a number": Difference(
        PYTHONS,
        "The BYDAY rule part specifies a COMMA-separated list of days of the week; […] Each BYDAY "
        "value can also be preceded by a positive (+n) or negative (-n) integer.",
        lambda rule, start: False,  # not drawn
        "FREQ=MONTHLY;BYDAY=TH,1TH,5MO;UNTIL=20260401T000000",
        "2026-01 1",
        "2026-01 1 8 15 22 29 2026-02 5 12 19 26 2026-03 5 12 19 26 30",
    ),
    "week 1 of every second year": Difference(
        PYTHONS,
        "The BYWEEKNO rule part specifies a COMMA-separated list of ordinals specifying weeks of "
        "the year. […] Week number one of the calendar year is the first week that contains at "
        "least four (4) days in that calendar year.",
        lambda rule, start: bool(rule.by_week) and rule.interval > 1,
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO",
        "2025-12 29",
        "2025-12 29 2028-01 3 2029-12 31",
    ),
    "weeks of the year": Difference(
        (ICALJS,),
        "The BYWEEKNO rule part specifies a COMMA-separated list of ordinals specifying weeks of "
        "the year.",
        lambda rule, start: bool(rule.by_week),
        "FREQ=YEARLY;BYWEEKNO=20,30;BYDAY=MO",
        "2026-05 11",
        "2026-05 11 2026-07 20 2027-05 17 2027-07 26 2028-05 15 2028-07 24 2029-05 14 2029-07 23",
    ),
    "positions": Difference(
        (ICALJS,),
        "BYSETPOS operates on a set of recurrence instances in one interval of the recurrence "
        "rule.",
        lambda rule, start: (
            bool(rule.by_position)
            and (rule.frequency is not Frequency.MONTHLY or bool(rule.by_month_day))
        ),
        "FREQ=YEARLY;BYMONTH=3,9;BYDAY=MO;BYSETPOS=-1",
        "2026-09 28",
        "2026-09 28 2027-09 27 2028-09 25 2029-09 24",
    ),
    "positions in DTSTART's week": Difference(
        PYTHONS,
        "A set of recurrence instances starts at the beginning of the interval defined by the "
        "FREQ rule part.",
        lambda rule, start: bool(rule.by_position) and rule.frequency is Frequency.WEEKLY,
        "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=2;COUNT=3",
        "2026-01 6",
        "2026-01 6 13 20",
    ),
    "the nth weekday of a year": Difference(
        (ICALJS,),
        "If present, this indicates the nth occurrence of a specific day within the MONTHLY or "
        'YEARLY "RRULE".',
        lambda rule, start: (
            yearly(rule) and not rule.by_month and any(nth for nth, _ in rule.by_day)
        ),
        "FREQ=YEARLY;BYDAY=-39FR",
        "2026-04 3",
        "2026-04 3 2027-04 9 2028-04 7 2029-04 6",
    ),
    "a day that the month has not": Difference(
        (ICALJS,),
        "Recurrence rules may generate recurrence instances with an invalid date (e.g., "
        "February 30) or nonexistent local time […]. Such recurrence instances MUST be ignored "
        "and MUST NOT be counted as part of the recurrence set.",
        lambda rule, start: yearly(rule) and is_past_28(rule, start),
        "FREQ=YEARLY;COUNT=2",
        "2024-02 29",
        "2024-02 29 2028-02 29",
    ),
    "days of the month, daily": Difference(
        (ICALJS,),
        "By the table, BYMONTHDAY limits a DAILY rule. (Of -1 alone ical.js never finds the end.)",
        lambda rule, start: rule.frequency is Frequency.DAILY and min(rule.by_month_day or [1]) < 0,
        "FREQ=DAILY;BYMONTHDAY=1,-1;COUNT=3",
        "2026-01 31",
        "2026-01 31 2026-02 1 28",
    ),
    "every so many months, some of them": Difference(
        (ICALJS,),
        "The INTERVAL rule part contains a positive integer representing at which intervals the "
        "recurrence rule repeats. And by the table, BYMONTH limits a MONTHLY rule.",
        lambda rule, start: rule.frequency is Frequency.MONTHLY and bool(rule.by_month),
        "FREQ=MONTHLY;INTERVAL=2;BYMONTH=2,9;BYMONTHDAY=15;COUNT=3",
        "2026-02 15",
        "2026-02 15 2027-02 15 2028-02 15",
    ),
    "every so many hours, some of them": Difference(
        (ICALJS,),
        "The INTERVAL rule part contains a positive integer representing at which intervals the "
        "recurrence rule repeats. And by the table, BYHOUR limits an HOURLY rule.",
        lambda rule, start: rule.frequency is Frequency.HOURLY,
        "FREQ=HOURLY;INTERVAL=5;BYHOUR=9;COUNT=3",
        "2026-01 5",
        "2026-01 5 10 15",
    ),
}
(MUCH_LATER,) = days("2029-12 31")


@cache
def examples_read_by(oracle: str) -> list[Answer]:
    return ORACLES[oracle]([example(known) for known in DIFFERENCES.values()])


def example(known: Difference) -> Series:
    (start,) = days(known.start)
    until = parse_rule(known.rule).until
    return Series(known.rule, start, start, MUCH_LATER, until and until.wall)


@pytest.mark.parametrize(
    ("name", "oracle"),
    [(name, oracle) for name, known in DIFFERENCES.items() for oracle in known.oracles],
)
def test_a_known_difference_is_one(name: str, oracle: str) -> None:
    known = DIFFERENCES[name]
    answer = examples_read_by(oracle)[list(DIFFERENCES).index(name)]
    assert ours(example(known)) == days(known.means)
    assert answer != days(known.means)


def drawn(oracle: str, seed: int, how_many: int) -> list[Series]:
    """Rules that the oracle is not known to read otherwise."""
    random = Random(seed)
    found: list[Series] = []
    while len(found) < how_many:
        one = series(random, (odd if random.random() < 0.3 else apples)(random))
        if one and not is_known(oracle, one):
            found.append(one)
    return found


def is_known(oracle: str, asked: Series) -> bool:
    rule = parse_rule(asked.text)
    return any(
        oracle in known.oracles and known.applies(rule, asked.start)
        for known in DIFFERENCES.values()
    )


@pytest.mark.filterwarnings("ignore:Using both 'count' and 'until':DeprecationWarning")
@pytest.mark.parametrize(
    ("oracle", "how_many"), [(ICALJS, 600), (DATEUTIL, 1500), (RECURRING, 150)]
)
def test_another_program_makes_the_same_of_rules_of_every_kind(oracle: str, how_many: int) -> None:
    asked = drawn(oracle, 5545, how_many)
    answers = ORACLES[oracle](asked)
    others = [
        (one, answer) for one, answer in zip(asked, answers, strict=True) if answer != ours(one)
    ]
    assert others == []
