"""The story support reads: one entry a decision, and a run where something was done.

Append-only. The same trouble met again is no new entry: it is counted on the one it repeats.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from calendars.models import User
from icloud_sync.core.history import as_json, lost_json
from icloud_sync.leases import Lease, LeaseLost
from icloud_sync.models import ICloudConnection, RemoteResource, SyncLogEntry, SyncRun
from icloud_sync.remote.errors import RemoteError

__all__ = ["Direction", "Journal", "Outcome", "as_json", "lost_json", "tell"]

Direction, Outcome = SyncLogEntry.Direction, SyncLogEntry.Outcome
TROUBLE = (Outcome.SKIPPED, Outcome.RETRYING, Outcome.NEEDS_ATTENTION, Outcome.FAILED)
# What an entry may be about, the nearest first.
NAMES = ("appointment_id", "slot_id", "resource_id")


class Journal:
    """Collects the entries of one push or pull. The run's row is made with the first
    entry, so that a look that found nothing leaves no row."""

    def __init__(self, connection: ICloudConnection, direction: str, lease: Lease) -> None:
        self.connection = connection
        self.direction = direction
        self.lease = lease
        self.run: SyncRun | None = None
        self.started_at = timezone.now()

    def entry(
        self,
        action: str,
        outcome: str,
        message: str,
        *,
        resource: RemoteResource | None = None,
        appointment_id: int | None = None,
        slot_id: int | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        body: str = "",
        etag: str = "",
    ) -> SyncLogEntry:
        """An unsaved entry; `save` writes many at once. `before`, `after`: core/history.py.
        `body`: what this replaced or deleted, and its etag."""
        return SyncLogEntry(
            connection=self.connection,
            direction=self.direction,
            action=action,
            outcome=outcome,
            message=message,
            resource=resource,
            appointment_id=appointment_id,
            slot_id=slot_id,
            before=before,
            after=after,
            body=body,
            etag=etag,
        )

    def save(self, entries: list[SyncLogEntry]) -> None:
        new = [entry for entry in entries if not is_counted_again(entry)]
        if not new:
            return
        run = self.open_run()
        for entry in new:
            entry.run = run
        SyncLogEntry.objects.bulk_create(new)

    def write(self, action: str, outcome: str, message: str, **about: Any) -> None:
        self.save([self.entry(action, outcome, message, **about)])

    def open_run(self) -> SyncRun:
        if self.run is None:
            self.run = SyncRun.objects.create(
                connection=self.connection, direction=self.direction, started_at=self.started_at
            )
        return self.run

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """However the run ends, its row says how."""
        if isinstance(error, RemoteError):
            self.close(error.message)
        elif isinstance(error, LeaseLost):
            self.close("Another worker took over, or staff changed the connection.")
        elif error is not None:
            self.close(f"{type(error).__name__} (our own mistake)", errored=True)
        else:
            self.close()

    def close(self, error: str = "", errored: bool = False) -> None:
        """`errored`: our bug; with an `error` alone: expected trouble, such as the server's."""
        if error:
            self.open_run()
        if self.run is None:
            return
        kinds = SyncRun.Outcome
        self.run.outcome = kinds.ERRORED if errored else kinds.FAILED if error else kinds.SUCCEEDED
        self.run.error = error[:2000]
        self.run.finished_at = timezone.now()
        self.run.save(update_fields=["outcome", "error", "finished_at"])


def tell(
    connection: ICloudConnection | None,
    action: str,
    outcome: str,
    message: str,
    *,
    direction: str = Direction.PULL,
    actor: User | None = None,
    **about: Any,
) -> SyncLogEntry | None:
    """An entry outside of any run; None where it was counted on an earlier one."""
    entry = SyncLogEntry(
        connection=connection,
        direction=direction,
        action=action,
        outcome=outcome,
        message=message,
        actor=actor,
        **about,
    )
    if is_counted_again(entry):
        return None
    entry.save()
    return entry


def is_counted_again(entry: SyncLogEntry) -> bool:
    """Whether the entry is the same trouble with the same object, and nothing else happened to
    that: then it is counted. One UPDATE, so that two at once are both counted."""
    if entry.outcome not in TROUBLE:
        return False
    about = about_the_same(entry)
    since = about.filter(pk__gt=OuterRef("pk"))
    if not names_an_object(entry):
        # Of the account as a whole, or of a calendar that the message names: another one's
        # trouble is no news of this one. What went well is.
        since = since.exclude(outcome__in=TROUBLE)
    same = about.filter(action=entry.action, outcome=entry.outcome, message=entry.message)
    last = same.filter(~Exists(since)).order_by("-created_at", "-pk").values("pk")[:1]
    again = {"repeats": F("repeats") + 1, "last_at": timezone.now()}
    return bool(SyncLogEntry.objects.filter(pk__in=last).update(**again))


def about_the_same(entry: SyncLogEntry) -> QuerySet[SyncLogEntry]:
    """Entries about its appointment, else its slot, else its resource, else the account."""
    about = SyncLogEntry.objects.filter(connection_id=entry.connection_id)
    for name in NAMES:
        if value := getattr(entry, name):
            return about.filter(**{name: value})
    return about.filter(**{f"{name}__isnull": True for name in NAMES})


def names_an_object(entry: SyncLogEntry) -> bool:
    return any(getattr(entry, name) for name in NAMES)
