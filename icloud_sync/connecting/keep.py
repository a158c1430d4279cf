"""What staff change about a connection while it lives."""

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django_q.tasks import async_task

from calendars.models import User
from icloud_sync import outbox
from icloud_sync.connecting import errors
from icloud_sync.connecting.account import AccountLook, OpenRemote, look, normalize_password
from icloud_sync.connecting.counts import over_and_never_sent
from icloud_sync.connecting.errors import ConnectError
from icloud_sync.connecting.story import counted, tell
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteCollection

Status = ICloudConnection.Status


def sync_soon(connection: ICloudConnection) -> None:
    """Wakes a worker once we have committed. Should the queue be down, the next poll is due."""
    now = timezone.now()
    ICloudConnection.objects.filter(pk=connection.pk).update(next_poll_at=now, last_activity_at=now)
    connection_id = connection.pk
    transaction.on_commit(lambda: async_task("icloud_sync.tasks.sync", connection_id), robust=True)


# --- The password ---------------------------------------------------------------------


@sensitive_variables("password")
def update_password(
    connection: ICloudConnection,
    password: str,
    *,
    actor: User | None = None,
    remote: OpenRemote | None = None,
) -> None:
    """Checked live, for the same account; every link is kept, what waits goes out now."""
    refuse_disconnected(connection)
    account = look(
        connection.apple_id, password, connection.server_url, stored=connection, remote=remote
    )
    if connection.principal_href not in ("", account.principal_href):
        raise ConnectError(errors.OTHER_ACCOUNT.format(apple_id=connection.apple_id), "password")
    with transaction.atomic():
        connection.app_password = normalize_password(password)
        connection.principal_href = account.principal_href
        connection.home_url, connection.addresses = account.home_url, list(account.addresses)
        found = ["principal_href", "home_url", "addresses"]
        connection.save(update_fields=["app_password", *found])
        record_found(connection, account)
        if connection.status != Status.PAUSED:  # a pause is a person's decision: it stays
            settle(connection, Status.CONNECTED)
            send_waiting_now(connection)
        tell(connection, "update password", "Stored a new app-specific password.", actor)


def record_found(connection: ICloudConnection, account: AccountLook) -> None:
    """Names and rights as they are now; a collection that is new is ignored until chosen."""
    for info in account.collections:
        RemoteCollection.objects.update_or_create(
            connection=connection,
            href=info.href,
            defaults={"name": info.name, "color": info.color, "can_write": info.can_write},
        )


# --- Pause and resume -----------------------------------------------------------------


def pause(connection: ICloudConnection, *, actor: User | None = None) -> None:
    refuse_disconnected(connection)
    with transaction.atomic():
        settle(connection, Status.PAUSED, "Paused by staff.")
        tell(connection, "pause", "Paused: nothing is sent or fetched.", actor)


def resume(connection: ICloudConnection, *, actor: User | None = None) -> int:
    """Service begins again (D20). Returns how many appointments had no copy yet."""
    refuse_disconnected(connection)
    with transaction.atomic():
        settle(connection, Status.CONNECTED)
        unpushed = outbox.enqueue_unpushed(connection)
        over_and_never_sent(connection, timezone.now()).delete()
        send_waiting_now(connection)
        tell(
            connection, "resume", f"Resumed: {counted(unpushed, 'new appointment')} to send.", actor
        )
    return unpushed


def settle(connection: ICloudConnection, status: str, reason: str = "") -> None:
    """A new state, by people. Whoever works on the connection loses the lease and stops."""
    ICloudConnection.objects.filter(pk=connection.pk).exclude(status=status).update(
        status_since=timezone.now()
    )
    ICloudConnection.objects.filter(pk=connection.pk).update(
        status=status, status_reason=reason, failures=0, lease_owner="", lease_until=None
    )
    connection.refresh_from_db()


def send_waiting_now(connection: ICloudConnection) -> None:
    connection.outbox.filter(state=OutboxEntry.State.WAITING).update(not_before=timezone.now())
    sync_soon(connection)


def refuse_disconnected(connection: ICloudConnection) -> None:
    if not connection.is_live:
        raise ConnectError(errors.DISCONNECTED)
