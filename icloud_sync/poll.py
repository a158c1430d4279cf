"""Whose turn it is to be looked at (D22)."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from icloud_sync.models import ICloudConnection
from icloud_sync.outages import in_outage, take_probes
from icloud_sync.pauses import are_asked_to_wait

Status = ICloudConnection.Status
# We are asked once a minute: what falls due just after would wait for a whole one more.
HALF_A_TICK = timedelta(seconds=30)


def due_connections(now: datetime) -> list[int]:
    """Longest overdue first. Those whose server is down wait."""
    return list(overdue(now).exclude(in_outage()).values_list("pk", flat=True))


def probes(now: datetime) -> list[int]:
    """Those that ask for everybody on their server, which is down: whoever failed least, so
    that trouble of one's own is not taken for everybody's, and each time another."""
    waiting = overdue(now).filter(in_outage()).order_by("failures", "next_poll_at", "pk")
    return take_probes(list(waiting.values_list("pk", "server_url")), now)


def overdue(now: datetime) -> QuerySet[ICloudConnection]:
    is_due = Q(next_poll_at__lte=now + HALF_A_TICK) | Q(next_poll_at__isnull=True)
    may_sync = Q(status__in=(Status.CONNECTED, Status.DEGRADED))
    due = ICloudConnection.objects.filter(is_due & may_sync).exclude(are_asked_to_wait(now))
    return due.order_by("next_poll_at", "pk")
