"""In which form a time is written: UTC, in a zone, floating, or a date (RFC 5545, 3.3.5).

An event keeps the form it has; only what is new is written in the calendar's zone (D11).
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import Moment
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.zones import stamp

UTC_NAMES = {"UTC", "UCT", "Zulu", "Universal"}


def in_zone(moment: datetime, zone: ZoneInfo) -> Moment:
    """The form of what we write anew. UTC never has a TZID (icloud-behaviour 6.10)."""
    if zone.key.removeprefix("Etc/") in UTC_NAMES:
        return in_utc(moment)
    wall = moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return sayable(Moment(wall, zone=zone, tzid=zone.key), zone)


def in_utc(moment: datetime) -> Moment:
    return Moment(moment.astimezone(UTC).replace(tzinfo=None, microsecond=0), zone=UTC)


def like(form: Moment, moment: datetime, floating: tzinfo) -> Moment:
    """An instant in the form of another time that is no date."""
    local = moment.astimezone(form.zone or floating)
    return sayable(form.at(local.replace(tzinfo=None, microsecond=0)), floating)


def sayable(moment: Moment, floating: tzinfo) -> Moment:
    """A wall time that comes twice means the first (RFC 5545, 3.3.5); only UTC can say the
    second."""
    first = moment.at(moment.wall.replace(fold=0))
    meant = moment.instant(floating)
    return first if moment.is_date or first.instant(floating) == meant else in_utc(meant)


def same_form(one: Moment, other: Moment) -> bool:
    return params(one) == params(other) and one.is_floating == other.is_floating


def line(name: str, moment: Moment) -> Line:
    return lines.make(f"{name}{params(moment)}:{spell(moment)}")


def params(moment: Moment) -> str:
    if moment.is_date:
        return ";VALUE=DATE"
    return f";TZID={quoted(moment.tzid)}" if moment.tzid else ""


def spell(moment: Moment) -> str:
    if moment.is_date:
        return stamp(moment.wall)[:8]
    is_utc = moment.zone is not None and not moment.tzid
    return f"{stamp(moment.wall)}{'Z' if is_utc else ''}"


def quoted(value: str) -> str:
    return f'"{value}"' if any(character in value for character in ':;,"') else value
