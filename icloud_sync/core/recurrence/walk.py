"""The starts that a rule makes, on the wall clock (RFC 5545, 3.3.10)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from icloud_sync.core.recurrence.days import completed, days_of
from icloud_sync.core.recurrence.periods import periods_of
from icloud_sync.core.recurrence.rule import TOO_OFTEN, BadRule, Rule
from icloud_sync.core.recurrence.times import DAY, at_positions, seconds, times_of

# Numbers of the rule, days and starts looked at. Daily for 18 months is 600; counted daily
# for a hundred years, 38,000.
MOST_STEPS = 40_000
MOST_STARTS = 20_000


def walk(
    rule: Rule, start: datetime, first: datetime, last: datetime, until: datetime | None = None
) -> list[datetime]:
    """The rule's starts within [first, last], in order, each once, all naive wall times.

    `start`: DTSTART. It is the first of the set and counts, whether the rule makes it or not
    (3.8.5.3). `until`: the rule's UNTIL as a wall time at DTSTART's place, inclusive; the
    caller converts it. Raises BadRule where the walk would cost too much.
    """
    closing = last if until is None else min(last, until)
    # What came before the window matters only where it is counted.
    opening = start if rule.count else max(start, first)
    later = starts_after(start, completed(rule, start), opening, closing)
    counted = islice(later, rule.count - 1 if rule.count else None)
    earliest = seconds(first) + bool(first.microsecond)
    found = [start] if first <= start <= last else []
    found += [wall(moment) for moment in counted if moment >= earliest]
    if len(found) > MOST_STARTS:
        raise BadRule(TOO_OFTEN)
    return found


def starts_after(
    start: datetime, rule: Rule, opening: datetime, closing: datetime
) -> Iterator[int]:
    """Those after DTSTART, from the period of `opening` on, in seconds."""
    periods, days, times = periods_of(rule), days_of(rule), times_of(rule, start)
    step = 1 if rule.is_daily_or_oftener else rule.interval
    origin, here, there = map(periods.number_of, (start, opening, closing))
    begin, end = seconds(start), seconds(closing)
    # Of what repeats daily or oftener, `times` has picked them.
    picks = bool(rule.by_position) and not rule.is_daily_or_oftener
    numbers, steps = how_many_numbers(rule), 0
    for number in range(origin + (here - origin) // step * step, there + 1, step):
        named = days(periods[number])
        starts = [day * DAY + time for day in named for time in times(day)]
        steps += numbers + max(len(named), len(starts))
        if steps > MOST_STEPS:
            raise BadRule(TOO_OFTEN)
        for moment in at_positions(starts, rule) if picks else starts:
            if begin < moment <= end:
                yield moment


def how_many_numbers(rule: Rule) -> int:
    parts = (rule.by_month, rule.by_week, rule.by_year_day, rule.by_month_day, rule.by_day)
    return 1 + sum(map(len, parts))


def wall(moment: int) -> datetime:
    return datetime.min + timedelta(0, moment - DAY)  # noqa: DTZ901
