"""An event that was deleted, as the log kept it, made ready to be stored again (D6)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.patch import patch, restore
from icloud_sync.core.ical.patch.body import Body
from icloud_sync.core.ical.series import refusals_for_people
from icloud_sync.core.values import EventFields, Zones


@refusals_for_people()
def whole(body: str, uid: str, zones: Zones, now: datetime) -> str:
    """All of it, under this UID, put right where iCloud would not take it (6.8 to 6.11).
    Raises UnreadableResource."""
    parts = Body(body, zones)
    renamed = {
        event.index: with_uid(parts.component(event), uid) for event in parts.document.events
    }
    return lines.join(parts.rebuilt(renamed, [], now))


def with_uid(component: list[Line], uid: str) -> list[Line]:
    """The event's own; an alarm may have one of its own."""
    own = lines.own_level(component)
    return [
        lines.with_value(line, uid)
        if is_own and line.name == "UID" and line.value.strip() != uid
        else line
        for line, is_own in zip(component, own, strict=True)
    ]


def occurrence(
    body: str,
    rid: str,
    wanted: EventFields | None,
    zone: ZoneInfo,
    zones: Zones,
    now: datetime,
) -> str:
    """One put into its series again, saying what it said (`wanted`). Raises UnreadableResource
    where the series has no place for it."""
    back = restore(body, rid, zones, now)
    found = find_occurrence(back, rid, zones)
    if wanted is None or found is None:
        return back
    return patch(back, rid, found.fields, wanted, zone, zones, now)
