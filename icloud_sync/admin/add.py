"""Connecting in two steps: the account, checked live; then what it is for."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from calendars.models import User
from icloud_sync import connecting
from icloud_sync.admin import pending
from icloud_sync.admin.forms import AccountForm, ChoicesForm
from icloud_sync.connecting import ConnectError
from icloud_sync.connecting.counts import query_to_push
from icloud_sync.connecting.story import counted
from icloud_sync.models import ICloudConnection, RemoteCollection

FOLDER = "admin/icloud_sync/icloudconnection"
ADD, CHOOSE = "icloud_sync_icloudconnection_add", "icloud_sync_icloudconnection_choose"
TOO_LATE = "That took longer than a quarter of an hour, so the password was forgotten. Start again."


class ConnectInTwoSteps(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("add/choose/", view(self.choose_view), name=CHOOSE),
            path("add/cancel/", view(self.cancel_view), name=f"{CHOOSE}_cancel"),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters("password"))
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The first step. A wrong password is found out here, before anything is stored."""
        self.refuse_unless_may_add(request)
        form = AccountForm(request.POST or None, initial={"user": request.GET.get("user")})
        if form.is_valid() and self.look(request, form):
            return redirect(f"admin:{CHOOSE}")
        fieldsets = [
            (None, {"fields": ["user", "apple_id", "password"]}),
            ("Advanced: another server", {"fields": ["server_url"], "classes": ["collapse"]}),
        ]
        context = self.step_context(request, "Connect an iCloud account", form, fieldsets)
        return TemplateResponse(request, f"{FOLDER}/connect.html", context)

    def look(self, request: HttpRequest, form: AccountForm) -> bool:
        typed = form.cleaned_data
        try:
            account = connecting.look(typed["apple_id"], typed["password"], typed["server_url"])
        except ConnectError as error:
            form.add_error(error.field or None, error.sentences)
            return False
        pending.keep(request, typed["user"].pk, typed["password"], account)
        return True

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """The second step. Nothing is stored before its button."""
        self.refuse_unless_may_add(request)
        kept = pending.recall(request)
        if kept is None:
            messages.error(request, TOO_LATE)
            return redirect(f"admin:{ADD}")
        user = get_object_or_404(User, pk=kept.user_id)
        counts = count_by_calendar(user)
        form = ChoicesForm(
            request.POST or None, collections=kept.account.collections, counts=counts
        )
        if form.is_valid():
            done = self.connect(request, form, user, kept)
            if done:
                return done
        context = self.step_context(
            request, f"Connect {user} to {kept.account.apple_id}", form, choice_fieldsets(form)
        )
        now = timezone.now()
        total = connecting.count_to_push(user, ICloudConnection.Serves.ALL, (), now)
        context |= {"account": kept.account, "user_connecting": user, "total": total}
        return TemplateResponse(request, f"{FOLDER}/choose.html", context)

    def connect(
        self, request: HttpRequest, form: ChoicesForm, user: User, kept: pending.Pending
    ) -> HttpResponse | None:
        chosen = form.cleaned_data
        try:
            connection = connecting.connect(
                user,
                kept.account.apple_id,
                kept.password,
                server_url=kept.account.server_url,
                target_href=form.having(RemoteCollection.Role.TARGET)[0],
                mirrored=form.having(RemoteCollection.Role.MIRRORED),
                serves=chosen["serves"],
                calendars=chosen["calendars"],
                write_who_is_coming=chosen["write_who_is_coming"],
                actor=request.user,  # type: ignore[arg-type]
            )
        except ConnectError as error:
            form.add_error("calendars" if error.field == "calendars" else None, error.sentences)
            return None
        pending.forget(request)
        return self.connected(request, connection)

    def connected(self, request: HttpRequest, connection: ICloudConnection) -> HttpResponse:
        self.log_addition(request, connection, "Connected.")
        number = connecting.count_waiting(connection)
        sending = f"{counted(number, 'appointment')} on the way to iCloud"
        messages.success(
            request,
            f"Connected {connection.apple_id} for {connection.user}: {sending}; "
            "its events come in within a minute.",
        )
        return redirect("admin:icloud_sync_icloudconnection_change", connection.pk)

    def cancel_view(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return HttpResponse(status=405)
        self.refuse_unless_may_add(request)
        pending.forget(request)
        messages.info(request, "Nothing was connected, and the password is forgotten.")
        return redirect("admin:icloud_sync_icloudconnection_changelist")

    def refuse_unless_may_add(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def step_context(
        self, request: HttpRequest, title: str, form: Any, fieldsets: Any
    ) -> dict[str, Any]:
        admin_form = AdminForm(form, fieldsets, {}, model_admin=self)
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "adminform": admin_form,
            "form": form,
            "media": self.media + admin_form.media,
            "has_view_permission": self.has_view_permission(request),
        }


def choice_fieldsets(form: ChoicesForm) -> Any:
    return [
        ("Calendars in iCloud", {"fields": form.role_names}),
        ("Calendars in Referins", {"fields": ["serves", "calendars", "write_who_is_coming"]}),
    ]


def count_by_calendar(user: User) -> dict[int, int]:
    """How many appointments serving each calendar would send now (D20)."""
    found = query_to_push(user.pk, ICloudConnection.Serves.ALL, (), timezone.now())
    counted_rows = found.order_by().values("calendar").annotate(number=Count("pk", distinct=True))
    return dict(counted_rows.values_list("calendar", "number"))
