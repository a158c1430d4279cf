"""The one switch that stops all sync (D21): a page with a button, from the first page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from calendars.models import User
from icloud_sync.guards import stop
from icloud_sync.models import Stop

TEMPLATE = "admin/icloud_sync/stop/switch.html"


class StopForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        required=False,
        help_text="Others read it on the first page of the admin.",
    )


@admin.register(Stop)
class StopAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One page in the place of a list."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.switch_view)
        return [path("", view, name="icloud_sync_stop_changelist")]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_switch(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_switch(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_switch(self, request: HttpRequest) -> bool:
        return request.user.has_perm("icloud_sync.change_stop")

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        if not self.may_switch(request):
            raise PermissionDenied
        form = StopForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.switch(request, form.cleaned_data["reason"])
        context = {
            **self.admin_site.each_context(request),
            "title": "Stop all sync",
            "opts": self.opts,
            "stopped": stop.sentence(),
            "form": form,
        }
        return TemplateResponse(request, TEMPLATE, context)

    def switch(self, request: HttpRequest, reason: str) -> HttpResponse:
        assert isinstance(request.user, User)
        if "start" in request.POST:
            stop.start(actor=request.user)
            messages.success(request, "Sync goes on. What waited goes out now.")
        else:
            stop.stop(reason, actor=request.user)
            messages.success(request, "All sync is stopped. Nothing is sent or fetched.")
        return redirect("admin:index")
