"""What Apple refuses in a PUT, and with which status (S13)."""

import re
from dataclasses import dataclass

from icloud_standin.content_lines import Component, UnparseableError, parse
from icloud_standin.messages import Refused, Request, bad_request
from icloud_standin.rows import Collection
from icloud_standin.switches import Switches
from icloud_standin.xml import CALDAV, error

MAIN = ("VEVENT", "VTODO", "VJOURNAL")
TIME = re.compile(r"\d{8}(T\d{6}Z?)?")
STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED")
ODD_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class Accepted:
    uid: str
    attendees: list[str]


class Validation:
    def __init__(self, switches: Switches) -> None:
        self.switches = switches
        self.refused = Refused(int(switches.refused_body))  # for most of what is wrong

    def accept(self, request: Request, collection: Collection) -> Accepted:
        """The UID and guests of a body Apple would store; raises Refused for any other."""
        if self.switches.refused_writes:
            raise Refused(int(self.switches.refused_writes))
        self._check_envelope(request)
        calendar = self._calendar(request.body)
        components = calendar.named(*MAIN)
        if calendar.line("METHOD"):
            raise self.refused
        if {component.name for component in components} - set(collection.components.split()):
            raise self.refused
        uids = {component.value("UID") for component in components}
        if len(uids) != 1 or "" in uids:
            raise self.refused
        for component in components:
            self._check(component)
        return Accepted(uids.pop(), attendees_of(calendar))

    def _check_envelope(self, request: Request) -> None:
        if len(request.body) > self.switches.largest_body:
            body = error(CALDAV, "max-resource-size")
            raise Refused(int(self.switches.too_large), body, "text/xml; charset=UTF-8")
        kind = request.header("content-type").partition(";")[0].strip().lower()
        if kind != "text/calendar" and self.switches.content_type_needed:
            raise Refused(403, error(CALDAV, "supported-calendar-data"), "text/xml")

    def accept_name(self, name: str) -> None:
        """Of something new."""
        if ODD_IN_A_NAME.search(name) and self.switches.odd_names_refused:
            raise self.refused

    def _calendar(self, body: bytes) -> Component:
        try:
            return parse(body)
        except UnparseableError as problem:
            if self.switches.unparseable == "valid-calendar-data":
                raise Refused(403, error(CALDAV, "valid-calendar-data"), "text/xml") from problem
            raise bad_request(str(problem)) from problem

    def _check(self, component: Component) -> None:
        times = [line for line in component.lines if line.name in ("DTSTART", "DTEND", "DUE")]
        if any(not TIME.fullmatch(line.value) for line in times):
            raise bad_request("a time that is none")
        if component.name == "VEVENT":
            self._check_event(component)
        if component.value("STATUS") != component.value("STATUS").upper():
            raise self.refused
        stamps = [line for line in component.lines if line.name in STAMPS]
        if any(not line.value.endswith("Z") for line in stamps):
            raise self.refused

    def _check_event(self, event: Component) -> None:
        if not event.line("DTSTART"):
            raise bad_request("an event without DTSTART")
        if not (event.line("DTEND") or event.line("DURATION")):
            raise Refused(int(self.switches.no_end))
        repeats = event.line("RRULE") or event.line("RECURRENCE-ID")
        if repeats and not event.line("SEQUENCE") and self.switches.series_need_sequence:
            raise self.refused


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


def organizers_in(body: bytes) -> set[str]:
    """Their addresses in lower case, without mailto:."""
    try:
        events = parse(body).named(*MAIN)
    except UnparseableError:
        return set()
    found = {event.value("ORGANIZER").lower().removeprefix("mailto:") for event in events}
    return found - {""}
