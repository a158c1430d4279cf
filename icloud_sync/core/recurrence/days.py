"""Which days of a period a rule names (RFC 5545, 3.3.10).

Every part that is present narrows the days of the period: what the RFC's table calls to
expand and to limit is the same once the parts that are missing were taken from DTSTART.
Parts that a frequency must not have limit it too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from icloud_sync.core.recurrence.periods import MONTHS, YEARS, Weeks, WeekYears, nths
from icloud_sync.core.recurrence.rule import Frequency, Rule


def completed(rule: Rule, start: datetime) -> Rule:
    """Where no part says which day, DTSTART does; also which month a year's 15th is in, as
    those mean who write BYMONTHDAY alone (Google, Windows)."""
    if rule.by_day or rule.by_year_day or rule.is_daily_or_oftener:
        return rule
    month_day = rule.by_month_day or (start.day,)
    if rule.by_week or rule.frequency is Frequency.WEEKLY:
        return rule if rule.by_month_day else replace(rule, by_day=((0, start.weekday()),))
    if rule.frequency is Frequency.YEARLY:
        return replace(rule, by_month=rule.by_month or (start.month,), by_month_day=month_day)
    return replace(rule, by_month_day=month_day)


def days_of(rule: Rule) -> Callable[[range], Sequence[int]]:
    """Period -> those of its days that every part of the (completed) rule allows, in order."""
    others = rule.by_month or rule.by_month_day or rule.by_year_day or rule.by_week
    if rule.frequency is Frequency.WEEKLY and not others:
        # Most of what people repeat: every week is like the first.
        offsets = sorted((weekday - rule.week_start) % 7 for _, weekday in rule.by_day)
        return lambda week: [week.start + offset for offset in offsets]
    if not rule.by_day and not others:
        return lambda period: period
    return lambda period: narrowed(rule, period)


def narrowed(rule: Rule, period: range) -> list[int]:
    months = list(months_of(rule, period)) if rule.by_month or rule.by_month_day else []
    parts = []
    if rule.by_month:
        parts.append({day for month in months for day in month})
    if rule.by_month_day:
        parts.append({day for month in months for day in nths(month, rule.by_month_day)})
    if rule.by_day:
        # Where ordinals count: in each month that is named, else in the period.
        scopes = months if rule.by_month else [period]
        parts.append({day for scope in scopes for day in weekdays(scope, rule.by_day)})
    if rule.by_year_day:
        parts.append(set(year_days(rule, period)))
    if rule.by_week:
        parts.append(set(weeks(rule, period)))
    return sorted([day for day in set.intersection(*parts) if day in period])


def months_of(rule: Rule, period: range) -> Iterator[range]:
    for number in MONTHS.numbers(period):
        if not rule.by_month or number % 12 + 1 in rule.by_month:
            yield MONTHS[number]


def weekdays(scope: range, by_day: Sequence[tuple[int, int]]) -> Iterator[int]:
    for ordinal, weekday in by_day:
        days = scope[(weekday - scope[0] + 1) % 7 :: 7]
        yield from nths(days, [ordinal]) if ordinal else days


def year_days(rule: Rule, period: range) -> Iterator[int]:
    for number in YEARS.numbers(period):
        yield from nths(YEARS[number], rule.by_year_day)


def weeks(rule: Rule, period: range) -> Iterator[int]:
    years = WeekYears(Weeks(rule.week_start))
    for number in years.numbers(period):
        for first in nths(years[number][::7], rule.by_week):
            yield from range(first, first + 7)
