"""Stored passwords that no key opens, and what becomes of their connections.

They are *Reconnect required*: staff see which, and may type a new password. But a key is lost
on this machine, not at Apple's, and most often comes back within minutes; a user cannot look
an app-specific password up again. So each poll tries to open it, which asks nobody and costs
microseconds, and a connection whose key is back goes on where it stopped.
"""

from datetime import datetime

from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection, SyncLogEntry

Status = ICloudConnection.Status
# The setting's name in a connection's reason tells these from passwords that were refused.
SETTING = "FIELD_ENCRYPTION_KEYS"
REASON = (
    f"No key in {SETTING} opens the stored password. Put the old key back into the list, and "
    "this connection goes on by itself. Where the key is gone for good, type a new "
    "app-specific password with Update password."
)


def lost_its_key(connection: ICloudConnection) -> bool:
    return connection.status == Status.NEEDS_PASSWORD and SETTING in connection.status_reason


def lose(connection: ICloudConnection) -> None:
    """For the log; the state is whoever's who holds the lease."""
    tell(connection, "lose key", SyncLogEntry.Outcome.NEEDS_ATTENTION, REASON)


def find_again(now: datetime, connection_id: int | None = None) -> list[int]:
    """Connections that go on, as a key opens their passwords again; of all that lost theirs,
    or of the one."""
    lost = ICloudConnection.objects.filter(
        status=Status.NEEDS_PASSWORD, status_reason__contains=SETTING
    )
    one = lost if connection_id is None else lost.filter(pk=connection_id)
    return [connection.pk for connection in one if opens(connection) and go_on(connection, now)]


def opens(connection: ICloudConnection) -> bool:
    try:
        return bool(connection.app_password)
    except DecryptionError:
        return False


def go_on(connection: ICloudConnection, now: datetime) -> bool:
    same = ICloudConnection.objects.filter(
        pk=connection.pk, status=connection.status, status_reason=connection.status_reason
    )
    found = same.update(
        status=Status.CONNECTED, status_reason="", status_since=now, next_poll_at=now
    )
    if found:
        message = "A key opens the stored password again: syncing goes on."
        tell(connection, "find key again", SyncLogEntry.Outcome.DONE, message)
    return bool(found)


def tell(connection: ICloudConnection, action: str, outcome: str, message: str) -> None:
    SyncLogEntry.objects.create(
        connection=connection,
        direction=SyncLogEntry.Direction.PULL,
        action=action,
        outcome=outcome,
        message=message,
    )
