"""How a connection stands after a run: its state in words, and when it is looked at next.

Written only while the lease is ours: a late answer must not undo what staff did meanwhile.
"""

import random
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from icloud_sync import leases, outages
from icloud_sync.core.poll import Pace, next_poll
from icloud_sync.core.retry import next_attempt
from icloud_sync.models import ICloudConnection
from icloud_sync.outbox import put_off
from icloud_sync.pull import PullResult
from icloud_sync.remote.errors import (
    CredentialsError,
    PermanentRemoteError,
    RemoteError,
    TemporaryRemoteError,
    UnreadableAnswer,
)
from icloud_sync.session import Session

Status = ICloudConnection.Status


def succeeded(opened: Session, pulled: PullResult | None, sent: bool) -> None:
    """One UPDATE: an idle look costs no more. A run without a request proves nothing."""
    if not opened.requests:
        return
    connection, now = opened.connection, opened.clock()
    ours = leases.mine(opened.lease)
    active = now if sent else ours.values_list("last_activity_at", flat=True).first()
    values: dict[str, object] = {"failures": 0, "last_activity_at": active}
    if pulled:
        soon = now if pulled.waiting else active
        values |= {
            "last_success_at": now,
            "next_poll_at": next_poll(now, soon, pace(), random.random()),
        }
    troubles = " ".join(pulled.troubles) if pulled else troubles_before(connection)
    values |= as_it_stands(connection, troubles, now)
    if opened.in_outage:
        outages.end(connection.server_url)
    ours.filter(status=connection.status).update(**values)


def troubles_before(connection: ICloudConnection) -> str:
    """Of single calendars, as the last pull found them; a push does not tell of them."""
    of_a_calendar = connection.status == Status.DEGRADED and not connection.failures
    return connection.status_reason if of_a_calendar else ""


def as_it_stands(connection: ICloudConnection, troubles: str, now: datetime) -> dict[str, object]:
    """Degraded as long as a calendar has trouble, connected otherwise."""
    status = Status.DEGRADED if troubles else Status.CONNECTED
    reason = troubles[:500]
    if (connection.status, connection.status_reason) == (status, reason):
        return {}
    since = {} if connection.status == status else {"status_since": now}
    return {"status": status, "status_reason": reason, **since}


def failed(lease: leases.Lease, error: RemoteError) -> None:
    """A dead password stops the connection until somebody types a new one; everything
    else is tried again, less and less often. Where the server asked for a pause, all that
    waits to be sent waits along; else one event that it chokes on would keep others back."""
    now = timezone.now()
    ours = leases.mine(lease).filter(status__in=(Status.CONNECTED, Status.DEGRADED))
    connection = ours.first()
    if connection is None:
        return
    status = Status.NEEDS_PASSWORD if isinstance(error, CredentialsError) else Status.DEGRADED
    attempts = connection.failures + (3 if isinstance(error, PermanentRemoteError) else 0)
    asked_for = getattr(error, "retry_at", None)
    again = next_attempt(attempts, now, random.random(), asked_for)
    values: dict[str, object] = {
        "status": status,
        "status_reason": error.message[:500],
        "failures": connection.failures + 1,
        "next_poll_at": again,
    }
    if connection.status != status:
        values["status_since"] = now
    if ours.update(**values) and asked_for:
        put_off(lease.connection_id, asked_for)
    note_outage(connection.server_url, error, now)


def note_outage(server: str, error: RemoteError, now: datetime) -> None:
    if isinstance(error, PermanentRemoteError) and error.status:
        outages.end(server)  # a refusal is an answer, too
    elif isinstance(error, TemporaryRemoteError) and not isinstance(error, UnreadableAnswer):
        outages.consider(server, error.message[:500], now)


def pace() -> Pace:
    return Pace(settings.ICLOUD_POLL_SECONDS, settings.ICLOUD_POLL_MAX_SECONDS)
