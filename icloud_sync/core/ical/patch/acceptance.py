"""What iCloud refuses, whoever wrote it (icloud-behaviour 6.8 to 6.11), is put right in every
body that we send; what was refused would stand in the way of our own change for ever."""

from datetime import UTC, datetime, tzinfo

from icloud_sync.core.ical import decode, lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.tzids import known
from icloud_sync.core.ical.zones import utc_stamp

STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED")


def acceptable(component: list[Line], floating: tzinfo, now: datetime, repeats: bool) -> list[Line]:
    """One event; as it is where nothing is wrong with it. `repeats`: it is of a series."""
    component = in_capitals(component, "STATUS")
    for name in STAMPS:
        component = in_utc(component, name, floating)
    component = with_one_dtstamp(component, now)
    if repeats and not lines.find(component, "SEQUENCE"):
        component = lines.replace_property(component, "SEQUENCE", [lines.make("SEQUENCE:0")])
    return component


def without_method(whole: list[Line]) -> list[Line]:
    """What is stored is no message (RFC 4791, 4.1)."""
    own = lines.own_level(whole)
    return [line for line, is_own in zip(whole, own, strict=True) if not is_method(line, is_own)]


def is_method(line: Line, is_own: bool) -> bool:
    return is_own and line.name == "METHOD"


def in_capitals(component: list[Line], name: str) -> list[Line]:
    there = lines.find(component, name)
    if there is None or there.value == there.value.upper():
        return component
    return lines.replace_property(component, name, [lines.with_value(there, there.value.upper())])


def in_utc(component: list[Line], name: str, floating: tzinfo) -> list[Line]:
    """A stamp is in UTC (RFC 5545, 3.8.7); one that is no time at all says nothing."""
    own = lines.own_level(component)
    return [
        stamp
        for line, is_own in zip(component, own, strict=True)
        for stamp in (utc_of(line, floating) if is_own and line.name == name else [line])
    ]


def utc_of(line: Line, floating: tzinfo) -> list[Line]:
    if line.value.endswith("Z"):
        return [line]
    try:
        wall, _, is_utc = decode.wall(line.value)
        place = UTC if is_utc else known(line.params.get("TZID", "")) or floating
        return [lines.make(f"{line.name}:{utc_stamp(wall.replace(tzinfo=place))}")]
    except (UnreadableResource, OverflowError):
        return []


def with_one_dtstamp(component: list[Line], now: datetime) -> list[Line]:
    """iCloud adds one of its own on serving, before the one that is stored (6.14)."""
    own = lines.own_level(component)
    there = [
        line
        for line, is_own in zip(component, own, strict=True)
        if is_own and line.name == STAMPS[0]
    ]
    if len(there) == 1:
        return component
    kept = there[-1:] or [lines.make(f"DTSTAMP:{utc_stamp(now)}")]
    return lines.replace_property(component, STAMPS[0], kept)
