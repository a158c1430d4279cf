"""A phone's changes, cut into the stored bytes: what is not concerned stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar

from icloud_standin.content_lines import (
    Component,
    Line,
    escape,
    fold,
    line_break,
    parse,
    splice,
)
from icloud_standin.phone.times import Moment, same_form, zone_named

# Properties that say the same again and go with the one a phone changes.
RESTATING = {"LOCATION": ("X-APPLE-STRUCTURED-LOCATION",), "DESCRIPTION": ("X-ALT-DESC",)}
YEARS_OF_ZONE = 10  # readers with a zone database ignore the VTIMEZONE anyway
Edits = list[tuple[int, int, bytes]]


@dataclass(frozen=True)
class Details:
    """What the form shows; `ends` of an all-day event is exclusive."""

    title: str
    starts: Moment
    ends: Moment
    place: str = ""
    notes: str = ""


def new_body(details: Details, uid: str, zone: ZoneInfo, now: datetime, rule: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Local iCloud stand-in//Phone//EN"]
    if isinstance(details.starts, datetime) and zone.key != "UTC":
        component = _time_zone(zone, details.starts)
        lines += component.to_ical().decode().strip().splitlines()
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    lines += ["BEGIN:VEVENT", f"UID:{uid}", f"CREATED:{stamp}", f"DTSTAMP:{stamp}"]
    lines += [_new_time("DTSTART", details.starts, zone), _new_time("DTEND", details.ends, zone)]
    lines += [f"SUMMARY:{escape(details.title)}"]
    lines += [f"LOCATION:{escape(details.place)}"] if details.place else []
    lines += [f"DESCRIPTION:{escape(details.notes)}"] if details.notes else []
    lines += [f"RRULE:{rule}"] if rule else []
    lines += [f"LAST-MODIFIED:{stamp}", "SEQUENCE:0", "END:VEVENT", "END:VCALENDAR"]
    return b"".join(fold(line) for line in lines)


def _new_time(name: str, moment: Moment, zone: ZoneInfo) -> str:
    parameters = "" if zone.key == "UTC" else f";TZID={zone.key}"
    value = "00000000T000000Z" if zone.key == "UTC" else "00000000T000000"
    return same_form(name, Line(name, parameters, value, 0, 0), moment, zone)


def _time_zone(zone: ZoneInfo, starts: date) -> icalendar.Timezone:
    first, last = date(starts.year, 1, 1), date(starts.year + YEARS_OF_ZONE, 1, 1)
    return icalendar.Timezone.from_tzid(zone.key, first_date=first, last_date=last)


class Editing:
    """One resource's body under change. `now` and the phone's zone are given."""

    def __init__(self, body: bytes, zone: ZoneInfo, now: datetime) -> None:
        self.body, self.zone, self.now = body, zone, now

    def event(self, recurrence_id: datetime | None = None) -> Component | None:
        """The override of that occurrence; the master where none is asked for."""
        for event in parse(self.body).named("VEVENT"):
            line = event.line("RECURRENCE-ID")
            if (recurrence_id is None) == (line is None) and (
                line is None or self._instant(line) == recurrence_id
            ):
                return event
        return None

    def change(self, event: Component, before: Details, after: Details) -> None:
        """Write the fields that differ, and the marks a phone leaves with every edit."""
        edits = []
        for name, old, new in (
            ("SUMMARY", before.title, after.title),
            ("LOCATION", before.place, after.place),
            ("DESCRIPTION", before.notes, after.notes),
        ):
            if old != new:
                edits += self._set(event, name, escape(new))
                edits += self._remove(event, *RESTATING.get(name, ()))
        if (before.starts, before.ends) != (after.starts, after.ends):
            edits += self._times(event, after.starts, after.ends)
        self._apply(event, edits)

    def _moment(self, line: Line) -> Moment:
        if line.is_date:
            return datetime.strptime(line.value, "%Y%m%d").replace(tzinfo=UTC).date()
        naive = datetime.strptime(line.value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
        if line.value.endswith("Z"):
            return naive.replace(tzinfo=UTC)
        return naive.replace(tzinfo=zone_named(line.parameter("TZID")) or self.zone)

    def _instant(self, line: Line) -> datetime:
        return instant(self._moment(line), self.zone)

    def _times(self, event: Component, starts: Moment, ends: Moment) -> Edits:
        start_line = required(event, "DTSTART")
        end_line = event.line("DTEND") or event.line("DURATION")
        like = end_line if end_line and end_line.name == "DTEND" else start_line
        if start_line.is_date == isinstance(starts, datetime):
            start_line = like = self._fresh_form(start_line)
        written = self._line(same_form("DTSTART", start_line, starts, self.zone))
        edits = [(start_line.start, start_line.end, written)]
        at = (end_line.start, end_line.end) if end_line else (start_line.end, start_line.end)
        return [*edits, (*at, self._line(same_form("DTEND", like, ends, self.zone)))]

    def _fresh_form(self, line: Line) -> Line:
        """All-day became timed or the other way round: nothing to keep of the old form."""
        return Line(line.name, "", "00000000T000000Z", line.start, line.end)

    def _set(self, event: Component, name: str, value: str) -> Edits:
        line = event.line(name)
        if line is None:
            end = event.lines[-1].end
            return [(end, end, self._line(f"{name}:{value}"))] if value else []
        text = self._line(f"{name}{line.parameters}:{value}") if value else b""
        return [(line.start, line.end, text)]

    def _remove(self, event: Component, *names: str) -> Edits:
        return [(line.start, line.end, b"") for line in event.lines if line.name in names]

    def _apply(self, event: Component, edits: Sequence[tuple[int, int, bytes]]) -> None:
        stamp = f"{self.now:%Y%m%dT%H%M%SZ}"
        number = event.value("SEQUENCE")
        sequence = str(int(number) + 1 if number.isdigit() else 1)
        marks = self._set(event, "DTSTAMP", stamp) + self._set(event, "LAST-MODIFIED", stamp)
        self.body = splice(self.body, [*edits, *marks, *self._set(event, "SEQUENCE", sequence)])

    def _line(self, text: str) -> bytes:
        return fold(text, line_break(self.body))


def is_series(body: bytes) -> bool:
    names = {line.name for event in parse(body).named("VEVENT") for line in event.lines}
    return bool(names & {"RRULE", "RDATE", "RECURRENCE-ID"})


def required(event: Component, name: str) -> Line:
    line = event.line(name)
    if line is None:
        raise ValueError(f"this event has no {name}")
    return line


def instant(moment: Moment, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC)
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone).astimezone(UTC)


def apart(later: Moment, earlier: Moment) -> timedelta:
    """Wall time between two moments of the same kind."""
    if isinstance(later, datetime) and isinstance(earlier, datetime):
        return later - earlier
    return as_date(later) - as_date(earlier)


def as_date(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
