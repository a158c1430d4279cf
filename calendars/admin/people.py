"""Users and contacts."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.forms import TimeZoneInput
from calendars.models import Contact, TimeZoneField, User


@admin.register(User)
class UserWithZoneAdmin(UserAdmin):  # type: ignore[type-arg]
    list_display = ["username", "full_name", "email", "time_zone", "is_staff", "week"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["username", "first_name", "last_name", "email"]
    ordering = ["username"]
    formfield_overrides = {TimeZoneField: {"widget": TimeZoneInput}}
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": [("first_name", "last_name"), "email", "time_zone"]}),
        ("May do", {"fields": ["is_active", "is_staff", "is_superuser"]}),
        ("Groups and permissions", {"fields": ["groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    add_fieldsets = [
        (None, {"fields": ["username", ("first_name", "last_name"), "email", "time_zone"]}),
        ("Log-in", {"fields": ["usable_password", "password1", "password2", "is_staff"]}),
    ]

    @admin.display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description="calendar")
    def week(self, user: User) -> SafeString:
        return format_html(
            '<a href="{}?user={}" aria-label="Week of {}">Week</a>', reverse("home"), user.pk, user
        )


@admin.register(Contact)
class ContactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name", "email", "phone", "appointments"]
    search_fields = ["name", "email", "phone"]
    fields = ["name", "email", "phone"]
    save_on_top = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(appointment_count=Count("seats"))
        return counted

    @admin.display(ordering="appointment_count")
    def appointments(self, contact: Any) -> SafeString | str:
        if not contact.appointment_count:
            return "none"
        return format_html(
            '<a href="{}?attendees__contact__id__exact={}">{}</a>',
            reverse("admin:calendars_appointment_changelist"),
            contact.pk,
            contact.appointment_count,
        )
