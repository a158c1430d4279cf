"""A VTIMEZONE for each TZID in a body that we write (RFC 5545, 3.6.5): strict servers refuse
one without, and some leave it out on the way to us."""

from zoneinfo import ZoneInfo

from icloud_sync.core.ical import decode, lines
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.tzids import known
from icloud_sync.core.ical.zones import vtimezone


def defined(whole: list[Line]) -> list[Line]:
    """The body, with a definition before its first event for each zone that has none. What
    names no zone we know stays as it is: nothing that we read depends on it."""
    spans = lines.events(whole)
    named = dict.fromkeys(tzid for begin, end in spans for tzid in tzids(whole[begin:end]))
    there = {decode.text(line.value.strip()) for line in whole if line.name == "TZID"}
    added = [line for tzid in named if decode.text(tzid) not in there for line in made(tzid)]
    return [*whole[: spans[0][0]], *added, *whole[spans[0][0] :]] if added else whole


def tzids(component: list[Line]) -> list[str]:
    """As its times name them."""
    found = (line.params.get("TZID", "") for line in component if "TZID=" in line.text.upper())
    return [tzid for tzid in found if tzid]


def made(tzid: str) -> list[Line]:
    zone = known(tzid)
    name = zone.key if isinstance(zone, ZoneInfo) else "UTC"
    return lines.split(vtimezone(name, tzid)) if zone else []
