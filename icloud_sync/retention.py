"""What is kept for how long: the sync log with its runs, and passed Blocked Slots that came from
iCloud (D10). UIDs that we minted are kept for ever (D16).

A run does a limited amount of work in short transactions; the next one goes on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from calendars.models import BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync import synclog
from icloud_sync.connecting.story import counted
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.core.retention import log_until, slots_until
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry, SyncRun
from icloud_sync.synclog import Outcome

MOST = 5000  # rows a run
BATCH = 500  # rows a transaction


@dataclass
class Pruned:
    """Rows that went. `unfinished`: there are more; the next task goes on."""

    slots: int = 0
    entries: int = 0
    runs: int = 0

    @property
    def total(self) -> int:
        return self.slots + self.entries + self.runs

    @property
    def unfinished(self) -> bool:
        return self.total >= MOST

    def __str__(self) -> str:
        return f"{self.slots} slots, {self.entries} log entries, {self.runs} runs"


def prune(now: datetime) -> Pruned:
    pruned = Pruned()
    until = slots_until(now, settings.SLOT_PAST_DAYS, settings.ICLOUD_WINDOW_DAYS_BACK)
    pruned.slots = in_batches(passed_slots(until), partial(remove_slots, until), MOST)
    pruned.entries = in_batches(old_entries(now), remove_entries, MOST - pruned.total)
    pruned.runs = in_batches(old_runs(now), remove_runs, MOST - pruned.total)
    return pruned


def in_batches(rows: QuerySet[Any], go: Callable[[QuerySet[Any]], int], most: int) -> int:
    """Until there are none, or as many as `most` are gone."""
    number = 0
    while number < most:
        with transaction.atomic():
            pks = list(
                rows.order_by("pk").values_list("pk", flat=True)[: min(BATCH, most - number)]
            )
            gone = go(rows.filter(pk__in=pks)) if pks else 0
        if not gone:
            break
        number += gone
    return number


# --- The sync log -------------------------------------------------------------------------


def old_entries(now: datetime) -> QuerySet[SyncLogEntry]:
    """Trouble that was met again lately is not old."""
    until = log_until(now, settings.SYNC_LOG_DAYS)
    lately = Q(last_at__gte=until)
    return SyncLogEntry.objects.filter(created_at__lt=until).exclude(lately)


def remove_entries(entries: QuerySet[SyncLogEntry]) -> int:
    """Without reading their bodies. What restored one of them stays, and does not say which."""
    pks = list(entries.values_list("pk", flat=True))
    SyncLogEntry.objects.filter(restores__in=pks).update(restores=None)
    doomed = SyncLogEntry.objects.filter(pk__in=pks)
    return int(doomed._raw_delete(doomed.db))


def old_runs(now: datetime) -> QuerySet[SyncRun]:
    """Those that still have entries stay with them."""
    until = log_until(now, settings.SYNC_LOG_DAYS)
    entries = SyncLogEntry.objects.filter(run=OuterRef("pk"))
    return SyncRun.objects.filter(~Exists(entries), started_at__lt=until)


def remove_runs(runs: QuerySet[SyncRun]) -> int:
    return int(runs.delete()[0])


# --- Passed slots -------------------------------------------------------------------------


def passed_slots(until: datetime) -> QuerySet[BlockedSlot]:
    """None about which iCloud is still to be told: without its slot, the row would read as a
    deletion made here."""
    waiting = OutboxEntry.objects.filter(kind=OutboxEntry.Kind.SLOT, object_id=OuterRef("pk"))
    slots = BlockedSlot.objects.filter(origin=SlotOrigin.ICLOUD.value, ends_at__lt=until)
    return slots.filter(~Exists(waiting))


def remove_slots(until: datetime, slots: QuerySet[BlockedSlot]) -> int:
    """By a query that sends no signal: nobody deleted these, and nothing is written to iCloud
    (D6). The log has one entry an account, for there may be thousands."""
    found = dict(slots.select_for_update().values_list("pk", "source_ref"))
    doomed = BlockedSlot.objects.filter(pk__in=found)
    doomed._raw_delete(doomed.db)
    for connection, number in accounts_of(found.values()):
        what = f"removed {counted(number, 'Blocked Slot')} that ended before {until:%Y-%m-%d}"
        synclog.tell(connection, "prune", Outcome.DONE, f"{what}; nothing changes in iCloud")
    return len(found)


def accounts_of(source_refs: Iterable[str]) -> list[tuple[ICloudConnection, int]]:
    """Whose they are, and how many."""
    refs = [ref.resource_id for one in source_refs if (ref := parse_source_ref(one))]
    resources = RemoteResource.objects.filter(pk__in=set(refs))
    owners = dict(resources.values_list("pk", "connection"))
    numbers: dict[int, int] = {}
    for resource_id in refs:
        if owner := owners.get(resource_id):
            numbers[owner] = numbers.get(owner, 0) + 1
    found = ICloudConnection.objects.filter(pk__in=numbers).order_by("pk")
    return [(connection, numbers[connection.pk]) for connection in found]
