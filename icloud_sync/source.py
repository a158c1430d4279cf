"""What the product's pages say about slots that come from iCloud (calendars/sources.py)."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from calendars import sources
from calendars.models import Appointment, BlockedSlot, Calendar, User
from calendars.types import SlotOrigin
from icloud_sync.connecting.story import counted
from icloud_sync.connecting.withdraw import copies_served, copies_staying
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
            on_calendar=on_calendar,
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
    """What their deletion takes out: nothing of a calendar that is not served (D19), and
    nothing that we may not write (D7)."""
    going = copies_served().filter(
        appointment__in=appointments,
        state=RemoteResource.State.SYNCED,
        has_guests=False,
        collection__can_write=True,
    )
    return going.count()


def on_calendar(calendar: Calendar) -> str:
    """D19: to be seen before the calendar is turned into a Simple one, and afterwards."""
    number = copies_staying(calendar=calendar).count()
    if not number:
        return ""
    events, lie = counted(number, "event"), "is" if number == 1 else "are"
    there = f"Of this calendar, {events} {lie} in iCloud"
    if not copies_served(calendar=calendar).exists():
        return f"{there}, not updated any more: no connection serves the calendar."
    return format_html(
        "{}. Made a Simple calendar, it stops syncing: what is in iCloud stays there, and "
        'nothing more is written about it. To have it gone, <a href="{}?calendar={}">take the '
        "events out of iCloud</a> first.",
        there,
        reverse("admin:icloud_sync_remoteresource_changelist"),
        calendar.pk,
    )


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
