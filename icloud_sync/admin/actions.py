"""What staff do with one connection: each a POST, each by permission, each in the history."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from icloud_sync import connecting
from icloud_sync.admin.add import FOLDER
from icloud_sync.admin.forms import PasswordForm
from icloud_sync.connecting import ConnectError
from icloud_sync.connecting.errors import DISCONNECTED, PAUSED
from icloud_sync.connecting.story import counted
from icloud_sync.models import ICloudConnection

Status = ICloudConnection.Status
PREFIX = "icloud_sync_icloudconnection"
NEEDS_PASSWORD = "This connection needs a new password first. Use Update password."


class ConnectionActions(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_urls(self) -> list[URLPattern]:
        views = {
            "sync": self.sync_view,
            "pause": self.pause_view,
            "resume": self.resume_view,
            "password": self.password_view,
            "disconnect": self.disconnect_view,
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"{PREFIX}_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    # --- Buttons --------------------------------------------------------------------

    def sync_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.press(request, pk, self.sync)

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.press(request, pk, self.pause)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.press(request, pk, self.resume)

    def press(
        self,
        request: HttpRequest,
        pk: int,
        act: Callable[[HttpRequest, ICloudConnection], str],
    ) -> HttpResponse:
        connection = self.acted_on(request, pk)
        if request.method != "POST":
            return HttpResponse(status=405)
        try:
            said = act(request, connection)
        except ConnectError as error:
            messages.error(request, error.sentence)
        else:
            self.log_change(request, connection, said)
            messages.success(request, said)
        return back_to(connection)

    def sync(self, request: HttpRequest, connection: ICloudConnection) -> str:
        refuse_unless_syncing(connection)
        connecting.sync_soon(connection)
        return "Sync started. Reload in a few seconds to see what it did in the sync log."

    def pause(self, request: HttpRequest, connection: ICloudConnection) -> str:
        connecting.pause(connection, actor=request.user)  # type: ignore[arg-type]
        return "Paused. Nothing is sent or fetched until you resume."

    def resume(self, request: HttpRequest, connection: ICloudConnection) -> str:
        connecting.resume(connection, actor=request.user)  # type: ignore[arg-type]
        number = connecting.count_waiting(connection)
        return f"Resumed. {counted(number, 'change')} on the way to iCloud."

    # --- Pages of their own ---------------------------------------------------------

    @method_decorator(sensitive_post_parameters("password"))
    def password_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = self.acted_on(request, pk)
        form = PasswordForm(request.POST or None)
        if form.is_valid() and self.store_password(request, connection, form):
            return back_to(connection)
        fieldsets = [(None, {"fields": ["password"]})]
        admin_form = AdminForm(form, fieldsets, {}, model_admin=self)  # type: ignore[arg-type]
        context = self.page(request, connection, "Update password")
        context |= {"adminform": admin_form, "form": form}
        return TemplateResponse(request, f"{FOLDER}/update_password.html", context)

    def store_password(
        self, request: HttpRequest, connection: ICloudConnection, form: PasswordForm
    ) -> bool:
        try:
            connecting.update_password(
                connection,
                form.cleaned_data["password"],
                actor=request.user,  # type: ignore[arg-type]
            )
        except ConnectError as error:
            form.add_error("password" if error.field == "password" else None, error.sentences)
            return False
        self.log_change(request, connection, "Updated the password.")
        messages.success(request, "The new password works. What was waiting goes out now.")
        return True

    def disconnect_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows what stays and what goes; POST does it (D16)."""
        connection = self.acted_on(request, pk)
        if request.method == "POST":
            return self.press(request, pk, self.disconnect)
        context = self.page(request, connection, "Disconnect")
        context["leaving"] = connecting.what_disconnecting_does(connection)
        return TemplateResponse(request, f"{FOLDER}/disconnect.html", context)

    def disconnect(self, request: HttpRequest, connection: ICloudConnection) -> str:
        left = connecting.disconnect(connection, actor=request.user)  # type: ignore[arg-type]
        return (
            f"Disconnected, and the password is wiped. Left in iCloud: "
            f"{counted(left.events_staying, 'event')}. Removed from Referins: "
            f"{counted(left.slots_leaving, 'future Blocked Slot')}."
        )

    # --- Shared -----------------------------------------------------------------------

    def may_act(self, request: HttpRequest) -> bool:
        return bool(super().has_change_permission(request))

    def acted_on(self, request: HttpRequest, pk: int) -> ICloudConnection:
        if not self.may_act(request):
            raise PermissionDenied
        return get_object_or_404(ICloudConnection.objects.select_related("user"), pk=pk)

    def page(
        self, request: HttpRequest, connection: ICloudConnection, title: str
    ) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(connection),
            "opts": self.opts,
            "original": connection,
            "media": self.media,
            "has_view_permission": self.has_view_permission(request),
        }

    def offered(self, request: HttpRequest, connection: ICloudConnection) -> dict[str, Any]:
        """Which buttons the connection's page shows."""
        if not connection.is_live or not self.may_act(request):
            return {}
        paused = connection.status == Status.PAUSED
        return {
            "may_act": True,
            "may_sync": connection.may_sync,
            "may_resume": paused,
            "resume_sends": paused and connecting.what_resuming_sends(connection, timezone.now()),
        }


def refuse_unless_syncing(connection: ICloudConnection) -> None:
    why_not = {
        Status.PAUSED: PAUSED,
        Status.NEEDS_PASSWORD: NEEDS_PASSWORD,
        Status.DISCONNECTED: DISCONNECTED,
    }
    if not connection.may_sync:
        raise ConnectError(why_not[Status(connection.status)])


def back_to(connection: ICloudConnection) -> HttpResponse:
    return redirect(f"admin:{PREFIX}_change", connection.pk)
