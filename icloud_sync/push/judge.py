"""Which of a server's errors concern one event, what is known when it comes, and so what it
means for the event (core/failed_write.py)."""

from icloud_sync.core.failed_write import (
    Answer,
    Try,
    Verdict,
    judge_changed,
    judge_elsewhere,
    judge_missing,
    judge_refused,
    judge_server,
)
from icloud_sync.core.push_plan import Reason
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.push.attempt import Attempt, sentence_of
from icloud_sync.push.send import VERBS
from icloud_sync.remote.errors import (
    CollectionMissing,
    CredentialsError,
    HostNotAllowed,
    PreconditionFailed,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    UidConflict,
    UnreadableAnswer,
    WriteOutcomeUnknown,
)
from icloud_sync.session import Session
from icloud_sync.synclog import Direction, Outcome

# The server failed, or somebody holds the resource (RFC 4918, 11.3): of one, as far as we know.
OF_ONE = (500, 423)
WAS_THERE = (RemoteResource.State.DELETED_IN_ICLOUD, RemoteResource.State.REMOVED)


def concerns_all(error: RemoteError) -> bool:
    """The account or the server as a whole. A server that fails at one event, or breaks off,
    may take the next; it is asked (drain.py)."""
    if isinstance(error, UnreadableAnswer | WriteOutcomeUnknown):
        return False
    if isinstance(error, TemporaryRemoteError):
        return error.status not in OF_ONE
    return isinstance(error, CredentialsError | HostNotAllowed)


def is_bare_refusal(error: RemoteError) -> bool:
    """Of the event, of the calendar, of everything? Nobody says."""
    return isinstance(error, Refused) and error.status == 403 and not error.precondition


def judge(error: RemoteError, tried: Try) -> Verdict:
    answer = Answer(error.status, error.message, getattr(error, "precondition", ""))
    match error:
        case UidConflict():
            return judge_elsewhere(answer, tried)
        case Refused():
            return judge_refused(answer, tried, sentence_of(Reason.READ_ONLY))
        case PreconditionFailed():
            return judge_changed(answer, tried)
        case ResourceNotFound():
            return judge_missing(answer, tried)
        case CollectionMissing():
            # It waits for its calendar, however long (failure case 10).
            return Verdict(answer.said, look=not tried.attempts)
        case TemporaryRemoteError():
            return judge_server(answer)
    return Verdict(answer.said, park=True)


# --- What is known ------------------------------------------------------------------------


def circumstances(error: RemoteError, attempt: Attempt, looked: bool, doubts: int) -> Try:
    resource, refused = attempt.subject.resource, isinstance(error, Refused)
    return Try(
        attempts=attempt.subject.entry.attempts,
        looked=looked,
        took_others=refused and took_others(attempt),
        doubts=doubts,
        creates=attempt.creates,
        put_back=attempt.creates and resource is not None and resource.state in WAS_THERE,
        can_write=resource is None or resource.collection.can_write,
        ignored=ignored_names(attempt.session) if refused else (),
    )


def took_others(attempt: Attempt) -> bool:
    """Since the first time that this one failed, which is when the log told of it."""
    entry = attempt.subject.entry
    story = attempt.session.connection.log.filter(direction=Direction.PUSH)
    told = story.filter(action="retry", created_at__gte=entry.created_at, **attempt.subject.ids)
    first = told.values_list("created_at", flat=True).last()
    taken = story.filter(action__in=VERBS, outcome=Outcome.DONE)
    return first is not None and taken.filter(created_at__gt=first).exists()


def ignored_names(session: Session) -> list[str]:
    ignored = RemoteCollection.Role.IGNORED
    rows = session.connection.collections.filter(role=ignored, missing_since=None)
    return [str(row) for row in rows]
