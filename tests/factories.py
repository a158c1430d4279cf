"""Rows for tests. `AppointmentFactory(host=user)` or `(hosts=[a, b])`; `(contact=contact)`."""

from datetime import timedelta
from typing import Any

import factory
from django.apps import apps
from django.utils import timezone
from factory.django import DjangoModelFactory

from calendars import models
from calendars.types import CalendarType


def tomorrow_at_ten() -> Any:
    now = timezone.now()
    return now.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    time_zone = "Europe/Berlin"
    password = factory.django.Password("password")


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = models.Contact

    name = factory.Sequence(lambda n: f"Contact {n}")
    email = factory.LazyAttribute(lambda c: f"{c.name.lower().replace(' ', '.')}@example.com")
    phone = "+49 30 123456"


class CalendarFactory(DjangoModelFactory):
    class Meta:
        model = models.Calendar

    name = factory.Sequence(lambda n: f"Calendar {n}")
    type = CalendarType.ROUND_ROBIN.value
    time_zone = "Europe/Berlin"
    seats = factory.LazyAttribute(
        lambda calendar: 10 if calendar.type == CalendarType.CLASS_BOOKING else 1
    )


class AppointmentFactory(DjangoModelFactory):
    class Meta:
        model = models.Appointment
        skip_postgeneration_save = True

    calendar = factory.SubFactory(CalendarFactory)
    title = factory.Sequence(lambda n: f"Appointment {n}")
    starts_at = factory.LazyFunction(tomorrow_at_ten)
    ends_at = factory.LazyAttribute(lambda a: a.starts_at + timedelta(hours=1))
    status = "confirmed"

    @factory.post_generation
    def hosts(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            self.hosts.set(extracted)

    @factory.post_generation
    def host(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            self.hosts.add(extracted)

    @factory.post_generation
    def contact(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create and extracted:
            models.Attendee.objects.create(appointment=self, contact=extracted)


class BlockedSlotFactory(DjangoModelFactory):
    class Meta:
        model = models.BlockedSlot

    user = factory.Maybe("calendar", None, factory.SubFactory(UserFactory))
    calendar = None
    title = factory.Sequence(lambda n: f"Blocked {n}")
    starts_at = factory.LazyFunction(tomorrow_at_ten)
    ends_at = factory.LazyAttribute(lambda slot: slot.starts_at + timedelta(hours=1))


if apps.is_installed("icloud_sync"):  # the product is tested without it, too

    class ICloudConnectionFactory(DjangoModelFactory):
        """A connection's row alone; tests that talk to a server connect through the server."""

        class Meta:
            model = "icloud_sync.ICloudConnection"
            skip_postgeneration_save = True

        user = factory.SubFactory(UserFactory)
        apple_id = factory.LazyAttribute(lambda c: f"{c.user.username}@icloud.example")
        app_password = "abcd-efgh-ijkl-mnop"
        server_url = "http://127.0.0.1:9/"
        status = "connected"

        @factory.post_generation
        def calendars(self, create: bool, extracted: Any, **kwargs: Any) -> None:
            if create and extracted:
                self.serves = "chosen"
                self.save(update_fields=["serves"])
                self.calendars.set(extracted)
