"""An edit of a stored body: our properties changed in place, every other byte kept (D11)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import forms, lines
from icloud_sync.core.ical.document import Moment, UnreadableResource
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.patch.body import Body
from icloud_sync.core.ical.patch.occurrences import exclude, is_alone, restore
from icloud_sync.core.ical.patch.ranges import is_about_no_other, stepped_aside
from icloud_sync.core.ical.patch.texts import set_texts, touch, without
from icloud_sync.core.ical.patch.times import set_times
from icloud_sync.core.ical.render import Written
from icloud_sync.core.ical.series import refusals_for_people
from icloud_sync.core.merge import changed_fields
from icloud_sync.core.values import EventFields, Zones

__all__ = ["exclude", "is_alone", "patch", "put_back", "restore"]

SERIES_ONLY = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


@refusals_for_people()
def patch(
    body: str,
    rid: str,
    before: EventFields,
    after: EventFields,
    zone: ZoneInfo,
    zones: Zones,
    now: datetime,
    written: Written | None = None,
    keeps_dates: bool = False,
) -> str:
    """`rid`: which occurrence, "" for an event that does not recur. `zone`: for times that
    had none. `written`: rewrite what is only ours too; None leaves it as it is.
    `keeps_dates`: an all-day event stays one as long as it begins and ends at midnight.

    Where the body says all that already it is returned as it is. Raises UnreadableResource
    where the occurrence is not in it.
    """
    changed = changed_fields(before, after)
    if not changed and written is None:
        return body
    parts = Body(body, zones)
    event, is_own = parts.says(rid)
    is_own = is_own or is_about_no_other(parts, rid)
    original = parts.component(event)
    component = set_texts(original, event, after, changed, written)
    if not changed and component == original:
        return body
    if "interval" in changed or not is_own:
        component = set_times(component, event, after.interval, zone, parts.zones, keeps_dates)
    if is_own and component == original:
        return body
    component = touch(component, now)
    if is_own:
        return lines.join(parts.rebuilt({event.index: component}, [], now))
    copy = as_override(component, parts.original_start(rid, event))
    return lines.join(parts.rebuilt(stepped_aside(parts, rid), copy, now))


def put_back(
    body: str,
    rid: str,
    after: EventFields,
    zone: ZoneInfo,
    zones: Zones,
    now: datetime,
    written: Written,
) -> str:
    """An appointment's own occurrence, taken out of its series, is in it again and says
    `after`. Raises UnreadableResource where it cannot be."""
    whole = restore(body, rid, zones, now)
    there = find_occurrence(whole, rid, zones)
    if there is None:
        raise UnreadableResource("The occurrence to change is not in it.")
    before = there.fields.timed()
    return patch(whole, rid, before, after, zone, zones, now, written, keeps_dates=True)


def as_override(component: list[Line], start: Moment) -> list[Line]:
    """A full copy for one occurrence (RFC 5545, 3.8.4.4), alarms and all."""
    copy = without(component, SERIES_ONLY)
    return lines.replace_property(copy, "RECURRENCE-ID", [forms.line("RECURRENCE-ID", start)])
