"""Rows read into plain values: what core decides on."""

from collections.abc import Iterable

from django.db.models import QuerySet

from calendars.models import Appointment
from icloud_sync.core.policy import SYNCED_TYPES
from icloud_sync.models import ICloudConnection


def query_served_appointments(
    user_id: int, serves: str, calendar_ids: Iterable[int] = ()
) -> QuerySet[Appointment]:
    """Appointments a connection of this user is for (D1, D19), past ones included.

    Takes plain values, so that staff can be shown the count before a connection exists.
    """
    found = Appointment.objects.filter(
        hosts=user_id, calendar__type__in=[kind.value for kind in SYNCED_TYPES]
    )
    if serves == ICloudConnection.Serves.CHOSEN:
        found = found.filter(calendar__in=list(calendar_ids))
    return found
