"""Rows as the values that pages lay out."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from calendars import queries
from calendars.agenda import DAYS_A_WEEK, Entry
from calendars.models import BlockedSlot, User
from calendars.types import AppointmentStatus, CalendarType, SlotOrigin
from calendars.wallclock import start_of_day


def of_week(person: User, first: date, with_admin_links: bool) -> list[Entry]:
    zone = ZoneInfo(person.time_zone)
    starts_at = start_of_day(first, zone)
    ends_at = start_of_day(first + timedelta(days=DAYS_A_WEEK), zone)
    appointments = queries.appointments_of(person, starts_at, ends_at)
    slots = queries.slots_of(person, starts_at, ends_at)
    return [
        *(of_appointment(appointment, with_admin_links) for appointment in appointments),
        *(of_slot(slot, zone, with_admin_links) for slot in slots),
    ]


def of_appointment(appointment: Any, with_admin_link: bool) -> Entry:
    """Wants `seats_taken`, as queries.appointments_of counts it."""
    return Entry(
        kind="appointment",
        title=appointment.title,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        detail=", ".join(details(appointment)),
        is_off=appointment.status in queries.OFF,
        url=admin_address(appointment) if with_admin_link else "",
    )


def details(appointment: Any) -> list[str]:
    said = [appointment.calendar.name]
    if appointment.calendar.type == CalendarType.CLASS_BOOKING:
        said.append(f"{appointment.seats_taken} of {appointment.calendar.seats} seats taken")
    if appointment.status != AppointmentStatus.CONFIRMED:
        said.append(appointment.get_status_display().lower())
    return [*said, appointment.location] if appointment.location else said


def of_slot(slot: BlockedSlot, zone: ZoneInfo, with_admin_link: bool) -> Entry:
    return Entry(
        kind="slot",
        title=str(slot),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        dates=(slot.starts_on, slot.ends_on) if slot.starts_on and slot.ends_on else None,
        detail=", ".join(said for said in (way_there(slot, zone), slot.location) if said),
        source="" if slot.origin == SlotOrigin.REFERINS else slot.get_origin_display(),
        is_free=not slot.is_busy,
        is_removed=slot.removed_at_source_at is not None,
        url=admin_address(slot) if with_admin_link else "",
    )


def way_there(slot: BlockedSlot, zone: ZoneInfo) -> str:
    if not (slot.busy_from and slot.is_busy):
        return ""
    return f"taken from {slot.busy_from.astimezone(zone):%H:%M}"


def admin_address(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
