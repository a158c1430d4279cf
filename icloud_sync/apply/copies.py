"""What a pull means for an appointment and its copy."""

from collections.abc import Sequence
from typing import Any

from calendars.models import Appointment
from icloud_sync import outbox
from icloud_sync.apply.gather import Gathered, spell, told
from icloud_sync.apply.warnings import overlap_warning
from icloud_sync.core.history import KEEP_CANCELLED, as_json, plain
from icloud_sync.core.merge import LONGEST_TITLE
from icloud_sync.core.pull_actions import (
    Action,
    FollowOccurrence,
    KeepLosing,
    MarkOccurrenceBack,
    MarkOccurrenceGone,
    NoteAlike,
    PushAppointment,
    UpdateAppointment,
)
from icloud_sync.core.values import EventFields
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.snapshots import appointment_fields, slot_fields, slots_of_resources
from icloud_sync.synclog import Outcome

State = RemoteResource.State
DELETED = "was deleted in iCloud"


class CopyActions(Gathered):
    """Actions on an appointment, carried out."""

    def take(
        self, actions: Sequence[Action], resource: RemoteResource, appointment: Appointment
    ) -> None:
        for action in actions:
            match action:
                case UpdateAppointment():
                    self.update_appointment(action, resource, appointment)
                case FollowOccurrence():
                    resource.recurrence_id = action.recurrence_id
                case MarkOccurrenceGone():
                    self.mark_occurrence_gone(action, resource)
                case MarkOccurrenceBack():
                    self.mark_occurrence_back(action, resource)
                case KeepLosing():
                    self.keep_losing(action, resource, appointment)
                case NoteAlike():
                    about = f"appointment {action.object_id}"
                    self.note_alike(action, resource, about, appointment_id=action.object_id)
                case PushAppointment():
                    self.push(OutboxEntry.Kind.APPOINTMENT, action.appointment_id)

    def update_appointment(
        self, action: UpdateAppointment, resource: RemoteResource, appointment: Appointment
    ) -> None:
        if action.changed:
            columns = appointment_columns(action.after, action.changed)
            Appointment.objects.filter(pk=appointment.pk).update(**columns, updated_at=self.now)
            outbox.enqueue_appointment(appointment, but=self.connection.pk)
        warning, what = "", f"appointment {appointment.pk} stays as it is"
        if action.changed:
            what = f"changed appointment {appointment.pk} ({spell(action.changed)}), as in iCloud"
        if "interval" in action.changed:
            warning = overlap_warning(appointment, action.after.interval)
        self.log(
            "update appointment",
            f"{what}{told(action.conflicts)}{warning}",
            resource,
            conflicts=action.conflicts,
            replaces=True,
            appointment_id=appointment.pk,
            before=as_json(action.before),
            after=as_json(action.after),
        )

    def take_orphan(self, actions: Sequence[Action], resource: RemoteResource) -> None:
        """A copy whose appointment was deleted here."""
        for action in actions:
            if isinstance(action, KeepLosing):
                self.keep_losing(action, resource)

    def keep_losing(
        self,
        action: KeepLosing,
        resource: RemoteResource,
        appointment: Appointment | None = None,
    ) -> None:
        lost = {name: plain(getattr(action.lost, name)) for name in action.changed}
        self.log(
            KEEP_CANCELLED,
            f"appointment {action.appointment_id} was taken out in Referins and edited in "
            f"iCloud ({spell(action.changed)}): it goes, the edit is kept here",
            resource,
            replaces=True,
            outcome=Outcome.CONFLICT,
            appointment_id=action.appointment_id,
            before={**as_json(action.lost), "lost": lost},
            after=as_json(appointment_fields(appointment)) if appointment else None,
        )

    def mark_occurrence_gone(self, action: MarkOccurrenceGone, resource: RemoteResource) -> None:
        resource.own_occurrence_gone = True
        resource.own_base = "" if action.by_us else resource.base
        if not action.by_us:
            self.log(
                "mark deleted in iCloud",
                f"the occurrence of appointment {action.appointment_id} was taken out of its "
                "series in iCloud; nothing changes in Referins",
                resource,
                replaces=True,
                appointment_id=action.appointment_id,
            )

    def mark_occurrence_back(self, action: MarkOccurrenceBack, resource: RemoteResource) -> None:
        resource.own_occurrence_gone, resource.own_base = False, ""
        self.log(
            "back in iCloud",
            "its occurrence is in the series again",
            resource,
            appointment_id=action.appointment_id,
        )

    def mark_deleted(
        self, resource: RemoteResource, how: str = DELETED, frees: bool = False
    ) -> None:
        """R6, R12: marked and listed; the appointment and the slots stay as they are. `frees`:
        the slots' time is free from now on, but for what a person blocked (D5)."""
        if resource.state == State.DELETED_IN_ICLOUD:
            return
        etag = resource.etag
        resource.state, resource.etag = State.DELETED_IN_ICLOUD, ""
        resource.state_reason = f"Deleted in iCloud, seen {self.now:%Y-%m-%d %H:%M} UTC."
        self.resources[resource.pk] = resource
        slots = slots_of_resources(self.connection.user_id, [resource.pk])
        slots = slots.filter(removed_at_source_at=None)
        freed = slots.filter(is_busy=True, busy_at_source=True) if frees else slots.none()
        ids = list(slots.values_list("pk", flat=True))
        becoming_free = list(freed)
        # As if iCloud said so: back in iCloud, it takes time again.
        number = freed.update(is_busy=False, busy_at_source=False)
        slots.filter(pk__in=ids).update(removed_at_source_at=self.now)
        what = (
            f"the copy of appointment {resource.appointment_id}"
            if resource.appointment_id
            else f"the event of {counted(len(ids), 'Blocked Slot')}"
        )
        follows = f"{counted(number, 'slot')} freed" if number else "nothing changes in Referins"
        self.log(
            "mark deleted in iCloud",
            f"{what} {how}; {follows}",
            resource,
            appointment_id=resource.appointment_id,
            body=resource.base,
            etag=etag,
        )
        for slot in becoming_free:
            fields = slot_fields(slot)
            self.log(
                "free slot",
                f"freed Blocked Slot {slot.pk}: its event was deleted in iCloud",
                resource,
                slot_id=slot.pk,
                before=as_json(fields, True),
                after=as_json(fields, False),
            )


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def appointment_columns(fields: EventFields, changed: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(fields, name) for name in changed if name != "interval"}
    if "title" in values:
        values["title"] = values["title"][:LONGEST_TITLE]
    if "interval" in changed:
        values |= {"starts_at": fields.interval.starts_at, "ends_at": fields.interval.ends_at}
    return values
