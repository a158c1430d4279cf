"""The Blocked Slots that resources brought in: found, and taken out without a word to iCloud.
The log keeps each, so that it can be restored."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import QuerySet

from calendars.models import BlockedSlot, User
from calendars.types import SlotOrigin
from icloud_sync.core.history import REMOVE_SLOT, as_json
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.snapshots import slot_fields

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


def remove_slots(
    resources: QuerySet[RemoteResource], since: datetime, why: str, actor: User | None = None
) -> int:
    """Our own housekeeping, not a person's deletion, so no receiver may hear of it and
    nothing may wait that would find the slot gone: either would delete the event."""
    keys = slots_since(resources, since)
    connections = dict(resources.values_list("pk", "connection"))
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        OutboxEntry.objects.filter(kind=OutboxEntry.Kind.SLOT, object_id__in=some).delete()
        slots = BlockedSlot.objects.filter(pk__in=some)
        SyncLogEntry.objects.bulk_create(
            removal(slot, connections, why, actor) for slot in slots.order_by("pk")
        )
        slots._raw_delete(slots.db)
    return len(keys)


def removal(
    slot: BlockedSlot, connections: Mapping[int, int], why: str, actor: User | None
) -> SyncLogEntry:
    """`connections`: by the resource that brought it in."""
    ref = parse_source_ref(slot.source_ref)
    resource_id = ref.resource_id if ref else 0
    return SyncLogEntry(
        connection_id=connections.get(resource_id),
        direction=SyncLogEntry.Direction.PULL,
        action=REMOVE_SLOT,
        outcome=SyncLogEntry.Outcome.DONE,
        message=f"took away Blocked Slot {slot.pk}: {why}",
        resource_id=resource_id or None,
        slot_id=slot.pk,
        before=as_json(slot_fields(slot), slot.is_busy),
        actor=actor,
    )
