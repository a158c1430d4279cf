"""How many appointments an action would send: shown to staff before they act (D20)."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from calendars.models import Appointment, User
from icloud_sync import outbox
from icloud_sync.core.policy import OUT_OF_ICLOUD
from icloud_sync.models import ICloudConnection, OutboxEntry
from icloud_sync.snapshots import query_served_appointments


def query_to_push(
    user_id: int, serves: str, calendar_ids: Iterable[int], now: datetime
) -> QuerySet[Appointment]:
    return (
        query_served_appointments(user_id, serves, calendar_ids)
        .filter(ends_at__gt=now)
        .exclude(status__in=[status.value for status in OUT_OF_ICLOUD])
        .distinct()
    )


def count_to_push(user: User, serves: str, calendar_ids: Iterable[int], now: datetime) -> int:
    return query_to_push(user.pk, serves, calendar_ids, now).count()


def count_waiting(connection: ICloudConnection) -> int:
    return connection.outbox.filter(state=OutboxEntry.State.WAITING).count()


def over_and_never_sent(connection: ICloudConnection, now: datetime) -> QuerySet[OutboxEntry]:
    """Waiting rows of appointments booked while we were paused, and over by now (D20)."""
    rows = connection.outbox.filter(
        state=OutboxEntry.State.WAITING, kind=OutboxEntry.Kind.APPOINTMENT
    )
    over = Appointment.objects.filter(pk__in=rows.values("object_id"), ends_at__lte=now)
    never_sent = over.exclude(icloud_copies__connection=connection)
    return rows.filter(object_id__in=list(never_sent.values_list("pk", flat=True)))


def what_resuming_sends(connection: ICloudConnection, now: datetime) -> int:
    """What waits already, and what has no copy in this account yet."""
    waiting = connection.outbox.filter(
        state=OutboxEntry.State.WAITING, kind=OutboxEntry.Kind.APPOINTMENT
    )
    chosen = connection.calendars.values_list("pk", flat=True)
    served = query_to_push(connection.user_id, connection.serves, chosen, now)
    unpushed = outbox.without_copy(served, connection, now).exclude(
        pk__in=waiting.values("object_id")
    )
    dropped = over_and_never_sent(connection, now).count()
    return count_waiting(connection) - dropped + unpushed.count()
