"""Turning a calendar into a Simple one, where a source holds events of it: first it is said
what becomes of them, and nothing is saved before the answer."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from calendars import sources
from calendars.models import Calendar
from calendars.types import CalendarType

ANSWER = "_leave_them_there"


class NotAnsweredYet(Exception):
    """Takes back what the form has saved so far."""

    def __init__(self, consequences: list[str]) -> None:
        self.consequences = consequences


class AsksBeforeTurningSimple(admin.ModelAdmin):  # type: ignore[type-arg]
    change_form_template = "admin/calendars/calendar/change_form.html"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        calendar = self.get_object(request, object_id)
        notices = sources.calendar_consequences(calendar) if calendar else []
        extra = {"notices": notices, **(extra_context or {})}
        try:
            return super().change_view(request, object_id, form_url, extra)
        except NotAnsweredYet as asking:
            return self.ask(request, calendar, asking.consequences)

    def save_model(self, request: HttpRequest, obj: Calendar, form: Any, change: bool) -> None:
        turned = change and "type" in form.changed_data and obj.type == CalendarType.SIMPLE
        if turned and ANSWER not in request.POST:
            consequences = sources.calendar_consequences(Calendar.objects.get(pk=obj.pk))
            if consequences:
                raise NotAnsweredYet(consequences)
        super().save_model(request, obj, form, change)

    def ask(
        self, request: HttpRequest, calendar: Calendar | None, consequences: list[str]
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Make it a Simple calendar?",
            "opts": self.opts,
            "original": calendar,
            "consequences": consequences,
            "typed": typed(request),
            "answer": ANSWER,
        }
        return TemplateResponse(request, "admin/calendars/calendar/turn_simple.html", context)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, to be posted once more with the answer."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
