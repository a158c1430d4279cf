"""One connection, pushed and pulled, and what an error means for it as a whole.

Push before pull: what people did here goes out before what was done there comes in. A
push that met a moved or vanished event is tried again after the pull has looked. What is
stored and due to be looked at again takes part, so that nobody waits for the daily roll.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.utils import timezone

from icloud_sync import lost_keys
from icloud_sync.core.verdicts.spelling import spell
from icloud_sync.leases import Lease, LeaseLost, hold
from icloud_sync.models import ICloudConnection, RemoteCollection
from icloud_sync.outages import in_outage
from icloud_sync.outbox import due, retry_these
from icloud_sync.pauses import nobody_asks_until
from icloud_sync.pull import PullResult, pull
from icloud_sync.push import Looked, PushResult, drain
from icloud_sync.remote.errors import RemoteError
from icloud_sync.session import Session, session
from icloud_sync.standing import failed, succeeded
from icloud_sync.window import Rolled, roll_due

log = logging.getLogger(__name__)
# Pushes and pulls that keep finding more to do stop here; the next task goes on.
MOST_ROUNDS = 5
SECONDS_TO_ROLL = 20
SECONDS_TO_READ = 20  # at least, however much there is to send


@dataclass
class SyncResult:
    """`busy`: somebody else works on the connection, or it may not sync now. `waits`: until
    when it is left alone, as its server asked for a pause or as it just failed."""

    busy: bool = False
    waits: datetime | None = None
    pushes: PushResult = field(default_factory=PushResult)
    pulled: PullResult | None = None
    rolled: Rolled = field(default_factory=Rolled)
    error: str = ""

    @property
    def failed(self) -> bool:
        troubles = self.pulled.troubles if self.pulled else []
        return bool(self.error or self.pushes.failed or troubles)

    @property
    def unfinished(self) -> bool:
        """The time was up while reading; the next run goes on."""
        return self.rolled.unfinished or bool(self.pulled and self.pulled.unfinished)

    def __str__(self) -> str:
        if self.busy:
            return "busy, or not to be synced now"
        if self.waits:
            return f"waits until {spell(self.waits)}"
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
    patient: bool = False,
    progress: Progress | None = None,
) -> SyncResult:
    """Here and now. Never raises for what the server or the account does. `patient`: nobody
    waits for it, so not while the whole server is down or the account is in a pause."""
    with hold(connection_id) as lease:
        if lease is None:
            return SyncResult(busy=True)
        connection = as_it_is(connection_id)
        if not connection.may_sync:
            return SyncResult(busy=True)
        if patient and (waits := nobody_asks_until(connection, timezone.now(), is_look=pull_too)):
            return SyncResult(waits=waits)
        if patient and connection.in_outage:
            return SyncResult(busy=True)
        what = What(push, pull_too, full, progress or (lambda doing, done, of: None))
        return attempt(connection, lease, what)


def as_it_is(connection_id: int) -> Any:
    connections = ICloudConnection.objects.select_related("user").annotate(in_outage=in_outage())
    connection = connections.get(pk=connection_id)
    if not connection.may_sync and lost_keys.find_again(timezone.now(), connection_id):
        return connections.get(pk=connection_id)
    return connection


def attempt(connection: ICloudConnection, lease: Lease, what: "What") -> SyncResult:
    """Whatever goes wrong is the result's, and the connection's state says so, as long as
    the connection is still ours to speak for."""
    result = SyncResult()
    try:
        with session(connection, lease) as opened:
            opened.in_outage = getattr(connection, "in_outage", False)
            run(opened, result, what)
            succeeded(opened, result.pulled, bool(result.pushes.sent))
    except LeaseLost:
        # We were too slow, or staff paused or disconnected; rows we claimed come back.
        result.error = "Another worker took over, or staff changed the connection."
    except RemoteError as error:
        result.error = error.message
        failed(lease, error)
    except Exception as error:
        log.exception("sync of connection %s", connection.pk)
        result.error = f"Our own mistake ({type(error).__name__}); it is tried again."
        failed(lease, RemoteError(result.error))
    return result


@dataclass(frozen=True)
class What:
    """What to do in this run."""

    push: bool
    pull_too: bool
    full: bool
    progress: Progress


def run(opened: Session, result: SyncResult, what: What) -> None:
    unread = what.push and not was_read(opened.connection)
    if what.pull_too:
        look_at_due(opened, result)  # first: it needs no server that answers
    if what.push and not unread:
        push_round(opened, result, what.progress, keep=SECONDS_TO_READ if what.pull_too else 0)
    # A server that failed at the last of the writes is asked how it is.
    if what.pull_too or unread or result.pushes.look or result.pushes.doubts:
        result.pulled = pull(
            opened,
            full=what.full or bool(result.pushes.look),
            seconds=opened.seconds_left,
            progress=partial(what.progress, "reading"),
        )
    if result.pulled and result.pulled.look_again:
        look_at_due(opened, result)
    if unread and result.pulled and result.pulled.unfinished:
        return  # the next run goes on reading
    if what.push and result.pulled and not result.pushes.stopped:
        push_again(opened, result, what)
    if result.pushes.stopped and result.pulled:
        result.error = result.pushes.stopped
        result.pulled.troubles.append(result.pushes.stopped)


def look_at_due(opened: Session, result: SyncResult) -> None:
    """What is stored and must be looked at again, without waiting for the daily roll."""
    with opened.journal("pull") as journal:
        now = opened.clock()
        seconds = min(SECONDS_TO_ROLL, opened.seconds_left)
        result.rolled = roll_due(opened.connection, now, journal, seconds)


def was_read(connection: ICloudConnection) -> bool:
    """An account that was connected before holds our own events: they are found before
    anything is created, or each would get a twin (D16)."""
    never = connection.collections.exclude(role=RemoteCollection.Role.IGNORED)
    return not never.filter(sync_token="", ctag="", missing_since=None).exists()


def push_again(opened: Session, result: SyncResult, what: What) -> None:
    """What the pull found out may be sent now, and what it changed must be."""
    pulled, objects = result.pulled, frozenset(result.pushes.look)
    is_whole = what.full or bool(objects)
    everywhere = is_whole and bool(pulled and pulled.is_complete)
    if objects:
        retry_these(opened.connection.pk, objects, opened.clock())
        result.pushes.failed -= len(objects)
        result.pushes.look = []
    push_round(opened, result, what.progress, Looked(objects, everywhere))


def push_round(
    opened: Session,
    result: SyncResult,
    progress: Progress,
    looked: Looked | None = None,
    keep: float = 0,
) -> None:
    """`keep`: seconds that are wanted for what comes after it."""
    connection_id = opened.connection.pk
    for _ in range(MOST_ROUNDS):  # rows may come while we send
        waiting = due(opened.clock()).filter(connection_id=connection_id).count()
        if not waiting or result.pushes.unfinished or result.pushes.stopped:
            return
        seconds = opened.seconds_left - keep
        if seconds <= 0:
            result.pushes.unfinished = True
            return
        drain(
            opened,
            result.pushes,
            looked or Looked(),
            progress=partial(told, progress, waiting),
            seconds=seconds,
        )


def told(progress: Progress, of: int, done: int) -> None:
    progress("sending", done, of)
