"""A change from iCloud is applied however inconvenient; the log says what it runs into (D12)."""

from django.db.models import Q

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.policy import OUT_OF_ICLOUD
from icloud_sync.core.values import Interval


def overlap_warning(appointment: Appointment, interval: Interval) -> str:
    """The end of a log message, or ""."""
    hosts = [host.pk for host in appointment.hosts.all()]
    touches = Q(starts_at__lt=interval.ends_at, ends_at__gt=interval.starts_at)
    others = (
        Appointment.objects.filter(touches, hosts__in=hosts)
        .exclude(pk=appointment.pk)
        .exclude(status__in=[status.value for status in OUT_OF_ICLOUD])
        .distinct()
        .count()
    )
    slots = BlockedSlot.objects.filter(touches, user__in=hosts, is_busy=True).count()
    found = [
        f"{number} {noun}{'s' if number > 1 else ''}"
        for number, noun in ((others, "other appointment"), (slots, "Blocked Slot"))
        if number
    ]
    return f"; warning: it overlaps {' and '.join(found)}" if found else ""
