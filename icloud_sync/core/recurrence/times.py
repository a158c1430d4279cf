"""Which times of a day a rule names, in seconds since midnight (RFC 5545, 3.3.10)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from itertools import product

from icloud_sync.core.recurrence.periods import nths
from icloud_sync.core.recurrence.rule import MOST_TIMES_A_DAY, TOO_OFTEN, BadRule, Frequency, Rule

DAY, HOUR, MINUTE = 24 * 60 * 60, 60 * 60, 60
# How long a period of the rule is, where a day holds whole ones.
LENGTHS = {
    Frequency.DAILY: DAY,
    Frequency.HOURLY: HOUR,
    Frequency.MINUTELY: MINUTE,
    Frequency.SECONDLY: 1,
}


def seconds(wall: datetime) -> int:
    """Since the day before the first that `datetime` knows."""
    return wall.toordinal() * DAY + wall.hour * HOUR + wall.minute * MINUTE + wall.second


def times_of(rule: Rule, start: datetime) -> Callable[[int], Sequence[int]]:
    """Day (an ordinal) -> the times on it. Of a rule that repeats daily or oftener these are
    the ones that INTERVAL and BYSETPOS leave."""
    length = LENGTHS.get(rule.frequency)
    if length is None:
        times = times_inside(rule, start, DAY)
        return lambda day: times
    inside = at_positions(times_inside(rule, start, length), rule)
    first = seconds(start) // length

    # One list for each way that INTERVAL can fall on a day. All of them together look at no
    # more times than there are in one day.
    @cache
    def from_period(number: int) -> Sequence[int]:
        starts = range(number * length, DAY, rule.interval * length)
        every = [since + time for since in starts for time in inside]
        times = [time for time in every if is_allowed(rule, time)]
        if len(times) > MOST_TIMES_A_DAY:
            raise BadRule(TOO_OFTEN)
        return times

    return lambda day: from_period((first - day * DAY // length) % rule.interval)


def times_inside(rule: Rule, start: datetime, length: int) -> Sequence[int]:
    """The times inside a period of so many seconds; what no part says, DTSTART does."""
    hours = rule.by_hour or (start.hour,) if length > HOUR else (0,)
    minutes = rule.by_minute or (start.minute,) if length > MINUTE else (0,)
    ticks = rule.by_second or (start.second,) if length > 1 else (0,)
    return [
        hour * HOUR + minute * MINUTE + second
        for hour, minute, second in product(hours, minutes, ticks)
    ]


def is_allowed(rule: Rule, time: int) -> bool:
    return (
        (not rule.by_hour or time // HOUR in rule.by_hour)
        and (not rule.by_minute or time // MINUTE % 60 in rule.by_minute)
        and (not rule.by_second or time % 60 in rule.by_second)
    )


def at_positions(starts: Sequence[int], rule: Rule) -> Sequence[int]:
    """BYSETPOS: of one period's set."""
    if not rule.by_position:
        return starts
    return sorted(set(nths(starts, rule.by_position)))
