"""A stored body as Apple serves it (S14); the store itself is never touched."""

from datetime import UTC, datetime

from icloud_standin.content_lines import Component, UnparseableError, line_break, parse, splice
from icloud_standin.switches import Switches

TRAVEL = "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR"


def served(body: bytes, switches: Switches) -> bytes:
    if not switches.insert_dtstamp:
        return body
    try:
        events = parse(body).named("VEVENT")
    except UnparseableError:
        return body  # the phone may have put anything
    ending = line_break(body)
    stamp = f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}".encode() + ending
    edits = [edit for event in events for edit in _additions(event, stamp, ending)]
    return splice(body, edits)


def _additions(event: Component, stamp: bytes, ending: bytes) -> list[tuple[int, int, bytes]]:
    edits = []
    stamps = [line for line in event.lines if line.name == "DTSTAMP"]
    if len(stamps) > 1:
        # A client wrote our fresh stamp back: renew that one, or they would pile up.
        edits.append((stamps[0].start, stamps[0].end, stamp))
    elif stamps:
        edits.append((stamps[0].start, stamps[0].start, stamp))
    if not event.line(TRAVEL):
        edits.append((event.end, event.end, f"{TRAVEL}:AUTOMATIC".encode() + ending))
    return edits
