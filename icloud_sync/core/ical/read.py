"""A calendar object resource, read into a Document (RFC 4791, 4.1; RFC 5545, 3.6.1).

What a person can put right is told in a sentence (UnreadableResource); what iCalendar allows
or what is harmless (METHOD, no DTSTAMP, a BOM, unknown properties) is passed over.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import TypeVar

from icloud_sync.core.ical import decode, lines
from icloud_sync.core.ical.decode import Property, ZoneOf, first_of, properties
from icloud_sync.core.ical.document import Document, Event, Moment, UnreadableResource
from icloud_sync.core.ical.outline import Outline
from icloud_sync.core.ical.tzids import TimeZones
from icloud_sync.core.recurrence.rule import BadRule, Rule, parse_rule

# Budgets: what passes one is no calendar entry. Apple keeps attachments outside of the body,
# and takes 300 guests.
MOST_BYTES = 2_000_000
MOST_LINES = 50_000
MOST_EVENTS = 2_000
MOST_RULES = 20
MOST_DATES = 10_000

WANTED = frozenset(
    ("UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "EXRULE", "RDATE", "EXDATE")
    + ("SUMMARY", "LOCATION", "DESCRIPTION", "STATUS", "TRANSP", "ATTENDEE", "ORGANIZER")
    + ("X-APPLE-TRAVEL-DURATION", "RELATED-TO")
)
SPLIT = "X-CALENDARSERVER-RECURRENCE-SET"
Found = Mapping[str, list[Property]]
T = TypeVar("T")


def read(body: str) -> Document:
    """Raises UnreadableResource, and nothing else, for whatever is wrong with `body`."""
    outline = Outline(_lines(body))
    if not outline.events:
        raise UnreadableResource("There is no event in it.")
    if len(outline.events) > MOST_EVENTS:
        raise UnreadableResource(f"There are more than {MOST_EVENTS} events in it.")
    events = [properties(own, WANTED) for own in outline.events]
    uid = _uid(events)
    _check_series(events)
    zones = TimeZones(outline.zones)
    return Document(
        uid=uid,
        events=tuple(_event(index, found, zones) for index, found in enumerate(events)),
        zone=_floating(outline.calendar, zones),
    )


def _lines(body: str) -> list[str]:
    if len(body.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise UnreadableResource(f"It is larger than {MOST_BYTES // 1_000_000} MB.")
    found = lines.unfold(body.removeprefix("\ufeff"))
    if len(found) > MOST_LINES:
        raise UnreadableResource(f"It has more than {MOST_LINES} lines.")
    return found


def _check_series(events: Sequence[Found]) -> None:
    """Before any of it is decoded: each rule and date costs time whenever it is expanded."""
    rules = sum(len(found.get(name, ())) for found in events for name in ("RRULE", "EXRULE"))
    if rules > MOST_RULES:
        raise UnreadableResource(f"It repeats by more than {MOST_RULES} rules.")
    dates = sum(
        one.value.count(",") + 1
        for found in events
        for name in ("RDATE", "EXDATE")
        for one in found.get(name, ())
    )
    if dates > MOST_DATES:
        raise UnreadableResource(f"Its series lists more than {MOST_DATES} dates.")


def _uid(events: Sequence[Found]) -> str:
    """One resource, one UID (RFC 4791, 4.1)."""
    uids = {_text(found, "UID").strip() for found in events}
    if len(uids) != 1 or "" in uids:
        raise UnreadableResource("It does not have exactly one UID.")
    return uids.pop()


def _floating(calendar: Sequence[str], zones: TimeZones) -> tzinfo | None:
    """What Apple's X-WR-TIMEZONE says; a name that says nothing is as good as none."""
    found = properties(calendar, frozenset({"X-WR-TIMEZONE"}))
    try:
        return zones.zone(first_of(found, "X-WR-TIMEZONE").strip()) if found else None
    except UnreadableResource:
        return None


def _event(index: int, found: Found, zones: TimeZones) -> Event:
    start, end = _moment(found, "DTSTART", zones), _moment(found, "DTEND", zones)
    if start is None:
        raise UnreadableResource("DTSTART is missing.")
    if end and end.is_floating and start.zone:
        end = start.at(end.wall)  # its zone was forgotten: both have one or none (3.8.2.2)
    if end and end.wall - start.wall > decode.LONGEST:
        raise UnreadableResource("It lasts too long a time.")
    return Event(
        index=index,
        start=start,
        end=end,
        duration=decode.duration(first_of(found, "DURATION")) if "DURATION" in found else None,
        in_hours=_word(found, "DURATION").lstrip("+").startswith("PT"),
        recurrence_id=_moment(found, "RECURRENCE-ID", zones),
        this_and_future=_reaches_on(found),
        rules=_rules(found, "RRULE"),
        excluded_rules=_rules(found, "EXRULE"),
        extra=_every(found, "RDATE", zones, decode.periods),
        excluded=_every(found, "EXDATE", zones, decode.moments),
        title=_text(found, "SUMMARY"),
        location=_text(found, "LOCATION"),
        description=_text(found, "DESCRIPTION"),
        is_transparent=_word(found, "TRANSP") == "TRANSPARENT",
        is_cancelled=_word(found, "STATUS") == "CANCELLED",
        travel=_travel(found),
        has_guests="ATTENDEE" in found or "ORGANIZER" in found,
        participation=_participation(found),
        recurrence_set=_recurrence_set(found),
    )


def _moment(found: Found, name: str, zones: TimeZones) -> Moment | None:
    return decode.moment(found[name][0], zones.zone) if name in found else None


def _every(
    found: Found, name: str, zones: TimeZones, values: Callable[[Property, ZoneOf], list[T]]
) -> tuple[T, ...]:
    return tuple(value for one in found.get(name, ()) for value in values(one, zones.zone))


def _reaches_on(found: Found) -> bool:
    """3.2.13. What reached back (RFC 2445) changes its own occurrence only."""
    said = found["RECURRENCE-ID"][0].params if "RECURRENCE-ID" in found else {}
    return said.get("RANGE", "").upper() == "THISANDFUTURE"


def _rules(found: Found, name: str) -> tuple[Rule, ...]:
    try:
        return tuple(parse_rule(one.value) for one in found.get(name, ()))
    except BadRule as error:
        raise UnreadableResource(lines.CONTROL.sub("", str(error))) from error


def _text(found: Found, name: str) -> str:
    return decode.text(found[name][0].value) if name in found else ""


def _word(found: Found, name: str) -> str:
    return found[name][0].value.strip().upper() if name in found else ""


def _travel(found: Found) -> timedelta:
    """Apple's own property: what it cannot say right, it does not say."""
    said = _word(found, "X-APPLE-TRAVEL-DURATION")
    try:
        return max(decode.duration(said), timedelta()) if said else timedelta()
    except UnreadableResource:
        return timedelta()


def _recurrence_set(found: Found) -> str:
    """What iCloud writes into all parts of a series that it splits."""
    related = (one for one in found.get("RELATED-TO", ()) if SPLIT in one.params.values())
    return next((decode.text(one.value).strip() for one in related), "")


def _participation(found: Found) -> dict[str, str]:
    """Under the address, and under EMAIL, which iCloud writes beside a path of its own."""
    answers: dict[str, str] = {}
    for one in found.get("ATTENDEE", ()):
        params = one.params
        answer = params.get("PARTSTAT", "NEEDS-ACTION").strip().upper()
        for address in (one.value, params.get("EMAIL", "")):
            bare = address.strip().lower().removeprefix("mailto:")
            if bare:
                answers.setdefault(bare, answer)
    return answers
