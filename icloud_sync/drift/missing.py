"""Appointments that are still to come and have no copy where they should have one (D1, D20)."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from calendars.models import Appointment
from icloud_sync.core.policy import OUT_OF_ICLOUD, SYNCED_TYPES
from icloud_sync.core.refs import calendar_ref
from icloud_sync.drift.pages import Page, Untold, is_told, page
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource

KIND = OutboxEntry.Kind.APPOINTMENT
State, Status = RemoteResource.State, ICloudConnection.Status


def next_page(after: int, now: datetime) -> Page:
    return page(Appointment.objects.filter(ends_at__gt=now).only("pk"), after)


def untold(appointments: list[Appointment]) -> Iterator[Untold]:
    """One query, whatever their number."""
    connection = "user__icloud_connections"
    copies = RemoteResource.objects.filter(
        connection=OuterRef(connection), appointment=OuterRef("appointment")
    ).exclude(state=State.REMOVED, withdrawn=False)
    chosen = ICloudConnection.calendars.through.objects.filter(
        icloudconnection=OuterRef(connection), calendar=OuterRef("appointment__calendar")
    )
    live = [status for status in Status.values if status != Status.DISCONNECTED]
    hosts = Appointment.hosts.through.objects.filter(
        ~Exists(copies),
        ~is_told(KIND, connection, "appointment"),
        Q(user__icloud_connections__serves=ICloudConnection.Serves.ALL) | Exists(chosen),
        appointment__in=[one.pk for one in appointments],
        appointment__calendar__type__in=[kind.value for kind in SYNCED_TYPES],
        user__icloud_connections__status__in=live,
    ).exclude(appointment__status__in=[status.value for status in OUT_OF_ICLOUD])
    found = hosts.values_list(connection, "appointment", "appointment__calendar")
    for connection_id, pk, calendar_id in found.order_by(connection, "appointment"):
        yield Untold(connection_id, KIND, pk, calendar_ref(calendar_id))
