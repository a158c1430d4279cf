"""A recurrence rule as it is written (RFC 5545, 3.3.10)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# The longest sensible list names each day of the year from both ends: about 3,400 characters.
MOST_CHARACTERS = 10_000
MOST_INTERVAL = 1_000_000
MOST_TIMES_A_DAY = 24 * 12
TOO_OFTEN = "It repeats more often, or for longer, than a calendar can show."

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
WEEKDAY_WITH_ORDINAL = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
DATE_OR_TIME = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?",
    re.ASCII,
)
# fmt: off
UNDERSTOOD = frozenset((
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "RSCALE", "SKIP", "BYSETPOS",
    "BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYMINUTE", "BYSECOND",
))
# fmt: on
# RFC 7529: these two values mean what a rule means without them. Others are other rules.
ONLY = {"RSCALE": "GREGORIAN", "SKIP": "OMIT"}


class Frequency(StrEnum):
    SECONDLY = "SECONDLY"
    MINUTELY = "MINUTELY"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


DAILY_OR_OFTENER = frozenset(
    (Frequency.DAILY, Frequency.HOURLY, Frequency.MINUTELY, Frequency.SECONDLY)
)


class BadRule(ValueError):
    """The rule cannot be read, or would cost too much. The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Until:
    """`wall`: naive; of a date its midnight. A date means the whole of that day."""

    wall: datetime
    is_date: bool = False
    is_utc: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Weekdays count from Monday = 0; `by_day` holds (ordinal or 0, weekday). Lists are
    sorted and name nothing twice."""

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: Until | None = None
    by_month: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def is_daily_or_oftener(self) -> bool:
        return self.frequency in DAILY_OR_OFTENER


def parse_rule(text: str) -> Rule:
    """RRULE's value. Raises BadRule.

    Parts named X-… and parts without a value say nothing. COUNT and UNTIL must not stand
    together; where they do, both bound.
    """
    parts = split(text)
    frequency = frequency_of(parts)
    rule = Rule(
        frequency,
        interval=number(parts, "INTERVAL", MOST_INTERVAL) or 1,
        count=number(parts, "COUNT", 10**18),
        until=until(parts["UNTIL"]) if "UNTIL" in parts else None,
        by_month=numbers(parts, "BYMONTH", 1, 12),
        by_week=signed(parts, "BYWEEKNO", 53),
        by_year_day=signed(parts, "BYYEARDAY", 366),
        by_month_day=signed(parts, "BYMONTHDAY", 31),
        by_day=by_day(parts, ordinals_of(frequency, parts)),
        by_hour=numbers(parts, "BYHOUR", 0, 23),
        by_minute=numbers(parts, "BYMINUTE", 0, 59),
        by_second=tuple(sorted(set(map(without_leap, numbers(parts, "BYSECOND", 0, 60))))),
        by_position=signed(parts, "BYSETPOS", 366),
        week_start=week_start(parts),
    )
    refuse_dense(rule)
    return rule


def split(text: str) -> dict[str, str]:
    """The parts by name, in capitals and without white space."""
    if len(text) > MOST_CHARACTERS:
        raise BadRule("The rule is too long.")
    parts: dict[str, str] = {}
    for part in filter(None, "".join(text.split()).upper().split(";")):
        name, _, value = part.partition("=")
        if name.startswith("X-") or (name in UNDERSTOOD and not value):
            continue
        if name not in UNDERSTOOD or value != ONLY.get(name, value):
            raise BadRule(f"The rule says {shown(part)}, which is not understood.")
        if parts.setdefault(name, value) != value:
            raise BadRule(f"The rule says two things about {name}.")
    return parts


def shown(part: str) -> str:
    return part if len(part) <= 40 else part[:40] + "…"


def frequency_of(parts: Mapping[str, str]) -> Frequency:
    if "FREQ" not in parts:
        raise BadRule("The rule does not say how often it repeats.")
    try:
        return Frequency(parts["FREQ"])
    except ValueError as error:
        raise refusal("FREQ", parts["FREQ"]) from error


def refusal(name: str, value: str) -> BadRule:
    return BadRule(f"{name} cannot be {shown(value) or 'nothing'} in a rule.")


def number(parts: Mapping[str, str], name: str, most: int) -> int | None:
    if name not in parts:
        return None
    return integer(name, parts[name], 1, most)


def integer(name: str, value: str, least: int, most: int) -> int:
    if not INTEGER.fullmatch(value) or not least <= int(value) <= most:
        raise refusal(name, value)
    return int(value)


def numbers(parts: Mapping[str, str], name: str, least: int, most: int) -> tuple[int, ...]:
    if name not in parts:
        return ()
    found = {integer(name, value, least, most) for value in parts[name].split(",")}
    return tuple(sorted(found))


def signed(parts: Mapping[str, str], name: str, most: int) -> tuple[int, ...]:
    """Counted from the end where negative; there is no 0th."""
    found = numbers(parts, name, -most, most)
    if 0 in found:
        raise refusal(name, "0")
    return found


def ordinals_of(frequency: Frequency, parts: Mapping[str, str]) -> bool:
    """Whether "the 2nd Monday" means something here. Elsewhere it must not be said and is
    read as "Monday": rather an occurrence too many than a time that reads as free."""
    yearly = frequency is Frequency.YEARLY and "BYWEEKNO" not in parts
    return yearly or frequency is Frequency.MONTHLY


def by_day(parts: Mapping[str, str], ordinals: bool) -> tuple[tuple[int, int], ...]:
    found = set()
    for value in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = WEEKDAY_WITH_ORDINAL.fullmatch(value)
        ordinal = int(match[1] or 0) if match else 99
        if not match or (match[1] and not 1 <= abs(ordinal) <= 53):
            raise refusal("BYDAY", value)
        found.add((ordinal if ordinals else 0, WEEKDAYS.index(match[2])))
    return tuple(sorted(found))


def week_start(parts: Mapping[str, str]) -> int:
    value = parts.get("WKST", "MO")
    if value not in WEEKDAYS:
        raise refusal("WKST", value)
    return WEEKDAYS.index(value)


def until(value: str) -> Until:
    match = DATE_OR_TIME.fullmatch(value)
    if not match:
        raise refusal("UNTIL", value)
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    try:
        wall = datetime(year, month, day, hour, minute, without_leap(second))  # noqa: DTZ001
    except ValueError as error:
        raise refusal("UNTIL", value) from error
    return Until(wall, is_date=match[4] is None, is_utc=match[7] is not None)


def without_leap(second: int) -> int:
    """A leap second is the second before it (3.3.12)."""
    return 59 if second == 60 else second


def refuse_dense(rule: Rule) -> None:
    """Three lists of times multiply; no calendar means more than one in five minutes."""
    lists = (rule.by_hour, rule.by_minute, rule.by_second)
    sizes = [max(1, len(times)) for times in lists]
    if sizes[0] * sizes[1] * sizes[2] > MOST_TIMES_A_DAY:
        raise BadRule(TOO_OFTEN)
