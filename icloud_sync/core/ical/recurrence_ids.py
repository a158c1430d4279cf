"""Canonical recurrence-ids: the name of an occurrence, whatever form or zone it was written in.

By the form of the master's DTSTART: a date 20261122; floating 20261122T090000, the same
wherever the owner is; with a zone, or in UTC, the instant: 20261122T080000Z. Within a series
names sort as the times do.
"""

from datetime import UTC, datetime, time, timedelta, tzinfo

from icloud_sync.core.ical.document import Moment
from icloud_sync.core.values import Zones

GLUED = (time(), time(23, 59, 59))
NOTHING = timedelta()


def name_of(moment: Moment, form: Moment, zones: Zones) -> str:
    """The name of `moment` in a series whose DTSTART is `form`. A date in a series of times
    is its midnight: who knows the series knows better (RecurrenceSet.name_of)."""
    if form.is_date:
        return spell_date(day_of(moment, zones))
    if form.zone is not None:
        there = with_zone(moment, form)
        return spell(in_utc(there.wall, there.zone or zones.floating)) + "Z"
    return spell(wall_at(zones.floating, moment, zones))


def with_zone(moment: Moment, form: Moment) -> Moment:
    """A time without a zone in a series that has one: its zone was forgotten."""
    return form.at(moment.wall) if moment.is_floating and form.tzid else moment


def wall_of(name: str, form: Moment) -> datetime:
    """Naive, on the clock that `form` is written by. `fold` tells the second of two."""
    wall = datetime.fromisoformat(name.removesuffix("Z"))
    if form.zone is None:
        return wall
    return wall.replace(tzinfo=UTC).astimezone(form.zone).replace(tzinfo=None)


def fits(name: str, form: Moment) -> bool:
    """Whether a series of this form could have an occurrence of this name."""
    return len(name) == (8 if form.is_date else 16 if form.zone else 15)


def wall_at(place: tzinfo, moment: Moment, zones: Zones) -> datetime:
    """What the clock at `place` shows, naive."""
    if moment.zone is place or (moment.zone is None and place is zones.floating):
        return moment.wall
    return moment.instant(zones.floating).astimezone(place).replace(tzinfo=None)


def day_of(moment: Moment, zones: Zones) -> datetime:
    """The wall time whose day is meant where a date should stand. Apple writes the owner's
    midnight in UTC; others glue the first or last second of the UTC day to the date."""
    is_utc = moment.zone is not None and not moment.tzid
    if not is_utc or moment.wall.time() in GLUED:
        return moment.wall
    return moment.wall.replace(tzinfo=UTC).astimezone(zones.dates).replace(tzinfo=None)


def in_utc(wall: datetime, zone: tzinfo) -> datetime:
    """Naive, as `wall` is. Asking the zone costs a tenth of `astimezone`; a time in a gap or
    one that comes twice is read as there (PEP 495)."""
    return wall - (zone.utcoffset(wall) or NOTHING)


def spell(wall: datetime) -> str:
    return wall.isoformat().replace("-", "").replace(":", "")


def spell_date(day: datetime) -> str:
    return spell(day)[:8]
