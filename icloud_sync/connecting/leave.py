"""Disconnecting (D16): what stays, what goes, and doing it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from calendars.models import User
from icloud_sync.connecting.keep import Status, refuse_disconnected, settle
from icloud_sync.connecting.slots import remove_slots, slots_since
from icloud_sync.connecting.story import counted, tell
from icloud_sync.core.policy import OUT_OF_ICLOUD
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource

DISCONNECTED = "its account was disconnected"


@dataclass(frozen=True, slots=True)
class Leaving:
    """Counts. `events_staying`: our events that stay in iCloud; `slots_leaving`: future
    Blocked Slots from iCloud that leave Referins; `pushes_dropped`: changes not sent yet."""

    events_staying: int
    slots_leaving: int
    pushes_dropped: int


def what_disconnecting_does(connection: ICloudConnection, now: datetime | None = None) -> Leaving:
    at = now or timezone.now()
    staying = connection.resources.filter(
        appointment__isnull=False, state=RemoteResource.State.SYNCED
    ).exclude(appointment__status__in=[status.value for status in OUT_OF_ICLOUD])
    return Leaving(
        events_staying=staying.count(),
        slots_leaving=len(slots_since(connection.resources.all(), at)),
        pushes_dropped=connection.outbox.exclude(state=OutboxEntry.State.CLAIMED).count(),
    )


def disconnect(connection: ICloudConnection, *, actor: User | None = None) -> Leaving:
    """Nothing is written to iCloud. Returns what it did."""
    refuse_disconnected(connection)
    with transaction.atomic():
        leaving = what_disconnecting_does(connection)
        settle(connection, Status.DISCONNECTED, "Disconnected by staff.")
        connection.app_password = ""
        connection.next_poll_at = None
        connection.save(update_fields=["app_password", "next_poll_at"])
        connection.outbox.exclude(state=OutboxEntry.State.CLAIMED).delete()
        remove_slots(connection.resources.all(), timezone.now(), DISCONNECTED, actor)
        tell(connection, "disconnect", disconnected_message(leaving), actor)
    return leaving


def disconnected_message(leaving: Leaving) -> str:
    return (
        f"Disconnected: {counted(leaving.events_staying, 'event')} "
        f"{'stays' if leaving.events_staying == 1 else 'stay'} in iCloud, "
        f"{counted(leaving.slots_leaving, 'future Blocked Slot')} left Referins, "
        f"{counted(leaving.pushes_dropped, 'waiting change')} dropped."
    )
