"""Blocked Slots: made here, or born at a source that wants to hear what happens to them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from calendars import booking, sources
from calendars.admin.filters import GoneFilter, UpcomingFirst
from calendars.admin.saving import SavesWhatChanged
from calendars.admin.shown import date_span, mark, time_span
from calendars.forms import BlockedSlotForm
from calendars.models import BlockedSlot
from calendars.queries import shown_name
from calendars.types import SlotOrigin


@admin.register(BlockedSlot)
class BlockedSlotAdmin(SavesWhatChanged):
    form = BlockedSlotForm
    list_display = ["shown_title", "belongs_to", "when", "busy", "came_from", "state"]
    list_filter = [
        UpcomingFirst,
        "origin",
        "is_busy",
        "is_all_day",
        GoneFilter,
    ]
    list_select_related = ["user", "calendar"]
    list_per_page = 50
    search_fields = ["title", "user__username", "user__last_name", "calendar__name"]
    search_help_text = "Search by title, user or calendar."
    date_hierarchy = "starts_at"
    ordering = ["starts_at", "pk"]
    autocomplete_fields = ["user", "calendar"]
    actions = ["delete_selected"]
    fieldsets = [
        (
            "Whose time",
            {
                "fields": ["user", "calendar"],
                "description": "Choose a user or a calendar, not both.",
            },
        ),
        (
            "When",
            {
                "fields": ["is_all_day", "starts_at", "ends_at"],
                "description": "In the time zone of the user or calendar. For all day, enter the "
                "first and the last day and leave the times empty.",
            },
        ),
        (None, {"fields": ["title", "is_busy"]}),
        ("Details", {"fields": ["location", "notes"]}),
    ]

    @admin.display(description="title", ordering="title")
    def shown_title(self, slot: BlockedSlot) -> str:
        return str(slot)

    @admin.display(description="owner")
    def belongs_to(self, slot: BlockedSlot) -> str:
        return shown_name(slot.user) if slot.user else f"{slot.calendar} (calendar)"

    @admin.display(ordering="starts_at")
    def when(self, slot: BlockedSlot) -> SafeString:
        if slot.starts_on and slot.ends_on:
            return date_span(slot.starts_on, slot.ends_on)
        return time_span(slot.starts_at, slot.ends_at, slot.zone)

    @admin.display(ordering="is_busy")
    def busy(self, slot: BlockedSlot) -> SafeString:
        return mark("busy", "Busy") if slot.is_busy else mark("free", "Free")

    @admin.display(description="origin", ordering="origin")
    def came_from(self, slot: BlockedSlot) -> SafeString:
        if slot.origin == SlotOrigin.REFERINS:
            return mark("here", slot.get_origin_display())
        return mark("cloud", f"☁ {slot.get_origin_display()}")

    @admin.display(description="state", empty_value="")
    def state(self, slot: BlockedSlot) -> SafeString | str:
        if slot.removed_at_source_at:
            return mark("removed", f"Deleted in {slot.get_origin_display()}")
        return mark("locked", "Read-only") if slot.read_only_reason else ""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        stock = super().get_fieldsets(request, obj)
        may_change = self.has_change_permission(request, obj)
        if may_change and not (obj and obj.read_only_reason):
            return handed_to_nobody(stock) if obj and obj.source_ref else stock
        busy = "is_busy" if may_change else "busy"
        shown = ["belongs_to", "when", "title", busy, "location", "notes"]
        return [(None, {"fields": shown})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj and obj.read_only_reason:
            # "Free this time" and "block it after all" are ours all the same (D9).
            return ["belongs_to", "when", "title", "location", "notes"]
        # An event of a source cannot change hands: it lies in its owner's account.
        return ["user", "calendar", "belongs_to"] if obj and obj.source_ref else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or booking.may_delete(obj))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        slot = self.get_object(request, object_id)
        said = {"notices": notices(slot) if slot else []}
        return super().change_view(request, object_id, form_url, {**said, **(extra_context or {})})

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        slot = self.get_object(request, object_id)
        said = {"consequences": sources.delete_consequences([slot]) if slot else []}
        return super().delete_view(request, object_id, {**said, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: BlockedSlot) -> None:
        booking.delete_slot(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[BlockedSlot]) -> None:
        for slot in queryset:
            booking.delete_slot(slot)

    @admin.action(description="Delete selected Blocked Slots", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[BlockedSlot]
    ) -> HttpResponse | None:
        """The stock action, without the slots that cannot go, and saying what follows."""
        slots = list(queryset.select_related("user", "calendar"))
        refused = [slot for slot in slots if not booking.may_delete(slot)]
        for slot in refused:
            messages.warning(request, f"Left out “{slot}”: {slot.read_only_reason}")
        if len(refused) == len(slots):
            return None
        may_go = queryset.exclude(pk__in=[slot.pk for slot in refused])
        response = delete_selected(self, request, may_go)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            going = [slot for slot in slots if slot not in refused]
            response.context_data["consequences"] = sources.delete_consequences(going)
        return response


def handed_to_nobody(stock: Any) -> Any:
    return [("Whose time", {"fields": ["belongs_to"]}), *stock[1:]]


def notices(slot: BlockedSlot) -> list[str]:
    """What staff should know before they change this slot."""
    said = []
    if slot.read_only_reason:
        said.append(
            f"This slot cannot be changed here: {slot.read_only_reason} Whether it is busy "
            "can: that stays in Referins."
        )
    else:
        said += sources.edit_consequences([slot])
    if slot.removed_at_source_at:
        said.append(f"Its event was deleted in {slot.get_origin_display()}; the slot stayed.")
    return said
