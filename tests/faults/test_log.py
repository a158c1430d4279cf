"""What each fault leaves in the sync log: one entry a change of state, with how often it was met,
and a sentence that says why."""

from collections.abc import Iterator
from typing import Any

import pytest

from icloud_sync.models import SyncLogEntry
from icloud_sync.synclog import TROUBLE
from tests.faults.day import Day
from tests.faults.table import ROWS, Row
from tests.servers import Server

LOOKS = 3
# Where all gets through there is hardly anything to tell.
TELLING = [row for row in ROWS if not (row.pending or row.copes)]


def about(entry: SyncLogEntry) -> tuple[Any, ...]:
    """The object, as the log names it; without one, the message does."""
    if entry.appointment_id or entry.slot_id or entry.resource_id:
        return entry.appointment_id, entry.slot_id, entry.resource_id
    return (entry.action, entry.message)


def said_twice(entries: list[SyncLogEntry]) -> Iterator[str]:
    """The same trouble with the same object, and nothing happened to that in between."""
    last: dict[tuple[Any, ...], tuple[str, str, str]] = {}
    for entry in entries:
        said = entry.action, entry.outcome, entry.message
        if entry.outcome in TROUBLE and last.get(about(entry)) == said:
            yield f"{said}"
        last[about(entry)] = said
        if entry.outcome not in TROUBLE and len(about(entry)) == 2:
            last = {key: value for key, value in last.items() if len(key) == 3}


@pytest.mark.django_db
@pytest.mark.parametrize("row", TELLING, ids=str)
def test_a_fault_that_lasts_is_told_once_for_each_state_and_counted(
    standin: Server, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    row.limits(monkeypatch)
    day = Day(standin, row.direct)
    row.first(day)
    row.turn(day)
    day.people_act()
    before = SyncLogEntry.objects.count()
    day.look(LOOKS)
    entries = list(SyncLogEntry.objects.order_by("pk"))[before:]
    assert list(said_twice(entries)) == []
    trouble = [entry for entry in entries if entry.outcome in TROUBLE]
    if row.status != "connected":
        assert trouble, [entry.message for entry in entries]
        assert max(entry.repeats for entry in trouble) > 1 or row.status == "needs_password"
    for entry in trouble:
        assert (entry.repeats > 1) == (entry.last_at is not None)
        assert len(entry.message) > len("a word or two")
