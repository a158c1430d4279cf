"""Blocked Slots that came from iCloud and are not as the event there (R10)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from calendars.models import BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync import outbox
from icloud_sync.core.drift import untold_of_slot
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import pick_all
from icloud_sync.core.ical.read import read
from icloud_sync.core.refs import SourceRef, parse_source_ref
from icloud_sync.core.values import EventFields
from icloud_sync.drift.effect import has_effect
from icloud_sync.drift.pages import Page, Untold, page
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.push.objects import Subject
from icloud_sync.snapshots import copy_of, slot_fields, zones_for

KIND = OutboxEntry.Kind.SLOT


def next_page(after: int) -> Page:
    slots = BlockedSlot.objects.filter(origin=SlotOrigin.ICLOUD.value, removed_at_source_at=None)
    return page(slots.exclude(source_ref=""), after)


def untold(slots: Iterable[BlockedSlot], now: datetime) -> Iterator[Untold]:
    """A series is read, and its rule walked, once for all of its slots."""
    series: dict[int, list[tuple[BlockedSlot, SourceRef]]] = defaultdict(list)
    for slot in slots:
        if ref := parse_source_ref(slot.source_ref):
            series[ref.resource_id].append((slot, ref))
    told = told_of(slot.pk for those in series.values() for slot, _ in those)
    for resource in sources(series):
        those = [one for one in series[resource.pk] if one[0].pk not in told]
        agreed = agreed_fields(resource, [ref.recurrence_id for _, ref in those])
        for slot, ref in those:
            if differs(slot, ref, resource, agreed, now):
                yield Untold(resource.connection_id, KIND, slot.pk, slot.source_ref)


def told_of(slot_ids: Iterable[int]) -> set[int]:
    rows = OutboxEntry.objects.filter(kind=KIND, object_id__in=list(slot_ids))
    return set(rows.values_list("object_id", flat=True))


def sources(resource_ids: Iterable[int]) -> Iterable[RemoteResource]:
    return RemoteResource.objects.filter(
        pk__in=list(resource_ids),
        connection__in=outbox.live(ICloudConnection.objects.all()),
        state=RemoteResource.State.SYNCED,
    ).select_related("connection__user", "collection")


def agreed_fields(resource: RemoteResource, rids: list[str]) -> dict[str, EventFields]:
    """By recurrence-id; none of what cannot be read."""
    zones = zones_for(resource.connection, None, resource.agreed_zone)
    try:
        found = pick_all(read(resource.base), rids, zones) if resource.base else []
    except UnreadableResource:
        return {}
    return {one.recurrence_id: one.fields for one in found}


def differs(
    slot: BlockedSlot,
    ref: SourceRef,
    resource: RemoteResource,
    agreed: dict[str, EventFields],
    now: datetime,
) -> bool:
    copy = copy_of(resource, agreed.get(ref.recurrence_id), ref.recurrence_id, False)
    action = untold_of_slot(slot_fields(slot), copy)
    if action is None:
        return False
    entry = OutboxEntry(connection=resource.connection, kind=KIND, object_id=slot.pk)
    subject = Subject(entry, resource.connection, resource, slot=slot)
    subject.recurrence_id = ref.recurrence_id
    return has_effect(action, subject, now)
