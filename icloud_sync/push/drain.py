"""Work off one connection's outbox: claim a row, plan, send, record, finish. What an error
means for the row is decided here, in one table."""

import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError

from icloud_sync import outbox
from icloud_sync.apply import absorb
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.merge import WORDS
from icloud_sync.core.push_plan import Action, DeleteWhenBack, Park, Read, Reason, Skip, Update
from icloud_sync.core.retry import next_attempt
from icloud_sync.leases import LeaseLost
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.push.objects import NOTHING_TO_TELL, Subject, subject_of
from icloud_sync.push.send import NoTarget, send
from icloud_sync.remote.errors import (
    CollectionMissing,
    CredentialsError,
    HostNotAllowed,
    PermanentRemoteError,
    PreconditionFailed,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    UidConflict,
    WriteOutcomeUnknown,
)
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome

log = logging.getLogger(__name__)
# Tries, in well over half an hour: then an old version still served is the present one, and
# a read still refused is refused for good.
LATE_ENOUGH = 8


@dataclass
class PushResult:
    """`look`: of the failed, those that lie elsewhere than we thought; only a pull can say
    where. `unfinished`: the time was up; the next task goes on."""

    sent: int = 0
    failed: int = 0
    look: int = 0
    unfinished: bool = False


def drain(
    session: Session,
    *,
    progress: Callable[[int], None] | None = None,
    seconds: float = 45,
) -> PushResult:
    """Everything that is due. Errors of the account or the server end the run and are
    raised; errors of one object are its own."""
    result, deadline = PushResult(), time.monotonic() + seconds
    with session.journal("push") as journal:
        while entry := outbox.claim(session.connection.pk, session.lease.owner, session.clock()):
            work_off(entry, session, journal, result)
            if progress:
                progress(result.sent + result.failed)
            if time.monotonic() > deadline:
                result.unfinished = True
                break
    return result


def work_off(entry: OutboxEntry, session: Session, journal: Journal, result: PushResult) -> None:
    subject = subject_of(entry, session.connection)
    now = session.clock()
    try:
        push_one(subject, session, journal, now)
        outbox.finish(entry)
        result.sent += 1
    except LeaseLost:
        raise  # the next holder finds the row when its claim runs out
    except (CredentialsError, HostNotAllowed, TemporaryRemoteError) as error:
        retry(subject, error.message, journal, now, getattr(error, "retry_at", None), result)
        raise
    except (PreconditionFailed, ResourceNotFound, CollectionMissing, UidConflict) as error:
        # It changed again, or moved: a pull has to look first (failure-cases 3.4).
        result.look += 1
        retry(subject, error.message, journal, now, None, result)
    except (PermanentRemoteError, NoTarget, UnreadableResource) as error:
        park(subject, str(error), journal, result)
    except (OperationalError, InterfaceError) as error:  # the database, busy or away
        retry(subject, f"The database: {type(error).__name__}.", journal, now, None, result)
    except Exception as error:
        log.exception("push of %s failed", subject.name)
        park(subject, f"Our own mistake: {type(error).__name__}.", journal, result)


def push_one(subject: Subject, session: Session, journal: Journal, now: datetime) -> None:
    """Plan and send; where iCloud turns out to hold another version, take that in and
    plan once more (at most one retry: icloud-behaviour 6.2)."""
    action = subject.plan(now)
    if isinstance(action, Read):
        refresh(subject, session, journal, now)
        action = subject.plan(now)
    try:
        carry_out(action, subject, session, journal, now)
    except PreconditionFailed:
        refresh(subject, session, journal, now)
        carry_out(subject.plan(now), subject, session, journal, now)
    except WriteOutcomeUnknown:
        # Looked at now, it cannot be taken for an edit made there once more is typed here.
        with suppress(RemoteError):
            refresh(subject, session, journal, now)
        raise


def carry_out(
    action: Action, subject: Subject, session: Session, journal: Journal, now: datetime
) -> None:
    if isinstance(action, Skip):
        note_skipped(action.reason, subject, journal)
        return
    if isinstance(action, DeleteWhenBack):
        remember_deletion(subject)
        note_skipped(Reason.DELETED_IN_ICLOUD, subject, journal)
        return
    if isinstance(action, Park):
        raise Parked(action.reason)
    if isinstance(action, Read):
        raise PreconditionFailed("The server does not say which version it holds.")
    verb = send(action, subject, session.remote, now)
    journal.write(
        verb,
        Outcome.DONE,
        f"{verb} the event of {subject.full_name}{said(action)}",
        resource=subject.resource,
        **subject_ids(subject),
    )


def said(action: Action) -> str:
    """What an update changed, for the log."""
    if not isinstance(action, Update):
        return ""
    words = [WORDS.get(name, name) for name in action.changed]
    words += ["what only Referins writes"] if action.rewrite_ours else []
    return f": {', '.join(words)}"


class Parked(PermanentRemoteError):
    """The plan itself says that a person must look."""

    def __init__(self, reason: Reason) -> None:
        first = reason[0] if reason.startswith("iCloud") else reason[0].upper()
        super().__init__(f"{first}{reason[1:]}.")


def refresh(subject: Subject, session: Session, journal: Journal, now: datetime) -> None:
    """Read the resource as it is now, and take it in as a pull would."""
    resource = subject.resource
    if resource is None:
        return
    try:
        fetched = session.remote.get(resource.href)
    except ResourceNotFound:
        if resource.state != RemoteResource.State.PENDING:
            raise  # gone or moved: only a complete listing can say
        # Never stored: without a base the plan creates it, or has nothing to take out.
        RemoteResource.objects.filter(pk=resource.pk).update(base="")
    except Refused as error:
        if subject.entry.attempts >= LATE_ENOUGH:
            raise
        # A read that is refused may be throttling (icloud-behaviour 9.2).
        raise PreconditionFailed(error.message, error.status) from error
    else:
        if resource.is_behind(fetched.etag) and subject.entry.attempts < LATE_ENOUGH:
            raise PreconditionFailed("The server still shows the version before our last one.")
        absorb(session.connection, resource.collection, [fetched], now, journal)
        # The occurrence of a slot deleted here may have another recurrence-id by now.
        subject.entry.refresh_from_db(fields=["source_ref"])
    fresh = subject_of(subject.entry, session.connection)
    subject.resource, subject.appointment = fresh.resource, fresh.appointment
    subject.slot, subject.recurrence_id = fresh.slot, fresh.recurrence_id


def remember_deletion(subject: Subject) -> None:
    resource = subject.resource
    if resource is not None:
        resource.deleted_here[subject.recurrence_id] = subject.entry.object_id
        resource.save(update_fields=["deleted_here"])


def note_skipped(reason: Reason, subject: Subject, journal: Journal) -> None:
    if reason not in NOTHING_TO_TELL:
        journal.write(
            "skip",
            Outcome.SKIPPED,
            f"{subject.full_name}: nothing sent, {reason}",
            resource=subject.resource,
            **subject_ids(subject),
        )


def retry(
    subject: Subject,
    message: str,
    journal: Journal,
    now: datetime,
    asked_for: datetime | None,
    result: PushResult,
) -> None:
    entry = subject.entry
    at = next_attempt(entry.attempts, now, random.random(), asked_for)
    outbox.release(entry, at, message)
    result.failed += 1
    if entry.attempts == 0:  # the first time; the outbox row tells the rest
        journal.write(
            "retry",
            Outcome.RETRYING,
            f"{subject.full_name} not sent yet: {message}",
            resource=subject.resource,
            **subject_ids(subject),
        )


def park(subject: Subject, reason: str, journal: Journal, result: PushResult) -> None:
    outbox.park(subject.entry, reason)
    result.failed += 1
    journal.write(
        "park",
        Outcome.NEEDS_ATTENTION,
        f"{subject.full_name} not sent: {reason}",
        resource=subject.resource,
        **subject_ids(subject),
    )


def subject_ids(subject: Subject) -> dict[str, int]:
    key = "appointment_id" if subject.is_appointment else "slot_id"
    return {key: subject.entry.object_id}
