"""Pure: what the clock on the wall shows in a zone, on days of 23 and 25 hours too."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)

# Hour, minute and fold: 1 is the second time the clock shows it, on the day it goes back.
Mark = tuple[int, int, int]
ORDINARY_DAY: tuple[Mark, ...] = tuple(
    (hour, minute, 0) for hour in range(24) for minute in (0, 15, 30, 45)
)


class NoSuchTime(ValueError):
    """The clock goes forward over this time."""


def instant(shown: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a wall clock in this zone shows this; the first of two."""
    moment = shown.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != shown.replace(fold=0):
        raise NoSuchTime(
            f"{shown:%H:%M} does not exist on {shown:%Y-%m-%d} in {zone.key}: "
            "the clocks go forward. Choose an hour later."
        )
    return moment


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def quarters(day: date, zone: ZoneInfo) -> tuple[Mark, ...]:
    """What the clock shows at each quarter of an hour of this day, in order."""
    at, end = start_of_day(day, zone), start_of_day(day + DAY, zone)
    if end - at == DAY:
        return ORDINARY_DAY
    marks = []
    while at < end:
        shown = at.astimezone(zone)
        marks.append((shown.hour, shown.minute, shown.fold))
        at += QUARTER
    return tuple(marks)


@dataclass(frozen=True)
class Axis:
    """The hours down the side of several days: an hour that one of them has twice stands
    there twice, and a day that has not got an hour has a gap there."""

    zone: ZoneInfo
    marks: tuple[Mark, ...]
    of_day: dict[date, tuple[int, ...]]  # the rows of a day's quarters

    @classmethod
    def of(cls, days: Iterable[date], zone: ZoneInfo) -> "Axis":
        each = {day: quarters(day, zone) for day in days}
        marks = max([ORDINARY_DAY, *each.values()], key=len)
        rows = {mark: row for row, mark in enumerate(marks)}
        return cls(
            zone,
            marks,
            {day: tuple(rows[m] for m in shown if m in rows) for day, shown in each.items()},
        )

    def row(self, moment: datetime, day: date) -> int:
        """The row of a moment of this day."""
        rows = self.of_day[day]
        nth = (moment - start_of_day(day, self.zone)) // QUARTER
        return rows[min(nth, len(rows) - 1)]

    def gaps(self, day: date) -> list[tuple[int, int]]:
        """(first row, number of rows) of what this day's clock never shows."""
        missing = sorted(set(range(len(self.marks))) - set(self.of_day[day]))
        gaps: list[tuple[int, int]] = []
        for row in missing:
            if gaps and sum(gaps[-1]) == row:
                gaps[-1] = (gaps[-1][0], gaps[-1][1] + 1)
            else:
                gaps.append((row, 1))
        return gaps
