"""The original starts of one master: RRULE, RDATE, EXRULE and EXDATE (RFC 5545, 3.8.5)."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icloud_sync.core.ical.document import Event, Moment, Period
from icloud_sync.core.ical.recurrence_ids import (
    day_of,
    fits,
    in_utc,
    name_of,
    spell,
    spell_date,
    wall_at,
    wall_of,
    with_zone,
)
from icloud_sync.core.recurrence.days import completed
from icloud_sync.core.recurrence.rule import Rule, Until
from icloud_sync.core.recurrence.walk import walk
from icloud_sync.core.values import Zones

DAY = timedelta(days=1)
END_OF_DAY = timedelta(days=1, seconds=-1)
# A wall clock is never further than this from UTC, nor its changes longer.
MARGIN = timedelta(days=2)
FIRST = datetime.combine(date.min, time())
LAST = datetime.combine(date.max, time(23, 59, 59))


class RecurrenceSet:
    """`zones.floating`: what a floating time means in this body. Wall times are naive and
    on the master's own clock."""

    def __init__(self, master: Event, zones: Zones) -> None:
        self.master, self.zones = master, zones
        self.sought: Collection[str] = ()
        self.seen: dict[str, datetime] = {}
        self.start = master.start
        self.place: tzinfo = master.start.zone or zones.floating
        self.added = {self.name(wall := self.added_at(each)): wall for each in master.extra}
        # Only these have a length of their own (RFC 5545, 3.3.9).
        self.periods = {
            self.name(self.added_at(each)): each
            for each in master.extra
            if (each.end or each.duration is not None) and not self.start.is_date
        }
        self.excluded_days = {each.wall.date() for each in master.excluded if self.means_day(each)}
        self.excluded = {
            name_of(each, self.start, zones) for each in master.excluded if not self.means_day(each)
        }

    def means_day(self, moment: Moment) -> bool:
        """A date in a series of times means whatever starts on that day."""
        return moment.is_date and not self.start.is_date

    def added_at(self, period: Period) -> datetime:
        if self.start.is_date:
            return datetime.combine(day_of(period.start, self.zones), time())
        if period.start.is_date:
            return datetime.combine(period.start.wall, self.start.wall.time())
        return wall_at(self.place, with_zone(period.start, self.start), self.zones)

    def name(self, wall: datetime) -> str:
        """Of a start on this master's clock."""
        if self.start.is_date:
            return spell_date(wall)
        if self.start.zone is None:
            return spell(wall)
        return spell(in_utc(wall, self.place)) + "Z"

    def name_of(self, moment: Moment) -> str:
        """Which start `moment` means, in whatever form it is written. A date means the
        first start of that day; where there is none, the master's time on it."""
        if not self.means_day(moment):
            return name_of(moment, self.start, self.zones)
        there = self.made(moment.wall, moment.wall + END_OF_DAY)
        return min(there, default=self.name_on_day(moment))

    def name_on_day(self, day: Moment) -> str:
        return self.name(datetime.combine(day.wall, self.start.wall.time()))

    def find(self, name: str) -> datetime | None:
        """The wall time of the start of this name. One in a gap has the name of a later
        wall time, by a day at most: Samoa once left a whole day out."""
        if not fits(name, self.start):
            return None
        if name in self.sought:
            return self.seen.get(name)
        wall = wall_of(name, self.start)
        return self.starts(moved(wall, -DAY), moved(wall, DAY)).get(name)

    def look_for(self, names: Collection[str]) -> None:
        """One walk over all the time they lie in; `find` then knows them."""
        self.sought = {name for name in names if fits(name, self.start)}
        walls = [wall_of(name, self.start) for name in self.sought]
        if walls:
            self.seen = self.starts(moved(min(walls), -DAY), moved(max(walls), DAY))

    def starts(self, first: datetime, last: datetime) -> dict[str, datetime]:
        """Name -> wall time of all starts in [first, last] that are not taken out."""
        found = self.made(first, last)
        for name in self.excluded.intersection(found) | self.ruled_out(first, last):
            found.pop(name, None)
        if self.excluded_days:
            days = self.excluded_days
            return {name: wall for name, wall in found.items() if wall.date() not in days}
        return found

    def made(self, first: datetime, last: datetime) -> dict[str, datetime]:
        """By DTSTART, RRULE and RDATE, before anything is taken out."""
        rules, start = self.master.rules, self.start.wall
        walls = [wall for rule in rules for wall in self.walk(rule, first, last)]
        if not rules and first <= start <= last:
            walls.append(start)
        found = {self.name(wall): wall for wall in walls}
        for name, wall in self.added.items():
            if first <= wall <= last:
                found[name] = wall
        return found

    def ruled_out(self, first: datetime, last: datetime) -> set[str]:
        return {
            self.name(wall)
            for rule in self.master.excluded_rules
            for wall in self.walk(rule, first, last)
            if wall != self.start.wall or self.makes_start(rule)
        }

    def makes_start(self, rule: Rule) -> bool:
        """DTSTART is in every RRULE's set (3.8.5.3); an EXRULE takes out what it makes."""
        start = self.start.wall
        daily = replace(completed(rule, start), interval=1, count=None)
        return bool(walk(daily, moved(start, -DAY), start, start))

    def walk(self, rule: Rule, first: datetime, last: datetime) -> list[datetime]:
        until = self.until(rule.until) if rule.until else None
        return walk(rule, self.start.wall, first, last, until)

    def until(self, until: Until) -> datetime:
        """On the master's clock, inclusive; a date means the whole of that day."""
        written = Moment(until.wall, until.is_date, UTC if until.is_utc else None)
        if self.start.is_date:
            return day_of(written, self.zones)
        if until.is_date:
            return until.wall + END_OF_DAY
        return wall_at(self.place, written, self.zones) if until.is_utc else until.wall


def moved(wall: datetime, by: timedelta) -> datetime:
    """At most to the first or last second there is."""
    try:
        return wall + by
    except OverflowError:
        return FIRST if by < timedelta() else LAST
