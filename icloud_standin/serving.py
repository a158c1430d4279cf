"""A stored body as Apple serves it (S14); the store itself is never touched."""

from datetime import UTC, datetime

from icloud_standin.content_lines import Component, UnparseableError, line_break, parse, splice
from icloud_standin.switches import Switches

TRAVEL = "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC"
ALARM = (
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Reminder",
    "TRIGGER:-PT15M",
    "X-APPLE-DEFAULT-ALARM:TRUE",
    "END:VALARM",
)
Edits = list[tuple[int, int, bytes]]


def served(body: bytes, switches: Switches) -> bytes:
    try:
        calendar = parse(body)
    except UnparseableError:
        return body  # the phone may have put anything
    ending = line_break(body)
    edits: Edits = []
    if switches.drops_vtimezone:
        edits += [(zone.start, zone.stop, b"") for zone in calendar.named("VTIMEZONE")]
    for event in calendar.named("VEVENT"):
        edits += _stamp(event, ending) if switches.insert_dtstamp else []
        edits += _ending(event, switches, ending)
    return splice(body, edits)


def _stamp(event: Component, ending: bytes) -> Edits:
    stamp = f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}".encode() + ending
    stamps = [line for line in event.lines if line.name == "DTSTAMP"]
    if len(stamps) > 1:
        # A client wrote our fresh stamp back: renew that one, or they would pile up.
        return [(stamps[0].start, stamps[0].end, stamp)]
    return [(line.start, line.start, stamp) for line in stamps]


def _ending(event: Component, switches: Switches, ending: bytes) -> Edits:
    """What is added before the END of an event that has none of its own."""
    added: list[str] = []
    if switches.insert_dtstamp and not event.line(TRAVEL.partition(":")[0]):
        added.append(TRAVEL)
    if switches.default_alarm and not event.named("VALARM"):
        added += ALARM
    return [(event.end, event.end, b"".join(line.encode() + ending for line in added))]
