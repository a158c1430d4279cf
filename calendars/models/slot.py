"""A time that is taken, from here or from a source."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from calendars.types import (
    SlotOrigin,
    choices,
)

# What a source may forbid to change.
AT_SOURCE = ("title", "starts_at", "ends_at", "is_all_day", "location", "notes")


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
        "calendars.Calendar",
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
    # Where it begins to take time before it starts (the way there); empty: when it starts.
    busy_from = models.DateTimeField(null=True, blank=True, editable=False)
    # What the source knows this slot by; opaque here. Empty: made in Referins.
    source_ref = models.CharField(max_length=255, blank=True, editable=False)
    # What the source said when `busy` last followed it. Where they differ a person decided
    # otherwise; empty: their word stands, whatever the source says by now.
    busy_at_source = models.BooleanField(null=True, editable=False)
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
        if self.read_only_reason and not self._differs_from_source():
            return  # whatever its source makes of it
        if self.read_only_reason:
            raise ValidationError(f"This slot cannot be changed here: {self.read_only_reason}")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "The end must be after the start."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._settle_all_day()
        saved = kwargs.get("update_fields")
        if self.busy_from and (saved is None or "starts_at" in saved):
            self._move_busy_from(self.busy_from)
            kwargs["update_fields"] = saved and {*saved, "busy_from"}
        super().save(*args, **kwargs)

    def _differs_from_source(self) -> bool:
        """Whether it takes time is ours to say, all else is the source's."""
        stored = BlockedSlot.objects.filter(pk=self.pk).values(*AT_SOURCE).first()
        return stored is None or any(getattr(self, name) != stored[name] for name in AT_SOURCE)

    def _move_busy_from(self, busy_from: datetime) -> None:
        """The way there is as long as before, wherever a person moved the slot."""
        stored = BlockedSlot.objects.filter(pk=self.pk, busy_from=busy_from)
        started_at = stored.values_list("starts_at", flat=True).first()
        if started_at:
            self.busy_from = busy_from + (self.starts_at - started_at)

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
