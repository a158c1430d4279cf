"""The sync log: what was done, to what, and why. Nobody changes an entry; who may can restore
what it took away."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from calendars.queries import shown_name
from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.resources import shown_body
from icloud_sync.admin.restoring import RestoresVersions
from icloud_sync.admin.shown import (
    BAD,
    GOOD,
    QUIET,
    WARN,
    account_link,
    change_link,
    count_link,
    mark,
)
from icloud_sync.history import NEEDED
from icloud_sync.models import SyncLogEntry
from icloud_sync.synclog import NAMES

Direction, Outcome = SyncLogEntry.Direction, SyncLogEntry.Outcome
KINDS = {
    Outcome.DONE: GOOD,
    Outcome.SKIPPED: QUIET,
    Outcome.RETRYING: WARN,
    Outcome.CONFLICT: WARN,
    Outcome.NEEDS_ATTENTION: BAD,
    Outcome.FAILED: BAD,
}


@admin.register(SyncLogEntry)
class SyncLogAdmin(RestoresVersions, ReadOnlyAdmin):
    change_form_template = "admin/icloud_sync/synclogentry/change_form.html"
    list_display = ["at", "state", "message", "account", "action", "way"]
    list_display_links = ["at", "message"]
    list_filter = ["direction", "outcome", "action", "created_at"]
    list_select_related = ["connection__user"]
    date_hierarchy = "created_at"
    search_fields = [
        "message",
        "before__title",
        "after__title",
        "connection__apple_id",
        "connection__user__username",
        "connection__user__first_name",
        "connection__user__last_name",
    ]
    search_help_text = "A title, a word of the message, a user or an Apple ID."
    fieldsets = [
        (None, {"fields": ["exact", "account", "direction", "action", "state", "message", "by"]}),
        (
            "What it was about",
            {"fields": ["appointment", "slot", "resource_link", "story", "run_link"]},
        ),
        ("Before and after", {"fields": ["changes", "restored_from", "restored_as"]}),
        (
            "What it replaced in iCloud",
            {"fields": ["etag", "kept_body"], "classes": ["collapse"]},
        ),
    ]

    @admin.display(description="time (UTC)", ordering="created_at")
    def at(self, entry: SyncLogEntry) -> SafeString:
        moment = entry.created_at
        shown = f"{moment.day} {moment:%b, %H:%M:%S}"
        return format_html('<time datetime="{}">{}</time>', moment.isoformat(), shown)

    @admin.display(description="time (UTC)")
    def exact(self, entry: SyncLogEntry) -> str:
        return f"{entry.created_at:%Y-%m-%d %H:%M:%S}"

    @admin.display(description="way", ordering="direction")
    def way(self, entry: SyncLogEntry) -> str:
        return "to iCloud" if entry.direction == Direction.PUSH else "from iCloud"

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, entry: SyncLogEntry) -> SafeString | str:
        return account_link(entry.connection) if entry.connection else "no longer there"

    @admin.display(description="outcome", ordering="outcome")
    def state(self, entry: SyncLogEntry) -> SafeString:
        outcome = Outcome(entry.outcome)
        shown = mark(KINDS[outcome], outcome.label)
        return format_html("{} <small>{}</small>", shown, often(entry)) if often(entry) else shown

    @admin.display(description="appointment")
    def appointment(self, entry: SyncLogEntry) -> SafeString | str:
        return number_link("calendars_appointment", entry.appointment_id)

    @admin.display(description="Blocked Slot")
    def slot(self, entry: SyncLogEntry) -> SafeString | str:
        return number_link("calendars_blockedslot", entry.slot_id)

    @admin.display(description="resource in iCloud")
    def resource_link(self, entry: SyncLogEntry) -> SafeString | str:
        return change_link(entry.resource)

    @admin.display(description="all entries about it")
    def story(self, entry: SyncLogEntry) -> SafeString | str:
        lookups = ("appointment_id", "slot_id", "resource__id")
        for name, lookup in zip(NAMES, lookups, strict=True):
            if value := getattr(entry, name):
                number = SyncLogEntry.objects.filter(**{name: value}).count()
                return count_link(number, SyncLogEntry, **{f"{lookup}__exact": value})
        return "–"

    @admin.display(description="run")
    def run_link(self, entry: SyncLogEntry) -> SafeString | str:
        return change_link(entry.run)

    @admin.display(description="by")
    def by(self, entry: SyncLogEntry) -> str:
        return shown_name(entry.actor) if entry.actor else "–"

    @admin.display(description="restores")
    def restored_from(self, entry: SyncLogEntry) -> SafeString | str:
        return change_link(entry.restores)

    @admin.display(description="restored by")
    def restored_as(self, entry: SyncLogEntry) -> SafeString | str:
        found = entry.restored_by.order_by("pk")
        return format_html_join(", ", "{}", ((change_link(one),) for one in found)) or "–"

    @admin.display(description="text (iCalendar)")
    def kept_body(self, entry: SyncLogEntry) -> SafeString | str:
        return shown_body(entry.body)

    @admin.display(description="fields")
    def changes(self, entry: SyncLogEntry) -> str:
        rows = side_by_side(entry.before, entry.after)
        return render_to_string("admin/icloud_sync/synclogentry/changes.html", {"rows": rows})

    def get_queryset(self, request: HttpRequest) -> Any:
        entries = super().get_queryset(request)
        if is_list(request):
            return entries.select_related("connection__user").defer("body", "before", "after")
        return entries.select_related(*NEEDED, "run", "actor", "restores")


def is_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return bool(match and str(match.url_name).endswith("_changelist"))


def often(entry: SyncLogEntry) -> str:
    """ "3 times, last at 25 Nov, 10:42:05", of trouble that was met more than once."""
    if entry.repeats < 2 or entry.last_at is None:
        return ""
    last = entry.last_at
    return f"{entry.repeats} times, last at {last.day} {last:%b, %H:%M:%S}"


def number_link(name: str, pk: int | None) -> SafeString | str:
    """The row may be gone by now; the log keeps its number."""
    if pk is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), pk)


def side_by_side(before: Any, after: Any) -> list[dict[str, Any]]:
    """One row a field that either side names, in the order they name them."""
    old, new = as_fields(before), as_fields(after)
    return [
        {
            "field": field.replace("_", " "),
            "before": old.get(field),
            "after": new.get(field),
            "changed": bool(old and new) and old.get(field) != new.get(field),
        }
        for field in dict.fromkeys([*old, *new])
        if old.get(field) not in (None, "") or new.get(field) not in (None, "")
    ]


def as_fields(kept: Any) -> dict[str, Any]:
    """What lost in a conflict stands beside, each field on its own."""
    if kept is None:
        return {}
    if not isinstance(kept, dict):
        return {"value": kept}
    found = {name: plain(value) for name, value in kept.items() if name != "lost"}
    lost = kept.get("lost")
    for name, value in lost.items() if isinstance(lost, dict) else ():
        parts = value if isinstance(value, dict) else {name: value}
        found |= {f"{part}, which lost": plain(each) for part, each in parts.items()}
    return found


def plain(value: Any) -> Any:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
