"""A change of "this and all that follow" (RANGE=THISANDFUTURE, RFC 5545, 3.2.13) whose first
occurrence gets a say of its own: the range then begins with the next one it is about."""

from dataclasses import replace
from datetime import datetime, timedelta

from icloud_sync.core.ical import forms, lines
from icloud_sync.core.ical.document import Event, Moment
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.patch.body import Body
from icloud_sync.core.ical.patch.times import put, with_end
from icloud_sync.core.ical.recurrence_ids import fits, wall_of
from icloud_sync.core.ical.recurrence_set import LAST, RecurrenceSet, moved

# One look after the other, each further: a rule that never ends cannot be walked to its end.
LOOKS = [timedelta(days=days) for days in (8, 62, 800, 15_000, 4_000_000)]


def stepped_aside(parts: Body, rid: str) -> dict[int, list[Line]]:
    """Event index -> its lines, of the range that begins with this occurrence: it begins
    with the next one now, or is gone where it was about no other. Empty where none does."""
    event = parts.series.changes.get(rid)
    if event is None:
        return {}
    follower = following(parts, rid)
    return {event.index: beginning_at(parts, event, rid, *follower) if follower else []}


def is_about_no_other(parts: Body, rid: str) -> bool:
    """A range begins with this occurrence, and ends with it."""
    return rid in parts.series.changes and following(parts, rid) is None


def following(parts: Body, rid: str) -> tuple[RecurrenceSet, datetime] | None:
    """The next start that this range has the say of, and its wall time."""
    later = [name for name in parts.series.ranges if name > rid]
    for look in LOOKS:
        found = {
            name: (each, wall)
            for each in parts.series.sets
            if fits(rid, each.start)
            for name, wall in starts_after(each, rid, look).items()
            if name > rid and (name not in parts.series.overrides or name in later)
        }
        if found:
            first = min(found)
            return found[first] if not later or first < later[0] else None
    return None


def starts_after(of: RecurrenceSet, rid: str, look: timedelta) -> dict[str, datetime]:
    wall = wall_of(rid, of.start)
    return of.starts(wall, min(moved(wall, look), LAST))


def beginning_at(
    parts: Body, event: Event, rid: str, of: RecurrenceSet, wall: datetime
) -> list[Line]:
    """Moved as far as the series goes on, on the wall clock; what it says stays."""
    by = wall - parts.series.wall_of(rid, of)
    start = event.start.at(event.start.wall + by)
    component = put(parts.component(event), "DTSTART", "DTSTART", event.start, start)
    if event.end:
        end = end_of(event, start, by, parts)
        component = put(component, "DTEND", "DTEND", event.end, end)
    component = with_end(component, replace(event, start=start))
    named = forms.line("RECURRENCE-ID", parts.start(of, wall))
    ranged = lines.make(named.text.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE", 1))
    return lines.replace_property(component, "RECURRENCE-ID", [ranged])


def end_of(event: Event, start: Moment, by: timedelta, parts: Body) -> Moment:
    """A length in days stays one, a length in hours too."""
    end = event.end or event.start
    if end.is_date or start.is_date:
        return end.at(end.wall + by)
    floating = parts.zones.floating
    length = end.instant(floating) - event.start.instant(floating)
    return forms.like(end, start.instant(floating) + length, floating)
