"""Saying that something must be sent: rows in the saver's transaction, and a nudge."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django_q.tasks import async_task

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.policy import OUT_OF_ICLOUD, SYNCED_TYPES, is_synced_type
from icloud_sync.core.refs import calendar_ref, parse_source_ref
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.snapshots import query_served_appointments

Kind, State = OutboxEntry.Kind, OutboxEntry.State


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
        own_occurrence_gone=False,
    ).exclude(
        # What somebody deleted in iCloud comes back only when it is changed itself (R6).
        state__in=(RemoteResource.State.REMOVED, RemoteResource.State.DELETED_IN_ICLOUD)
    )
    found: dict[int, dict[int, int]] = {}
    for connection_id, pk, calendar_id in copies.values_list(
        "connection", "appointment", "appointment__calendar"
    ):
        found.setdefault(connection_id, {})[pk] = calendar_id
    for connection_id, appointments in found.items():
        enqueue_many(connection_id, appointments)


def leave_unserved(appointment: Appointment) -> None:
    """Before it is deleted: of a calendar that is not served nothing more is written (D19), and
    afterwards nobody could say which calendar it was in."""
    copies = RemoteResource.objects.filter(appointment=appointment)
    served = copies.filter(served_copies())
    copies.exclude(pk__in=served.values("pk")).update(left_there=True)


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
    refs = {pk: calendar_ref(calendar_id) for pk, calendar_id in appointments.items()}
    enqueue_objects(connection_id, Kind.APPOINTMENT, refs)


@transaction.atomic
def enqueue_objects(connection_id: int, kind: str, refs: Mapping[int, str]) -> None:
    """`refs`: ids of objects of this kind -> their source_ref."""
    missing = set(refs) - waiting(connection_id, kind, refs)
    at = timezone.now()
    rows = (
        OutboxEntry(
            connection_id=connection_id,
            kind=kind,
            object_id=pk,
            source_ref=refs[pk],
            not_before=at,
        )
        for pk in sorted(missing)
    )
    OutboxEntry.objects.bulk_create(rows, 200, ignore_conflicts=True)
    if missing:
        nudge(connection_id)


def waiting(connection_id: int, kind: str, object_ids: Iterable[int]) -> set[int]:
    """Which of these objects have a waiting row already; locked, so that nobody claims it
    and reads the object before our transaction has written it."""
    rows = OutboxEntry.objects.filter(
        connection_id=connection_id, kind=kind, state=State.WAITING, object_id__in=list(object_ids)
    )
    locked = rows.select_for_update().order_by("pk")
    return set(locked.values_list("object_id", flat=True))


def enqueue(connection_id: int, kind: str, object_id: int, source_ref: str = "") -> None:
    """One waiting row an object and connection: saves coalesce, the last state wins.

    The UPDATE comes first because it locks: a worker that claims the row waits until our
    transaction is done, and so reads what it wrote. Finding the row without changing it
    would let the worker send the old state and take the row away with our change.
    """
    about = {"connection_id": connection_id, "kind": kind, "object_id": object_id}
    waiting_row = OutboxEntry.objects.filter(**about, state=State.WAITING)
    if waiting_row.update(source_ref=source_ref):
        return
    _, created = OutboxEntry.objects.get_or_create(
        **about,
        state=State.WAITING,
        defaults={"source_ref": source_ref, "not_before": timezone.now()},
    )
    if created:
        nudge(connection_id)


@transaction.atomic
def try_parked_again(connection_id: int, **which: Any) -> None:
    """What stopped these may be over; `which`: conditions on their rows."""
    parked = OutboxEntry.objects.filter(
        connection_id=connection_id, state=State.NEEDS_ATTENTION, **which
    )
    found = list(parked.values_list("kind", "object_id", "source_ref"))
    parked.delete()
    for kind, object_id, source_ref in found:
        enqueue(connection_id, kind, object_id, source_ref)


def nudge(connection_id: int) -> None:
    """Wake a worker once the saver has committed. A queue that is down costs a minute
    (the sweep looks), not the save."""
    transaction.on_commit(lambda: async_task("icloud_sync.tasks.push", connection_id), robust=True)


def connections_concerned(appointment: Appointment) -> set[int]:
    """Live connections that serve the calendar: of the hosts, with a copy already, or about
    to make one (a row of theirs is waiting or being sent)."""
    if not is_synced_type(appointment.calendar.type):
        return set()  # R2; and D19: a calendar turned Simple is not written about again
    serving = live(ICloudConnection.objects.all()).filter(
        Q(serves=ICloudConnection.Serves.ALL) | Q(calendars=appointment.calendar_id)
    )
    theirs = Q(resources__appointment_id=appointment.pk) & ~Q(
        resources__state=RemoteResource.State.REMOVED
    )
    theirs |= Q(outbox__kind=Kind.APPOINTMENT, outbox__object_id=appointment.pk)
    hosts = Appointment.hosts.through.objects.filter(appointment_id=appointment.pk)
    return set(
        serving.filter(Q(user__in=hosts.values("user_id")) | theirs).values_list("pk", flat=True)
    )


def live(connections: QuerySet[ICloudConnection]) -> QuerySet[ICloudConnection]:
    return connections.exclude(status=ICloudConnection.Status.DISCONNECTED)
