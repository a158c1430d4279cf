"""A change of the product's rows becomes an outbox row. At most five lines each."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.db.models.signals import (
    ModelSignal,
    m2m_changed,
    post_delete,
    post_save,
    pre_delete,
)
from django.utils import timezone

from calendars.models import Appointment, Attendee, BlockedSlot, Calendar, Contact, User
from icloud_sync import outbox
from icloud_sync.connecting.blocking import follow_zone
from icloud_sync.connecting.withdraw import end_withdrawals
from icloud_sync.core.policy import SIMPLE_REFUSED, is_synced_type
from icloud_sync.models import ICloudConnection, RemoteResource

Serves = ICloudConnection.Serves


def appointment_changed(instance: Appointment, raw: bool = False, **_: Any) -> None:
    if not raw:  # a fixture's rows may come before what they point at
        outbox.enqueue_appointment(instance)


def appointment_deleting(instance: Appointment, **_: Any) -> None:
    outbox.leave_unserved(instance)


def hosts_changed(instance: Model, action: str, pk_set: set[int] | None, **_: Any) -> None:
    if isinstance(instance, Appointment) and action.startswith("post_"):
        outbox.enqueue_appointment(instance)
    elif isinstance(instance, User) and action == "pre_clear":
        touch(instance.appointments.all())  # afterwards nobody could say which they were
    elif isinstance(instance, User):
        touch(Appointment.objects.filter(pk__in=pk_set or ()))


def attendees_changed(instance: Attendee, raw: bool = False, **_: Any) -> None:
    if not raw:
        touch(Appointment.objects.filter(pk=instance.appointment_id))


def contact_changed(instance: Contact, created: bool, **_: Any) -> None:
    if not created:  # name and phone stand under the notes of what is still to come
        touch(Appointment.objects.filter(attendees__contact=instance, ends_at__gt=timezone.now()))


def calendar_changed(instance: Calendar, created: bool, **_: Any) -> None:
    if not is_synced_type(instance.type):
        ICloudConnection.calendars.through.objects.filter(calendar=instance).delete()
        end_withdrawals(RemoteResource.objects.filter(appointment__calendar=instance))
    elif not created:
        begin_service(Q(user__appointments__calendar=instance))
        outbox.enqueue_copies([instance.pk])


def choice_changing(
    instance: Model, action: str, reverse: bool, pk_set: set[int] | None, **_: Any
) -> None:
    """An explicit choice of calendars: never a Simple one (R2, D19)."""
    if action == "pre_add":
        refuse_simple({instance.pk} if reverse else pk_set or set())
    elif action == "post_add":
        chosen = Q(pk__in=pk_set or ()) if reverse else Q(pk=instance.pk)
        ICloudConnection.objects.filter(chosen).update(serves=Serves.CHOSEN)
        begin_service(chosen)
        outbox.enqueue_copies({instance.pk} if reverse else pk_set or set())


def choice_changed(instance: Model, action: str, reverse: bool, **_: Any) -> None:
    if action.startswith("post_"):
        concerned = Q(appointment__calendar=instance) if reverse else Q(connection=instance)
        end_withdrawals(RemoteResource.objects.filter(concerned))


def owner_changed(
    instance: User, created: bool, update_fields: frozenset[str] | None = None, **_: Any
) -> None:
    if not created and (update_fields is None or "time_zone" in update_fields):
        follow_zone(instance)


def slot_changed(instance: BlockedSlot, created: bool, **_: Any) -> None:
    if not created:
        outbox.enqueue_slot(instance)


def slot_deleted(instance: BlockedSlot, origin: Any, **_: Any) -> None:
    """Only a slot deleted itself writes to iCloud; a cascade never does (D6). Of one that
    read "deleted in iCloud" nobody asked for anything there."""
    root = origin.model if isinstance(origin, QuerySet) else type(origin)
    if root is BlockedSlot and not instance.removed_at_source_at:
        outbox.enqueue_slot(instance)


def touch(appointments: QuerySet[Appointment]) -> None:
    for appointment in appointments.select_related("calendar").distinct():
        outbox.enqueue_appointment(appointment)


def begin_service(connections: Q) -> None:
    for connection in outbox.live(ICloudConnection.objects.filter(connections)).distinct():
        outbox.enqueue_unpushed(connection)


def refuse_simple(calendar_ids: set[int]) -> None:
    for kind in Calendar.objects.filter(pk__in=calendar_ids).values_list("type", flat=True):
        if not is_synced_type(kind):
            raise ValidationError(SIMPLE_REFUSED)


def connect() -> None:
    """Called once, when the app is ready."""
    saved, deleted = (post_save,), (post_save, post_delete)
    listen: list[tuple[Callable[..., None], Sequence[ModelSignal], type[Model]]] = [
        # Before its deletion: with its calendar goes the choice of who serves it.
        (appointment_changed, (post_save, pre_delete), Appointment),
        (appointment_deleting, (pre_delete,), Appointment),
        (hosts_changed, (m2m_changed,), Appointment.hosts.through),
        (attendees_changed, deleted, Attendee),
        (contact_changed, saved, Contact),
        (calendar_changed, saved, Calendar),
        (choice_changing, (m2m_changed,), ICloudConnection.calendars.through),
        (choice_changed, (m2m_changed,), ICloudConnection.calendars.through),
        (owner_changed, saved, User),
        (slot_changed, saved, BlockedSlot),
        (slot_deleted, (post_delete,), BlockedSlot),
    ]
    for receiver, signals, sender in listen:
        for signal in signals:
            signal.connect(receiver, sender=sender, dispatch_uid=f"icloud {receiver.__name__}")
