"""The writes: book, reschedule, reassign, cancel, delete a slot. Each is one transaction
and goes through the models' own save, so that whoever listens hears of it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from calendars import queries
from calendars.assignment import NobodyFree, assign
from calendars.models import (
    Appointment,
    Attendee,
    BlockedSlot,
    Calendar,
    Contact,
    User,
    no_seat_left,
)
from calendars.types import AppointmentStatus, CalendarType


@transaction.atomic
def book(
    calendar: Calendar,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    *,
    hosts: Sequence[User] = (),
    owner: User | None = None,
    contacts: Sequence[Contact] = (),
    status: str = AppointmentStatus.NEW.value,
    location: str = "",
    notes: str = "",
) -> Appointment:
    """Without hosts they are chosen by the calendar's type."""
    appointment = Appointment(
        calendar=calendar,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        status=status,
        location=location,
        notes=notes,
    )
    appointment.full_clean()
    check_seats(calendar, len(contacts))
    chosen = list(hosts) or choose_hosts(calendar, starts_at, ends_at)
    appointment.owner = owner_among(chosen, owner, calendar)
    appointment.save()
    appointment.hosts.set(chosen)
    for contact in contacts:
        seat = Attendee(appointment=appointment, contact=contact)
        seat.full_clean()
        seat.save()
    return appointment


@transaction.atomic
def reschedule(appointment: Appointment, starts_at: datetime, ends_at: datetime) -> Appointment:
    appointment.starts_at, appointment.ends_at = starts_at, ends_at
    appointment.full_clean()
    appointment.save(update_fields=["starts_at", "ends_at", "updated_at"])
    return appointment


@transaction.atomic
def reassign(
    appointment: Appointment, hosts: Sequence[User], owner: User | None = None
) -> Appointment:
    """An owner who is not asked for stays, as long as they are still a host."""
    kept = appointment.owner if appointment.owner in hosts else None
    appointment.owner = owner_among(hosts, owner or kept, appointment.calendar)
    appointment.save(update_fields=["owner", "updated_at"])
    appointment.hosts.set(hosts)
    return appointment


@transaction.atomic
def cancel(appointment: Appointment) -> Appointment:
    appointment.status = AppointmentStatus.CANCELLED.value
    appointment.save(update_fields=["status", "updated_at"])
    return appointment


@transaction.atomic
def delete_slot(slot: BlockedSlot) -> None:
    """Somebody wants this slot gone; unlike a slot that goes with its user or calendar."""
    if not may_delete(slot):
        raise ValidationError(f"This slot cannot be deleted here: {slot.read_only_reason}")
    slot.delete()


def may_delete(slot: BlockedSlot) -> bool:
    """A slot we may not write still goes once its event has gone (D5)."""
    return not slot.read_only_reason or slot.removed_at_source_at is not None


def choose_hosts(
    calendar: Calendar, starts_at: datetime, ends_at: datetime, leaving_out: int | None = None
) -> list[User]:
    """The one who is responsible first. Call it in the transaction that books."""
    # Two bookings at once must not both find the same member free.
    calendar = Calendar.objects.select_for_update().get(pk=calendar.pk)
    if calendar.type == CalendarType.SIMPLE:
        return []
    if queries.is_calendar_blocked(calendar, starts_at, ends_at):
        raise ValidationError("This calendar is blocked at this time. Choose another time.")
    team, owner = queries.candidates(calendar, starts_at, ends_at, leaving_out)
    try:
        ids = assign(calendar.type, team, owner)
    except NobodyFree as error:
        raise ValidationError(f"{error} Choose another time, or a host.") from error
    found = User.objects.in_bulk(ids)
    return [found[pk] for pk in ids]


def owner_among(hosts: Iterable[User], owner: User | None, calendar: Calendar) -> User | None:
    """The host who is responsible: as asked, else the calendar's owner, else the first."""
    present = list(hosts)
    if owner and owner not in present:
        raise ValidationError({"owner": "The owner must be one of the hosts."})
    if owner or not present:
        return owner
    return calendar.owner if calendar.owner in present else present[0]


def check_seats(calendar: Calendar, wanted: int) -> None:
    if wanted > calendar.seats:
        raise ValidationError(no_seat_left(calendar.seats))
