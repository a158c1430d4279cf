"""What a worker that died left half done: rows it was sending, runs it had opened."""

from datetime import datetime, timedelta

from django.db import transaction

from icloud_sync import outbox
from icloud_sync.models import OutboxEntry, SyncRun
from icloud_sync.synclog import Direction, Outcome, tell

LONGEST_RUN = timedelta(minutes=5)  # the queue ends a task after two (Q_CLUSTER)
STOPPED = "The worker stopped in the middle. What it had not finished is done again by the next."


def give_back(now: datetime, connection_id: int | None = None) -> int:
    """Rows wait to be sent again, and the log says why. Returns how many."""
    rows = list(outbox.stuck(now, connection_id))
    return sum(give_back_one(entry, now) for entry in rows)


@transaction.atomic
def give_back_one(entry: OutboxEntry, now: datetime) -> bool:
    if not outbox.release_stuck(entry, now):
        return False
    kinds = OutboxEntry.Kind
    tell(
        entry.connection,
        "interrupted",
        Outcome.RETRYING,
        f"{entry} was being sent when the worker stopped; it is sent again",
        direction=Direction.PUSH,
        appointment_id=entry.object_id if entry.kind == kinds.APPOINTMENT else None,
        slot_id=entry.object_id if entry.kind == kinds.SLOT else None,
    )
    return True


def close_runs(now: datetime) -> None:
    kinds = SyncRun.Outcome
    running = SyncRun.objects.filter(outcome=kinds.RUNNING, started_at__lt=now - LONGEST_RUN)
    running.update(outcome=kinds.ERRORED, error=STOPPED, finished_at=now)
