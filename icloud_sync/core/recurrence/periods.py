"""Years, months and weeks as ranges of days, which are proleptic ordinals
(`date.toordinal`). The periods of one kind are numbered and lie end to end."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from icloud_sync.core.recurrence.rule import Frequency, Rule

FIRST, LAST = date.min.toordinal(), date.max.toordinal()


class Periods(ABC):
    @abstractmethod
    def number_of(self, day: date) -> int: ...

    @abstractmethod
    def first_day(self, number: int) -> int: ...

    def __getitem__(self, number: int) -> range:
        return range(self.first_day(number), self.first_day(number + 1))

    def numbers(self, days: range) -> range:
        """Of those that the days touch; days that `date` does not know are in none."""
        first = self.number_of(date.fromordinal(max(days[0], FIRST)))
        last = self.number_of(date.fromordinal(min(days[-1], LAST)))
        return range(first, last + 1)


class Years(Periods):
    def number_of(self, day: date) -> int:
        return day.year

    def first_day(self, number: int) -> int:
        """Also of years just outside of those that `date` knows."""
        before = number - 1
        return 365 * before + before // 4 - before // 100 + before // 400 + 1


class Months(Periods):
    """Counted from January of year 0."""

    def number_of(self, day: date) -> int:
        return day.year * 12 + day.month - 1

    def first_day(self, number: int) -> int:
        year, months = divmod(number, 12)
        return date(year, months + 1, 1).toordinal() if months else YEARS.first_day(year)


@dataclass(frozen=True)
class Weeks(Periods):
    """Day 1 was a Monday. `week_start`: 0 to 6, Monday to Sunday."""

    week_start: int

    def number_of(self, day: date) -> int:
        return self.number_at(day.toordinal())

    def number_at(self, day: int) -> int:
        return (day - self.week_start - 1) // 7

    def first_day(self, number: int) -> int:
        return number * 7 + self.week_start + 1


@dataclass(frozen=True)
class WeekYears(Periods):
    """Whole weeks; the first of a year has at least four days in it (3.3.10, BYWEEKNO): it
    holds January 4th."""

    weeks: Weeks

    def number_of(self, day: date) -> int:
        # Its own year, or the one before or after.
        return (
            day.year
            - 1
            + sum(day.toordinal() >= self.first_day(year) for year in (day.year, day.year + 1))
        )

    def first_day(self, number: int) -> int:
        return self.weeks.first_day(self.weeks.number_at(YEARS.first_day(number) + 3))


YEARS, MONTHS = Years(), Months()


def periods_of(rule: Rule) -> Periods:
    """What repeats daily or oftener is read by the month."""
    weeks = Weeks(rule.week_start)
    if rule.frequency is Frequency.WEEKLY:
        return weeks
    if rule.frequency is not Frequency.YEARLY:
        return MONTHS
    # Week 1 of every second year is one whole week, also where it begins in December.
    return WeekYears(weeks) if rule.by_week else YEARS


def nths(of: Sequence[int], numbers: Iterable[int]) -> Iterator[int]:
    """The 1st is 1, the last is -1; those there are not are left out."""
    return (of[number - (number > 0)] for number in numbers if abs(number) <= len(of))
