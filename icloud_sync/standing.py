"""How a connection stands after a run: its state in words, and when it is looked at next.

Written only while the lease is ours: a late answer must not undo what staff did meanwhile.
"""

import random
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from icloud_sync import leases, lost_keys, outages, pauses, refusals
from icloud_sync.core.outage import is_doubted
from icloud_sync.core.pause import paid_after_pause, paid_by_pause
from icloud_sync.core.poll import Pace, next_poll
from icloud_sync.core.retry import next_attempt
from icloud_sync.core.verdicts.spelling import spell
from icloud_sync.models import ICloudConnection
from icloud_sync.outbox import put_off, retry_now
from icloud_sync.pull import PullResult
from icloud_sync.remote.errors import (
    CredentialsError,
    PermanentRemoteError,
    RateLimited,
    RemoteError,
)
from icloud_sync.session import KeyLost, Session, TimeIsUp
from icloud_sync.synclog import Outcome, tell

Status = ICloudConnection.Status
LONGEST_REASON = 500
FORBIDDEN = (
    "iCloud refuses this account (403), though its password worked until now: most likely it "
    "was asked too much. It is tried again by itself."
)
# A run that failed as a whole is told once for as long as it fails alike, and its end is.
SYNC, WORKS_AGAIN = "sync", "Syncing works again."


def succeeded(opened: Session, pulled: PullResult | None, sent: bool) -> None:
    """One UPDATE: an idle look costs no more. A run without a request proves nothing."""
    if not opened.requests:
        return
    connection, now = opened.connection, opened.clock()
    ours = leases.mine(opened.lease)
    active = now if sent else ours.values_list("last_activity_at", flat=True).first()
    values: dict[str, object] = {"failures": 0, "last_activity_at": active}
    if pulled:
        values |= looked(now, now if pulled.waiting else active)
    lifted = pauses.asked_until(connection, now)  # somebody did not wait, and was right
    if lifted:
        values["paid_until"] = paid_after_pause(now, pauses.rate())
    troubles = " ".join(pulled.troubles) if pulled else troubles_before(connection)
    values |= as_it_stands(connection, troubles, now)
    if opened.in_outage:
        outages.somebody_was_served(connection.server_url)
    if not ours.filter(status=connection.status).update(**values):
        return
    if lifted:
        retry_now(connection.pk)
    if connection.failures:
        tell(connection, SYNC, Outcome.DONE, WORKS_AGAIN)


def looked(now: datetime, active: datetime | None) -> dict[str, object]:
    again = next_poll(now, active, pace(), random.random())
    return {"last_success_at": now, "next_poll_at": again}


def troubles_before(connection: ICloudConnection) -> str:
    """Of single calendars, as the last pull found them; a push does not tell of them."""
    of_a_calendar = connection.status == Status.DEGRADED and not connection.failures
    return connection.status_reason if of_a_calendar else ""


def as_it_stands(connection: ICloudConnection, troubles: str, now: datetime) -> dict[str, object]:
    """Degraded as long as a calendar has trouble, connected otherwise."""
    status = Status.DEGRADED if troubles else Status.CONNECTED
    reason = troubles[:LONGEST_REASON]
    if (connection.status, connection.status_reason) == (status, reason):
        return {}
    return state(connection, status, reason, now)


def state(
    connection: ICloudConnection, status: str, reason: str, now: datetime
) -> dict[str, object]:
    since = {} if connection.status == status else {"status_since": now}
    return {"status": status, "status_reason": reason[:LONGEST_REASON], **since}


# --- A run that failed --------------------------------------------------------------------


def failed(lease: leases.Lease, error: RemoteError) -> None:
    """A dead password, and one that no key opens, stop the connection; everything else is
    tried again, less and less often."""
    now = timezone.now()
    ours = leases.mine(lease).filter(status__in=leases.MAY_WRITE)
    connection = ours.first()
    if connection is None:
        return
    error = as_known(connection, error)
    if isinstance(error, KeyLost):
        if ours.update(**state(connection, Status.NEEDS_PASSWORD, error.message, now)):
            lost_keys.lose(connection)
    elif isinstance(error, CredentialsError):
        refused(ours, connection, error, now)
    else:
        troubled(ours, connection, error, now)


def as_known(connection: ICloudConnection, error: RemoteError) -> RemoteError:
    """What a refused sign-in rather is, where it is not believed yet."""
    if not isinstance(error, CredentialsError):
        return error
    has_worked = connection.last_success_at is not None
    if is_doubted(error.status, has_worked, connection.failures):
        return RateLimited(FORBIDDEN, error.status)
    return error


def refused(
    ours: QuerySet[ICloudConnection],
    connection: ICloudConnection,
    error: CredentialsError,
    now: datetime,
) -> None:
    """One alone needs a new password, at once. While everybody's is refused nobody does, and
    who is refused once others are not any more is alone."""
    failures, server = connection.failures + 1, connection.server_url
    if refusals.is_everybodys(server):
        held = state(connection, Status.DEGRADED, refusals.HELD, now)
        if ours.update(failures=failures, next_poll_at=now, **held):
            tell(connection, SYNC, Outcome.RETRYING, refusals.HELD)
        return
    is_alone = connection.status_reason == refusals.HELD
    reason = refusals.ALONE if is_alone else error.message
    stopped = ours.update(
        failures=failures, **state(connection, Status.NEEDS_PASSWORD, reason, now)
    )
    if stopped:
        tell(connection, SYNC, Outcome.NEEDS_ATTENTION, reason)
    outages.somebody_was_answered(server)
    if stopped and not is_alone:
        refusals.consider(connection, now)


def troubled(
    ours: QuerySet[ICloudConnection],
    connection: ICloudConnection,
    error: RemoteError,
    now: datetime,
) -> None:
    """Where the server asked for a pause, all that waits to be sent waits along; else one
    event that it chokes on would keep others back."""
    asked_for: datetime | None = getattr(error, "retry_at", None)
    attempts = connection.failures + (3 if isinstance(error, PermanentRemoteError) else 0)
    again = next_attempt(attempts, now, random.random(), asked_for)
    values = state(connection, Status.DEGRADED, reason_of(error, again), now)
    values |= {"failures": connection.failures + 1, "next_poll_at": again}
    if not connection.failures:
        values["status_since"] = now  # until then a single calendar had trouble, or nothing
    if asked_for:
        values["paid_until"] = paid_by_pause(again, pauses.rate())
    elif outages.is_on(connection.server_url):
        values["next_poll_at"] = now  # the outage has a pace of its own
    stored = ours.update(**values)
    if stored and not asked_for:
        tell(connection, SYNC, Outcome.RETRYING, error.message)
    if stored and asked_for:
        put_off(connection.pk, again)
        if not pauses.asked_until(connection, now):  # else a person did not want to wait
            pauses.tell(connection, again)
    note_outage(connection.server_url, error, now)


def reason_of(error: RemoteError, again: datetime) -> str:
    """For staff: what happened, and what comes of it."""
    if getattr(error, "retry_at", None):
        return f"{error.message} Nothing is sent or fetched before {spell(again)}."
    if may_be_everybodys(error):
        room = LONGEST_REASON - len(outages.TRIED_AGAIN) - 1
        return f"{error.message[:room]} {outages.TRIED_AGAIN}"
    return error.message


def note_outage(server: str, error: RemoteError, now: datetime) -> None:
    if isinstance(error, PermanentRemoteError) and error.status:
        outages.somebody_was_served(server)
    elif may_be_everybodys(error):
        outages.consider(server, error.message[:LONGEST_REASON], now)


def may_be_everybodys(error: RemoteError) -> bool:
    return outages.may_be_everybodys(error) and not isinstance(error, TimeIsUp)


def pace() -> Pace:
    return Pace(settings.ICLOUD_POLL_SECONDS, settings.ICLOUD_POLL_MAX_SECONDS)
