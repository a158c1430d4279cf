"""VTIMEZONE: what a TZID that we write means (RFC 5545, 3.6.5).

Written from the zone's own changes: those that follow a rule as a rule, for ever, so that
it is right for a series without an end; those that follow none (Morocco's) as dates.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import lines

FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# Fewer changes by one rule are listed: shorter, and everybody reads it.
FEW = 3
# No zone has changed its mind twice in a week since 1990.
STEP = timedelta(days=7)
A_DAY = timedelta(days=1)


class Observance(NamedTuple):
    """What the clocks are set to. A zone comes back to the same one each year."""

    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool

    def text(self, walls: Iterable[datetime], *recurrence: str) -> list[str]:
        """`walls`: the wall times of the changes by the clock as it was before them."""
        kind = "DAYLIGHT" if self.is_daylight else "STANDARD"
        start, *more = [stamp(wall) for wall in walls]
        return [
            f"BEGIN:{kind}",
            f"DTSTART:{start}",
            f"TZOFFSETFROM:{spell(self.before)}",
            f"TZOFFSETTO:{spell(self.after)}",
            *recurrence,
            *([f"RDATE:{','.join(more)}"] if more else []),
            f"TZNAME:{self.name}",
            f"END:{kind}",
        ]


@lru_cache(maxsize=256)
def vtimezone(name: str, tzid: str = "") -> str:
    """Right from 1990 on; to 2100 where the zone follows no rule. `name`: IANA's; `tzid`:
    what the body calls it, where that is another name."""
    zone = ZoneInfo(name)
    at_first = observance(FIRST, offset(FIRST, zone), zone)
    parts = [(FIRST.replace(tzinfo=None), at_first.text([FIRST]))]
    found: dict[Observance, list[datetime]] = {}
    for moment, before in changes(zone, FIRST, LAST):
        wall = (moment + before).replace(tzinfo=None)
        found.setdefault(observance(moment, before, zone), []).append(wall)
    for each, walls in found.items():
        parts += written(each, walls)
    text = [line for _, part in sorted(parts, key=lambda part: part[0]) for line in part]
    whole = ["BEGIN:VTIMEZONE", f"TZID:{lines.escape(tzid or name)}", *text, "END:VTIMEZONE"]
    return lines.join(lines.make(line) for line in whole)


def written(each: Observance, walls: list[datetime]) -> list[tuple[datetime, list[str]]]:
    """By their first change: the rules, and what is left over as one list of dates."""
    runs = by_rule(walls)
    listed = [wall for run in runs if len(run) < FEW for wall in run]
    parts = [(run[0], each.text(run[:1], rule(each, run))) for run in runs if len(run) >= FEW]
    return parts + ([(listed[0], each.text(listed))] if listed else [])


def by_rule(walls: list[datetime]) -> list[list[datetime]]:
    """Cut where the years, or the week of the month, no longer follow each other."""
    runs: list[list[datetime]] = []
    for wall in walls:
        if runs and goes_on(runs[-1], wall):
            runs[-1].append(wall)
        else:
            runs.append([wall])
    return runs


def goes_on(run: list[datetime], wall: datetime) -> bool:
    last, days = run[-1], [each.day for each in (*run, wall)]
    return (
        wall.year == last.year + 1
        and (wall.month, wall.weekday(), wall.time()) == (last.month, last.weekday(), last.time())
        and max(days) - min(days) < 7
    )


def rule(each: Observance, run: list[datetime]) -> str:
    first, last = run[0], run[-1]
    # A day later than it must be: some read UNTIL as a wall time, though it is UTC.
    until = f";UNTIL={stamp(last - each.before + A_DAY)}Z" if last.year < LAST.year - 1 else ""
    return f"RRULE:FREQ=YEARLY;BYMONTH={first.month};{day_of_month(run)}{until}"


def day_of_month(run: list[datetime]) -> str:
    """The last Sunday, the second, or the one in these seven days."""
    weekday = WEEKDAYS[run[0].weekday()]
    if all(wall.day + 7 > monthrange(wall.year, wall.month)[1] for wall in run):
        return f"BYDAY=-1{weekday}"
    weeks = {(wall.day + 6) // 7 for wall in run}
    if len(weeks) == 1:
        return f"BYDAY={weeks.pop()}{weekday}"
    earliest = min(25, *(wall.day for wall in run))
    days = ",".join(str(earliest + number) for number in range(7))
    return f"BYMONTHDAY={days};BYDAY={weekday}"


def changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """(instant of a change, offset before it), found week by week, then to the second."""
    found, day, before = [], first, offset(first, zone)
    while day < last:
        following = day + STEP
        after = offset(following, zone)
        if after != before:
            found.append((instant_of_change(day, following, zone), before))
        day, before = following, after
    return found


def instant_of_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
    return high


def observance(moment: datetime, before: timedelta, zone: ZoneInfo) -> Observance:
    local = moment.astimezone(zone)
    is_daylight = (local.dst() or timedelta()) > timedelta()
    return Observance(before, offset(moment, zone), local.tzname() or zone.key, is_daylight)


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def stamp(moment: datetime) -> str:
    """20261122T090000. Not strftime: it writes the year 800 with three figures."""
    return moment.isoformat()[:19].replace("-", "").replace(":", "")


def utc_stamp(moment: datetime) -> str:
    return f"{stamp(moment.astimezone(UTC))}Z"


def spell(delta: timedelta) -> str:
    seconds = int(delta.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{seconds:02}" if seconds else "")
