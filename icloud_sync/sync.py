"""One connection, pushed and pulled, and what an error means for it as a whole.

Push before pull: what people did here goes out before what was done there comes in. A
push that met a moved or vanished event is tried again after the pull has looked.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import timezone

from icloud_sync.core.poll import Pace, next_poll
from icloud_sync.core.retry import next_attempt
from icloud_sync.leases import LeaseLost
from icloud_sync.models import ICloudConnection, RemoteCollection
from icloud_sync.outbox import due, put_off, retry_now
from icloud_sync.pull import PullResult, pull
from icloud_sync.push import PushResult, drain
from icloud_sync.remote.errors import CredentialsError, PermanentRemoteError, RemoteError
from icloud_sync.session import Session, session

Status = ICloudConnection.Status
# Pushes and pulls that keep finding more to do stop here; the next task goes on.
MOST_ROUNDS = 5


@dataclass
class SyncResult:
    """`busy`: somebody else works on the connection, or it may not sync now."""

    busy: bool = False
    pushes: PushResult = field(default_factory=PushResult)
    pulled: PullResult | None = None
    error: str = ""

    @property
    def failed(self) -> bool:
        troubles = self.pulled.troubles if self.pulled else []
        return bool(self.error or self.pushes.failed or troubles)

    def __str__(self) -> str:
        if self.busy:
            return "busy, or not to be synced now"
        parts = [f"{self.pushes.sent} pushed"] if self.pushes.sent else []
        parts += [f"{self.pushes.failed} not pushed"] if self.pushes.failed else []
        parts += [f"{self.pulled.read} read"] if self.pulled and self.pulled.read else []
        parts += [self.error] if self.error else []
        return ", ".join(parts) or "nothing changed"


Progress = Callable[[str, int, int], None]


def sync(
    connection_id: int,
    *,
    push: bool = True,
    pull_too: bool = True,
    full: bool = False,
    progress: Progress | None = None,
) -> SyncResult:
    """Here and now. Never raises for what the server or the account does."""
    result = SyncResult()
    with_progress = progress or (lambda what, done, of: None)
    try:
        with session(connection_id) as open_session:
            if open_session is None:
                return SyncResult(busy=True)
            run(open_session, result, push, pull_too, full, with_progress)
            succeeded(open_session, result)
    except LeaseLost:
        # We were too slow, and somebody else works on it now; rows we claimed come back.
        result.error = "Another worker took over."
    except RemoteError as error:
        result.error = error.message
        failed(connection_id, error)
    return result


def run(
    open_session: Session,
    result: SyncResult,
    push: bool,
    pull_too: bool,
    full: bool,
    progress: Progress,
) -> None:
    unread = push and not was_read(open_session.connection)
    if push and not unread:
        push_round(open_session, result, progress)
    if pull_too or unread or result.pushes.look:
        result.pulled = pull(
            open_session,
            full=full or result.pushes.look,
            progress=lambda done, of: progress("reading", done, of),
        )
    if unread and result.pulled and result.pulled.unfinished:
        return  # the next run goes on reading
    if push and (result.pushes.look or result.pulled):
        push_again(open_session, result, progress)


def was_read(connection: ICloudConnection) -> bool:
    """An account that was connected before holds our own events: they are found before
    anything is created, or each would get a twin (D16)."""
    never = connection.collections.exclude(role=RemoteCollection.Role.IGNORED)
    return not never.filter(sync_token="", ctag="", missing_since=None).exists()


def push_again(open_session: Session, result: SyncResult, progress: Progress) -> None:
    """What the pull found out may be sent now, and what it changed must be."""
    if result.pushes.look:
        retry_now(open_session.connection.pk)
        result.pushes.look, result.pushes.failed = False, 0
    push_round(open_session, result, progress)


def push_round(open_session: Session, result: SyncResult, progress: Progress) -> None:
    connection_id = open_session.connection.pk
    for _ in range(MOST_ROUNDS):  # rows may come while we send
        waiting = due(open_session.clock()).filter(connection_id=connection_id).count()
        if not waiting:
            return
        done = drain(open_session, progress=partial(told, progress, waiting))
        result.pushes.sent += done.sent
        result.pushes.failed += done.failed
        result.pushes.look = result.pushes.look or done.look


def told(progress: Progress, of: int, done: int) -> None:
    progress("sending", done, of)


def succeeded(open_session: Session, result: SyncResult) -> None:
    """One UPDATE: an idle look costs no more."""
    connection, now = open_session.connection, open_session.clock()
    fresh = ICloudConnection.objects.values("last_activity_at", "status").get(pk=connection.pk)
    values: dict[str, object] = {"failures": 0}
    if result.pushes.sent:
        values["last_activity_at"] = fresh["last_activity_at"] = now
    if result.pulled:
        values |= {
            "last_success_at": now,
            "next_poll_at": next_poll(now, fresh["last_activity_at"], pace(), random.random()),
        }
    if fresh["status"] == Status.DEGRADED:
        values |= {"status": Status.CONNECTED, "status_reason": "", "status_since": now}
    home_url = getattr(open_session.remote, "home_url", connection.home_url)
    if home_url != connection.home_url:
        values["home_url"] = home_url
    ICloudConnection.objects.filter(pk=connection.pk).update(**values)


def failed(connection_id: int, error: RemoteError, now: datetime | None = None) -> None:
    """A dead password stops the connection until somebody types a new one; everything
    else is tried again, less and less often."""
    now = now or timezone.now()
    connections = ICloudConnection.objects.filter(pk=connection_id)
    connection = connections.get()
    if not connection.may_sync:
        return
    status = Status.NEEDS_PASSWORD if isinstance(error, CredentialsError) else Status.DEGRADED
    asked_for = getattr(error, "retry_at", None)
    attempts = connection.failures + (3 if isinstance(error, PermanentRemoteError) else 0)
    values: dict[str, object] = {
        "status": status,
        "status_reason": error.message[:500],
        "failures": connection.failures + 1,
        "next_poll_at": next_attempt(attempts, now, random.random(), asked_for),
    }
    if connection.status != status:
        values["status_since"] = now
    connections.update(**values)
    if asked_for:
        put_off(connection_id, asked_for)


def pace() -> Pace:
    return Pace(settings.ICLOUD_POLL_SECONDS, settings.ICLOUD_POLL_MAX_SECONDS)
