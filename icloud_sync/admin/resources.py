"""Every calendar object resource we know of, and what both sides last agreed on."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from icloud_sync import connecting
from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.shown import BAD, GOOD, QUIET, WARN, account_link, ago, change_link, mark
from icloud_sync.admin.withdrawing import InICloudOfCalendar, Withdrawing
from icloud_sync.connecting.story import counted
from icloud_sync.models import RemoteResource

State = RemoteResource.State
KINDS = {
    State.PENDING: QUIET,
    State.SYNCED: GOOD,
    State.DELETED_IN_ICLOUD: WARN,
    State.REMOVED: QUIET,
    State.NEEDS_ATTENTION: BAD,
}


class DeletedInICloud(admin.SimpleListFilter):
    """R6 and R12 leave both in Referins; staff decide about them."""

    title = "deleted in iCloud"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("copies", "Copies of appointments"), ("events", "Events that came from iCloud")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() not in ("copies", "events"):
            return None
        gone = queryset.filter(Q(state=State.DELETED_IN_ICLOUD) | Q(own_occurrence_gone=True))
        return gone.filter(appointment__isnull=self.value() == "events")


class Frozen(admin.SimpleListFilter):
    title = "kept changing by both sides"
    parameter_name = "frozen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.exclude(frozen_at=None) if self.value() == "yes" else None


@admin.register(RemoteResource)
class RemoteResourceAdmin(Withdrawing, ReadOnlyAdmin):
    actions = [*Withdrawing.actions, "let_go_on"]
    list_display = [
        "uid",
        "account",
        "collection",
        "appointment_link",
        "shown_state",
        "state_reason",
        "updated",
    ]
    list_filter = ["state", DeletedInICloud, Frozen, InICloudOfCalendar, "withdrawn", "has_guests"]
    list_select_related = ["connection__user", "collection", "appointment"]
    search_fields = ["uid", "href", "connection__apple_id", "connection__user__username"]
    search_help_text = "A UID, an href, a user or an Apple ID."
    fieldsets = [
        (None, {"fields": ["shown_state", "state_reason", "appointment_link", "updated_at"]}),
        ("Where it lies", {"fields": ["account", "collection", "href", "uid", "etag"]}),
        ("What it is", {"fields": ["recurring", "recurrence_id", "guests"]}),
        ("As last agreed by both sides", {"fields": ["body"]}),
        ("As it could not be read", {"fields": ["unread"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        # The link outlives its appointment: only a join meets a missing row with None.
        related = super().get_queryset(request).select_related(*self.list_select_related)
        match = request.resolver_match
        is_list = bool(match and str(match.url_name).endswith("_changelist"))
        return related.defer("base", "own_base", "unread_body") if is_list else related

    @admin.action(
        description="Let it go on, though both sides kept changing it", permissions=["withdraw"]
    )
    def let_go_on(self, request: HttpRequest, chosen: QuerySet[RemoteResource]) -> None:
        number = connecting.let_go_on(chosen, actor=request.user)  # type: ignore[arg-type]
        said = f"{counted(number, 'event')} may be changed by both sides again."
        (messages.success if number else messages.warning)(request, said)

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, resource: RemoteResource) -> SafeString | str:
        return account_link(resource.connection)

    @admin.display(description="appointment")
    def appointment_link(self, resource: RemoteResource) -> SafeString | str:
        if resource.appointment_id and resource.appointment is None:
            return f"{resource.appointment_id}, deleted in Referins"
        return change_link(resource.appointment)

    @admin.display(description="state", ordering="state")
    def shown_state(self, resource: RemoteResource) -> SafeString:
        if resource.frozen_at:
            return mark(BAD, "Needs attention: both sides keep changing it")
        state = State(resource.state)
        if state == State.SYNCED and resource.own_occurrence_gone:
            return mark(WARN, "Its occurrence is out of the series")
        return mark(KINDS[state], state.label)

    @admin.display(description="recurring")
    def recurring(self, resource: RemoteResource) -> str:
        return "Yes" if resource.is_recurring else "No"

    @admin.display(description="updated", ordering="updated_at")
    def updated(self, resource: RemoteResource) -> SafeString:
        return ago(resource.updated_at)

    @admin.display(description="guests")
    def guests(self, resource: RemoteResource) -> str:
        return "Yes: never written by Referins" if resource.has_guests else "No"

    @admin.display(description="text (iCalendar)")
    def body(self, resource: RemoteResource) -> SafeString | str:
        return shown_body(resource.base)

    @admin.display(description="text")
    def unread(self, resource: RemoteResource) -> SafeString | str:
        return shown_body(resource.unread_body)


def shown_body(body: str) -> SafeString | str:
    return format_html('<pre class="ical-body">{}</pre>', body) if body else "–"
