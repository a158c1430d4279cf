"""A recurrence rule as it is written (RFC 5545, 3.3.10)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Frequency(StrEnum):
    SECONDLY = "SECONDLY"
    MINUTELY = "MINUTELY"
    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


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
    """Weekdays count from Monday = 0; `by_day` holds (ordinal or 0, weekday)."""

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


def parse_rule(text: str) -> Rule:
    """RRULE's value. Raises BadRule."""
    raise NotImplementedError
