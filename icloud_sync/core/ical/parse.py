"""What a calendar object resource means to us: its occurrences, and which take time away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from icloud_sync.core.ical.document import Document, Event
from icloud_sync.core.ical.intervals import all_day
from icloud_sync.core.ical.notes import without_block
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.series import Instance, expand, find_all, repeats
from icloud_sync.core.values import (
    Blocking,
    EventFields,
    Occurrence,
    ParsedResource,
    Window,
    Zones,
)

__all__ = ["all_day", "find_occurrence", "interpret", "parse", "pick_all"]

DEFAULT = Blocking()
LONGEST_TRAVEL = timedelta(days=7)  # more is no way to an event


def parse(body: str, window: Window, zones: Zones, blocking: Blocking = DEFAULT) -> ParsedResource:
    """Raises UnreadableResource, and nothing else, for whatever is wrong with `body`."""
    return interpret(read(body), window, zones, blocking)


def interpret(
    document: Document, window: Window, zones: Zones, blocking: Blocking = DEFAULT
) -> ParsedResource:
    """Occurrences that touch the window, by start; an event that does not recur always.
    Raises UnreadableResource where there are too many."""
    meanings: dict[int, Meaning] = {}
    found = []
    for instance in expand(document, window, zones):
        event = instance.event
        if event.index not in meanings:
            meanings[event.index] = Meaning(event, blocking)
        found.append(meanings[event.index].occurrence(instance))
    return ParsedResource(
        document.uid,
        tuple(found),
        document.has_guests,
        repeats(document),
        document.has_strangers,
        document.recurrence_set,
        min((instant(each, zones) for each in document.masters), default=None),
    )


def instant(event: Event, zones: Zones) -> datetime:
    return event.start.instant(zones.dates if event.start.is_date else zones.floating)


def find_occurrence(
    body: str, rid: str, zones: Zones, blocking: Blocking = DEFAULT
) -> Occurrence | None:
    """The one of this recurrence-id ("": of an event that does not recur), wherever in time
    it lies by now; None where it is not in the series. Raises UnreadableResource."""
    return next(iter(pick_all(read(body), [rid], zones, blocking)), None)


def pick_all(
    document: Document, rids: Sequence[str], zones: Zones, blocking: Blocking = DEFAULT
) -> list[Occurrence]:
    """Those of these recurrence-ids that there are, for one look at the series."""
    found = find_all(document, rids, zones)
    return [Meaning(one.event, blocking).occurrence(one) for one in found]


class Meaning:
    """What all occurrences that look like one event have in common."""

    def __init__(self, event: Event, blocking: Blocking) -> None:
        self.title, self.location = event.title, event.location
        self.notes = without_block(event.description)
        self.is_busy = is_busy(event, blocking)
        self.travel = min(event.travel, LONGEST_TRAVEL) if blocking.travel else None

    def occurrence(self, instance: Instance) -> Occurrence:
        interval = instance.interval
        return Occurrence(
            instance.recurrence_id,
            EventFields(self.title, interval, self.location, self.notes),
            self.is_busy,
            interval.starts_at - self.travel if self.travel else None,
        )


def is_busy(event: Event, blocking: Blocking) -> bool:
    """Whether it takes time away (D9)."""
    answers = {event.participation[one] for one in blocking.owner if one in event.participation}
    if event.is_cancelled or is_no_answer(answers, {"DECLINED"}):
        return False
    if not blocking.unanswered and is_no_answer(answers, {"DECLINED", "NEEDS-ACTION"}):
        return False
    return not event.is_transparent or (event.start.is_date and blocking.free_all_day)


def is_no_answer(answers: set[str], no: set[str]) -> bool:
    """Under several addresses of one owner any other answer counts."""
    return bool(answers) and answers <= no
