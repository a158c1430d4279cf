"""What must still be sent: to be read, and tried again at once."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from icloud_sync import outbox
from icloud_sync.admin.readonly import ReadOnlyAdmin
from icloud_sync.admin.shown import BAD, QUIET, WARN, account_link, ago, mark
from icloud_sync.admin.synclog import number_link
from icloud_sync.connecting.story import counted
from icloud_sync.models import OutboxEntry

State, Kind = OutboxEntry.State, OutboxEntry.Kind
ADMIN_NAMES = {
    Kind.APPOINTMENT: "calendars_appointment",
    Kind.SLOT: "calendars_blockedslot",
    Kind.EVENT: "icloud_sync_synclogentry",
}


@admin.register(OutboxEntry)
class OutboxAdmin(ReadOnlyAdmin):
    list_display = ["subject", "account", "shown_state", "last_error", "attempts", "due"]
    list_filter = ["state", "kind", "not_before"]
    list_select_related = ["connection__user"]
    search_fields = [
        "last_error",
        "object_id",
        "connection__apple_id",
        "connection__user__username",
    ]
    actions = ["try_again_now"]
    fields = [
        "subject",
        "subject_link",
        "account",
        "shown_state",
        "attempts",
        "not_before",
        "last_error",
        "created_at",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("connection__user")

    @admin.display(description="what", ordering="object_id")
    def subject(self, entry: OutboxEntry) -> str:
        return str(entry)

    @admin.display(description="row")
    def subject_link(self, entry: OutboxEntry) -> SafeString | str:
        return number_link(ADMIN_NAMES[Kind(entry.kind)], entry.object_id)

    @admin.display(description="connection", ordering="connection__user__username")
    def account(self, entry: OutboxEntry) -> SafeString | str:
        return account_link(entry.connection)

    @admin.display(description="state", ordering="state")
    def shown_state(self, entry: OutboxEntry) -> SafeString:
        state = State(entry.state)
        if state == State.WAITING and entry.attempts:
            return mark(WARN, "Retrying")
        return mark(BAD if state == State.NEEDS_ATTENTION else QUIET, state.label)

    @admin.display(description="next try", ordering="not_before")
    def due(self, entry: OutboxEntry) -> SafeString | str:
        return ago(entry.not_before) if entry.state == State.WAITING else "–"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("icloud_sync.change_outboxentry")

    @admin.action(description="Try again now", permissions=["retry"])
    def try_again_now(self, request: HttpRequest, chosen: QuerySet[OutboxEntry]) -> None:
        number = try_again(chosen)
        messages.success(request, f"{counted(number, 'change')} will be tried now.")


def try_again(chosen: QuerySet[OutboxEntry]) -> int:
    """What a person chose waits no longer; what is being sent right now is left alone."""
    with transaction.atomic():
        entries = list(chosen.exclude(state=State.CLAIMED))
        for entry in entries:
            make_due(entry)
        for connection_id in {entry.connection_id for entry in entries}:
            outbox.nudge(connection_id)
    return len(entries)


def make_due(entry: OutboxEntry) -> None:
    """A newer row that waits for the same object says all that this one says."""
    due = {"state": State.WAITING, "not_before": timezone.now(), "attempts": 0}
    newer = outbox.same_object(entry).filter(state=State.WAITING)
    if newer.update(**due):
        OutboxEntry.objects.filter(pk=entry.pk).delete()
    else:
        OutboxEntry.objects.filter(pk=entry.pk).update(**due)
