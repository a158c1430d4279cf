"""Whose turn it is to be looked at (D22)."""

from datetime import datetime

from django.db.models import Q

from icloud_sync.models import ICloudConnection

Status = ICloudConnection.Status


def due_connections(now: datetime) -> list[int]:
    """Longest overdue first."""
    is_due = Q(next_poll_at__lte=now) | Q(next_poll_at__isnull=True)
    may_sync = Q(status__in=(Status.CONNECTED, Status.DEGRADED))
    found = ICloudConnection.objects.filter(is_due & may_sync).order_by("next_poll_at", "pk")
    return list(found.values_list("pk", flat=True))
