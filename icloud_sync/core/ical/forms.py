"""In which form a time is written: UTC, in a zone, floating, or a date (RFC 5545, 3.3.5).

An event keeps the form it has; only what is new is written in the calendar's zone (D11).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Event

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.parse import moment
from icloud_sync.core.ical.zones import STAMP
from icloud_sync.core.values import Zones


@dataclass(frozen=True, slots=True)
class Form:
    """`params` as they stand between the name and the colon; `zone` None for a date."""

    params: str
    zone: tzinfo | None

    @property
    def is_date(self) -> bool:
        return self.zone is None

    def line(self, name: str, moment: datetime | date) -> Line:
        if self.params and isinstance(moment, datetime) and self.comes_twice(moment):
            return Form("", UTC).line(name, moment)
        return lines.make(f"{name}{self.params}:{self.spell(moment)}")

    def comes_twice(self, moment: datetime) -> bool:
        """A wall time means the first of the two (RFC 5545, 3.3.5); only UTC can say the
        second."""
        return self.zone is not None and moment.astimezone(self.zone).fold == 1

    def spell(self, moment: datetime | date) -> str:
        if not isinstance(moment, datetime) or self.zone is None:
            return moment.strftime("%Y%m%d")
        stamp = moment.astimezone(self.zone).strftime(STAMP)
        return f"{stamp}Z" if self.zone is UTC and not self.params else stamp


DATE = Form(";VALUE=DATE", None)


def in_zone(zone: ZoneInfo) -> Form:
    """The form of what we write anew. UTC never has a TZID (icloud-behaviour 6.10)."""
    return Form("", UTC) if zone.key in ("UTC", "Etc/UTC") else Form(f";TZID={zone.key}", zone)


def form_of(event: Event, name: str, line: Line, zones: Zones) -> Form:
    """How `name` is written in this event. `line` is the same property as text."""
    value = moment(event, name)
    if not isinstance(value, datetime):
        return DATE
    if line.value.strip().upper().endswith("Z"):
        return Form("", UTC)
    if value.tzinfo is None:
        return Form("", zones.floating)
    return Form(f";TZID={quoted(line.params.get('TZID', ''))}", value.tzinfo)


def quoted(value: str) -> str:
    return f'"{value}"' if any(character in value for character in ':;,"') else value
