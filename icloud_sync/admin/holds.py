"""What a guard holds back, and the two answers to it (D21)."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from calendars.models import User
from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.shown import BAD, GOOD, QUIET, account_link, ago, mark
from icloud_sync.connecting import deciding
from icloud_sync.models import Hold

State = Hold.State
KINDS = {State.WAITING: BAD, State.APPROVED: GOOD, State.KEPT: GOOD, State.OVER: QUIET}
SHOWN = 100
PREFIX = "icloud_sync_hold"


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    change_form_template = "admin/icloud_sync/hold/change_form.html"
    list_display = ["message", "account", "kind", "shown_state", "since", "decided_by"]
    list_filter = ["state", "kind"]
    list_select_related = ["connection__user", "decided_by"]
    search_fields = ["message", "connection__apple_id", "connection__user__username"]
    fields = ["message", "account", "kind", "shown_state", "since", "decided", "names"]

    def get_urls(self) -> list[URLPattern]:
        answers = {"approve": deciding.approve, "keep": deciding.keep}
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(self.answering(answer)),
                name=f"{PREFIX}_{name}",
            )
            for name, answer in answers.items()
        ]
        return [*own, *super().get_urls()]

    def answering(self, answer: Callable[..., None]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            if not self.may_decide(request):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponse(status=405)
            hold = get_object_or_404(Hold.objects.select_related("connection__user"), pk=pk)
            self.carry_out(request, hold, answer)
            return redirect(f"admin:{PREFIX}_change", pk)

        return view

    def carry_out(self, request: HttpRequest, hold: Hold, answer: Callable[..., None]) -> None:
        assert isinstance(request.user, User)
        try:
            answer(hold, actor=request.user)
        except deciding.Decided as late:
            messages.warning(request, str(late))
            return
        hold.refresh_from_db()
        self.log_change(request, hold, hold.get_state_display())
        messages.success(request, f"{hold.get_state_display()}. It is carried out now.")

    def may_decide(self, request: HttpRequest) -> bool:
        return request.user.has_perm("icloud_sync.change_hold")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        hold = self.get_object(request, object_id)
        waits = bool(hold and hold.state == State.WAITING and self.may_decide(request))
        extra = {"may_decide": waits}
        if waits and hold:
            kind = Hold.Kind(hold.kind)
            extra["approving"] = deciding.WHAT_APPROVING_DOES[kind]  # type: ignore[assignment]
            extra["keeping"] = deciding.WHAT_KEEPING_DOES[kind]  # type: ignore[assignment]
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, hold: Hold) -> SafeString | str:
        return account_link(hold.connection)

    @admin.display(description="state", ordering="state")
    def shown_state(self, hold: Hold) -> SafeString:
        state = State(hold.state)
        return mark(KINDS[state], state.label)

    @admin.display(description="since", ordering="created_at")
    def since(self, hold: Hold) -> SafeString:
        return ago(hold.created_at)

    @admin.display(description="decided")
    def decided(self, hold: Hold) -> str:
        if hold.decided_at is None:
            return "–"
        by = f" by {hold.decided_by}" if hold.decided_by else ""
        return f"{hold.decided_at:%Y-%m-%d %H:%M} UTC{by}"

    @admin.display(description="what it is about")
    def names(self, hold: Hold) -> SafeString | str:
        lines = deciding.names(hold)
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        return format_html_join("", "{}<br>", ((line,) for line in lines[:SHOWN] + more)) or "–"
