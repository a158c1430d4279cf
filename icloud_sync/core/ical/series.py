"""Masters and overrides put together: the occurrences of a resource (RFC 5545, 3.8.4.4).

A resource names the same occurrence in EXDATE, RECURRENCE-ID and RDATE, in any form and zone;
here it has one name, the canonical recurrence-id, "" for an event that does not recur. An
override is always shown, also one whose start is in no series: a time must never read as
free by mistake. All functions raise UnreadableResource where a rule would cost too much.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icloud_sync.core.ical.document import Document, Event, UnreadableResource
from icloud_sync.core.ical.intervals import Timing
from icloud_sync.core.ical.naming import names
from icloud_sync.core.ical.recurrence_ids import wall_of
from icloud_sync.core.ical.recurrence_set import MARGIN, RecurrenceSet, moved
from icloud_sync.core.recurrence.rule import BadRule
from icloud_sync.core.values import Interval, Window, Zones

MOST_OCCURRENCES = 5_000
# Also of those that are looked at, and turn out to lie outside of the window.
MOST_STARTS = 20_000
MOST_MASTERS = 20
TOO_MANY = f"It repeats more than {MOST_OCCURRENCES:,} times in the time that events come in for."


class Instance(NamedTuple):
    """One occurrence. `event`: the one that says what it looks like by now."""

    recurrence_id: str
    event: Event
    interval: Interval


@contextmanager
def refusals_for_people() -> Iterator[None]:
    try:
        yield
    except BadRule as error:
        raise UnreadableResource(str(error)) from error
    except OverflowError as error:
        raise UnreadableResource("It lies outside of the years 1 to 9999.") from error


@refusals_for_people()
def expand(document: Document, window: Window, zones: Zones) -> list[Instance]:
    """What touches the window, by start; an event that does not recur wherever it is."""
    found = Series(document, zones).expand(window)
    if len(found) > MOST_OCCURRENCES:
        raise UnreadableResource(TOO_MANY)
    return found


@refusals_for_people()
def find_all(document: Document, rids: Sequence[str], zones: Zones) -> list[Instance]:
    """Those of these names that there are, wherever in time they lie; a rule is walked once
    for all of them."""
    if not rids:
        return []
    series = Series(document, zones)
    for each in series.sets:
        each.look_for(rids)
    return [found for rid in rids if (found := series.find(rid))]


def meant(document: Document, zones: Zones) -> Zones:
    """The zones with X-WR-TIMEZONE in the place it takes."""
    return replace(zones, floating=document.zone) if document.zone else zones


def repeats(document: Document) -> bool:
    """Several masters with one UID are no series, but need names all the same."""
    return document.is_recurring or len(document.masters) > 1


class Series:
    """A document with the owner's zones: its sets, and its overrides by name."""

    def __init__(self, document: Document, zones: Zones) -> None:
        self.document = document
        self.zones = meant(document, zones)
        self.timings: dict[int, Timing] = {}
        self.shifts: dict[tuple[str, int], timedelta] = {}
        if len(document.masters) > MOST_MASTERS:
            raise UnreadableResource(f"There are more than {MOST_MASTERS} events of one UID in it.")
        self.sets = [RecurrenceSet(master, self.zones) for master in document.masters]
        # The order of the body means nothing (RFC 5545, 3.6).
        self.sets.sort(key=lambda each: each.start.instant(self.zones.floating))
        moments = {each.index: each.recurrence_id or each.start for each in document.overrides}
        self.names = names(self.sets, moments, self.zones)
        named = [(self.name_of(each), each) for each in document.overrides]
        # Where one changes all from there on and another only this, the other says what it is.
        self.overrides = dict(sorted(named, key=lambda pair: not pair[1].this_and_future))
        self.changes = {rid: each for rid, each in named if each.this_and_future}
        self.ranges = sorted(self.changes)

    def name_of(self, override: Event) -> str:
        return self.names[override.index]

    def master_of(self, rid: str) -> tuple[RecurrenceSet, datetime] | None:
        """The set that holds this start, and its wall time there."""
        for each in self.sets:
            wall = each.find(rid)
            if wall is not None:
                return each, wall
        return None

    def find(self, rid: str) -> Instance | None:
        if not repeats(self.document):
            return self.alone() if not rid else None
        override = self.overrides.get(rid)
        if override:
            return self.instance(rid, override, override.start.wall)
        found = self.master_of(rid)
        return self.made(rid, *found) if found else None

    def alone(self) -> Instance:
        event = self.document.events[0]
        return self.instance("", event, event.start.wall)

    def expand(self, window: Window) -> list[Instance]:
        if not repeats(self.document):
            return [self.alone()]
        found: dict[str, Instance] = {
            rid: self.instance(rid, each, each.start.wall) for rid, each in self.overrides.items()
        }
        reach = self.reach()
        for each in self.sets:
            first = naive(window.starts_at, -reach)
            for rid, wall in each.starts(first, naive(window.ends_at, reach)).items():
                if rid not in found:
                    found[rid] = self.made(rid, each, wall)
            if len(found) > MOST_STARTS:
                raise UnreadableResource(TOO_MANY)
        inside = [one for one in found.values() if touches(one.interval, window)]
        return sorted(inside, key=lambda one: (one.interval.starts_at, one.recurrence_id))

    def reach(self) -> timedelta:
        """How far from the window a start may be whose occurrence touches it."""
        shifts = [abs(self.shift(rid, self.sets[0])) for rid in self.ranges if self.sets]
        says = [*self.document.masters, *self.changes.values()]
        lengths = [self.timing(event).longest for event in says]
        periods = [
            self.period_timing(each, name).longest for each in self.sets for name in each.periods
        ]
        return max(shifts, default=timedelta()) + max(lengths + periods, default=MARGIN) + MARGIN

    def made(self, rid: str, of: RecurrenceSet, wall: datetime) -> Instance:
        """An occurrence without an override of its own."""
        at = bisect_right(self.ranges, rid)
        if at:
            changed = self.changes[self.ranges[at - 1]]
            return self.instance(rid, changed, wall + self.shift(self.ranges[at - 1], of))
        if rid in of.periods:
            timing = self.period_timing(of, rid)
            return Instance(rid, of.master, timing.at(of.periods[rid].start.wall))
        return self.instance(rid, of.master, wall)

    def shift(self, rid: str, of: RecurrenceSet) -> timedelta:
        """A series moved from here on moves by as much (THISANDFUTURE), on the wall clock."""
        key = rid, of.master.index
        if key not in self.shifts:
            self.shifts[key] = self.changes[rid].start.wall - self.wall_of(rid, of)
        return self.shifts[key]

    def wall_of(self, rid: str, of: RecurrenceSet) -> datetime:
        """As the series itself says it: in a gap, not what its instant reads as."""
        wall = wall_of(rid, of.start)
        return of.made(moved(wall, -MARGIN), moved(wall, MARGIN)).get(rid, wall)

    def instance(self, rid: str, event: Event, wall: datetime) -> Instance:
        return Instance(rid, event, self.timing(event).at(wall))

    def timing(self, event: Event) -> Timing:
        if event.index not in self.timings:
            self.timings[event.index] = Timing(event, self.zones)
        return self.timings[event.index]

    def period_timing(self, of: RecurrenceSet, rid: str) -> Timing:
        period = of.periods[rid]
        event = replace(of.master, start=period.start, end=period.end, duration=period.duration)
        return Timing(event, self.zones)


def naive(moment: datetime, by: timedelta) -> datetime:
    """The window's edge, far enough out for every clock."""
    return moved(moment.astimezone(UTC).replace(tzinfo=None), by)


def touches(interval: Interval, window: Window) -> bool:
    """Events of no length included."""
    return interval.starts_at < window.ends_at and interval.ends_at >= window.starts_at
