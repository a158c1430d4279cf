"""An appointment, and who has a seat at it."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from calendars.models.calendar import Calendar
from calendars.models.people import Contact
from calendars.types import (
    AppointmentStatus,
    choices,
)


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
