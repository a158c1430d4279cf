"""The story support reads: one entry a decision, and a run where something was done."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from icloud_sync.core.merge import Conflict
from icloud_sync.core.values import EventFields, Interval
from icloud_sync.leases import Lease, LeaseLost
from icloud_sync.models import ICloudConnection, RemoteResource, SyncLogEntry, SyncRun
from icloud_sync.remote.errors import RemoteError

Direction, Outcome = SyncLogEntry.Direction, SyncLogEntry.Outcome


class Journal:
    """Collects the entries of one push or pull. The run's row is made with the first
    entry, so that a look that found nothing leaves no row."""

    def __init__(self, connection: ICloudConnection, direction: str, lease: Lease) -> None:
        self.connection = connection
        self.direction = direction
        self.lease = lease
        self.run: SyncRun | None = None
        self.started_at = timezone.now()
        self.counts: dict[str, int] = {}

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
    ) -> SyncLogEntry:
        """An unsaved entry; `save` writes many at once."""
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
        )

    def save(self, entries: list[SyncLogEntry]) -> None:
        if not entries:
            return
        run = self.open_run()
        for entry in entries:
            entry.run = run
            self.counts[entry.outcome] = self.counts.get(entry.outcome, 0) + 1
        SyncLogEntry.objects.bulk_create(entries)

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


def as_json(fields: EventFields) -> dict[str, Any]:
    """The four fields as the log keeps them, enough to restore them."""
    return {
        "title": fields.title,
        **interval_json(fields.interval),
        "location": fields.location,
        "notes": fields.notes,
    }


def interval_json(interval: Interval) -> dict[str, Any]:
    return {
        "starts_at": spell(interval.starts_at),
        "ends_at": spell(interval.ends_at),
        "starts_on": spell(interval.starts_on),
        "ends_on": spell(interval.ends_on),
    }


def lost_json(conflicts: tuple[Conflict, ...]) -> dict[str, Any]:
    """The losing values of a conflict, by field."""
    return {
        conflict.field: interval_json(conflict.lost)
        if isinstance(conflict.lost, Interval)
        else conflict.lost
        for conflict in conflicts
    }


def spell(moment: datetime | date | None) -> str | None:
    return moment.isoformat() if moment else None
