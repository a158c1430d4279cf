"""What must still reach iCloud, as rows; the task queue only says *look now*.

A row is written in the saver's transaction. Claims are conditional UPDATEs and a row
count, so that they behave the same on SQLite and PostgreSQL.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.policy import OUT_OF_ICLOUD, SYNCED_TYPES, is_synced_type
from icloud_sync.core.refs import calendar_ref, parse_source_ref
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.snapshots import query_served_appointments

CLAIM_TTL = timedelta(minutes=3)
Kind, State = OutboxEntry.Kind, OutboxEntry.State


# --- Saying that something must be sent -----------------------------------------------


def enqueue_appointment(appointment: Appointment, *, but: int | None = None) -> None:
    """One row for each connection that has, or should have, a copy (D1, D3).

    `but`: the connection that the change came from, and that needs no telling.
    """
    for connection_id in connections_concerned(appointment):
        if connection_id != but:
            ref = calendar_ref(appointment.calendar_id)
            enqueue(connection_id, Kind.APPOINTMENT, appointment.pk, ref)


def enqueue_slot(slot: BlockedSlot) -> None:
    """A slot that came from iCloud was changed or deleted here (R10, D6)."""
    ref = parse_source_ref(slot.source_ref)
    if ref is None:
        return  # made in Referins: nothing of it ever leaves (R7)
    connection = ICloudConnection.objects.filter(resources=ref.resource_id)
    for connection_id in live(connection).values_list("pk", flat=True):
        enqueue(connection_id, Kind.SLOT, slot.pk, slot.source_ref)


def enqueue_unpushed(connection: ICloudConnection, now: datetime | None = None) -> int:
    """Service begins (D20): every served appointment that ends in the future and has no
    copy in this account. Returns how many."""
    chosen = list(connection.calendars.values_list("pk", flat=True))
    served = query_served_appointments(connection.user_id, connection.serves, chosen)
    missing = without_copy(served, connection, now or timezone.now())
    found = dict(missing.values_list("pk", "calendar"))
    enqueue_many(connection.pk, found)
    return len(found)


def without_copy(
    appointments: QuerySet[Appointment], connection: ICloudConnection, now: datetime
) -> QuerySet[Appointment]:
    """Of these, what should be in the account and is not: never sent, or taken out by us.
    What staff withdrew stays out while its calendar is served (D19)."""
    out = Q(state=RemoteResource.State.REMOVED, withdrawn=False)
    copies = RemoteResource.objects.filter(connection=connection, appointment=OuterRef("pk"))
    return appointments.filter(~Exists(copies.exclude(out)), ends_at__gt=now).exclude(
        status__in=[status.value for status in OUT_OF_ICLOUD]
    )


def enqueue_copies(calendar_ids: Iterable[int], now: datetime | None = None) -> None:
    """A calendar was changed or is served again: its events that are still to come are
    compared, and sent where they differ (what was changed meanwhile, the seats)."""
    copies = RemoteResource.objects.filter(
        served_copies(),
        connection__in=live(ICloudConnection.objects.all()),
        appointment__calendar__in=list(calendar_ids),
        appointment__ends_at__gt=now or timezone.now(),
    ).exclude(state=RemoteResource.State.REMOVED)
    found: dict[int, dict[int, int]] = {}
    for connection_id, pk, calendar_id in copies.values_list(
        "connection", "appointment", "appointment__calendar"
    ):
        found.setdefault(connection_id, {})[pk] = calendar_id
    for connection_id, appointments in found.items():
        enqueue_many(connection_id, appointments)


def served_copies() -> Q:
    """Copies that may be written: the connection serves the calendar (R2, D19)."""
    chosen = ICloudConnection.calendars.through.objects.filter(
        icloudconnection=OuterRef("connection"), calendar=OuterRef("appointment__calendar")
    )
    serves_it = Q(connection__serves=ICloudConnection.Serves.ALL) | Exists(chosen)
    synced = [kind.value for kind in SYNCED_TYPES]
    return serves_it & Q(appointment__calendar__type__in=synced)


def enqueue_many(connection_id: int, appointments: Mapping[int, int]) -> None:
    """`appointments`: their ids -> their calendars'."""
    missing = set(appointments) - waiting(connection_id, Kind.APPOINTMENT, appointments)
    at = timezone.now()
    rows = (
        OutboxEntry(
            connection_id=connection_id,
            kind=Kind.APPOINTMENT,
            object_id=pk,
            source_ref=calendar_ref(appointments[pk]),
            not_before=at,
        )
        for pk in sorted(missing)
    )
    OutboxEntry.objects.bulk_create(rows, 200, ignore_conflicts=True)
    if missing:
        nudge(connection_id)


def waiting(connection_id: int, kind: str, object_ids: Iterable[int]) -> set[int]:
    """Which of these objects have a waiting row already."""
    rows = OutboxEntry.objects.filter(
        connection_id=connection_id, kind=kind, state=State.WAITING, object_id__in=list(object_ids)
    )
    return set(rows.values_list("object_id", flat=True))


def enqueue(connection_id: int, kind: str, object_id: int, source_ref: str = "") -> None:
    """One waiting row an object and connection: saves coalesce, the last state wins."""
    _, created = OutboxEntry.objects.get_or_create(
        connection_id=connection_id,
        kind=kind,
        object_id=object_id,
        state=State.WAITING,
        defaults={"source_ref": source_ref, "not_before": timezone.now()},
    )
    if created:
        nudge(connection_id)


def nudge(connection_id: int) -> None:
    """Wake a worker once the saver has committed. A queue that is down costs a minute
    (the sweep looks), not the save."""
    transaction.on_commit(lambda: async_task("icloud_sync.tasks.push", connection_id), robust=True)


def connections_concerned(appointment: Appointment) -> set[int]:
    """Live connections that serve the calendar, of the hosts or with a copy already."""
    if not is_synced_type(appointment.calendar.type):
        return set()  # R2; and D19: a calendar turned Simple is not written about again
    serving = live(ICloudConnection.objects.all()).filter(
        Q(serves=ICloudConnection.Serves.ALL) | Q(calendars=appointment.calendar_id)
    )
    theirs = Q(resources__appointment_id=appointment.pk) & ~Q(
        resources__state=RemoteResource.State.REMOVED
    )
    hosts = Appointment.hosts.through.objects.filter(appointment_id=appointment.pk)
    return set(
        serving.filter(Q(user__in=hosts.values("user_id")) | theirs).values_list("pk", flat=True)
    )


def live(connections: QuerySet[ICloudConnection]) -> QuerySet[ICloudConnection]:
    return connections.exclude(status=ICloudConnection.Status.DISCONNECTED)


# --- Working them off -----------------------------------------------------------------


def due(now: datetime) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(
        state=State.WAITING,
        not_before__lte=now,
        connection__status__in=(
            ICloudConnection.Status.CONNECTED,
            ICloudConnection.Status.DEGRADED,
        ),
    )


def claim(connection_id: int, owner: str, now: datetime) -> OutboxEntry | None:
    """The oldest due row of the connection, now ours alone, or None."""
    candidates = (
        due(now).filter(connection_id=connection_id).exclude(object_id__in=busy(connection_id))
    )
    for pk in candidates.values_list("pk", flat=True)[:20]:
        claimed = OutboxEntry.objects.filter(pk=pk, state=State.WAITING).update(
            state=State.CLAIMED, claimed_by=owner, claimed_until=now + CLAIM_TTL
        )
        if claimed == 1:
            return OutboxEntry.objects.get(pk=pk)
    return None


def busy(connection_id: int) -> Iterable[int]:
    """Objects another worker is sending right now; their newer row waits for it."""
    return OutboxEntry.objects.filter(connection_id=connection_id, state=State.CLAIMED).values_list(
        "object_id", flat=True
    )


def finish(entry: OutboxEntry) -> None:
    """Sent, or nothing to send. Takes earlier troubles with the same object along."""
    same_object(entry).filter(state=State.NEEDS_ATTENTION).delete()
    OutboxEntry.objects.filter(pk=entry.pk, claimed_by=entry.claimed_by).delete()


def release(entry: OutboxEntry, not_before: datetime, error: str) -> None:
    """Back to waiting. A newer row for the same object makes this one needless."""
    with transaction.atomic():
        if same_object(entry).filter(state=State.WAITING).exists():
            same_object(entry).filter(state=State.WAITING).update(
                attempts=entry.attempts + 1, not_before=not_before, last_error=error[:500]
            )
            OutboxEntry.objects.filter(pk=entry.pk).delete()
            return
        OutboxEntry.objects.filter(pk=entry.pk, claimed_by=entry.claimed_by).update(
            state=State.WAITING,
            attempts=F("attempts") + 1,
            not_before=not_before,
            last_error=error[:500],
            claimed_by="",
            claimed_until=None,
        )


def park(entry: OutboxEntry, reason: str) -> None:
    """A person must look; the next change of the object tries again by itself."""
    with transaction.atomic():
        same_object(entry).filter(state=State.NEEDS_ATTENTION).delete()
        OutboxEntry.objects.filter(pk=entry.pk, claimed_by=entry.claimed_by).update(
            state=State.NEEDS_ATTENTION, last_error=reason[:500], claimed_by="", claimed_until=None
        )


def same_object(entry: OutboxEntry) -> QuerySet[OutboxEntry]:
    return OutboxEntry.objects.filter(
        connection_id=entry.connection_id, kind=entry.kind, object_id=entry.object_id
    ).exclude(pk=entry.pk)


def release_stuck(now: datetime) -> int:
    """Rows whose worker died go back to waiting. Returns how many."""
    stuck = OutboxEntry.objects.filter(state=State.CLAIMED, claimed_until__lt=now)
    count = 0
    for entry in stuck:
        release(entry, now, "The worker that was sending this stopped.")
        count += 1
    return count


def put_off(connection_id: int, until: datetime) -> None:
    """The whole account was asked to come back later, whichever row happened to ask."""
    OutboxEntry.objects.filter(
        connection_id=connection_id, state=State.WAITING, not_before__lt=until
    ).update(not_before=until)


def retry_now(connection_id: int) -> int:
    """What waits for its next try is due at once. Returns how many."""
    rows = OutboxEntry.objects.filter(connection_id=connection_id, state=State.WAITING)
    return rows.update(not_before=timezone.now())
