"""Filters by time that look forward too; Django's own only look back."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from calendars.queries import overlapping
from calendars.wallclock import DAY, start_of_day


class GoneFilter(admin.SimpleListFilter):
    title = "deleted at its source"
    parameter_name = "gone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(removed_at_source_at__isnull=self.value() == "no")
        return queryset


class WhenFilter(admin.SimpleListFilter):
    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("today", "Today"),
            ("week", "Next 7 days"),
            ("upcoming", "Upcoming"),
            ("past", "Past"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "today":
                zone = ZoneInfo(getattr(request.user, "time_zone", "UTC"))
                today = now.astimezone(zone).date()
                dawn, dusk = start_of_day(today, zone), start_of_day(today + DAY, zone)
                return queryset.filter(overlapping(dawn, dusk))
            case "week":
                return queryset.filter(overlapping(now, now + timedelta(days=7)))
            case "upcoming":
                return queryset.filter(ends_at__gt=now)
            case "past":
                return queryset.filter(ends_at__lte=now)
        return queryset


class UpcomingFirst(WhenFilter):
    """A list that begins with what is still to come; whoever searches looks everywhere."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.otherwise = "all" if request.GET.get("q") else "upcoming"
        super().__init__(request, *args)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*super().lookups(request, model_admin), ("all", "All")]

    def value(self) -> str:
        return super().value() or self.otherwise

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without Django's own All, which would be the first of them."""
        return islice(super().choices(changelist), 1, None)
