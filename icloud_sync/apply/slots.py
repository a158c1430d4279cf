"""What a pull means for the Blocked Slots of a resource."""

from collections.abc import Collection, Mapping, Sequence

from calendars.models import BlockedSlot
from calendars.types import SlotOrigin
from icloud_sync.apply.gather import Gathered, spell, told
from icloud_sync.core.history import (
    CREATE_SLOT,
    KEEP_DELETED,
    OUT_OF_SERIES,
    RECURRENCE_ID,
    REMOVE_SLOT,
    as_json,
    plain,
)
from icloud_sync.core.ical.parse import all_day
from icloud_sync.core.merge import LONGEST_TITLE
from icloud_sync.core.pull_actions import (
    Action,
    CreateSlot,
    KeepLosingSlot,
    NoteAlike,
    NoteTakenOut,
    PushSlot,
    RemoveSlot,
    UpdateSlot,
)
from icloud_sync.core.refs import SourceRef
from icloud_sync.core.values import Interval, Occurrence
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.synclog import Outcome


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
                    self.remove_slot(action, resource, slots[action.slot_id])
                case KeepLosingSlot():
                    self.keep_losing_slot(action, resource)
                case NoteAlike():
                    about = f"Blocked Slot {action.object_id}"
                    self.note_alike(action, resource, about, slot_id=action.object_id)
                case NoteTakenOut():
                    self.note_taken_out(action, resource)
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
            self.fill(slot, occurrence, occurrence.is_busy)
            self.new_slots.append(slot)
        count, first = len(occurrences), occurrences[0]
        entry = self.log(
            CREATE_SLOT,
            f"new Blocked Slot “{first.fields.title}”" + (f", {count} times" if count > 1 else ""),
            resource,
            after=as_json(first.fields, first.is_busy),
        )
        if count == 1:
            self.created.append((entry, slot))

    def update_slot(self, action: UpdateSlot, resource: RemoteResource, slot: BlockedSlot) -> None:
        what, before = self.what_changes(action, slot), as_json(action.before, slot.is_busy)
        self.fill(slot, action.after, action.busy_at_source)
        slot.removed_at_source_at = None
        self.changed_slots[slot.pk] = slot
        if not what:
            return  # nothing that anybody can see
        self.log(
            "update slot",
            f"changed Blocked Slot {slot.pk} ({', '.join(what)}), as in iCloud"
            f"{told(action.conflicts)}",
            resource,
            conflicts=action.conflicts,
            replaces=True,
            slot_id=slot.pk,
            before=before,
            after=as_json(action.after.fields, action.after.is_busy),
        )

    def what_changes(self, action: UpdateSlot, slot: BlockedSlot) -> list[str]:
        """In words; of a slot that is as it was."""
        after = action.after
        moved = "interval" in action.changed
        found = {
            spell(action.changed): bool(action.changed),
            "busy" if after.is_busy else "free": slot.is_busy != after.is_busy,
            "the way there": slot.busy_from != after.busy_from and not moved,
            "who may edit it": slot.read_only_reason != self.read_only_reason,
            "it is back in iCloud": slot.removed_at_source_at is not None,
        }
        return [what for what, is_so in found.items() if is_so]

    def remove_slot(self, action: RemoveSlot, resource: RemoteResource, slot: BlockedSlot) -> None:
        self.gone_slots.append(action.slot_id)
        self.log(
            REMOVE_SLOT,
            f"took away Blocked Slot {action.slot_id}: its occurrence left the series in iCloud",
            resource,
            replaces=True,
            slot_id=action.slot_id,
            before=as_json(action.before, slot.is_busy),
        )

    def keep_losing_slot(self, action: KeepLosingSlot, resource: RemoteResource) -> None:
        lost = {name: plain(getattr(action.lost, name)) for name in action.changed}
        self.log(
            KEEP_DELETED,
            f"a Blocked Slot was deleted in Referins and edited in iCloud "
            f"({spell(action.changed)}): it goes, the edit is kept here",
            resource,
            replaces=True,
            outcome=Outcome.CONFLICT,
            before={**as_json(action.lost), "lost": lost},
        )

    def note_taken_out(self, action: NoteTakenOut, resource: RemoteResource) -> None:
        ref = str(SourceRef(resource.pk, action.recurrence_id))
        rows = self.connection.outbox.filter(kind=OutboxEntry.Kind.SLOT, source_ref=ref)
        slot_id = rows.values_list("object_id", flat=True).first()
        one = action.before
        self.log(
            OUT_OF_SERIES,
            f"the occurrence of Blocked Slot {slot_id} “{one.fields.title}” is out of its series, "
            "as it was deleted in Referins",
            resource,
            body=resource.base,
            etag=resource.etag,
            slot_id=slot_id,
            before={**as_json(one.fields, one.is_busy), RECURRENCE_ID: action.recurrence_id},
        )

    def rename(
        self,
        resource: RemoteResource,
        slots: Mapping[str, BlockedSlot],
        names: Mapping[str, str],
        waiting: Collection[str],
    ) -> None:
        """Their occurrences have other recurrence-ids by now; so has what waits to be sent
        about them."""
        for old, new in names.items():
            before, after = (str(SourceRef(resource.pk, rid)) for rid in (old, new))
            if old in slots:
                slots[old].source_ref = after
                self.changed_slots[slots[old].pk] = slots[old]
            if before in waiting:
                own = {"kind": OutboxEntry.Kind.SLOT, "source_ref": before}
                self.connection.outbox.filter(**own).update(source_ref=after)

    def fill(self, slot: BlockedSlot, occurrence: Occurrence, at_source: bool | None) -> None:
        fields, interval = occurrence.fields, self.anchored(occurrence.fields.interval)
        slot.title = fields.title[:LONGEST_TITLE]
        slot.location, slot.notes = fields.location, fields.notes
        slot.starts_at, slot.ends_at = interval.starts_at, interval.ends_at
        slot.starts_on, slot.ends_on = interval.starts_on, interval.ends_on
        slot.is_all_day = interval.is_all_day
        slot.is_busy, slot.busy_at_source = occurrence.is_busy, at_source
        slot.busy_from = occurrence.busy_from
        slot.read_only_reason = self.read_only_reason
        slot.updated_at = self.now

    def anchored(self, interval: Interval) -> Interval:
        """An all-day slot begins at its owner's midnight, whichever zone it was read in."""
        if interval.starts_on is None or interval.ends_on is None:
            return interval
        return all_day(interval.starts_on, interval.ends_on, self.zone)
