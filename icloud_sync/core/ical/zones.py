"""Time zones on the way out: wall time, and a VTIMEZONE that says what it means."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

STAMP = "%Y%m%dT%H%M%S"
YEARS_BEFORE, YEARS_AFTER = 1, 6


def utc_stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(STAMP) + "Z"


@lru_cache(maxsize=256)
def vtimezone(name: str, year: int) -> str:
    """A VTIMEZONE (RFC 5545, 3.6.5) that is right for the years around `year`.

    Written from the zone's own transitions: DTSTART of an observance is the wall time
    before the change, which is where generated definitions like to be an hour off.
    """
    zone = ZoneInfo(name)
    first = datetime(year - YEARS_BEFORE, 1, 1, tzinfo=UTC)
    last = datetime(year + YEARS_AFTER, 1, 1, tzinfo=UTC)
    parts = [observance(first, zone, first.astimezone(zone).utcoffset() or timedelta())]
    parts += [observance(moment, zone, before) for moment, before in changes(zone, first, last)]
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *parts, "END:VTIMEZONE", ""])


def changes(zone: ZoneInfo, first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """(instant of a change, offset before it), found day by day, then to the second."""
    found, day = [], first
    while day < last:
        following = day + timedelta(days=1)
        before = offset(day, zone)
        if offset(following, zone) != before:
            found.append((instant_of_change(day, following, zone), before))
        day = following
    return found


def instant_of_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
    return high


def offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def observance(moment: datetime, zone: ZoneInfo, before: timedelta) -> str:
    local = moment.astimezone(zone)
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    start = (moment + before).strftime(STAMP)
    return "\r\n".join(
        [
            f"BEGIN:{kind}",
            f"DTSTART:{start}",
            f"TZOFFSETFROM:{spell(before)}",
            f"TZOFFSETTO:{spell(offset(moment, zone))}",
            f"TZNAME:{local.tzname()}",
            f"END:{kind}",
        ]
    )


def spell(delta: timedelta) -> str:
    seconds = int(delta.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{sign}{hours:02}{minutes:02}" + (f"{seconds:02}" if seconds else "")
