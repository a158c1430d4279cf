"""What is known about a connection, in words: the columns of the list, the facts of the page."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from icloud_sync.admin.shown import BAD, GOOD, QUIET, WARN, ago, change_link, count_link, mark
from icloud_sync.lost_keys import lost_its_key
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteCollection, RemoteResource

Status, Role = ICloudConnection.Status, RemoteCollection.Role

KINDS = {
    Status.CONNECTED: GOOD,
    Status.DEGRADED: WARN,
    Status.NEEDS_PASSWORD: BAD,
    Status.PAUSED: QUIET,
    Status.DISCONNECTED: QUIET,
}
WHAT_TO_DO = {
    Status.CONNECTED: "Nothing. Changes flow in both directions.",
    Status.DEGRADED: "Nothing yet: it is tried again by itself. If this lasts, the sync log "
    "says what the server answers.",
    Status.NEEDS_PASSWORD: "Ask the user for a new app-specific password (account.apple.com, "
    "Sign-In and Security) and type it with Update password. Everything waits until then.",
    Status.PAUSED: "Press Resume when changes may flow again.",
    Status.DISCONNECTED: "Connect the account again, if it should sync.",
}
KEY_FIRST = (
    "Put the old key back into FIELD_ENCRYPTION_KEYS: this goes on by itself then. Only where "
    "the key is gone for good, ask the user for a new app-specific password and type it with "
    "Update password. Everything waits until then."
)


class ConnectionFacts(admin.ModelAdmin):  # type: ignore[type-arg]
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        target = RemoteCollection.objects.filter(connection=OuterRef("pk"), role=Role.TARGET)
        waiting = OutboxEntry.objects.filter(state=OutboxEntry.State.WAITING)
        stuck = OutboxEntry.objects.filter(state=OutboxEntry.State.NEEDS_ATTENTION)
        resources = RemoteResource.objects.filter(state=RemoteResource.State.NEEDS_ATTENTION)
        connections = super().get_queryset(request).select_related("user")
        annotated: QuerySet[Any] = connections.annotate(
            target_name=Subquery(target.values("name")[:1]),
            waiting_count=number_of(waiting),
            stuck_count=number_of(stuck),
            troubled_count=number_of(resources),
        )
        return annotated

    @admin.display(ordering="status")
    def state(self, connection: ICloudConnection) -> SafeString:
        status = Status(connection.status)
        return mark(KINDS[status], status.label)

    @admin.display(description="user", ordering="user__username")
    def account(self, connection: ICloudConnection) -> SafeString:
        return format_html(
            '<span class="account">{}<small>{}</small></span>', connection.user, connection.apple_id
        )

    @admin.display(description="writes to", ordering="target_name")
    def target(self, connection: Any) -> str:
        return connection.target_name or "–"

    @admin.display(description="last success", ordering="last_success_at")
    def last_success(self, connection: ICloudConnection) -> SafeString | str:
        return ago(connection.last_success_at) if connection.last_success_at else "never yet"

    @admin.display(description="waiting", ordering="waiting_count")
    def waiting(self, connection: Any) -> SafeString | str:
        where = {"connection__id__exact": connection.pk, "state__exact": "waiting"}
        return count_link(connection.waiting_count, OutboxEntry, **where)

    @admin.display(description="needs attention")
    def attention(self, connection: Any) -> SafeString | str:
        where = {"connection__id__exact": connection.pk, "state__exact": "needs_attention"}
        stuck, troubled = connection.stuck_count, connection.troubled_count
        if not stuck and not troubled:
            return "0"
        parts = [
            (count_link(number, model, **where), what)
            for number, model, what in (
                (stuck, OutboxEntry, "to send"),
                (troubled, RemoteResource, "from iCloud"),
            )
            if number
        ]
        return format_html_join(", ", "{} {}", parts)

    @admin.display(description="Apple ID")
    def address(self, connection: ICloudConnection) -> str:
        return connection.apple_id

    @admin.display(description="server")
    def server(self, connection: ICloudConnection) -> str:
        return connection.server_url

    @admin.display(description="connected")
    def connected_on(self, connection: ICloudConnection) -> SafeString:
        return ago(connection.created_at)

    @admin.display(description="since")
    def since(self, connection: ICloudConnection) -> SafeString:
        return ago(connection.status_since)

    @admin.display(description="why")
    def why(self, connection: ICloudConnection) -> str:
        return connection.status_reason or "–"

    @admin.display(description="what to do")
    def what_to_do(self, connection: ICloudConnection) -> str:
        if lost_its_key(connection):
            return KEY_FIRST
        return WHAT_TO_DO[Status(connection.status)]

    @admin.display(description="user")
    def user_link(self, connection: ICloudConnection) -> SafeString | str:
        return change_link(connection.user)


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """Rows of each connection, counted in a subquery, so that counts do not multiply."""
    counted = (
        rows.filter(connection=OuterRef("pk"))
        .order_by()
        .values("connection")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return Coalesce(Subquery(counted), 0)
