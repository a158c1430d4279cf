"""A calendar of one of five types, and its team."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from calendars.models.people import TimeZoneField
from calendars.models.slot import settle_all_day_slots
from calendars.types import (
    MAX_SEATS,
    CalendarType,
    choices,
)


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
