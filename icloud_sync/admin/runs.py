"""The runs that did something, or failed to; who may can undo all that one did."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.restoring import UndoesRuns
from icloud_sync.admin.shown import BAD, GOOD, QUIET, WARN, account_link, count_link, mark
from icloud_sync.models import SyncLogEntry, SyncRun

Outcome = SyncRun.Outcome
KINDS = {
    Outcome.RUNNING: QUIET,
    Outcome.SUCCEEDED: GOOD,
    Outcome.FAILED: WARN,
    Outcome.ERRORED: BAD,
}


@admin.register(SyncRun)
class SyncRunAdmin(UndoesRuns, ReadOnlyAdmin):
    change_form_template = "admin/icloud_sync/syncrun/change_form.html"
    list_display = ["started_at", "account", "direction", "state", "took", "error"]
    list_filter = ["direction", "outcome", "started_at"]
    list_select_related = ["connection__user"]
    date_hierarchy = "started_at"
    search_fields = ["error", "connection__apple_id", "connection__user__username"]
    fields = ["started_at", "took", "account", "direction", "state", "error", "entries"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("connection__user")

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, run: SyncRun) -> SafeString | str:
        return account_link(run.connection)

    @admin.display(description="outcome", ordering="outcome")
    def state(self, run: SyncRun) -> SafeString:
        outcome = Outcome(run.outcome)
        return mark(KINDS[outcome], outcome.label)

    @admin.display(description="took")
    def took(self, run: SyncRun) -> str:
        if run.finished_at is None:
            return "–"
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s"

    @admin.display(description="log entries")
    def entries(self, run: SyncRun) -> SafeString | str:
        return count_link(run.log.count(), SyncLogEntry, run__id__exact=run.pk)
