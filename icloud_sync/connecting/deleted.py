"""What staff do about events that were deleted in iCloud (D4, D5)."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from calendars import booking
from calendars.models import BlockedSlot, User
from icloud_sync import outbox
from icloud_sync.connecting.story import tell
from icloud_sync.core.history import as_json
from icloud_sync.models import ICloudConnection, RemoteResource
from icloud_sync.snapshots import belongs, refusal, slot_fields, slots_of_resources

State = RemoteResource.State


def query_deleted() -> QuerySet[RemoteResource]:
    """What waits for somebody to say what becomes of it."""
    gone = Q(state=State.DELETED_IN_ICLOUD) | Q(state=State.SYNCED, own_occurrence_gone=True)
    live = outbox.live(ICloudConnection.objects.all())
    return RemoteResource.objects.filter(gone, settled_at=None, connection__in=live)


def may_go_back(resource: RemoteResource) -> bool:
    """There is an appointment, and it belongs into this account."""
    appointment = resource.appointment
    return (
        appointment is not None
        and belongs(appointment, resource.connection)
        and refusal(appointment.calendar, resource.connection) is None
    )


@transaction.atomic
def put_back(resources: Iterable[RemoteResource], *, actor: User | None = None) -> int:
    """Returns how many go; of the others nothing is changed."""
    number = 0
    for resource in resources:
        if may_go_back(resource):
            outbox.put_back(resource)
            told(resource, "put back", "goes into iCloud again", actor)
            number += 1
    return number


@transaction.atomic
def cancel(resources: Iterable[RemoteResource], *, actor: User | None = None) -> int:
    number = 0
    for resource in resources:
        if resource.appointment is not None:
            booking.cancel(resource.appointment)
            told(resource, "cancel", "was cancelled, as it was deleted in iCloud", actor)
            number += 1
        settle(resource)
    return number


@transaction.atomic
def free(resources: Iterable[RemoteResource], *, actor: User | None = None) -> int:
    """Their slots' time; returns how many slots."""
    number = 0
    for resource in resources:
        slots = slots_of_resources(resource.connection.user_id, [resource.pk])
        freed = slots.filter(is_busy=True).exclude(removed_at_source_at=None)
        # Back in iCloud, it takes time again: nobody said anything about that event.
        becoming_free = list(freed)
        number += freed.update(is_busy=False, busy_at_source=False)
        told_freed(resource, becoming_free, actor)
        told(resource, "free", "takes no time any more", actor)
        settle(resource)
    return number


@transaction.atomic
def leave(resources: Iterable[RemoteResource], *, actor: User | None = None) -> int:
    found = list(resources)
    for resource in found:
        settle(resource)
        told(resource, "leave", "stays as it is, though it was deleted in iCloud", actor)
    return len(found)


def settle(resource: RemoteResource) -> None:
    RemoteResource.objects.filter(pk=resource.pk).update(settled_at=timezone.now())


def told(resource: RemoteResource, action: str, what: str, actor: User | None) -> None:
    about = (
        f"appointment {resource.appointment_id}"
        if resource.appointment_id
        else f"the event {resource.uid}"
    )
    ids = {"resource": resource, "appointment_id": resource.appointment_id}
    tell(resource.connection, action, f"{about} {what}.", actor, **ids)


def told_freed(resource: RemoteResource, slots: Iterable[BlockedSlot], actor: User | None) -> None:
    """Each of them: it can be blocked again from there."""
    for slot in slots:
        tell(
            resource.connection,
            "free slot",
            f"freed Blocked Slot {slot.pk}.",
            actor,
            resource=resource,
            slot_id=slot.pk,
            before=as_json(slot_fields(slot), True),
            after=as_json(slot_fields(slot), False),
        )
