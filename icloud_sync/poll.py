"""Whose turn it is to be looked at (D22)."""

from datetime import datetime, timedelta

from django.db.models import Q

from icloud_sync.models import ICloudConnection

Status = ICloudConnection.Status
# We are asked once a minute: what falls due just after would wait for a whole one more.
HALF_A_TICK = timedelta(seconds=30)


def due_connections(now: datetime) -> list[int]:
    """Longest overdue first."""
    is_due = Q(next_poll_at__lte=now + HALF_A_TICK) | Q(next_poll_at__isnull=True)
    may_sync = Q(status__in=(Status.CONNECTED, Status.DEGRADED))
    found = ICloudConnection.objects.filter(is_due & may_sync).order_by("next_poll_at", "pk")
    return list(found.values_list("pk", flat=True))
