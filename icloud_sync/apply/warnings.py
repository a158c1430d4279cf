"""A change from iCloud is applied however inconvenient; the log says what it runs into (D12)."""

from calendars.models import Appointment, BlockedSlot
from calendars.queries import blocking, live_appointments, overlapping
from icloud_sync.core.values import Interval


def overlap_warning(appointment: Appointment, interval: Interval) -> str:
    """The end of a log message, or ""."""
    hosts = [host.pk for host in appointment.hosts.all()]
    when = interval.starts_at, interval.ends_at
    others = (
        live_appointments(leaving_out=appointment.pk)
        .filter(overlapping(*when), hosts__in=hosts)
        .distinct()
        .count()
    )
    slots = BlockedSlot.objects.filter(blocking(*when), user__in=hosts).count()
    found = [
        f"{number} {noun}{'s' if number > 1 else ''}"
        for number, noun in ((others, "other appointment"), (slots, "Blocked Slot"))
        if number
    ]
    return f"; warning: it overlaps {' and '.join(found)}" if found else ""
