"""Times in the form a content line has them: DATE, UTC, floating, or in a zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from icloud_standin.content_lines import Line

Moment = date | datetime


def same_form(name: str, like: Line, moment: Moment, phone_zone: ZoneInfo) -> str:
    """The content line `name` for this moment, written as the line `like` is."""
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{moment:%Y%m%d}"
    tzid = like.parameter("TZID")
    if not tzid and not like.value.endswith("Z") and not like.is_date:
        return f"{name}{like.parameters}:{moment.astimezone(phone_zone):%Y%m%dT%H%M%S}"
    zone = zone_named(tzid) if tzid else None
    if zone is None:
        return f"{name}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{name}{like.parameters}:{moment.astimezone(zone):%Y%m%dT%H%M%S}"


def zone_named(tzid: str) -> ZoneInfo | None:
    """Also Outlook's names, and zones like /freeassociation.sourceforge.net/Europe/Berlin."""
    for name in (tzid, WINDOWS_TO_OLSON.get(tzid, tzid), "/".join(tzid.split("/")[-2:])):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def shifted(values: str, delta: timedelta) -> str:
    """Comma-separated DATE or DATE-TIME values, each moved by wall time."""
    return ",".join(_shift(value, delta) for value in values.split(","))


def _shift(value: str, delta: timedelta) -> str:
    suffix = "Z" if value.endswith("Z") else ""
    pattern = "%Y%m%d" if len(value) == 8 else "%Y%m%dT%H%M%S"
    return f"{naive(value) + delta:{pattern}}{suffix}"


def naive(value: str) -> datetime:
    """Wall time on purpose: the zone stands beside the value, not in it."""
    pattern = "%Y%m%d" if len(value) == 8 else "%Y%m%dT%H%M%S"
    return datetime.strptime(value.removesuffix("Z"), pattern)  # noqa: DTZ007
