"""A time zone as a VTIMEZONE defines it (RFC 5545, 3.6.5)."""

import re
from bisect import bisect_right
from calendar import isleap, weekday
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from icloud_sync.core.ical import decode
from icloud_sync.core.ical.decode import Property, first_of, properties
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.recurrence.rule import BadRule, Frequency, Rule, parse_rule
from icloud_sync.core.recurrence.walk import walk

# Changes are worked out between these. Definitions without a history begin in 1601, some in
# the year 1; after the last year, each is as the one of the same weekdays in these 28.
FIRST, LAST = datetime(1900, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001
ALIKE = {(isleap(year), weekday(year, 1, 1)): year for year in range(2072, 2100)}
# Budgets: real zones stay far below.
MOST_CHARACTERS = 65_536
MOST_RULES = 40  # of all the definitions that one body needs
MOST_ONSETS = 5_000

OBSERVANCE = frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"})
OFFSET = re.compile(r"([+-]?)([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])?")


class Onset(NamedTuple):
    """`instant`: naive UTC. `before`, `after`: the offsets."""

    instant: datetime
    before: timedelta
    after: timedelta


class DefinedZone(tzinfo):
    """A wall time that does not exist is read with the offset before the gap, one that comes
    twice is the first unless its fold is set (RFC 5545, 3.3.5; PEP 495)."""

    def __init__(self, name: str, onsets: Sequence[Onset]) -> None:
        self.name = name
        self.instants = [onset.instant for onset in onsets]
        self.offsets = [onsets[0].before, *(onset.after for onset in onsets)]
        changes = list(zip(self.instants, pairwise(self.offsets), strict=True))
        first = sorted(instant + max(offsets) for instant, offsets in changes)
        second = sorted(instant + min(offsets) for instant, offsets in changes)
        self.walls = (first, second)

    def __repr__(self) -> str:
        return f"DefinedZone({self.name!r})"

    def utcoffset(self, moment: datetime | None) -> timedelta:
        if moment is None:
            return self.offsets[-1]
        wall = within(moment.replace(tzinfo=None))
        return self.offsets[bisect_right(self.walls[moment.fold], wall)]

    def dst(self, moment: datetime | None) -> None:
        return None

    def tzname(self, moment: datetime | None) -> str:
        return self.name

    def fromutc(self, moment: datetime) -> datetime:
        index = bisect_right(self.instants, within(moment.replace(tzinfo=None)))
        local = (moment + self.offsets[index]).replace(fold=0)
        first = local.replace(tzinfo=None) - self.utcoffset(local)
        return local.replace(fold=int(first != moment.replace(tzinfo=None)))


def within(moment: datetime) -> datetime:
    """The same day of a year whose changes are known."""
    if moment < LAST:
        return moment
    return moment.replace(year=ALIKE[isleap(moment.year), weekday(moment.year, 1, 1)])


def tzid(definition: Sequence[str]) -> str:
    """It is TEXT here, and has no commas escaped where it is a parameter."""
    return decode.text(_value(definition, "TZID"))


def location(definition: Sequence[str]) -> str:
    """The IANA name that some add to their VTIMEZONE; "" where there is none."""
    return _value(definition, "X-LIC-LOCATION")


def count_rules(definition: Sequence[str]) -> int:
    return len(properties(definition, frozenset({"RRULE"})).get("RRULE", ()))


def _value(definition: Sequence[str], name: str) -> str:
    found = properties(definition, frozenset({name}))
    return first_of(found, name).strip() if found else ""


def zone(name: str, definition: Sequence[str]) -> tzinfo:
    """`definition`: the unfolded lines between BEGIN:VTIMEZONE and its END. Raises
    UnreadableResource."""
    text = "\n".join(definition)
    try:
        if len(text) > MOST_CHARACTERS:
            raise UnreadableResource("It is too long.")
        return _zone(name, text)
    except (UnreadableResource, BadRule) as error:
        sentence = f"What it says about the time zone “{decode.shown(name)}” cannot be read."
        raise UnreadableResource(f"{sentence} {error}") from error


@lru_cache(maxsize=64)
def _zone(name: str, text: str) -> DefinedZone:
    observances = _observances(text.split("\n"))
    onsets: list[Onset] = []
    for observance in observances:
        onsets += _onsets(observance)
        if len(onsets) > MOST_ONSETS:
            raise UnreadableResource("It changes too often.")
    if not onsets:
        raise UnreadableResource("It has no offset.")
    return DefinedZone(name, sorted(set(onsets)))


def _observances(texts: Sequence[str]) -> list[dict[str, list[Property]]]:
    """The properties of each STANDARD and DAYLIGHT."""
    found: list[list[str]] = [[]]
    for text in texts:
        if text.startswith("BEGIN:"):
            found.append([])
        found[-1].append(text)
    return [properties(part, OBSERVANCE) for part in found[1:]]


def _onsets(observance: Mapping[str, list[Property]]) -> list[Onset]:
    before, after = (_offset(first_of(observance, f"TZOFFSET{way}")) for way in ("FROM", "TO"))
    start, _, _ = decode.wall(first_of(observance, "DTSTART"))
    walls = [start]
    for found in observance.get("RRULE", ()):
        walls += _walls(parse_rule(found.value), start, before)
    for found in observance.get("RDATE", ()):
        walls += [decode.wall(stamp)[0] for stamp in found.value.split(",") if stamp.strip()]
    return [Onset(min(max(wall, FIRST), LAST) - before, before, after) for wall in walls]


def _walls(rule: Rule, start: datetime, before: timedelta) -> list[datetime]:
    if rule.frequency is not Frequency.YEARLY:
        raise UnreadableResource("It changes too often.")
    until = min(rule.until.wall, LAST) if rule.until else None
    if rule.until and until and rule.until.is_utc:
        until += before
    elif rule.until and until and rule.until.is_date:
        until += timedelta(days=1, seconds=-1)
    return walk(rule, start, max(start, FIRST), LAST, until)


def _offset(value: str) -> timedelta:
    found = OFFSET.fullmatch(value.strip())
    if not found:
        raise UnreadableResource(f"“{decode.shown(value)}” is no offset.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -length if found[1] == "-" else length
