"""The coming days of an account, as the phone lists them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from icloud_standin.occurrences import as_instant, between
from icloud_standin.phone.edits import Details, instant, is_series
from icloud_standin.phone.times import Moment
from icloud_standin.rows import Account, Resource
from icloud_standin.store import Store


@dataclass(frozen=True)
class Occurrence:
    resource: Resource
    details: Details
    recurrence_id: str  # its instant in UTC; "" for an event that does not repeat
    cancelled: bool
    guests: int

    @property
    def all_day(self) -> bool:
        return not isinstance(self.details.starts, datetime)


def occurrence_of(event: icalendar.Event, resource: Resource, zone: ZoneInfo) -> Occurrence:
    # The expansion names every occurrence, also the only one of an event that never repeats.
    recurrence_id = event.get("RECURRENCE-ID") if is_series(resource.body or b"") else None
    at = _local(recurrence_id.dt, zone) if recurrence_id else None
    guests = event.get("ATTENDEE", [])
    return Occurrence(
        resource,
        Details(
            str(event.get("SUMMARY", "")),
            _local(event.start, zone),
            _local(event.end, zone),
            str(event.get("LOCATION", "")),
            str(event.get("DESCRIPTION", "")),
        ),
        f"{instant(at, zone):%Y%m%dT%H%M%SZ}" if at else "",
        str(event.get("STATUS", "")).upper() == "CANCELLED",
        len(guests) if isinstance(guests, list) else 1,
    )


class Agenda:
    def __init__(self, store: Store, account: Account, zone: ZoneInfo) -> None:
        self.store, self.account, self.zone = store, account, zone
        self.unreadable = 0

    def days(self, first: date, count: int) -> list[tuple[date, list[Occurrence]]]:
        last = first + timedelta(days=count)
        found = self._occurrences(first, last)
        days = [(first + timedelta(days=number), number) for number in range(count)]
        return [(day, _on(day, found)) for day, _ in days]

    def _occurrences(self, first: date, last: date) -> list[Occurrence]:
        found = []
        for collection in self.store.collections(self.account.dsid):
            if collection.holds_events:
                for resource in self.store.resources(collection):
                    found += self._of_resource(resource, first, last)
        return sorted(found, key=_order(self.zone))

    def _of_resource(self, resource: Resource, first: date, last: date) -> list[Occurrence]:
        start, end = (datetime.combine(day, time(), self.zone) for day in (first, last))
        try:
            events = between(resource.body or b"", start, end)
            return [occurrence_of(event, resource, self.zone) for event in events]
        except Exception:
            # One body that no library can read must not hide the others.
            self.unreadable += 1
            return []


def find(resource: Resource, recurrence_id: str, zone: ZoneInfo) -> Occurrence | None:
    """One occurrence of a stored event: by its id in a series, else the event itself."""
    body = resource.body or b""
    if not recurrence_id:
        calendar = icalendar.Calendar.from_ical(body)
        events = [each for each in calendar.walk("VEVENT") if isinstance(each, icalendar.Event)]
        return occurrence_of(events[0], resource, zone) if events else None
    at = datetime.strptime(recurrence_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    # An override may have moved it: look a good way around.
    around = between(body, at - timedelta(days=366), at + timedelta(days=366))
    found = (occurrence_of(event, resource, zone) for event in around)
    return next((each for each in found if each.recurrence_id == recurrence_id), None)


def _on(day: date, occurrences: list[Occurrence]) -> list[Occurrence]:
    return [each for each in occurrences if _first_day(each) <= day <= _last_day(each)]


def _first_day(occurrence: Occurrence) -> date:
    starts = occurrence.details.starts
    return starts.date() if isinstance(starts, datetime) else starts


def _last_day(occurrence: Occurrence) -> date:
    """Ends are exclusive: midnight belongs to the day before, unless nothing is left then."""
    ends = occurrence.details.ends
    if isinstance(ends, datetime):
        return max(_first_day(occurrence), (ends - timedelta(microseconds=1)).date())
    return max(_first_day(occurrence), ends - timedelta(days=1))


def _order(zone: ZoneInfo) -> Any:
    return lambda each: (not each.all_day, instant(each.details.starts, zone), each.details.title)


def _local(value: Moment, zone: ZoneInfo) -> Moment:
    return as_instant(value, zone).astimezone(zone) if isinstance(value, datetime) else value
