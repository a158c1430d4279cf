"""What a pull means for the Blocked Slots of a resource."""

from collections.abc import Mapping, Sequence

from calendars.models import BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync.apply.gather import Gathered, spell, told
from icloud_sync.core.ical.parse import all_day
from icloud_sync.core.merge import LONGEST_TITLE
from icloud_sync.core.pull_plan import (
    Action,
    CreateSlot,
    KeepLosingSlot,
    PushSlot,
    RemoveSlot,
    UpdateSlot,
)
from icloud_sync.core.refs import SourceRef
from icloud_sync.core.values import Interval, Occurrence
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.synclog import Outcome, as_json


class SlotActions(Gathered):
    """Actions on Blocked Slots, carried out."""

    def take_slots(
        self,
        actions: Sequence[Action],
        resource: RemoteResource,
        slots: Mapping[int, BlockedSlot],
        read_only_reason: str,
    ) -> None:
        self.read_only_reason = read_only_reason
        created = [action.occurrence for action in actions if isinstance(action, CreateSlot)]
        if created:
            self.create_slots(created, resource)
        for action in actions:
            match action:
                case UpdateSlot():
                    self.update_slot(action, resource, slots[action.slot_id])
                case RemoveSlot():
                    self.remove_slot(action, resource)
                case KeepLosingSlot():
                    self.keep_losing_slot(action, resource)
                case PushSlot():
                    ref = slots[action.slot_id].source_ref
                    self.push(OutboxEntry.Kind.SLOT, action.slot_id, ref)

    def create_slots(self, occurrences: Sequence[Occurrence], resource: RemoteResource) -> None:
        for occurrence in occurrences:
            slot = BlockedSlot(
                user_id=self.connection.user_id,
                origin=SlotOrigin.ICLOUD.value,
                source_ref=str(SourceRef(resource.pk, occurrence.recurrence_id)),
            )
            self.fill(slot, occurrence)
            self.new_slots.append(slot)
        count = len(occurrences)
        self.log(
            "create slot",
            f"new Blocked Slot “{occurrences[0].fields.title}”"
            + (f", {count} times" if count > 1 else ""),
            resource,
            after=as_json(occurrences[0].fields),
        )

    def update_slot(self, action: UpdateSlot, resource: RemoteResource, slot: BlockedSlot) -> None:
        was_removed = slot.removed_at_source_at is not None
        self.fill(slot, action.after)
        slot.removed_at_source_at = None
        self.changed_slots[slot.pk] = slot
        what = spell(action.changed) or ("it is back in iCloud" if was_removed else "its state")
        self.log(
            "update slot",
            f"changed Blocked Slot {slot.pk} ({what}), as in iCloud{told(action.conflicts)}",
            resource,
            conflicts=action.conflicts,
            slot_id=slot.pk,
            before=as_json(action.before),
            after=as_json(action.after.fields),
        )

    def remove_slot(self, action: RemoveSlot, resource: RemoteResource) -> None:
        self.gone_slots.append(action.slot_id)
        self.log(
            "remove slot",
            f"took away Blocked Slot {action.slot_id}: its occurrence left the series in iCloud",
            resource,
            slot_id=action.slot_id,
            before=as_json(action.before),
        )

    def keep_losing_slot(self, action: KeepLosingSlot, resource: RemoteResource) -> None:
        self.entries.append(
            self.journal.entry(
                "keep deleted",
                Outcome.CONFLICT,
                f"a Blocked Slot was deleted in Referins and edited in iCloud "
                f"({spell(action.changed)}): it goes, the edit is kept here",
                resource=resource,
                before=as_json(action.lost),
            )
        )

    def rekey(self, resource: RemoteResource, slot_id: int, recurrence_id: str) -> None:
        ref = str(SourceRef(resource.pk, recurrence_id))
        BlockedSlot.objects.filter(pk=slot_id).update(source_ref=ref)

    def fill(self, slot: BlockedSlot, occurrence: Occurrence) -> None:
        fields, interval = occurrence.fields, self.anchored(occurrence.fields.interval)
        slot.title = fields.title[:LONGEST_TITLE]
        slot.location, slot.notes = fields.location, fields.notes
        slot.starts_at, slot.ends_at = interval.starts_at, interval.ends_at
        slot.starts_on, slot.ends_on = interval.starts_on, interval.ends_on
        slot.is_all_day = interval.is_all_day
        slot.is_busy = occurrence.is_busy
        slot.read_only_reason = self.read_only_reason
        slot.updated_at = self.now

    def anchored(self, interval: Interval) -> Interval:
        """An all-day slot begins at its owner's midnight, whichever zone it was read in."""
        if interval.starts_on is None or interval.ends_on is None:
            return interval
        return all_day(interval.starts_on, interval.ends_on, self.zone)
