"""Working the rows off. Claims are conditional UPDATEs and a row count, so that they behave
the same on SQLite and PostgreSQL."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from icloud_sync.core.retry import next_attempt
from icloud_sync.models import ICloudConnection, OutboxEntry

CLAIM_TTL = timedelta(minutes=3)
State = OutboxEntry.State


# Claimed by whoever has the connection's lease. Where the lease has gone, so has the worker.
IN_HAND = Q(
    state=State.CLAIMED,
    connection__lease_owner=F("claimed_by"),
    connection__lease_until__gte=Now(),
)


def is_stuck(now: datetime) -> Q:
    """Claimed by a worker that died."""
    return Q(state=State.CLAIMED) & ~(IN_HAND & Q(claimed_until__gte=now))


def due(now: datetime) -> QuerySet[OutboxEntry]:
    """Rows to send now, and those whose worker died: until they are given back nobody may look
    at the account and take what that worker did there for somebody else's doing. While an
    object is being sent, its newer row waits for that."""
    being_sent = OutboxEntry.objects.filter(
        IN_HAND,
        connection=OuterRef("connection"),
        kind=OuterRef("kind"),
        object_id=OuterRef("object_id"),
    )
    waits = Q(~Exists(being_sent), state=State.WAITING, not_before__lte=now)
    return OutboxEntry.objects.filter(
        waits | is_stuck(now),
        connection__status__in=(
            ICloudConnection.Status.CONNECTED,
            ICloudConnection.Status.DEGRADED,
        ),
    )


def claim(connection_id: int, owner: str, now: datetime) -> OutboxEntry | None:
    """The oldest due row of the connection, now ours alone, or None."""
    candidates = due(now).filter(connection_id=connection_id, state=State.WAITING)
    for pk in candidates.values_list("pk", flat=True)[:20]:
        claimed = OutboxEntry.objects.filter(pk=pk, state=State.WAITING).update(
            state=State.CLAIMED, claimed_by=owner, claimed_until=now + CLAIM_TTL
        )
        if claimed == 1:
            return OutboxEntry.objects.get(pk=pk)
    return None


@transaction.atomic
def finish(entry: OutboxEntry) -> None:
    """Sent, or nothing to send. Takes earlier troubles with the same object along, and what a
    guard held of it: by now something else is wanted."""
    if is_ours(entry):
        same_object(entry).filter(state__in=(State.NEEDS_ATTENTION, State.HELD)).delete()
        claimed(entry).delete()


def release(entry: OutboxEntry, not_before: datetime, error: str, *, counts: bool = True) -> None:
    """Back to waiting. A newer row for the same object makes this one needless. `counts`: as
    one more try of this object's; what fails the whole account is one try, however often."""
    attempts = entry.attempts + 1 if counts else max(entry.attempts, 1)
    try:
        with transaction.atomic():
            claimed(entry).update(
                state=State.WAITING,
                attempts=attempts,
                not_before=not_before,
                last_error=error[:500],
                claimed_by="",
                claimed_until=None,
            )
    except IntegrityError:
        newer = same_object(entry).filter(state=State.WAITING)
        newer.update(attempts=attempts, not_before=not_before, last_error=error[:500])
        claimed(entry).delete()


@transaction.atomic
def park(entry: OutboxEntry, reason: str) -> None:
    """A person must look; the next change of the object tries again by itself."""
    if is_ours(entry):
        same_object(entry).filter(state=State.NEEDS_ATTENTION).delete()
        claimed(entry).update(
            state=State.NEEDS_ATTENTION, last_error=reason[:500], claimed_by="", claimed_until=None
        )


@transaction.atomic
def take_over(entry: OutboxEntry) -> None:
    """The row in hand is about to read its object afresh, and so says all that a newer one
    says; else that one would begin anew where this one gives up. Whoever is just saving is
    waited for."""
    if is_ours(entry):
        same_object(entry).filter(state=State.WAITING, is_approved=False).delete()


def claimed(entry: OutboxEntry) -> QuerySet[OutboxEntry]:
    """The row, while it is still ours: a claim that ran out is somebody else's."""
    return OutboxEntry.objects.filter(pk=entry.pk, state=State.CLAIMED, claimed_by=entry.claimed_by)


def is_ours(entry: OutboxEntry) -> bool:
    """Until the transaction ends nobody takes it from us."""
    return bool(claimed(entry).select_for_update().values_list("pk", flat=True))


def same_object(entry: OutboxEntry) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(
        connection_id=entry.connection_id, kind=entry.kind, object_id=entry.object_id
    ).exclude(pk=entry.pk)


def stuck(now: datetime, connection_id: int | None = None) -> QuerySet[OutboxEntry]:
    one = {} if connection_id is None else {"connection": connection_id}
    return OutboxEntry.objects.filter(is_stuck(now), **one).select_related("connection")


@transaction.atomic
def release_stuck(entry: OutboxEntry, now: datetime) -> bool:
    """Back to waiting, the first time at once: its worker may have died of anything. A row that
    workers keep dying of backs off as others do. False: somebody else was faster."""
    if not is_ours(entry):
        return False
    at = next_attempt(entry.attempts, now, random.random()) if entry.attempts else now
    release(entry, at, "The worker that was sending this stopped.")
    return True


@transaction.atomic
def put_off(connection_id: int, until: datetime) -> None:
    """The whole account comes back later, whichever row happened to find out."""
    unlocked(connection_id).filter(not_before__lt=until).update(not_before=until)


@transaction.atomic
def retry_now(connection_id: int) -> int:
    """What waits for its next try is due at once. Returns how many."""
    return unlocked(connection_id).update(not_before=timezone.now())


@transaction.atomic
def retry_these(connection_id: int, objects: Iterable[tuple[str, int]], now: datetime) -> None:
    """By kind and id: due at once, and nothing else."""
    for kind, object_id in objects:
        rows = unlocked(connection_id).filter(kind=kind, object_id=object_id)
        rows.update(not_before=now)


def unlocked(connection_id: int) -> QuerySet[OutboxEntry]:
    """Waiting rows that nobody is just saving, locked: those are tried soon enough, and
    waiting for them could mean waiting for each other."""
    rows = OutboxEntry.objects.filter(connection_id=connection_id, state=State.WAITING)
    free = rows.select_for_update(skip_locked=True).values_list("pk", flat=True)
    return OutboxEntry.objects.filter(pk__in=list(free))
