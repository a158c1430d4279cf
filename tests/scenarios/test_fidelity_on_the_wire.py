"""D11 on the wire: what we send is what we were served, but for our own properties.

The stand-in keeps bytes, and serves each event with one DTSTAMP more and a property of
Apple's. The property comes back with our next write, as it would to iCloud; of two DTSTAMPs the
one that is stored does.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import lxml.etree
import pytest

from calendars.models import BlockedSlot
from icloud_sync.core.ical import lines
from tests.scenarios.world import World, at, event, vevent

DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
STAMPS = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE"}
PLACE = 'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Mitte;\r\n  Berlin":geo:52.5,13.4'
RICH = (
    "location:Mitte",
    "DESCRIPTION;LANGUAGE=de:Hut\r\n  und Schal",
    PLACE,
    "X-ALT-DESC;FMTTYPE=text/html:<p>Hut</p>",
    "ATTACH;MANAGED-ID=7;FMTTYPE=application/pdf:https://example.com/a.pdf",
    'NEW-PROPERTY;ODD="a:b":  left as it is  ',
    "",
    "CATEGORIES:Work,\r\n\tHair",
    "CATEGORIES:Again",
    "URL:https://example.com/",
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Ring\r\nTRIGGER:-PT15M\r\nEND:VALARM",
)
CHANGES: dict[str, tuple[Callable[[Any], None], set[str]]] = {
    "title": (lambda one: setattr(one, "title", "Größer; besser"), {"SUMMARY"}),
    "place": (
        lambda one: setattr(one, "location", "Park"),
        {"LOCATION", "X-APPLE-STRUCTURED-LOCATION"},
    ),
    "notes": (lambda one: setattr(one, "notes", "ohne\nHut"), {"DESCRIPTION", "X-ALT-DESC"}),
    "time": (lambda one: setattr(one, "ends_at", at(15)), {"DTEND"}),
}


def served(apple: World, href: str) -> str:
    """The body as the server last gave it to us."""
    for exchange in reversed(apple.account.wire.requests):
        if exchange.method == "GET" and exchange.path.endswith(href):
            return exchange.response_body
        if exchange.method == "REPORT" and "BEGIN:VCALENDAR" in exchange.response_body:
            found = lxml.etree.fromstring(exchange.response_body.encode()).iter(DATA)
            return str(next(data.text for data in found if data.text))
    raise AssertionError(f"{href} was never served")


def changed_names(before: str, after: str) -> set[str]:
    """Of the lines that are in one body and not in the other; the rest stands in the same
    order, to the byte."""
    old, new = lines.split(before), lines.split(after)
    names = {line.name for line in set(old) ^ set(new)} | STAMPS  # of one second, at times
    assert [one.raw for one in old if one.name not in names] == [
        one.raw for one in new if one.name not in names
    ]
    return names


def put_of(apple: World) -> str:
    [put] = apple.account.wire.writes()
    assert put.status in (201, 204)
    assert put.body == "".join(f"{line.raw}\r\n" for line in lines.split(put.body))
    return put.body


@pytest.mark.parametrize("what", CHANGES)
def test_d11_our_write_of_a_slot_differs_from_what_was_served_in_its_own_properties(
    apple: World, what: str
) -> None:
    href = apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), *RICH))
    apple.sync()
    before = served(apple, href)
    change, names = CHANGES[what]
    one = BlockedSlot.objects.get()
    change(one)
    one.save()
    apple.account.wire.clear()
    apple.sync()
    sent = put_of(apple)
    assert changed_names(before, sent) == names | STAMPS
    assert apple.account.phone.get(href) == sent
    apple.settle()
    one.refresh_from_db()
    [remote] = apple.remote()
    assert (remote["title"], remote["place"], remote["notes"], remote["ends"]) == (
        one.title,
        one.location,
        one.notes,
        one.ends_at,
    )


@pytest.mark.parametrize("what", CHANGES)
def test_d11_our_write_of_an_appointment_keeps_what_its_owner_added(
    apple: World, what: str
) -> None:
    appointment = apple.book(title="Haircut", location="Mitte", notes="Hut und Schal")
    apple.settle()
    href = apple.href("Haircut")
    added = "\r\n".join(line for line in RICH if not line.startswith(("location", "DESC", "URL")))
    apple.account.phone.edit(href, "END:VEVENT", f"{added}\r\nEND:VEVENT")
    apple.account.wire.clear()
    apple.sync()
    before = served(apple, href)
    change, names = CHANGES[what]
    change(appointment)
    appointment.save()
    apple.account.wire.clear()
    apple.sync()
    assert changed_names(before, put_of(apple)) == names | STAMPS
    apple.settle()


def test_d11_the_stamps_that_are_added_on_serving_do_not_pile_up(apple: World) -> None:
    href = apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), *RICH))
    apple.settle()
    for title in ("One", "Two", "Three"):
        one = BlockedSlot.objects.get()
        one.title = title
        one.save()
        apple.settle()
    body = apple.account.phone.get(href)
    assert body.count("\r\nDTSTAMP:") == 1
    assert body.count("X-APPLE-TRAVEL-ADVISORY-BEHAVIOR") == 1


def test_d11_one_occurrence_sent_adds_an_event_to_what_is_stored(apple: World) -> None:
    """The DTSTAMP that iCloud adds on serving does not go back."""
    rule = "RRULE:FREQ=WEEKLY;COUNT=3"
    href = apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), rule, *RICH))
    apple.sync()
    added = re.compile(r"DTSTAMP:\d{8}T\d{6}Z\r\n(?=DTSTAMP:)")
    before = added.sub("", served(apple, href).replace("\r\n", "\n").replace("\n", "\r\n"))
    one = BlockedSlot.objects.order_by("starts_at")[1]
    one.title = "Brunch"
    one.save()
    apple.account.wire.clear()
    apple.sync()
    sent = put_of(apple)
    place = before.index("END:VCALENDAR")
    assert sent[:place] == before[:place]
    assert sent[place:].startswith("BEGIN:VEVENT\r\n")
    assert sent.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    apple.settle()


@pytest.mark.parametrize("rule", [(), ("RRULE:FREQ=WEEKLY;COUNT=3",)])
def test_an_event_without_an_end_gets_one_with_our_write_for_icloud_refuses_it_otherwise(
    apple: World, rule: tuple[str, ...]
) -> None:
    day = at(0).date()
    body = vevent("a", "Away", day, day + timedelta(days=1), *rule)
    href = apple.account.phone.put(
        "a.ics",
        "".join(line for line in body.splitlines(keepends=True) if not line.startswith("DTEND")),
    )
    apple.settle()
    one = BlockedSlot.objects.order_by("starts_at")[0]
    one.title = "Trip"
    one.save()
    apple.settle()
    trip = event("Trip", day, day + timedelta(days=1), status="")
    assert trip in apple.remote()
    assert href in apple.account.phone.resources()
