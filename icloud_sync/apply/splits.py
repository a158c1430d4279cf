"""A series that iCloud splits ("all future events") goes on as another resource, and so with
other slots: what a person said here of free or busy goes along (D9)."""

from datetime import date, datetime

from django.db.models import F, Q, QuerySet

from calendars.models import BlockedSlot
from icloud_sync.apply.decide import slot_state
from icloud_sync.apply.write import Writer
from icloud_sync.core.pull_plan import said_elsewhere
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.snapshots import slots_of_resources

Said = dict[datetime | date, BlockedSlot]


def keep_what_was_said(writer: Writer) -> None:
    """Before a batch is written: the slots that go are still there. Both parts are changed by
    a split, and so are listed together; an occurrence may be moved by it, but not its day."""
    new: dict[str, list[BlockedSlot]] = {}
    for slot in writer.new_slots:
        if series := recurrence_set_of(slot, writer):
            new.setdefault(series, []).append(slot)
    if not new or not said(writer).exists():
        return
    for series, slots in new.items():
        before = said_in(series, writer)
        for slot in slots:
            keep(slot, before, writer)


def recurrence_set_of(slot: BlockedSlot, writer: Writer) -> str:
    ref = parse_source_ref(slot.source_ref)
    resource = writer.resources.get(ref.resource_id) if ref else None
    return resource.recurrence_set if resource else ""


def said_in(series: str, writer: Writer) -> Said:
    """By start, and by the day in the owner's zone."""
    known = writer.connection.resources.filter(recurrence_set=series).values_list("pk", flat=True)
    in_hand = (pk for pk, one in writer.resources.items() if one.recurrence_set == series)
    found: Said = {}
    for slot in said(writer, *known, *in_hand):
        found[slot.starts_at] = found[day_of(slot, writer)] = slot
    return found


def said(writer: Writer, *resource_ids: int) -> QuerySet[BlockedSlot]:
    """Slots of these resources, or of all, that are not as iCloud has them."""
    mine = BlockedSlot.objects.filter(user_id=writer.connection.user_id, origin="icloud")
    slots = slots_of_resources(writer.connection.user_id, resource_ids) if resource_ids else mine
    return slots.filter(Q(busy_at_source=None) | ~Q(is_busy=F("busy_at_source")))


def keep(slot: BlockedSlot, before: Said, writer: Writer) -> None:
    was = before.get(slot.starts_at) or before.get(day_of(slot, writer))
    if was is not None:
        slot.is_busy, slot.busy_at_source = said_elsewhere(slot_state(was), slot.is_busy)


def day_of(slot: BlockedSlot, writer: Writer) -> date:
    return slot.starts_on or slot.starts_at.astimezone(writer.zone).date()
