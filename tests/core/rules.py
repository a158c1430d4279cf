"""Recurrence rules for tests: as Apple's editor writes them, odd ones, and the days they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from icloud_sync.core.recurrence.rule import parse_rule
from icloud_sync.core.recurrence.walk import walk

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = ",".join(WEEKDAYS[:5])


def days(text: str, at: time = time(9)) -> list[datetime]:
    """'1997-09 2 4-6 1997-10 1' -> the 2nd, 4th, 5th, 6th of September, the 1st of October."""
    found = []
    for word in text.split():
        if len(word) == 7:
            year, month = map(int, word.split("-"))
            continue
        first, _, last = word.partition("-")
        found += [
            datetime.combine(date(year, month, day), at)
            for day in range(int(first), int(last or first) + 1)
        ]
    return found


@dataclass(frozen=True)
class Series:
    """A rule, a DTSTART that it makes, and a window of a year somewhere after it."""

    text: str
    start: datetime
    first: datetime
    last: datetime
    until: datetime | None


def series(random: Random, rule: str) -> Series | None:
    """Half of them end, by COUNT, by UNTIL or by both. None where the rule makes nothing."""
    asked = days("2025-01 1", time(9, 30))[0] + timedelta(random.randrange(700))
    made = walk(parse_rule(rule), asked, asked + timedelta(seconds=1), asked + timedelta(1100))
    if not made:
        return None
    start = random.choice(made[:20])
    first = start + timedelta(random.randrange(500))
    until = start + timedelta(random.randrange(900)) if random.random() < 0.3 else None
    if until:
        rule += f";UNTIL={until:%Y%m%dT%H%M%S}"
    if random.random() < 0.3:
        rule += f";COUNT={random.randint(1, 60)}"
    return Series(rule, start, first, first + timedelta(400), until)


def apples(random: Random) -> str:
    """What the repeat menu of Apple's editor offers, "Custom…" included."""
    every = f";INTERVAL={random.randint(1, 4)}" if random.random() < 0.6 else ""
    month = f";BYMONTH={some(random, range(1, 13), 3)}"
    rule = random.choice(
        [
            "FREQ=DAILY",
            "FREQ=WEEKLY",
            f"FREQ=WEEKLY;BYDAY={some(random, WEEKDAYS, 5)}",
            "FREQ=MONTHLY",
            f"FREQ=MONTHLY;BYMONTHDAY={some(random, range(1, 32), 4)}",
            f"FREQ=MONTHLY;{ordinal(random)}",
            "FREQ=YEARLY",
            f"FREQ=YEARLY{month}",
            f"FREQ=YEARLY{month};{ordinal(random)}",
        ]
    )
    return rule + every + random.choice(["", "", f";WKST={random.choice(WEEKDAYS)}"])


def ordinal(random: Random) -> str:
    """The second Tuesday, the last Friday; the first working day, the last day at all."""
    nth = random.choice([1, 2, 3, 4, 5, -1])
    if random.random() < 0.5:
        return f"BYDAY={nth}{random.choice(WEEKDAYS)}"
    return f"BYDAY={random.choice([WORKDAYS, 'SU,SA', ','.join(WEEKDAYS)])};BYSETPOS={nth}"


def odd(random: Random) -> str:
    """What the RFC allows and people hardly write."""
    weekdays = f"BYDAY={some(random, WEEKDAYS, 4)}"
    position = f"BYSETPOS={some(random, (1, 2, -1, -2), 2)}"
    month = f"BYMONTH={some(random, range(1, 13), 4)}"
    rule = random.choice(
        [
            f"FREQ=DAILY;{month};{weekdays}",
            f"FREQ=DAILY;BYMONTHDAY={some(random, (*range(1, 32), -1, -2), 5)}",
            f"FREQ=DAILY;BYHOUR={some(random, range(24), 3)};BYMINUTE={some(random, (0, 30), 2)}",
            f"FREQ=WEEKLY;{month};BYDAY={WORKDAYS};{position}",
            f"FREQ=MONTHLY;{month};BYMONTHDAY={some(random, (1, 15, -1, -2), 3)}",
            f"FREQ=MONTHLY;{weekdays};BYMONTHDAY=7,8,9,10,11,12,13",
            f"FREQ=MONTHLY;{weekdays};BYMONTHDAY={some(random, range(-9, 0), 9)};BYSETPOS=1",
            f"FREQ=YEARLY;BYYEARDAY={some(random, (1, 60, 100, 365, -1, -366), 4)}",
            f"FREQ=YEARLY;BYYEARDAY={some(random, range(1, 366), 60)};{weekdays}",
            f"FREQ=YEARLY;BYWEEKNO={some(random, (*range(1, 53), -1, -2), 6)};{weekdays}",
            f"FREQ=YEARLY;BYDAY={random.randint(1, 52)}{random.choice(WEEKDAYS)}",
            f"FREQ=YEARLY;BYDAY=-{random.randint(1, 52)}{random.choice(WEEKDAYS)}",
            f"FREQ=YEARLY;{month};{weekdays};{position}",
            f"FREQ=HOURLY;INTERVAL={random.randint(1, 50)};BYHOUR=9,10,11,12,13,14,15,16,17",
            f"FREQ=MINUTELY;INTERVAL={random.choice([480, 1000, 1440])};{weekdays}",
        ]
    )
    every = f";INTERVAL={random.randint(1, 3)}" if "INTERVAL" not in rule else ""
    return rule + every + f";WKST={random.choice(WEEKDAYS)}"


def some(random: Random, of: Sequence[object], most: int) -> str:
    chosen = random.sample(of, random.randint(1, most))
    return ",".join(str(one) for one in of if one in chosen)
