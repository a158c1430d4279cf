"""Work off one connection's outbox: claim a row, try it, finish it; or decide what its failure
means, for the row and for the run."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import InterfaceError, OperationalError

from icloud_sync import left_behind, outbox, turns
from icloud_sync.core.failed_write import Verdict
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.retry import next_attempt
from icloud_sync.leases import LeaseLost
from icloud_sync.models import OutboxEntry
from icloud_sync.push.attempt import Attempt, HeldBack, Parked
from icloud_sync.push.judge import circumstances, concerns_all, is_bare_refusal, judge
from icloud_sync.push.objects import Overtaken, Subject, subject_of
from icloud_sync.push.rights import learn_rights
from icloud_sync.push.send import NoTarget
from icloud_sync.remote.errors import RemoteError
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome

log = logging.getLogger(__name__)
# Writes in a row that the server did not take, without saying that it is the event: then it
# is the server, and the others wait for the next run.
MOST_DOUBTS = 2
Key = tuple[str, int]  # kind and id of an object


@dataclass(frozen=True)
class Looked:
    """A pull that was made in this run, after a first round of pushes. `objects`: for whose
    sake; `everywhere`: it has read all that is in the account."""

    objects: frozenset[Key] = frozenset()
    everywhere: bool = False


@dataclass
class PushResult:
    """`look`: of the failed, those that lie elsewhere than we thought; only a pull can say
    where. `doubts`: writes in a row that the server did not take, nobody knows yet why.
    `stopped`: it takes none, in a sentence for staff. `unfinished`: the time was up; the next
    task goes on."""

    sent: int = 0
    failed: int = 0
    look: list[Key] = field(default_factory=list)
    doubts: int = 0
    stopped: str = ""
    unfinished: bool = False


@dataclass
class Round:
    """What the rows of one round have in common."""

    session: Session
    journal: Journal
    result: PushResult
    looked: Looked
    asked_for_rights: bool = False


def drain(
    session: Session,
    result: PushResult,
    looked: Looked,
    *,
    progress: Callable[[int], None] | None = None,
    seconds: float = 45,
) -> None:
    """Everything that is due, told in `result`. Errors of the account or the server end the
    run and are raised; errors of one object are its own."""
    began, done = time.monotonic(), 0
    left_behind.give_back(session.clock(), session.connection.pk)
    with session.journal("push") as journal:
        this = Round(session, journal, result, looked)
        while entry := outbox.claim(session.connection.pk, session.lease.owner, session.clock()):
            work_off(entry, this)
            done += 1
            if progress:
                progress(done)
            if result.stopped:
                break
            if time.monotonic() > began + seconds or turns.is_over(began, turns.SENDING):
                result.unfinished = True
                break


def work_off(entry: OutboxEntry, this: Round) -> None:
    subject = subject_of(entry, this.session.connection)
    now = this.session.clock()
    again = key_of(entry) in this.looked.objects
    attempt = Attempt(subject, this.session, this.journal, now, again)
    try:
        accepted = attempt.make()
    except LeaseLost:
        raise  # the next holder finds the row when its claim runs out
    except (HeldBack, Overtaken):
        pass  # set aside with the others, or gone; and told
    except RemoteError as error:
        if concerns_all(error):
            wait_along(error, subject, this, now)
            raise
        settle(error, attempt, this)
    except (Parked, NoTarget, UnreadableResource) as error:
        park(str(error), subject, this)
    except (OperationalError, InterfaceError) as error:  # the database, busy or away
        retry(f"The database: {type(error).__name__}.", subject, this, now)
    except Exception as error:
        log.exception("push of %s failed", subject.name)
        park(f"Our own mistake: {type(error).__name__}.", subject, this)
    else:
        outbox.finish(entry)
        this.result.sent += 1
        if accepted:
            this.result.doubts = 0


def key_of(entry: OutboxEntry) -> Key:
    return entry.kind, entry.object_id


def wait_along(error: RemoteError, subject: Subject, this: Round, now: datetime) -> None:
    """The account, or its server, has trouble, and so every row: none of them fails for its
    own sake, however long that lasts. They wait as the account does."""
    failures, asked_for = this.session.connection.failures, getattr(error, "retry_at", None)
    at = next_attempt(max(failures, subject.entry.attempts), now, random.random(), asked_for)
    outbox.release(subject.entry, at, error.message, counts=False)
    this.result.failed += 1
    tell_retry(error.message, subject, this)


# --- What is wrong with one of them -------------------------------------------------------


def settle(error: RemoteError, attempt: Attempt, this: Round) -> None:
    subject = attempt.subject
    verdict = verdict_on(error, attempt, this)
    if verdict.park:
        park(verdict.sentence, subject, this)
    else:
        retry(verdict.sentence, subject, this, attempt.now)
    if verdict.elsewhere and subject.resource:  # "put it back" says where it is (D17)
        attempt.write(subject.resource, state_reason=verdict.sentence[:500])
    if verdict.look:
        this.result.look.append(key_of(subject.entry))
    count_doubts(verdict, this.result)


def count_doubts(verdict: Verdict, result: PushResult) -> None:
    result.doubts = result.doubts + 1 if verdict.doubt else 0
    if result.doubts >= MOST_DOUBTS:
        result.stopped = (
            f"iCloud would not take {result.doubts} changes in a row; the others wait. "
            f"It is tried again by itself. Last: {verdict.sentence}"
        )


def verdict_on(error: RemoteError, attempt: Attempt, this: Round) -> Verdict:
    resource = attempt.subject.resource
    if resource and is_bare_refusal(error) and not this.asked_for_rights:
        this.asked_for_rights = True
        learn_rights(this.session)
        resource.collection.refresh_from_db(fields=["can_write"])
    looked, doubts = this.looked.everywhere, this.result.doubts
    return judge(error, circumstances(error, attempt, looked, doubts))


def retry(message: str, subject: Subject, this: Round, now: datetime) -> None:
    entry = subject.entry
    outbox.release(entry, next_attempt(entry.attempts, now, random.random()), message)
    this.result.failed += 1
    tell_retry(message, subject, this)


def tell_retry(message: str, subject: Subject, this: Round) -> None:
    sentence = f"{subject.full_name} not sent yet: {message}"
    tell("retry", Outcome.RETRYING, sentence, subject, this)


def park(reason: str, subject: Subject, this: Round) -> None:
    outbox.park(subject.entry, reason)
    this.result.failed += 1
    sentence = f"{subject.full_name} not sent: {reason}"
    tell("park", Outcome.NEEDS_ATTENTION, sentence, subject, this)


def tell(action: str, outcome: str, message: str, subject: Subject, this: Round) -> None:
    this.journal.write(action, outcome, message, resource=subject.resource, **subject.ids)
