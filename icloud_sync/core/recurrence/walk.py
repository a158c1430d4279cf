"""The starts that a rule makes, on the wall clock (RFC 5545, 3.3.10)."""

from datetime import datetime

from icloud_sync.core.recurrence.rule import Rule


def walk(
    rule: Rule, start: datetime, first: datetime, last: datetime, until: datetime | None = None
) -> list[datetime]:
    """The rule's starts within [first, last], in order, each once, all naive wall times.

    `start`: DTSTART. It is the first of the set and counts, whether the rule makes it or not
    (3.8.5.3). `until`: the rule's UNTIL as a wall time at DTSTART's place, inclusive; the
    caller converts it. Raises BadRule where the walk would cost too much.
    """
    raise NotImplementedError
