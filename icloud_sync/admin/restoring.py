"""Restoring an earlier version from an entry of the log, and undoing a run: a page that says what
it does, then one POST."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from calendars.admin.shown import date_span, time_span
from calendars.models import User
from icloud_sync import history
from icloud_sync.connecting.story import counted
from icloud_sync.core.history import WORDS, Change, Version, Way
from icloud_sync.core.values import Interval
from icloud_sync.history import CannotRestore, Preview
from icloud_sync.models import SyncLogEntry, SyncRun

FOLDER = "admin/icloud_sync"
VERSION, SEEN = "version", "seen"
LABELS: dict[str, str] = {
    Version.LOST: "Restore the losing version…",
    Version.BEFORE: "Restore the version before…",
    Way.SLOT_ANEW: "Restore as a Blocked Slot…",
    Way.EVENT_BACK: "Put the event back into iCloud…",
}
ENTRY, RUN = "icloud_sync_synclogentry", "icloud_sync_syncrun"
TOLD = 5  # reasons, of those that were skipped


class Confirming(admin.ModelAdmin):  # type: ignore[type-arg]
    """A page of one row's, in the frame of the admin."""

    def page(self, request: HttpRequest, row: Any, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(row),
            "opts": self.opts,
            "original": row,
            "media": self.media,
            "has_view_permission": self.has_view_permission(request),
        }


class RestoresVersions(Confirming):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.restore_view)
        return [path("<int:pk>/restore/", view, name=f"{ENTRY}_restore"), *super().get_urls()]

    def restore_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows what would change; POST does that, if it is still so."""
        refuse_unless(request, "icloud_sync.view_synclogentry")
        entries = SyncLogEntry.objects.select_related(*history.NEEDED)
        entry = get_object_or_404(entries, pk=pk)
        which = version_of(request)
        try:
            preview = history.look(entry, which)
            if not history.may_restore(user_of(request), preview):
                raise PermissionDenied
            if request.method == "POST":
                seen = request.POST.get(SEEN, "nothing")
                told = history.restore(entry, which, actor=user_of(request), seen=seen)
                if preview.row:
                    self.log_change(request, preview.row, "Restored from the sync log.")
                messages.success(request, sentence(told.message))
                return redirect(f"admin:{ENTRY}_change", told.pk)
        except CannotRestore as error:
            messages.error(request, error.sentence)
            return redirect(f"admin:{ENTRY}_change", pk)
        return self.ask_to_restore(request, preview)

    def ask_to_restore(self, request: HttpRequest, preview: Preview) -> HttpResponse:
        context = self.page(request, preview.entry, "Restore")
        context |= {"preview": preview, "rows": shown_changes(preview.changes, preview.zone)}
        return TemplateResponse(request, f"{FOLDER}/synclogentry/restore.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        entry = self.get_object(request, object_id)
        extra = offered(request, entry) if isinstance(entry, SyncLogEntry) else {}
        return super().change_view(request, object_id, form_url, {**extra, **(extra_context or {})})


class UndoesRuns(Confirming):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.undo_view)
        return [path("<int:pk>/undo/", view, name=f"{RUN}_undo"), *super().get_urls()]

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        refuse_unless(request, "icloud_sync.view_syncrun")
        if not history.may_undo(user_of(request)):
            raise PermissionDenied
        run = get_object_or_404(SyncRun.objects.select_related("connection__user"), pk=pk)
        if request.method == "POST":
            self.undo(request, run)
            return redirect(f"admin:{RUN}_change", pk)
        context = self.page(request, run, "Undo this run")
        preview = history.look_at_run(run)
        zone = ZoneInfo(run.connection.user.time_zone)
        context |= {
            "preview": preview,
            "lines": [(line, shown_changes(line.step.found, zone)) for line in preview.undone],
        }
        return TemplateResponse(request, f"{FOLDER}/syncrun/undo.html", context)

    def undo(self, request: HttpRequest, run: SyncRun) -> None:
        try:
            undone = history.undo(run, actor=user_of(request))
        except CannotRestore as error:
            messages.error(request, error.sentence)
            return
        said = f"Undone: {counted(undone.number, 'change')}."
        (messages.success if undone.number else messages.warning)(request, said)
        for entry, why in undone.skipped[:TOLD]:
            messages.warning(request, f"Left as it is: {entry.message.rstrip('.')}. {why}")
        more = len(undone.skipped) - TOLD
        if more > 0:
            messages.warning(request, f"And {more} more left as they are.")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if isinstance(run, SyncRun) and history.may_undo(user_of(request)):
            extra["may_undo"] = history.query_changes(run).exists()
        return super().change_view(request, object_id, form_url, extra)


# --- Shared -------------------------------------------------------------------------------


def offered(request: HttpRequest, entry: SyncLogEntry) -> dict[str, Any]:
    """The buttons of an entry's page, and why there are none."""
    previews, why = history.offers(entry)
    url = reverse(f"admin:{ENTRY}_restore", args=[entry.pk])
    buttons = [
        (f"{url}?{VERSION}={preview.which}", label_of(preview))
        for preview in previews
        if history.may_restore(user_of(request), preview)
    ]
    return {"restorable": buttons, "why_not": why}


def label_of(preview: Preview) -> str:
    return LABELS[preview.which if preview.way is Way.EDIT else preview.way]


def refuse_unless(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def user_of(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def version_of(request: HttpRequest) -> Version | None:
    asked = request.POST.get(VERSION) or request.GET.get(VERSION)
    return Version(asked) if asked in list(Version) else None


def sentence(message: str) -> str:
    return message[:1].upper() + message[1:]


def shown_changes(found: Iterable[Change], zone: ZoneInfo) -> list[dict[str, Any]]:
    """As the log's own table has them."""
    return [
        {
            "field": WORDS.get(one.field, one.field),
            "before": shown(one.now, zone),
            "after": shown(one.then, zone),
            "changed": one.now is not None,
        }
        for one in found
        if one.now is not None or one.then not in (None, "")
    ]


def shown(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Interval):
        if value.starts_on and value.ends_on:
            return date_span(value.starts_on, value.ends_on)
        return time_span(value.starts_at, value.ends_at, zone)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value
