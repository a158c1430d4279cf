"""All that one run did, undone: newest first, and nothing that was changed since."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from calendars.models import BlockedSlot, User
from icloud_sync.core import history
from icloud_sync.core.history import Of, Rows, Step, Version
from icloud_sync.history.preview import MAY, CannotRestore
from icloud_sync.history.restore import restore
from icloud_sync.history.rows import NEEDED, find, row_name, told_of, values_now
from icloud_sync.models import SyncLogEntry, SyncRun
from icloud_sync.synclog import TROUBLE

MOST = 500
TOO_MANY = (
    "This run changed {} things, more than the {} that can be undone at once. Restore what is "
    "wanted from its entries one by one."
)
ALL_ROWS = (
    "calendars.change_appointment",
    "calendars.change_blockedslot",
    "calendars.add_blockedslot",
)


@dataclass(frozen=True)
class Line:
    """An entry of the run, and what becomes of it."""

    entry: SyncLogEntry
    step: Step

    @property
    def name(self) -> str:
        return row_name(self.entry)


@dataclass(frozen=True)
class RunPreview:
    """`refusal`: why none of it can be undone at once, or ""."""

    undone: list[Line]
    skipped: list[Line]
    refusal: str = ""


@dataclass(frozen=True)
class Undone:
    """`skipped`: the entry, and why it stayed as it is."""

    number: int
    skipped: list[tuple[SyncLogEntry, str]]


def may_undo(user: User) -> bool:
    return user.has_perm(MAY) and user.has_perms(ALL_ROWS)


def look_at_run(run: SyncRun) -> RunPreview:
    number = query_changes(run).count()
    if number > MOST:
        return RunPreview([], [], TOO_MANY.format(number, MOST))
    entries = list(query_changes(run))
    by_pk = {entry.pk: entry for entry in entries}
    steps = history.undo(list(of_entries(entries)), rows_of(entries))
    lines = [Line(by_pk[step.entry_id], step) for step in steps]
    return RunPreview(
        [line for line in lines if line.step.way], [line for line in lines if not line.step.way]
    )


def undo(run: SyncRun, *, actor: User | None = None) -> Undone:
    """Each entry in a transaction of its own, so that one that cannot be undone stops no
    other. Raises CannotRestore where there are too many."""
    preview = look_at_run(run)
    if preview.refusal:
        raise CannotRestore(preview.refusal)
    number = 0
    skipped = [(line.entry, line.step.why) for line in preview.skipped]
    for line in preview.undone:
        try:
            restore(line.entry, Version.BEFORE, actor=actor, only_unchanged=True)
            number += 1
        except CannotRestore as error:
            skipped.append((line.entry, error.sentence))
    return Undone(number, skipped)


def query_changes(run: SyncRun) -> QuerySet[SyncLogEntry]:
    """Newest first."""
    entries = run.log.exclude(outcome__in=TROUBLE).select_related(*NEEDED)
    return entries.exclude(before=None, after=None).order_by("-pk")


def of_entries(entries: list[SyncLogEntry]) -> Iterator[Of]:
    restored = set(
        SyncLogEntry.objects.filter(restores__in=entries).values_list("restores", flat=True)
    )
    for entry in entries:
        yield Of(entry.pk, told_of(entry), row_name(entry), entry.pk in restored)


def rows_of(entries: list[SyncLogEntry]) -> Rows:
    found = find(entries).rows
    read_only = [
        name for name, row in found.items() if isinstance(row, BlockedSlot) and row.read_only_reason
    ]
    return Rows({name: values_now(row) for name, row in found.items()}, frozenset(read_only))
