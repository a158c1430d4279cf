"""Where values are: in the rows and on the server, and in the sync log."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from calendars.models import Appointment, BlockedSlot
from icloud_sync.models import SyncLogEntry
from tests.model.bodies import Body, interval
from tests.model.ledger import Value
from tests.model.server import ModelServer

TEXTS = ("title", "location", "notes")


def in_rows() -> set[Value]:
    found: set[Value] = set()
    for model in (Appointment, BlockedSlot):
        for *texts, start, end in model._default_manager.values_list(
            *TEXTS, "starts_at", "ends_at"
        ):
            found |= {*texts, interval(start, end)}
    return found


def on_server(server: ModelServer) -> set[Value]:
    found: set[Value] = set()
    for account in server.accounts.values():
        for collection in account.collections.values():
            for one in collection.resources.values():
                found |= Body.read(one.body).values()
    return found


def in_log(column: str = "before") -> set[Value]:
    """What can be restored is in `before`, the losers of a conflict among it."""
    found: set[Value] = set()
    for told in SyncLogEntry.objects.exclude(**{column: None}).values_list(column, flat=True):
        found |= set(restorable(told))
    return found


def restorable(told: Mapping[str, Any]) -> Iterator[Value]:
    for name in TEXTS:
        if isinstance(told.get(name), str):
            yield told[name]
    if told.get("starts_at"):
        yield span_of(told)
    lost = told.get("lost") or {}
    yield from (lost[name] for name in TEXTS if isinstance(lost.get(name), str))
    if lost.get("interval"):
        yield span_of(lost["interval"])


def span_of(told: Mapping[str, Any]) -> Value:
    start, end = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    return interval(start, end)
