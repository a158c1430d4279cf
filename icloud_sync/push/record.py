"""What was sent is written down, with the log's entry that tells of it, and taken back where the
server would not have it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from icloud_sync.core.values import Fetched
from icloud_sync.guards.quarrels import COLUMNS
from icloud_sync.models import RemoteResource
from icloud_sync.remote.errors import (
    PermanentRemoteError,
    PreconditionFailed,
    Refused,
    ResourceNotFound,
)
from icloud_sync.remote.interface import Remote
from icloud_sync.session import Session

State = RemoteResource.State
# What preparing a PUT sets before anybody has agreed to it.
PREPARED = (
    "base",
    "agreed_zone",
    "dates_zone",
    "written_digest",
    "etag",
    "replaced_etag",
    "recurrence_id",
    "own_occurrence_gone",
    "own_base",
    "has_guests",
    "is_recurring",
    "reconsider_at",
    "state",
    "state_reason",
)
# What sending changes. The rest is left as it stands by now: staff may have asked meanwhile
# for the copy to be taken out.
SENT = (*PREPARED, *COLUMNS, "updated_at")


@contextmanager
def agreed_unless_stored(resource: RemoteResource, session: Session) -> Iterator[None]:
    """Where the server would not have it, ours is not what both sides compare with."""
    agreed = {name: getattr(resource, name) for name in PREPARED}
    try:
        yield
    except PermanentRemoteError:
        for name, value in agreed.items():
            setattr(resource, name, value)
        store(resource, session)
        raise


def record(
    resource: RemoteResource, etag: str, body: str, session: Session, done: Callable[[], None]
) -> None:
    """What was sent is agreed now. Without a strong etag we cannot know what the server
    made of it, so it is read back (RFC 4791, 5.3.4). Raises PreconditionFailed where it is
    not there: a write may be answered and yet never be stored (icloud-behaviour 6.19)."""
    read = Fetched(resource.href, etag, body) if etag else read_back(resource, body, session.remote)
    resource.replaced_etag = resource.etag
    resource.etag, resource.base = read.etag, read.body
    resource.state, resource.state_reason = State.SYNCED, ""
    resource.updated_at = timezone.now()
    store(resource, session, done)


def store(
    resource: RemoteResource, session: Session, done: Callable[[], None] | None = None
) -> None:
    """While the connection is ours: who was away for longer than the lease lasts would undo
    what its successor did. Raises LeaseLost. `done` tells the log: whoever stops us, it has
    what the row has."""
    with transaction.atomic():
        session.lease.check()
        resource.save(update_fields=SENT)
        if done:
            done()


def read_back(resource: RemoteResource, body: str, remote: Remote) -> Fetched:
    try:
        read = remote.get(resource.href)
    except ResourceNotFound as error:
        raise PreconditionFailed("The server does not show what it says it stored.") from error
    except Refused:  # something is there: the next pull will read it
        return Fetched(resource.href, "", body)
    if resource.etag and read.etag == resource.etag:
        raise PreconditionFailed("The server still shows the version before ours.")
    return read
