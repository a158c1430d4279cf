"""Calendars and their teams."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.admin.deleting import SaysWhatGoes
from calendars.admin.inlines import KnowingInline
from calendars.admin.turning import AsksBeforeTurningSimple
from calendars.forms import TimeZoneInput
from calendars.models import Calendar, CalendarMember, TimeZoneField


class MemberInline(KnowingInline):
    model = CalendarMember
    autocomplete_fields = ["user"]
    verbose_name = "member"
    verbose_name_plural = "Team: who can be booked"
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "calendar")


@admin.register(Calendar)
class CalendarAdmin(AsksBeforeTurningSimple, SaysWhatGoes):
    appointments_by = "calendar__in"
    list_display = ["name", "type", "owner", "team_size", "seats", "time_zone", "bookings"]
    list_filter = ["type"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username", "owner__first_name", "owner__last_name"]
    autocomplete_fields = ["owner"]
    formfield_overrides = {TimeZoneField: {"widget": TimeZoneInput}}
    inlines = [MemberInline]
    fieldsets = [
        (None, {"fields": ["name", "type", "time_zone"]}),
        (
            "Booking",
            {
                "fields": ["owner", "seats"],
                "description": "Who is booked when nobody chooses: Round Robin, the free member "
                "with the highest priority. Service, any free member. Collective, the whole "
                "team. Class Booking, the owner. Simple, nobody.",
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(
            member_count=Count("memberships", distinct=True),
            appointment_count=Count("appointments", distinct=True),
        )
        return counted

    @admin.display(description="team", ordering="member_count")
    def team_size(self, calendar: Any) -> int:
        return int(calendar.member_count)

    @admin.display(description="appointments", ordering="appointment_count")
    def bookings(self, calendar: Any) -> SafeString:
        return format_html(
            '<a href="{}?calendar__id__exact={}">{}</a>',
            reverse("admin:calendars_appointment_changelist"),
            calendar.pk,
            calendar.appointment_count,
        )
