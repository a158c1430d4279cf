"""An edit of a stored body: our properties changed in place, every other byte kept (D11)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.forms import DATE, Form, form_of, in_zone
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.notes import with_block
from icloud_sync.core.ical.parse import moment_of, recurrence_id
from icloud_sync.core.ical.render import Written
from icloud_sync.core.ical.zones import utc_stamp, vtimezone
from icloud_sync.core.values import EventFields, Interval, Zones

SERIES_ONLY = ("RRULE", "RDATE", "EXDATE", "EXRULE")
# They restate what we changed, and would contradict it (D11).
RESTATES = {
    "location": ("X-APPLE-STRUCTURED-LOCATION",),
    "notes": ("X-ALT-DESC",),
}


class Body:
    """A body taken apart: its lines, and for each event the lines' span and the reading."""

    def __init__(self, body: str, zones: Zones) -> None:
        self.zones = zones
        self.lines = lines.split(body)
        self.spans = lines.events(self.lines)
        calendar = Calendar.from_ical(body)
        self.events = [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]
        if len(self.events) != len(self.spans):
            raise UnreadableResource("Its events cannot be told apart.")

    def component(self, index: int) -> list[Line]:
        begin, end = self.spans[index]
        return self.lines[begin:end]

    def rebuilt(self, changes: dict[int, list[Line]], added: list[Line]) -> list[Line]:
        """All lines, with some events replaced (by nothing: removed) and one added."""
        out, at = [], 0
        for index, (begin, end) in enumerate(self.spans):
            out += self.lines[at:begin] + changes.get(index, self.lines[begin:end])
            at = end
        return out + added + self.lines[at:]

    def master(self) -> int | None:
        return next(
            (i for i, event in enumerate(self.events) if "RECURRENCE-ID" not in event), None
        )

    def override(self, rid: str) -> int | None:
        return next(
            (
                i
                for i, event in enumerate(self.events)
                if "RECURRENCE-ID" in event and recurrence_id(event, self.zones) == rid
            ),
            None,
        )


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
    `keeps_dates`: an all-day event stays one as long as it begins and ends at midnight."""
    parts = Body(body, zones)
    found = parts.override(rid) if rid else parts.master()
    index = found if found is not None else parts.master()
    if index is None:
        raise UnreadableResource("The occurrence to change is not in it.")
    event, component = parts.events[index], parts.component(index)
    making_override = bool(rid) and found is None
    if making_override:
        component = override_of(component, event, rid, zones)
    if making_override or before.interval != after.interval:
        component = set_interval(component, event, after.interval, zone, zones, keeps_dates)
    component = set_texts(component, before, after, written)
    component = touch(component, now)
    changes = {} if making_override else {index: component}
    whole = parts.rebuilt(changes, component if making_override else [])
    if uses(whole, zone) and not uses(parts.lines, zone):
        whole = with_zone_definition(whole, zone, after.interval.starts_at.year)
    return lines.join(whole)


def exclude(body: str, rid: str, zones: Zones, now: datetime) -> str:
    """One occurrence taken out: an EXDATE on the master, and its override removed."""
    parts = Body(body, zones)
    override, master = parts.override(rid), parts.master()
    if master is None:
        raise UnreadableResource("The series to change is not in it.")
    component = parts.component(master)
    exdate = start_form(parts.events[master], component, zones).line("EXDATE", moment_of(rid))
    place = lines.end_of_own(component)
    changes = {master: touch(component[:place] + [exdate] + component[place:], now)}
    if override is not None:
        changes[override] = []
    return lines.join(parts.rebuilt(changes, []))


def override_of(master: list[Line], event: Event, rid: str, zones: Zones) -> list[Line]:
    """A full copy of the master for one occurrence (RFC 5545, 3.8.4.4)."""
    form = start_form(event, master, zones)
    copy = master
    for name in SERIES_ONLY:
        copy = lines.replace_property(copy, name, [])
    return lines.replace_property(
        copy, "RECURRENCE-ID", [form.line("RECURRENCE-ID", moment_of(rid))]
    )


def start_form(event: Event, component: list[Line], zones: Zones) -> Form:
    line = lines.find(component, "DTSTART")
    if line is None:
        raise UnreadableResource("DTSTART is missing.")
    return form_of(event, "DTSTART", line, zones)


def set_interval(
    component: list[Line],
    event: Event,
    interval: Interval,
    zone: ZoneInfo,
    zones: Zones,
    keeps_dates: bool,
) -> list[Line]:
    """`keeps_dates`: an appointment cannot say all-day; at midnights its event stays so."""
    start = start_form(event, component, zones)
    end_line = lines.find(component, "DTEND")
    end = form_of(event, "DTEND", end_line, zones) if end_line else start
    stays_dates = start.is_date and keeps_dates
    dates = as_dates(interval, zones.dates) if stays_dates or interval.is_all_day else None
    if dates:
        pair = DATE.line("DTSTART", dates[0]), DATE.line("DTEND", dates[1])
    else:
        start, end = (in_zone(zone), in_zone(zone)) if start.is_date else (start, end)
        pair = start.line("DTSTART", interval.starts_at), end.line("DTEND", interval.ends_at)
    component = lines.replace_property(component, "DTSTART", [pair[0]])
    component = lines.replace_property(component, "DURATION", [])
    return lines.replace_property(component, "DTEND", [pair[1]])


def as_dates(interval: Interval, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Both ends as local midnights, where they are some: the event stays a DATE (D11)."""
    start, end = interval.starts_at.astimezone(zone), interval.ends_at.astimezone(zone)
    midnights = all(moment.time() == datetime.min.time() for moment in (start, end))
    return (start, end) if midnights and end > start else None


def set_texts(
    component: list[Line], before: EventFields, after: EventFields, written: Written | None
) -> list[Line]:
    if before.title != after.title:
        component = set_text(component, "SUMMARY", after.title)
    if before.location != after.location:
        component = set_text(component, "LOCATION", after.location, RESTATES["location"])
    if before.notes != after.notes or written:
        notes = with_block(after.notes, written.block if written else "")
        restated = RESTATES["notes"] if before.notes != after.notes else ()
        component = set_text(component, "DESCRIPTION", notes, restated)
    if written:
        component = lines.replace_property(
            component, "STATUS", [lines.make(f"STATUS:{written.status}")]
        )
        component = lines.replace_property(component, "URL", [lines.make(f"URL:{written.url}")])
    return component


def set_text(
    component: list[Line], name: str, value: str, restating: tuple[str, ...] = ()
) -> list[Line]:
    for other in restating:
        component = lines.replace_property(component, other, [])
    new = [lines.make(f"{name}:{lines.escape(value)}")] if value else []
    return lines.replace_property(component, name, new)


def touch(component: list[Line], now: datetime) -> list[Line]:
    """DTSTAMP, LAST-MODIFIED and SEQUENCE say that this is a newer version."""
    stamp = utc_stamp(now)
    sequence = lines.find(component, "SEQUENCE")
    number = int(sequence.value) if sequence and sequence.value.strip().isdigit() else 0
    for name, value in (
        ("DTSTAMP", stamp),
        ("LAST-MODIFIED", stamp),
        ("SEQUENCE", str(number + 1)),
    ):
        component = lines.replace_property(component, name, [lines.make(f"{name}:{value}")])
    return component


def uses(whole: list[Line], zone: ZoneInfo) -> bool:
    return any(line.params.get("TZID") == zone.key for line in whole if line.name[:2] == "DT")


def with_zone_definition(whole: list[Line], zone: ZoneInfo, year: int) -> list[Line]:
    """A TZID that we brought in needs its VTIMEZONE in the resource (RFC 5545, 3.6.5)."""
    if any(line.name == "TZID" and line.value.strip() == zone.key for line in whole):
        return whole
    place = next(i for i, line in enumerate(whole) if line.text.upper().strip() == "BEGIN:VEVENT")
    return whole[:place] + lines.split(vtimezone(zone.key, year)) + whole[place:]
