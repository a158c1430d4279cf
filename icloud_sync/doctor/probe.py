"""The test event: written, changed, read back and deleted, only by consent.

Its UID is minted before the first request, so that it is never imported as a Blocked Slot;
every request is conditional; and whatever happens in between, it is taken out again, or the
verdict says where it may have stayed.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from calendars.models import User
from icloud_sync.core.values import Fetched
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure
from icloud_sync.core.verdicts.probe import CHANGED, TITLE, Probe, Written, body_of, judge
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, blame, not_tried
from icloud_sync.doctor.account import host_of
from icloud_sync.doctor.patience import Patience, TimeIsUp, TookTooLong
from icloud_sync.doctor.visit import Visit
from icloud_sync.leases import LeaseLost
from icloud_sync.models import ICloudConnection, MintedUid, RemoteCollection, SyncLogEntry
from icloud_sync.remote.errors import (
    PreconditionFailed,
    RemoteError,
    ResourceNotFound,
    WriteOutcomeUnknown,
)

log = logging.getLogger(__name__)

NO_APPOINTMENT = 0  # no row has this key
CLEANUP_SECONDS = 20.0
CLEANUP_TRIES = 5
GIVEN_UP = (RemoteError, TookTooLong, TimeIsUp, LeaseLost, ValueError)


def write_and_delete(visit: Visit, actor: User | None) -> Verdict:
    connection = visit.connection
    if not visit.patience.left:
        raise TimeIsUp
    if not connection.may_sync:
        status = connection.get_status_display().lower()
        return blame(Step.WRITE, Cause.MAY_NOT_WRITE, "", Grade.NOT_TRIED, status=status)
    target = connection.collections.filter(role=RemoteCollection.Role.TARGET).first()
    info = visit.infos.get(target.href) if target else None
    if target is None or info is None or not info.can_write:
        return not_tried(Step.WRITE, Step.COLLECTIONS)
    probe = Probe(str(uuid.uuid4()), target.href, datetime.now(UTC) - timedelta(days=1))
    MintedUid.objects.create(uid=probe.uid, appointment_id=NO_APPOINTMENT)
    verdict = judge(Trial(visit, probe).run(str(target)))
    tell(connection, verdict, actor)
    return verdict


@dataclass
class Trial:
    visit: Visit
    probe: Probe
    etag: str = ""
    done: list[str] = field(default_factory=list)
    came_back: bool = True

    def run(self, name: str) -> Written:
        error, is_left = None, False
        try:
            self.go_through()
        except GIVEN_UP as given_up:
            error = given_up
        finally:  # on Ctrl-C too
            if "deleted" not in self.done:
                is_left = not take_out(self.visit, self.probe.href)
                if is_left:
                    log.warning("The doctor's test event may have stayed in “%s”.", name)
        return Written(
            self.probe,
            name,
            host_of(self.visit.home_url),
            tuple(self.done),
            failure_in(self.visit, error) if error else None,
            self.came_back,
            is_left,
        )

    def go_through(self) -> None:
        remote, href = self.visit.remote, self.probe.href
        self.step("written", lambda: remote.create(href, self.body(TITLE, 0)))
        self.etag = self.etag or self.visit.ask(lambda: remote.get(href)).etag
        self.step("changed", lambda: remote.update(href, self.body(CHANGED, 1), self.etag))
        read = self.read_back()
        self.came_back = read is not None and CHANGED in read.body
        self.etag = self.etag or (read.etag if read else "")
        self.visit.ask(lambda: remote.delete(href, self.etag))
        self.done.append("deleted")

    def step(self, name: str, write: Callable[[], str]) -> None:
        self.etag = self.visit.ask(write)
        self.done.append(name)

    def read_back(self) -> Fetched | None:
        """None where the server does not serve it yet (4.8)."""
        try:
            read = self.visit.ask(lambda: self.visit.remote.get(self.probe.href))
        except ResourceNotFound:
            return None
        self.done.append("read back")
        return read

    def body(self, title: str, sequence: int) -> str:
        return body_of(self.probe, title, sequence, datetime.now(UTC))


def failure_in(visit: Visit, error: BaseException) -> Failure:
    """Nobody who is not answered in time has heard why."""
    return visit.silence() if isinstance(error, TookTooLong | TimeIsUp) else visit.failure(error)


def take_out(visit: Visit, href: str) -> bool:
    """Whether it is gone for sure. By a connection of its own, with time of its own. A write
    without an answer may be stored a moment later: each try looks first, and a 404 is asked
    for twice."""
    patience, remote = Patience(CLEANUP_SECONDS), visit.open_remote()
    absences = 0
    for _ in range(CLEANUP_TRIES):
        try:
            etag = patience.ask(lambda: remote.get(href)).etag
            patience.ask(partial(remote.delete, href, etag))
            return True
        except (PreconditionFailed, WriteOutcomeUnknown):
            continue
        except ResourceNotFound:
            absences += 1
            if absences == 2:
                return True
            time.sleep(1)
        except GIVEN_UP:
            return False
    return False


def tell(connection: ICloudConnection, verdict: Verdict, actor: User | None) -> None:
    """What was done to the account by consent belongs in its log, with who asked for it."""
    outcomes = SyncLogEntry.Outcome
    went_well = verdict.grade in (Grade.GOOD, Grade.NOTE)
    by = f" By {actor}." if actor else ""
    SyncLogEntry.objects.create(
        connection=connection,
        direction=SyncLogEntry.Direction.PUSH,
        action="test event",
        outcome=outcomes.DONE if went_well else outcomes.NEEDS_ATTENTION,
        message=f"Doctor: {verdict.likely} {verdict.seen}{by}",
        actor=actor,
    )
