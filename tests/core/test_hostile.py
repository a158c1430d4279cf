"""What nobody writes on purpose, and what somebody might: it is read or refused with a
sentence, at a cost that grows with its size and no faster."""

import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bench.bodies import resource
from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.read import read
from tests.core.bodies import body, override

ODD = [path.read_bytes() for path in sorted((Path(__file__).parent / "odd").glob("*.ics"))]
START = "DTSTART:20261201T090000Z"
GUEST = 'ATTENDEE;CN="Guest";PARTSTAT=ACCEPTED;EMAIL={0}@example.com:mailto:{0}@example.com'


def calls(function: Callable[[], object], *events: str) -> int:
    """How many functions are called: what it costs, on every machine the same."""
    counted = count()

    def notice(_frame: object, event: str, _argument: object) -> None:
        if event in events:
            next(counted)

    sys.setprofile(notice)
    try:
        function()
    finally:
        sys.setprofile(None)
    return next(counted)


# --- Cost -----------------------------------------------------------------------------


@pytest.mark.parametrize("zone_last", [False, True])
def test_an_ordinary_event_costs_at_most_a_fifth_of_what_icalendar_takes(zone_last: bool) -> None:
    ordinary = resource(zone_last=zone_last)
    read(ordinary), Calendar.from_ical(ordinary)  # what is worked out once in a process
    ours = calls(lambda: read(ordinary), "call")
    assert ours * 5 <= calls(lambda: Calendar.from_ical(ordinary), "call")


GROWING = {
    "lines": lambda n: body(START, *n * ["X-NOTHING:1"]),
    "folds": lambda n: body(START, "DESCRIPTION:" + n * "\n x"),
    "blank lines": lambda n: body(START, *n * [""]),
    "escapes": lambda n: body(START, "DESCRIPTION:" + n * "\\n"),
    "guests": lambda n: body(START, *(GUEST.format(number) for number in range(n))),
    "guests without an end": lambda n: body(START, *n * ['ATTENDEE;CN="']),
    "parameters": lambda n: body(START, "ATTENDEE" + n * ';X="y"' + ":z"),
    "quotes": lambda n: body(START, "ATTENDEE;CN=" + n * '"' + ":z"),
    "exceptions": lambda n: body(START, "EXDATE:" + n * "20261201T090000Z,"),
    "lines of exceptions": lambda n: body(START, *n * ["EXDATE;TZID=Asia/Tokyo:20261201T090000"]),
    "periods": lambda n: body(START, "RDATE;VALUE=PERIOD:" + n * "20261201T090000Z/PT1H,"),
    "overrides": lambda n: body(START, more="\n".join(n * [override(START)])),
    "components": lambda n: body(START, *n * ["BEGIN:X-A", "END:X-A"]),
    "nested components": lambda n: body(START, *n * ["BEGIN:X-A"], *n * ["END:X-A"]),
    "zones": lambda n: body(START, more="\n".join(n * ["BEGIN:VTIMEZONE\nEND:VTIMEZONE"])),
}


@pytest.mark.parametrize("name", GROWING)
def test_twice_the_size_costs_twice_as_much_and_not_four_times(name: str) -> None:
    bodies = [GROWING[name](size) for size in (400, 800)]
    once, twice = (calls(lambda text=text: read(text), "call", "c_call") for text in bodies)
    assert twice <= 2.1 * once


MB = 1_000_000
# A step of C that looks at the rest of the body again and again is no call; on these it would
# not come to an end.
HUGE = {
    "a long line": lambda: body(START, "DESCRIPTION:" + MB * "x"),
    "a long folded line": lambda: body(START, lines.fold("DESCRIPTION:" + MB // 2 * "ä")),
    "only line ends": lambda: MB * "\r",
    "only folds": lambda: MB * "\n ",
    "only blanks": lambda: MB * " ",
    "blank lines before folds": lambda: MB // 2 * "\n\n\n ",
    "only quotes": lambda: body(START, "ATTENDEE;CN=" + MB * '"'),
    "an open quote at last": lambda: body(START, "ATTENDEE" + MB // 2 * ";A=" + '":z'),
    "only commas": lambda: body(START, "EXDATE:" + MB * ","),
    "only colons": lambda: body(START, "ATTENDEE" + MB * ":"),
    "only control characters": lambda: body(START, "SUMMARY:" + MB * "\x00"),
    "a zone with a long name": lambda: body("DTSTART;TZID=" + MB * "/" + ":20261201T090000"),
    "a long number": lambda: body(START, "DURATION:P" + MB * "9" + "D"),
    "a long rule": lambda: body(START, "RRULE:" + MB // 10 * "FREQ=DAILY;"),
    "10,000 guests": lambda: GROWING["guests"](10_000),
    "10,000 exceptions": lambda: GROWING["exceptions"](9_999),
    "100 nested components": lambda: GROWING["nested components"](100),
    "24,000 nested components": lambda: GROWING["nested components"](24_000),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_huge_body_comes_to_an_end(name: str) -> None:
    with suppress(UnreadableResource):
        assert read(HUGE[name]()).uid == "one"


@pytest.mark.parametrize("name", ["a long line", "10,000 guests", "100 nested components"])
def test_what_is_only_large_is_read_whole(name: str) -> None:
    (event,) = read(HUGE[name]()).events
    assert len(event.description) in (0, MB)
    assert len(event.participation) in (0, 10_000)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (body(START, "ATTACH:" + 2 * MB * "A"), "It is larger than 2 MB."),
        (body(START, "SUMMARY:" + MB * "ä"), "It is larger than 2 MB."),
        (GROWING["lines"](50_000), "It has more than 50000 lines."),
        (GROWING["overrides"](2000), "There are more than 2000 events in it."),
        (GROWING["exceptions"](10_000), "Its series lists more than 10000 dates."),
        (GROWING["lines of exceptions"](10_001), "Its series lists more than 10000 dates."),
        (body(START, *21 * ["RRULE:FREQ=DAILY"]), "It repeats by more than 20 rules."),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_what_is_no_calendar_entry_any_more_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableResource) as refused:
        read(text)
    assert str(refused.value) == why


# --- Anything at all ------------------------------------------------------------------

NAMES = st.sampled_from(
    ["DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "EXRULE", "RDATE", "EXDATE"]
    + ["SUMMARY", "DESCRIPTION", "STATUS", "TRANSP", "ATTENDEE", "ORGANIZER", "UID", "TZID"]
    + ["X-APPLE-TRAVEL-DURATION", "BEGIN", "END", "X-WR-TIMEZONE", "TZOFFSETTO", "X-A", " ", ""]
)
PARAMS = st.sampled_from(
    ["", ";VALUE=DATE", ";VALUE=PERIOD", ";TZID=Europe/Berlin", ";TZID=Custom", ";TZID=", ";TZID"]
    + [";RANGE=THISANDFUTURE", ';CN="a:b;c"', ';CN="a', ";PARTSTAT=DECLINED", ";=", ";;", ";X=ä"]
)
STAMPS = ["20261201", "20261201T090000", "20270328T023000Z", "20261301", "10000101", "89991231Z"]
VALUES = st.sampled_from(
    [*STAMPS, ",".join(STAMPS[:3]), "20261201T090000Z/PT1H", "20261201/20261202", "", ":", ",", "/"]
    + ["PT1H", "-P1D", "P", "FREQ=DAILY", "FREQ=YEARLY;UNTIL=99991231T235959Z", "FREQ=X", "+0100"]
    + ["VEVENT", "VCALENDAR", "VTIMEZONE", "STANDARD", "one", "Custom", "mailto:A@b.c", "a\\nb\\"]
)
LINE = st.builds("{}{}:{}".format, NAMES, PARAMS, VALUES | st.text(max_size=8))
ZONE = "BEGIN:VTIMEZONE\n{}\nEND:VTIMEZONE"


def refusal(text: str) -> str:
    try:
        document = read(text)
    except UnreadableResource as refused:
        return str(refused)
    assert document.uid
    assert document.events
    return ""


def readable_or_refused(text: str) -> None:
    sentence = refusal(text)
    assert not sentence or 10 < len(sentence) < 300
    assert "\n" not in sentence
    assert not lines.CONTROL.search(sentence)


@given(st.lists(LINE, max_size=12), st.lists(LINE, max_size=6))
def test_properties_of_any_kind_are_read_or_refused(event: list[str], zone: list[str]) -> None:
    observance = ["TZID:Custom", "BEGIN:STANDARD", *zone, "END:STANDARD"]
    more = ZONE.format("\n".join(observance))
    readable_or_refused(body(*event, more=more))
    readable_or_refused(body(START, *event, more=more))


@given(st.data())
def test_damaged_bytes_are_read_or_refused(data: st.DataObject) -> None:
    octets = data.draw(st.sampled_from([*ODD, resource("FREQ=DAILY").encode()]))
    for _ in range(data.draw(st.integers(1, 4))):
        first, last = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(octets))])))
        octets = octets[:first] + data.draw(st.binary(max_size=6)) + octets[last:]
        if data.draw(st.booleans()):
            octets += octets[first:last]
    readable_or_refused(octets.decode("utf-8", "replace"))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    readable_or_refused(text)
    readable_or_refused(body(START, text))
