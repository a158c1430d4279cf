"""When the events of a body take place, by the library that knows recurrence."""

from datetime import UTC, date, datetime, time, tzinfo

import icalendar
import recurring_ical_events


def as_instant(value: date | datetime, zone: tzinfo = UTC) -> datetime:
    """Dates and floating times are placed in `zone`."""
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return value if value.tzinfo else value.replace(tzinfo=zone)


def touches(body: bytes, start: datetime, end: datetime | None) -> bool:
    """Does any occurrence lie in the range? In doubt yes: Apple over-returns, too (S16)."""
    try:
        query = recurring_ical_events.of(icalendar.Calendar.from_ical(body))
        first = next(iter(query.after(start)), None)
        return first is not None and (end is None or as_instant(first.start) < end)
    except Exception:
        # Whatever a library makes of an odd body, leaving the event out would be worse.
        return True


def between(body: bytes, start: datetime, end: datetime) -> list[icalendar.Event]:
    """The occurrences in the range, overrides applied."""
    calendar = icalendar.Calendar.from_ical(body)
    found = recurring_ical_events.of(calendar).between(start, end)
    return [event for event in found if isinstance(event, icalendar.Event)]
