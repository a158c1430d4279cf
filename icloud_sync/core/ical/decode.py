"""What stands in a property, as values (RFC 5545, 3.3).

Every function raises UnreadableResource, with a sentence, for a value of another form.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import Moment, Period, UnreadableResource

ZoneOf = Callable[[str], tzinfo]

STAMP = re.compile(r"([0-9]{8})(T[0-9]{6})?(Z?)")
NUMBER = "(-?[0-9]{1,8})"
DURATION = re.compile(
    f"([+-]?)P(?:{NUMBER}W)?(?:{NUMBER}D)?(?:T(?:{NUMBER}H)?(?:{NUMBER}M)?(?:{NUMBER}S)?)?"
)
ESCAPED = re.compile(r"\\([\\;,nN])")
# Where arithmetic with a zone, or with a length, stays inside of what a datetime can hold.
FIRST_YEAR, LAST_YEAR = 1000, 8999
LONGEST = timedelta(days=365_000)


class Property(NamedTuple):
    """`head`: the name and its parameters as written; `value`: what follows the colon."""

    head: str
    value: str

    @property
    def params(self) -> dict[str, str]:
        return lines.params_of(self.head) if ";" in self.head else {}


def properties(texts: Iterable[str], names: frozenset[str]) -> dict[str, list[Property]]:
    """The properties of these names among content lines; those of one name in order."""
    found: dict[str, list[Property]] = {}
    for line in texts:
        name = line.partition(":")[0].partition(";")[0].upper()
        if name in names:
            found.setdefault(name, []).append(Property(*lines.halves(line)))
    return found


def first_of(found: Mapping[str, list[Property]], name: str) -> str:
    """The value of a property that must be there; of several, the first counts."""
    if name not in found:
        raise UnreadableResource(f"{name} is missing.")
    return found[name][0].value


def text(value: str) -> str:
    """TEXT (3.3.11), without control characters; lines end with LF."""
    if "\\" in value:
        value = ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
    return lines.CONTROL.sub("", value)


def shown(value: str) -> str:
    """A value inside of a sentence for people."""
    return lines.CONTROL.sub("", value[:60]).replace("\n", " ")


def moment(found: Property, zone_of: ZoneOf) -> Moment:
    """DATE or DATE-TIME (3.3.4, 3.3.5), told apart by what is written."""
    return _moment(found.value, *_form(found), zone_of)


def moments(found: Property, zone_of: ZoneOf) -> list[Moment]:
    """A list with commas; nothing between two of them is nothing."""
    is_date, tzid = _form(found)
    return [
        _moment(stamp, is_date, tzid, zone_of) for stamp in found.value.split(",") if stamp.strip()
    ]


def periods(found: Property, zone_of: ZoneOf) -> list[Period]:
    """RDATE's values (3.8.5.2): starts, or starts with their end or length (3.3.9)."""
    is_date, tzid = _form(found)
    return [
        _period(value, is_date, tzid, zone_of) for value in found.value.split(",") if value.strip()
    ]


def _form(found: Property) -> tuple[bool, str | None]:
    """(VALUE=DATE, TZID); Exchange knows a zone with an empty name."""
    params = found.params
    tzid = params.get("TZID")
    return params.get("VALUE", "").upper() == "DATE", tzid and tzid.strip()


def _period(value: str, is_date: bool, tzid: str | None, zone_of: ZoneOf) -> Period:
    start, slash, end = value.partition("/")
    begins = _moment(start, is_date, tzid, zone_of)
    if not slash:
        return Period(begins)
    if "P" in end.upper():
        return Period(begins, duration=duration(end))
    return Period(begins, _moment(end, is_date, tzid, zone_of))


def _moment(stamp: str, is_date: bool, tzid: str | None, zone_of: ZoneOf) -> Moment:
    on_wall, has_time, is_utc = wall(stamp)
    if not FIRST_YEAR <= on_wall.year <= LAST_YEAR:
        raise UnreadableResource(f"The date {shown(stamp)} is out of range.")
    if is_date or not has_time:
        return Moment(on_wall.replace(hour=0, minute=0, second=0), is_date=True)
    if is_utc:  # a TZID beside it has no say (3.2.19)
        return Moment(on_wall, zone=UTC)
    if tzid is not None:
        return Moment(on_wall, zone=zone_of(tzid), tzid=tzid)
    return Moment(on_wall)


def wall(stamp: str) -> tuple[datetime, bool, bool]:
    """(what the clock says, whether it says a time, whether it is UTC)"""
    found = STAMP.fullmatch(stamp.strip().upper())
    if not found:
        raise UnreadableResource(f"“{shown(stamp)}” is no date or time.")
    day, time, utc = found.groups()
    if time and time[-2:] == "60":  # a leap second (3.3.12)
        time = f"{time[:-2]}59"
    try:
        return datetime.fromisoformat(day + (time or "")), bool(time), bool(utc)  # noqa: DTZ007
    except ValueError:
        raise UnreadableResource(f"“{shown(stamp)}” is a time that does not exist.") from None


def duration(value: str) -> timedelta:
    """DURATION (3.3.6), and PT-2H as some write it."""
    found = DURATION.fullmatch(value.strip().upper())
    if not found or not any(found.groups()[1:]):
        raise UnreadableResource(f"“{shown(value)}” is no length of time.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if abs(length) > LONGEST:
        raise UnreadableResource(f"“{shown(value)}” is too long a time.")
    return -length if found[1] == "-" else length
