"""Copies that are not as their appointment is, and copies of appointments that are gone."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from calendars.models import Appointment
from icloud_sync import outbox
from icloud_sync.core.drift import untold_of_appointment
from icloud_sync.core.refs import calendar_ref
from icloud_sync.drift.effect import has_effect
from icloud_sync.drift.pages import Page, Untold, is_told, page
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.push.objects import Subject
from icloud_sync.snapshots import query_appointments

KIND = OutboxEntry.Kind.APPOINTMENT
State = RemoteResource.State


def next_page(after: int) -> Page:
    """Of calendars that are served; of an appointment that is gone nobody knows any more which
    calendar it was in."""
    there = Appointment.objects.filter(pk=OuterRef("appointment_id"))
    served = RemoteResource.objects.filter(outbox.served_copies())  # joins what may be gone
    copies = RemoteResource.objects.filter(
        Q(pk__in=served.values("pk")) | ~Exists(there),
        ~is_told(KIND, "connection", "appointment_id"),
        appointment__isnull=False,
        connection__in=outbox.live(ICloudConnection.objects.all()),
        state__in=(State.PENDING, State.SYNCED, State.DELETED_IN_ICLOUD),
    )
    return page(copies.select_related("connection__user", "collection"), after)


def untold(copies: Iterable[RemoteResource], now: datetime) -> Iterator[Untold]:
    copies = list(copies)
    found = query_appointments(one.appointment_id for one in copies if one.appointment_id)
    appointments = {one.pk: one for one in found}
    for copy in copies:
        pk = copy.appointment_id or 0
        appointment = appointments.get(pk)
        if differs(copy, pk, appointment, now):
            ref = calendar_ref(appointment.calendar_id) if appointment else ""
            yield Untold(copy.connection_id, KIND, pk, ref)


def differs(
    resource: RemoteResource, pk: int, appointment: Appointment | None, now: datetime
) -> bool:
    entry = OutboxEntry(connection=resource.connection, kind=KIND, object_id=pk)
    subject = Subject(entry, resource.connection, resource, appointment)
    subject.recurrence_id = resource.recurrence_id
    copy = subject.copy()
    if copy is None:
        return False
    action = untold_of_appointment(
        subject.wanted(),
        copy,
        can_create=subject.can_create(),
        is_over=appointment is not None and appointment.ends_at <= now,
    )
    return action is not None and has_effect(action, subject, now)
