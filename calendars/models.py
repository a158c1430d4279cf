"""The product's rows: people, calendars, appointments and the times nobody may book.

Knows nothing of iCloud: what a Blocked Slot's source is stands in neutral columns.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from calendars.types import (
    MAX_SEATS,
    AppointmentStatus,
    CalendarType,
    SlotOrigin,
    choices,
)


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            "%(name)s is not a time zone. Write an IANA name such as Europe/Berlin.",
            params={"name": name},
        )


class TimeZoneField(models.CharField):  # type: ignore[type-arg]
    """An IANA time zone name, such as Europe/Berlin."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("default", "UTC")
        kwargs.setdefault("validators", [validate_time_zone])
        kwargs.setdefault("help_text", "An IANA name such as Europe/Berlin.")
        super().__init__(**kwargs)


class User(AbstractUser):
    """Somebody who works here: a host of appointments, or staff."""

    time_zone = TimeZoneField()

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        settle_all_day_slots(self.blocked_slots.all(), kwargs.get("update_fields"))


class Contact(models.Model):
    """Somebody who books an appointment. Never made or changed by iCloud (R11)."""

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Calendar(models.Model):
    """A calendar of one of five types; four of them sync with iCloud (R1, R2)."""

    name = models.CharField(max_length=200)
    type = models.CharField(
        max_length=20,
        choices=choices(CalendarType),
        help_text="Simple calendars never sync with iCloud; the other four do.",
    )
    time_zone = TimeZoneField(
        help_text="New events are written in this zone. An IANA name such as Europe/Berlin."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_calendars",
        help_text="Who stands for the calendar. Class Booking and Collective need one.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="CalendarMember", related_name="calendars", blank=True
    )
    seats = models.PositiveIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SEATS)],
        help_text="How many people fit into one Class Booking session; 1 for the other types.",
    )

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=[kind.value for kind in CalendarType]),
                name="calendar_type_is_known",
            ),
            models.CheckConstraint(
                condition=Q(seats__gte=1, seats__lte=MAX_SEATS),
                name="calendar_seats_between_1_and_9999",
                violation_error_message="A calendar has between 1 and 9,999 seats.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        settle_all_day_slots(self.blocked_slots.all(), kwargs.get("update_fields"))

    def clean(self) -> None:
        if self.type != CalendarType.CLASS_BOOKING and self.seats != 1:
            raise ValidationError({"seats": "Only a Class Booking calendar has several seats."})
        if self.type in (CalendarType.CLASS_BOOKING, CalendarType.COLLECTIVE) and not self.owner:
            raise ValidationError({"owner": "Choose the user who owns this calendar."})


class CalendarMember(models.Model):
    """A user in a calendar's team; the highest priority is asked first."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    priority = models.PositiveSmallIntegerField(
        default=1, help_text="Higher numbers are booked first."
    )

    class Meta:
        ordering = ["-priority", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "user"],
                name="member_once_a_calendar",
                violation_error_message="This user is in the calendar already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.calendar}"


class Appointment(models.Model):
    """A time in a calendar, held by its hosts for its attendees."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="appointments")
    title = models.CharField(max_length=1000)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(
        max_length=20,
        choices=choices(AppointmentStatus),
        default=AppointmentStatus.NEW.value,
        help_text="Cancelled and Invalid take the event out of iCloud; every other keeps it.",
    )
    location = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    hosts = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="appointments",
        blank=True,
        help_text="Each host gets a copy in their iCloud calendar.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_appointments",
        help_text="The host who is responsible. Left empty: the first host.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["calendar", "starts_at", "ends_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in AppointmentStatus]),
                name="appointment_status_is_known",
            ),
            # An event may be shortened to no length in iCloud, and such a change is never
            # refused (D12); people who type one are asked for an end after the start.
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="appointment_ends_after_start",
                violation_error_message="The end must be after the start.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The end must be after the start."})


class Attendee(models.Model):
    """A contact's seat at an appointment."""

    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="attendees")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="seats")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "contact"],
                name="contact_once_an_appointment",
                violation_error_message="This contact has a seat at this appointment already.",
            )
        ]

    def __str__(self) -> str:
        return str(self.contact)

    def clean(self) -> None:
        if not self.appointment_id or not self.appointment.calendar_id:
            return  # the form names the missing part
        others = self.appointment.attendees.exclude(pk=self.pk).count()
        if others >= self.appointment.calendar.seats:
            raise ValidationError(no_seat_left(self.appointment.calendar.seats))


def no_seat_left(seats: int) -> str:
    if seats == 1:
        return "An appointment of this calendar has one attendee."
    return f"All {seats} seats are taken."


class BlockedSlot(models.Model):
    """A time that is taken, of one user or of one calendar, from here or from a source.

    An all-day slot's truth is its dates (`ends_on` exclusive); its instants follow from
    the owner's time zone.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="blocked_slots",
    )
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="blocked_slots",
    )
    title = models.CharField(max_length=1000, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_all_day = models.BooleanField("all day", default=False)
    starts_on = models.DateField(null=True, blank=True, editable=False)
    ends_on = models.DateField(null=True, blank=True, editable=False)
    location = models.TextField(blank=True)
    notes = models.TextField(blank=True)
    is_busy = models.BooleanField(
        "busy", default=True, help_text="Off: the slot is shown, but the time can be booked."
    )
    origin = models.CharField(
        max_length=20,
        choices=choices(SlotOrigin),
        default=SlotOrigin.REFERINS.value,
        editable=False,
    )
    # What the source knows this slot by; opaque here. Empty: made in Referins.
    source_ref = models.CharField(max_length=255, blank=True, editable=False)
    read_only_reason = models.CharField(max_length=200, blank=True, editable=False)
    removed_at_source_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "Blocked Slot"
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["user", "starts_at", "ends_at"]),
            models.Index(fields=["calendar", "starts_at", "ends_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True) ^ Q(calendar__isnull=True),
                name="slot_of_a_user_or_a_calendar",
                violation_error_message="Choose a user or a calendar, not both.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")),
                name="slot_ends_after_start",
                violation_error_message="The end must be after the start.",
            ),
            models.UniqueConstraint(
                fields=["source_ref"], condition=~Q(source_ref=""), name="one_slot_a_source_ref"
            ),
        ]

    def __str__(self) -> str:
        return self.title or "Busy"

    @property
    def zone(self) -> ZoneInfo:
        """The owner's time zone."""
        owner = self.user or self.calendar
        return ZoneInfo(owner.time_zone if owner else "UTC")

    def clean(self) -> None:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The end must be after the start."})
        if self.read_only_reason:
            raise ValidationError(f"This slot cannot be changed here: {self.read_only_reason}")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._settle_all_day()
        super().save(*args, **kwargs)

    def _settle_all_day(self) -> None:
        if not self.is_all_day:
            self.starts_on = self.ends_on = None
            return
        if not (self.starts_on and self.ends_on):
            last_moment = max(self.ends_at - timedelta(microseconds=1), self.starts_at)
            self.starts_on = self.starts_at.astimezone(self.zone).date()
            self.ends_on = last_moment.astimezone(self.zone).date() + timedelta(days=1)
        self.starts_at = datetime.combine(self.starts_on, time(), self.zone)
        self.ends_at = datetime.combine(self.ends_on, time(), self.zone)


def settle_all_day_slots(
    slots: "models.QuerySet[BlockedSlot]", update_fields: Iterable[str] | None
) -> None:
    """An all-day slot keeps its dates; what instants they are depends on its owner's zone.

    Slots that stay where they are are not saved: each save is something to look at for
    whoever mirrors them, and every log-in saves a user.
    """
    if update_fields is not None and "time_zone" not in update_fields:
        return
    for slot in slots.filter(is_all_day=True):
        before = slot.starts_at, slot.ends_at
        slot._settle_all_day()
        if (slot.starts_at, slot.ends_at) != before:
            slot.save()
