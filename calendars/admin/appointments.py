"""Booking, and the list of what is booked."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars import booking
from calendars.admin.deleting import SaysWhatGoes
from calendars.admin.filters import WhenFilter
from calendars.admin.inlines import KnowingInline
from calendars.admin.saving import SavesWhatChanged
from calendars.admin.shown import mark, time_span
from calendars.forms import AppointmentForm, SeatsFormSet
from calendars.models import Appointment, Attendee
from calendars.queries import shown_name


class AttendeeInline(KnowingInline):
    model = Attendee
    formset = SeatsFormSet
    autocomplete_fields = ["contact"]
    verbose_name_plural = "Who is coming"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("contact", "appointment__calendar")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj else 1

    def get_max_num(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int | None:
        return obj.calendar.seats if obj else None


@admin.register(Appointment)
class AppointmentAdmin(SavesWhatChanged, SaysWhatGoes):
    form = AppointmentForm
    list_display = ["title", "when", "where", "held_by", "coming", "state"]
    list_filter = [WhenFilter, "status", "calendar__type", "calendar"]
    list_select_related = ["calendar"]
    list_per_page = 50
    search_fields = [
        "title",
        "attendees__contact__name",
        "attendees__contact__email",
        "hosts__username",
        "hosts__first_name",
        "hosts__last_name",
    ]
    search_help_text = "Search by title, contact or host."
    date_hierarchy = "starts_at"
    ordering = ["-starts_at", "-pk"]
    autocomplete_fields = ["calendar", "hosts", "owner"]
    inlines = [AttendeeInline]
    actions = ["cancel"]
    fieldsets = [
        (None, {"fields": ["calendar", "title", "status"]}),
        (
            "When",
            {
                "fields": ["starts_at", "ends_at"],
                "description": "In the calendar’s time zone.",
            },
        ),
        (
            "Hosts",
            {
                "fields": ["hosts", "owner"],
                "description": "Leave the hosts empty and they are chosen by the calendar’s type, "
                "among those who are free.",
            },
        ),
        ("Details", {"fields": ["location", "notes"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        counted: QuerySet[Any] = (
            found.select_related("calendar")
            .prefetch_related("hosts")
            .annotate(seats_taken=Count("attendees", distinct=True))
        )
        return counted

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # The link from a contact to their appointments.
        return lookup == "attendees__contact__id__exact" or super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(ordering="starts_at")
    def when(self, appointment: Appointment) -> SafeString:
        zone = ZoneInfo(appointment.calendar.time_zone)
        return time_span(appointment.starts_at, appointment.ends_at, zone)

    @admin.display(description="calendar", ordering="calendar__name")
    def where(self, appointment: Appointment) -> SafeString:
        calendar = appointment.calendar
        template = '{} <small class="quiet">{}</small>'
        return format_html(template, calendar.name, calendar.get_type_display())

    @admin.display(description="hosts")
    def held_by(self, appointment: Appointment) -> str:
        return ", ".join(shown_name(host) for host in appointment.hosts.all()) or "nobody"

    @admin.display(description="attendees", ordering="seats_taken")
    def coming(self, appointment: Any) -> str:
        return f"{appointment.seats_taken} of {appointment.calendar.seats}"

    @admin.display(description="status", ordering="status")
    def state(self, appointment: Appointment) -> SafeString:
        return mark(appointment.status, appointment.get_status_display())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.assigned:
            people = ", ".join(shown_name(host) for host in form.assigned)
            messages.info(request, f"Booked with {people}, as the calendar’s type has it.")

    @admin.action(description="Cancel selected appointments", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        live = queryset.exclude(status="cancelled")
        for appointment in live:
            booking.cancel(appointment)
            self.log_change(request, appointment, "Cancelled.")
        count = len(live)
        messages.success(request, f"Cancelled {count} appointment{'' if count == 1 else 's'}.")
