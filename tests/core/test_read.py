"""A body is read into a document: what counts, what is passed over, what is refused."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import Document, Event, Moment, UnreadableResource
from icloud_sync.core.ical.read import read
from icloud_sync.core.recurrence.rule import parse_rule
from tests.core.bodies import TOKYO, body, override

ODD = Path(__file__).parent / "odd"
START = "DTSTART:20261201T110000Z"


def only(*event: str) -> Event:
    (found,) = read(body(*event)).events
    return found


def spelled(moment: Moment) -> str:
    if moment.is_date:
        return moment.wall.date().isoformat()
    at = moment.wall if moment.is_floating else moment.instant(UTC).replace(tzinfo=None)
    return at.isoformat(timespec="minutes") + ("" if moment.is_floating else "Z")


def told(event: Event) -> str:
    """Which occurrence, when, until when or how long, and what."""
    which = f"{spelled(event.recurrence_id)} -> " if event.recurrence_id else ""
    until = f" to {spelled(event.end)}" if event.end else ""
    length = f" for {event.duration.total_seconds() / 60:g}" if event.duration is not None else ""
    return f"{which}{spelled(event.start)}{until}{length}: {event.title}"


SAYS = {
    "all-day-of-no-days": ["2026-12-01 to 2026-12-01: Birthday"],
    "all-day-without-value-or-end": ["2026-12-01: One day"],
    "cut-short": "It is not a whole calendar.",
    "day-that-does-not-exist": "“20261301T090000Z” is a time that does not exist.",
    "ends-before-it-starts": ["2026-12-01T09:00Z to 2026-12-01T08:00Z: Backwards"],
    "flight-over-the-date-line": [
        "2026-12-01T08:00Z to 2026-12-01T18:00Z: Lands before it takes off, on the wall"
    ],
    "floating-where-the-calendar-says": ["2026-12-01T09:00 to 2026-12-01T10:00: In Tokyo"],
    "folds-inside-of-characters": [
        "2026-12-01T09:00Z to 2026-12-01T10:00Z: "
        "Grüße aus Köln, 東京での会議, שלום, " + 3 * "👩\u200d👩\u200d👧\u200d👦"
    ],
    "hours-that-never-were-and-came-twice": [
        "2027-03-28T01:30Z to 2027-10-31T00:30Z: Two clock changes"
    ],
    "invitation-from-apple": ["2026-12-01T08:00Z to 2026-12-01T09:00Z: Review"],
    "length-below-nothing": ["2026-12-01T09:00Z for -120: Shorter than nothing"],
    "line-ends-of-every-kind": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: Many"],
    "marks-that-are-no-text": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: Before after"],
    "override-without-its-master": [
        "2026-12-01T08:00Z -> 2026-12-01T10:00Z to 2026-12-01T11:00Z: Invited to one"
    ],
    "published-in-small-letters": ["2026-12-01T08:00Z to 2026-12-01T09:00Z: Small"],
    "quotes-that-never-close": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: Still a title"],
    "rule-that-cannot-be": "FREQ cannot be NEVER in a rule.",
    "said-twice": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: The first counts"],
    "series-changed-from-here-on": [
        "2026-12-01T08:00Z for 45: Choir",
        "2027-01-05T08:00Z -> 2027-01-05T17:30Z for 45: Choir, evenings",
    ],
    "series-named-in-other-forms": [
        "2026-12-01T08:00Z to 2026-12-01T09:00Z: Daily",
        "2026-12-05T08:00Z -> 2026-12-05T12:00Z to 2026-12-05T13:00Z: Moved",
    ],
    "series-of-periods": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: Listed"],
    "task-and-no-event": "There is no event in it.",
    "two-events-that-are-not-one": "It does not have exactly one UID.",
    "zone-after-a-path": ["2026-12-01T12:00Z to 2026-12-01T13:00Z: From Evolution"],
    "zone-by-its-windows-name": ["2026-12-01T09:00Z to 2026-12-01T10:30Z: From Outlook"],
    "zone-defined-after-its-event": ["2027-07-01T07:00Z for 90: In summer"],
    "zone-nobody-knows": "The time zone “Mars/Olympus Mons” is unknown.",
    "zone-of-its-own-with-dates-for-rules": [
        "2026-12-01T05:30Z to 2026-12-01T06:30Z: Half an hour off"
    ],
    "zone-utc-in-four-spellings": ["2026-12-01T09:00Z to 2026-12-01T10:00Z: One instant"],
    "zone-without-daylight": [
        "2027-07-01T03:30Z to 2027-07-01T04:30Z: Always five and a half",
    ],
}


@pytest.mark.parametrize("path", sorted(ODD.glob("*.ics")), ids=lambda path: path.stem)
def test_an_odd_calendar_says_what_it_says_or_why_it_cannot_be_read(path: Path) -> None:
    try:
        said: list[str] | str = [told(one) for one in read(lines.decoded(path.read_bytes())).events]
    except UnreadableResource as error:
        said = str(error)
    assert said == SAYS[path.stem]


def test_a_document_is_everything_that_an_invitation_from_apple_says() -> None:
    event = read((ODD / "invitation-from-apple.ics").read_text()).events[0]
    assert (event.location, event.description) == ("After the alarm", "")
    assert event.travel == timedelta(minutes=45)
    assert event.has_guests
    assert event.participation == {
        "/andu2/principal/": "DECLINED",
        "me@example.com": "DECLINED",
        "pat@example.com": "NEEDS-ACTION",
    }


def test_a_series_has_its_rules_dates_and_exceptions_in_order() -> None:
    event = only(
        START,
        "RRULE:FREQ=DAILY;COUNT=5",
        "EXRULE:FREQ=WEEKLY;BYDAY=SU",
        "RDATE:20261220T110000Z,20261221T110000Z",
        "RDATE:20261219T110000Z",
        "EXDATE:20261203T110000Z",
        "EXDATE;VALUE=DATE:20261202",
    )
    assert event.rules == (parse_rule("FREQ=DAILY;COUNT=5"),)
    assert event.excluded_rules == (parse_rule("FREQ=WEEKLY;BYDAY=SU"),)
    assert [spelled(period.start)[8:10] for period in event.extra] == ["20", "21", "19"]
    assert [spelled(moment) for moment in event.excluded] == ["2026-12-03T11:00Z", "2026-12-02"]


def test_a_master_and_its_overrides_are_told_apart_and_numbered_as_in_the_body() -> None:
    moved = override("RECURRENCE-ID:20261202T110000Z", "DTSTART:20261202T150000Z")
    following = override(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261204T110000Z", "DTSTART:20261204T160000Z"
    )
    before = override(
        "RECURRENCE-ID;RANGE=THISANDPRIOR:20261205T110000Z", "DTSTART:20261205T160000Z"
    )
    document = read(body(START, "RRULE:FREQ=DAILY", more="\n".join([moved, following, before])))
    assert [event.index for event in document.masters] == [0]
    assert [event.index for event in document.overrides] == [1, 2, 3]
    assert [event.this_and_future for event in document.events] == [False, False, True, False]
    assert document.is_recurring


@pytest.mark.parametrize(
    ("line", "cancelled", "transparent"),
    [
        ("STATUS:CANCELLED", True, False),
        ("STATUS: cancelled ", True, False),
        ("STATUS:TENTATIVE", False, False),
        ("TRANSP:TRANSPARENT", False, True),
        ("TRANSP:OPAQUE", False, False),
        ("TRANSP:", False, False),
    ],
)
def test_status_and_transparency_in_any_case(line: str, cancelled: bool, transparent: bool) -> None:
    event = only(START, line)
    assert (event.is_cancelled, event.is_transparent) == (cancelled, transparent)


@pytest.mark.parametrize(
    ("line", "minutes"), [("PT30M", 30), ("P1D", 1440), ("-PT5M", 0), ("soon", 0), ("", 0)]
)
def test_travel_time_that_makes_no_sense_is_none(line: str, minutes: int) -> None:
    event = only(START, f"X-APPLE-TRAVEL-DURATION;VALUE=DURATION:{line}")
    assert event.travel == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("said", "zone"), [("Asia/Tokyo", TOKYO), ("Middle-earth/Shire", None), ("", None)]
)
def test_the_calendar_may_say_what_floating_times_mean(said: str, zone: object) -> None:
    text = body("DTSTART:20261201T090000").replace(
        "BEGIN:VEVENT", f"X-WR-TIMEZONE:{said}\r\nBEGIN:VEVENT"
    )
    assert read(text).zone == zone


def test_other_components_and_what_lies_in_them_are_passed_over() -> None:
    deep = ["BEGIN:X-A", "BEGIN:X-B", "UID:other", "SUMMARY:Deep", "END:X-B", "END:X-A"]
    task = "BEGIN:VTODO\nUID:task\nDTSTART:never\nEND:VTODO"
    (event,) = read(body(START, *deep, "SUMMARY:Own", more=task)).events
    assert told(event) == "2026-12-01T11:00Z: Own"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "It is not a whole calendar."),
        ("<html>Sign in</html>", "It is not a whole calendar."),
        (body(START) * 2, "There is more than one calendar in it."),
        (override(START), "It is not a whole calendar."),
        (body(START, "BEGIN:VALARM"), "Its events cannot be told apart."),
        (body(START, "END:VALARM"), "Its events cannot be told apart."),
        (body(START, override(START)), "Its events cannot be told apart."),
        (body(START) + "END:VCALENDAR", "Its events cannot be told apart."),
        (body("SUMMARY:When?"), "DTSTART is missing."),
        (body("DTSTART:"), "“” is no date or time."),
        (body(START, "DTEND:later"), "“later” is no date or time."),
        (body(START, "DURATION:long"), "“long” is no length of time."),
        (body("DTSTART:20260101", "DTEND:40260101"), "It lasts too long a time."),
        (body(START).replace("UID:one", "UID: "), "It does not have exactly one UID."),
        (body(START).replace("UID:one\r\n", ""), "It does not have exactly one UID."),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(UnreadableResource) as refused:
        read(text)
    assert str(refused.value) == why


def test_a_document_compares_as_a_value() -> None:
    event = Event(0, Moment(only(START).start.wall, zone=UTC), title="Same")
    assert read(body(START, "SUMMARY:Same")) == Document("one", (event,))
