"""The Blocked Slots that resources brought in: found, and taken out without a word to iCloud."""

from datetime import datetime

from django.db.models import QuerySet

from calendars.models import BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import OutboxEntry, RemoteResource

BATCH = 500


def slots_since(resources: QuerySet[RemoteResource], since: datetime) -> list[int]:
    """Keys of the slots of these resources that end after `since`."""
    wanted = set(resources.values_list("pk", flat=True))
    slots = BlockedSlot.objects.filter(
        user__in=resources.values("connection__user"),
        origin=SlotOrigin.ICLOUD.value,
        ends_at__gt=since,
    )
    return [
        pk
        for pk, source_ref in slots.values_list("pk", "source_ref")
        if (ref := parse_source_ref(source_ref)) and ref.resource_id in wanted
    ]


def remove_slots(resources: QuerySet[RemoteResource], since: datetime) -> int:
    """Our own housekeeping, not a person's deletion, so no receiver may hear of it and
    nothing may wait that would find the slot gone: either would delete the event."""
    keys = slots_since(resources, since)
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        OutboxEntry.objects.filter(kind=OutboxEntry.Kind.SLOT, object_id__in=some).delete()
        slots = BlockedSlot.objects.filter(pk__in=some)
        slots._raw_delete(slots.db)
    return len(keys)
