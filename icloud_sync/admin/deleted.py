"""The list of what was deleted in iCloud, with what staff may do about it (D4, D5)."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from calendars.admin.turning import typed
from calendars.models import BlockedSlot
from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.shown import account_link, ago, change_link
from icloud_sync.connecting import deleted
from icloud_sync.connecting.story import counted
from icloud_sync.models import DeletedInICloud

ANSWER = "_cancel_them"
TEMPLATE = "admin/icloud_sync/deletedinicloud/cancel.html"


class WhatItIs(admin.SimpleListFilter):
    title = "what it is"
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("copies", "Events of appointments"), ("events", "Events made in iCloud")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() not in ("copies", "events"):
            return None
        return queryset.filter(appointment__isnull=self.value() == "events")


@admin.register(DeletedInICloud)
class DeletedAdmin(ReadOnlyAdmin):
    list_display = ["what", "when", "account", "collection", "appointment_link", "seen"]
    list_display_links = None
    list_filter = [WhatItIs]
    list_select_related = ["connection__user", "collection", "appointment"]
    search_fields = ["uid", "appointment__title", "connection__apple_id"]
    search_help_text = "An appointment, a UID or an Apple ID."
    actions = ["put_back", "cancel_appointments", "free_time", "leave"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request).filter(pk__in=deleted.query_deleted().values("pk"))
        own = Concat(Value("icloud:"), Cast(OuterRef("pk"), CharField()))
        slots = BlockedSlot.objects.filter(
            source_ref__gte=Concat(own, Value(":")), source_ref__lt=Concat(own, Value(";"))
        ).order_by("starts_at")
        # The link outlives its appointment: only a join meets a missing row with None.
        annotated: QuerySet[Any] = (
            found.select_related(*self.list_select_related)
            .defer("base", "own_base", "unread_body")
            .annotate(
                title=Coalesce("appointment__title", Subquery(slots.values("title")[:1])),
                starts=Coalesce("appointment__starts_at", Subquery(slots.values("starts_at")[:1])),
            )
        )
        return annotated

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("icloud_sync.change_remoteresource")

    # --- Columns ----------------------------------------------------------------------

    @admin.display(description="event", ordering="title")
    def what(self, resource: Any) -> str:
        return resource.title or "(no title)"

    @admin.display(description="when (UTC)", ordering="starts")
    def when(self, resource: Any) -> str:
        return f"{resource.starts:%Y-%m-%d %H:%M}" if resource.starts else "–"

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, resource: DeletedInICloud) -> SafeString | str:
        return account_link(resource.connection)

    @admin.display(description="appointment")
    def appointment_link(self, resource: DeletedInICloud) -> SafeString | str:
        if resource.appointment_id and resource.appointment is None:
            return "deleted in Referins"
        return change_link(resource.appointment)

    @admin.display(description="seen", ordering="updated_at")
    def seen(self, resource: DeletedInICloud) -> SafeString:
        return ago(resource.updated_at)

    # --- What may be done ---------------------------------------------------------------

    @admin.action(description="Put back into iCloud", permissions=["decide"])
    def put_back(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.say(request, chosen, deleted.put_back, "{} into iCloud again", "event")

    @admin.action(description="Free the time of their Blocked Slots", permissions=["decide"])
    def free_time(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        events = chosen.filter(appointment=None)
        self.say(request, events, deleted.free, "{} freed", "Blocked Slot")

    @admin.action(description="Leave it as it is", permissions=["decide"])
    def leave(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.say(request, chosen, deleted.leave, "{} left as they are, and off this list", "event")

    @admin.action(description="Cancel the appointments…", permissions=["decide"])
    def cancel_appointments(
        self, request: HttpRequest, chosen: QuerySet[Any]
    ) -> HttpResponse | None:
        """Asked first: other hosts' events go with it."""
        copies = chosen.filter(appointment__isnull=False)
        if ANSWER in request.POST:
            self.say(request, copies, deleted.cancel, "{} cancelled", "appointment")
            return None
        found = [one.appointment for one in copies if one.appointment is not None]
        if not found:
            messages.warning(request, "None of these is the event of an appointment.")
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": "Cancel appointments",
            "opts": self.opts,
            "media": self.media,
            "has_view_permission": True,
            "appointments": found,
            "typed": typed(request),
            "answer": ANSWER,
        }
        return TemplateResponse(request, TEMPLATE, context)

    def say(
        self,
        request: HttpRequest,
        chosen: QuerySet[Any],
        act: Callable[..., int],
        sentence: str,
        noun: str,
    ) -> None:
        number = act(chosen, actor=request.user)
        left_out = chosen.count() - number if act is deleted.put_back else 0
        said = f"{sentence.format(counted(number, noun))}."
        if left_out > 0:
            said += f" {left_out} left out: there is no appointment that belongs into the account."
        (messages.success if number else messages.warning)(request, said)
