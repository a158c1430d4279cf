"""DTSTART and DTEND of one event changed in place, in the form that they have (D11).

A time that stays the same instant stays as it is written. DURATION gives way to DTEND once
the time changes: a nominal length would say something else across a change of clocks.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import forms, lines
from icloud_sync.core.ical.document import Event, Moment, midnight
from icloud_sync.core.ical.intervals import midnight as begin_of
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.values import Interval, Zones

A_DAY = timedelta(days=1)


def set_times(
    component: list[Line],
    event: Event,
    interval: Interval,
    zone: ZoneInfo,
    zones: Zones,
    keeps_dates: bool,
) -> list[Line]:
    """`zone`: for times that had none. `keeps_dates`: an appointment cannot say all-day; at
    midnights its event stays so."""
    pair = as_dates(event, interval, zones, keeps_dates)
    start, end = pair or as_times(event, interval, zone, zones)
    component = put(component, "DTSTART", "DTSTART", event.start, start)
    at = "DTEND" if lines.find(component, "DTEND") else "DURATION"
    component = put(component, "DTEND", at, event.end, end)
    return lines.replace_property(component, "DURATION", [])


def as_dates(
    event: Event, interval: Interval, zones: Zones, keeps_dates: bool
) -> tuple[Moment, Moment] | None:
    if interval.starts_on is not None and interval.ends_on is not None:
        days = midnight(interval.starts_on), midnight(interval.ends_on)
    elif keeps_dates and event.start.is_date:
        instants = interval.starts_at, interval.ends_at
        start, end = (each.astimezone(zones.dates).date() for each in instants)
        begins = tuple(begin_of(day, zones.dates) for day in (start, end))
        if instants != begins or end <= start:
            return None
        days = midnight(start), midnight(end)
    else:
        return None
    return Moment(days[0], is_date=True), Moment(days[1], is_date=True)


def as_times(
    event: Event, interval: Interval, zone: ZoneInfo, zones: Zones
) -> tuple[Moment, Moment]:
    start, end = event.start, event.end
    if start.is_date:
        return forms.in_zone(interval.starts_at, zone), forms.in_zone(interval.ends_at, zone)
    end = start if end is None or end.is_date else end
    pair = kept(start, interval.starts_at, zones), kept(end, interval.ends_at, zones)
    if pair[0].is_floating != pair[1].is_floating and start.is_floating and end.is_floating:
        # One of them can be said in UTC only, and both have one form (RFC 5545, 3.8.2.2).
        return forms.in_utc(interval.starts_at), forms.in_utc(interval.ends_at)
    return pair


def kept(written: Moment, moment: datetime, zones: Zones) -> Moment:
    moment = moment.replace(microsecond=0)
    if written.instant(zones.floating) == moment:
        return written
    return forms.like(written, moment, zones.floating)


def put(
    component: list[Line], name: str, at: str, written: Moment | None, moment: Moment
) -> list[Line]:
    """`at`: the property whose place it takes. One of the same form keeps its parameters."""
    if moment == written:
        return component
    there = lines.find(component, name)
    says_zone = (there.params.get("TZID", "") if there else "").strip() == moment.tzid
    if there and written and says_zone and forms.same_form(written, moment):
        new = lines.with_value(there, forms.spell(moment))
    else:
        new = forms.line(name, moment)
    return lines.replace_property(component, at, [new])


def with_end(component: list[Line], event: Event) -> list[Line]:
    """iCloud refuses a body in which an event says neither DTEND nor DURATION, whoever wrote
    it (icloud-behaviour 6.8). What it means without (RFC 5545, 3.6.1) is what is written."""
    if lines.find(component, "DTEND") or lines.find(component, "DURATION"):
        return component
    start = event.start
    end = start.at(start.wall + A_DAY) if start.is_date else start
    return lines.replace_property(component, "DTEND", [forms.line("DTEND", end)])
