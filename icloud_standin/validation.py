"""What Apple refuses in a PUT, and with which status (S13)."""

import re
from dataclasses import dataclass

from icloud_standin.content_lines import Component, UnparseableError, parse
from icloud_standin.messages import Refused, bad_request
from icloud_standin.rows import Collection
from icloud_standin.switches import Switches
from icloud_standin.xml import CALDAV, error

MAIN = ("VEVENT", "VTODO", "VJOURNAL")
TIME = re.compile(r"\d{8}(T\d{6}Z?)?")
STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED")


@dataclass(frozen=True)
class Accepted:
    uid: str
    attendees: list[str]


def accepted(body: bytes, collection: Collection, switches: Switches) -> Accepted:
    """The UID and guests of a body Apple would store; raises Refused for any other."""
    if len(body) > switches.largest_body:
        raise Refused(403, error(CALDAV, "max-resource-size"), "text/xml; charset=UTF-8")
    calendar = _calendar(body)
    components = calendar.named(*MAIN)
    if calendar.line("METHOD"):
        raise Refused(403)
    if {component.name for component in components} - set(collection.components.split()):
        raise Refused(403)
    uids = {component.value("UID") for component in components}
    if len(uids) != 1 or "" in uids:
        raise Refused(403)
    for component in components:
        _check(component)
    return Accepted(uids.pop(), attendees_of(calendar))


def attendees_of(calendar: Component) -> list[str]:
    return [
        line.value
        for component in calendar.named(*MAIN)
        for line in component.lines
        if line.name == "ATTENDEE"
    ]


def attendees_in(body: bytes) -> list[str]:
    try:
        return attendees_of(parse(body))
    except UnparseableError:
        return []


def _calendar(body: bytes) -> Component:
    try:
        return parse(body)
    except UnparseableError as problem:
        raise bad_request(str(problem)) from problem


def _check(component: Component) -> None:
    times = [line for line in component.lines if line.name in ("DTSTART", "DTEND", "DUE")]
    if any(not TIME.fullmatch(line.value) for line in times):
        raise bad_request("a time that is none")
    if component.name == "VEVENT" and not component.line("DTSTART"):
        raise bad_request("an event without DTSTART")
    if component.name == "VEVENT" and not (component.line("DTEND") or component.line("DURATION")):
        raise Refused(404)  # yes, 404: davx5-ose#1859
    if component.value("STATUS") != component.value("STATUS").upper():
        raise Refused(403)
    stamps = [line for line in component.lines if line.name in STAMPS]
    if any(not line.value.endswith("Z") for line in stamps):
        raise Refused(403)
