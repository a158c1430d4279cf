"""What the product's pages say about slots that come from iCloud (calendars/sources.py)."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from calendars import sources
from calendars.models import Appointment, BlockedSlot, User
from calendars.types import SlotOrigin
from icloud_sync.models import ICloudConnection, RemoteResource

Status = ICloudConnection.Status


def register() -> None:
    """Called once, when the app is ready."""
    sources.register(
        sources.Source(
            SlotOrigin.ICLOUD.value,
            "iCloud",
            on_edit=on_edit,
            on_delete=on_delete,
            copies=copies,
            freshness=freshness,
        )
    )


def on_edit(slots: Sequence[BlockedSlot]) -> str:
    if any(slot.removed_at_source_at is None and not slot.read_only_reason for slot in slots):
        return "A change of time, title, place or notes is made in iCloud too."
    return ""


def on_delete(slots: Sequence[BlockedSlot]) -> str:
    """D6, R12: what is gone there already is only tidied up here."""
    there = sum(slot.removed_at_source_at is None for slot in slots)
    if not there:
        return ""
    if there == 1:
        return "This also deletes the event in iCloud; of a repeating event, this occurrence."
    return f"This also deletes {there} events in iCloud; of repeating events, these occurrences."


def copies(appointments: QuerySet[Appointment]) -> int:
    there = RemoteResource.objects.filter(
        appointment__in=appointments, state=RemoteResource.State.SYNCED
    )
    return there.exclude(connection__status=Status.DISCONNECTED).count()


def freshness(user: User) -> str:
    """How old the last known state is, where the connection does not keep it fresh (D15)."""
    connection = (
        ICloudConnection.objects.filter(user=user).exclude(status=Status.DISCONNECTED).first()
    )
    if connection is None:
        return ""
    seen = connection.last_success_at
    when = date_format(timezone.localtime(seen), "j M, H:i") if seen else "never yet"
    if connection.status == Status.CONNECTED:
        return f"iCloud: as of {when}."
    return f"iCloud is {connection.get_status_display().lower()}: as of {when}."
