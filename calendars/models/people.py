"""Who works here, and who books."""

from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

from calendars.models.slot import settle_all_day_slots


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
