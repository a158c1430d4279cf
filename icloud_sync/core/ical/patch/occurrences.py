"""One occurrence taken out of its series, and put back (RFC 5545, 3.8.5.1 and 3.8.5.2)."""

from datetime import datetime, timedelta

from icloud_sync.core.ical import forms, lines
from icloud_sync.core.ical.document import Moment, UnreadableResource
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.patch.body import Body
from icloud_sync.core.ical.patch.ranges import stepped_aside
from icloud_sync.core.ical.patch.texts import touch
from icloud_sync.core.ical.recurrence_ids import fits, wall_of
from icloud_sync.core.ical.recurrence_set import FIRST, LAST, RecurrenceSet
from icloud_sync.core.ical.series import refusals_for_people
from icloud_sync.core.recurrence.rule import BadRule
from icloud_sync.core.values import Zones

A_DAY = timedelta(days=1)


@refusals_for_people()
def exclude(body: str, rid: str, zones: Zones, now: datetime) -> str:
    """An EXDATE on the master, also where the occurrence comes from an RDATE: one line more,
    and none changed. Its override is removed."""
    parts = Body(body, zones)
    changes = stepped_aside(parts, rid) | {event.index: [] for event in parts.own(rid)}
    for of, start in parts.holding(rid):
        component = added(parts.component(of.master), forms.line("EXDATE", start))
        changes[of.master.index] = touch(component, now)
    if len(changes) == len(parts.spans) and not any(changes.values()):
        raise UnreadableResource("Without it nothing would be left.")
    return lines.join(parts.rebuilt(changes, [], now))


@refusals_for_people()
def is_alone(body: str, rid: str, zones: Zones) -> bool:
    """Whether the resource holds this occurrence and no other: then the resource goes."""
    parts = Body(body, zones)
    others = [one for one in parts.document.overrides if parts.series.name_of(one) != rid]
    return not others and all(is_only(each, rid) for each in parts.series.sets)


def is_only(of: RecurrenceSet, rid: str) -> bool:
    if any(rule.count is None and rule.until is None for rule in of.master.rules):
        return False
    try:
        return set(of.starts(FIRST, LAST)) <= {rid}
    except BadRule:  # too many to count
        return False


@refusals_for_people()
def restore(body: str, rid: str, zones: Zones, now: datetime) -> str:
    """The series has this occurrence again: its EXDATE goes, that one value of a list; where
    the rule does not make it any more, an RDATE says it. The others stay as they are.
    Raises UnreadableResource where there is no saying it."""
    parts = Body(body, zones)
    if parts.own(rid) or parts.holding(rid):
        return body
    fitting = [each for each in parts.series.sets if could_hold(each, rid)]
    if not fitting:
        raise UnreadableResource("Its series is no longer the one it was taken out of.")
    of = next((each for each in fitting if rid in around(each, rid)), fitting[0])
    wall = around(of, rid).get(rid)
    component = without_exdates(parts.component(of.master), of, rid)
    if wall is None:
        start = parts.start(of, wall_of(rid, of.start))
        component = added(component, forms.line("RDATE", start))
    changes = {of.master.index: touch(component, now)}
    whole = lines.join(parts.rebuilt(changes, [], now))
    back = Body(whole, zones)
    if not back.holding(rid):
        raise UnreadableResource("A rule of its series leaves it out.")
    too_many = names_near(back, rid) - names_near(parts, rid) - {rid}
    return lines.join(without_names(back, too_many, now)) if too_many else whole


def could_hold(of: RecurrenceSet, rid: str) -> bool:
    """DTSTART is the first of its set (3.8.5.3): what lies before is in none, whatever an RDATE
    says, and one event that does not recur is no set."""
    return of.master.recurs and fits(rid, of.start) and wall_of(rid, of.start) >= of.start.wall


def without_names(parts: Body, names: set[str], now: datetime) -> list[Line]:
    """Each gets the EXDATE of its own that one of the whole day was for it."""
    changes: dict[int, list[Line]] = {}
    for name in sorted(names):
        for of, start in parts.holding(name):
            component = changes.get(of.master.index) or parts.component(of.master)
            changes[of.master.index] = added(component, forms.line("EXDATE", start))
    return parts.rebuilt(changes, [], now)


def around(of: RecurrenceSet, rid: str) -> dict[str, datetime]:
    wall = wall_of(rid, of.start)
    return of.made(wall - A_DAY, wall + A_DAY)


def names_near(parts: Body, rid: str) -> set[str]:
    fitting = [each for each in parts.series.sets if fits(rid, each.start)]
    walls = [(each, wall_of(rid, each.start)) for each in fitting]
    return {name for each, wall in walls for name in each.starts(wall - A_DAY, wall + A_DAY)}


def without_exdates(component: list[Line], of: RecurrenceSet, rid: str) -> list[Line]:
    wall = around(of, rid).get(rid) or wall_of(rid, of.start)
    moments = iter(of.master.excluded)  # in the order of the body
    out: list[Line] = []
    for line, is_own in zip(component, lines.own_level(component), strict=True):
        if not is_own or line.name != "EXDATE":
            out.append(line)
            continue
        values = [value for value in line.value.split(",") if value.strip()]
        kept = [value for value in values if not means(next(moments), of, rid, wall)]
        if kept:
            same = len(kept) == len(values)
            out.append(line if same else lines.with_value(line, ",".join(kept)))
    return out


def means(moment: Moment, of: RecurrenceSet, rid: str, wall: datetime) -> bool:
    if of.means_day(moment):
        return moment.wall.date() == wall.date()
    return of.name_of(moment) == rid


def added(component: list[Line], line: Line) -> list[Line]:
    """A property more, before the alarms."""
    place = lines.end_of_own(component)
    return [*component[:place], line, *component[place:]]
