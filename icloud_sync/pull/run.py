"""One look at an account: which collections changed, what in them, taken in batch by
batch; each collection's token is stored last, once all it listed is."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from icloud_sync.core.poll import came_round
from icloud_sync.core.values import CollectionInfo
from icloud_sync.models import RemoteCollection
from icloud_sync.pull.aside import count_looks, due_again
from icloud_sync.pull.collections import known_collections
from icloud_sync.pull.decided import carry_out_decided
from icloud_sync.pull.intake import take_in
from icloud_sync.pull.listing import Known, list_collection, partial, read_report
from icloud_sync.pull.work import Pull, PullResult
from icloud_sync.remote.errors import (
    InvalidSyncToken,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    UnreadableAnswer,
)
from icloud_sync.session import Session
from icloud_sync.synclog import Outcome

# A token may be honoured and yet skip something, and some servers refuse none (4.7).
COMPARE_EVERY = timedelta(days=1)
# Names, rights, and what is new or gone; where the look at the one calendar tells the rest.
HOME_EVERY = timedelta(hours=1)
NO_CALENDARS = (
    "iCloud lists no calendars at all, though the account had some: nothing was concluded "
    "from it. If it lasts, Calendar may have been switched off in the account."
)


def pull(
    session: Session,
    *,
    full: bool = False,
    seconds: float = 45,
    progress: Callable[[int, int], None] | None = None,
) -> PullResult:
    """One request when nothing changed. `full` compares every etag. Raises RemoteError
    for what is wrong with the account or the server as a whole."""
    until = time.monotonic() + seconds
    with session.journal("pull") as journal:
        work = Pull(session, journal, PullResult(), session.clock(), until, progress)
        work.collections = list(work.connection.collections.all())
        work.again = due_again(work.connection, work.now)
        carry_out_decided(work)
        full = full or came_by(work, COMPARE_EVERY)
        alone = None if full or work.again else only_collection(work)
        if alone is None or not look_at_it_alone(work, alone):
            look_at_home(work, full)
    return work.result


def came_by(work: Pull, every: timedelta) -> bool:
    last = work.connection.last_success_at
    return came_round(last, work.now, every, work.connection.pk)


def only_collection(work: Pull) -> RemoteCollection | None:
    """The one collection that is read, where its own report answers for the account: a
    hundredth of the bytes of the home's listing, which an hour later is due all the same."""
    read = [row for row in work.collections if row.is_read]
    if len(read) != 1 or came_by(work, HOME_EVERY):
        return None
    [one] = read
    return one if one.sync_token and not one.missing_since and not one.holds else None


def look_at_it_alone(work: Pull, collection: RemoteCollection) -> bool:
    """False: it takes a look at the home to know more."""
    try:
        report = read_report(work.session.remote, collection.href, collection.sync_token)
    except (InvalidSyncToken, ResourceNotFound, Refused, UnreadableAnswer):
        return False
    if report.says_nothing:
        return report.token == collection.sync_token
    with others_going_on(work, collection):
        take_in(work, collection, partial(Known.of(collection), report, ()), mark="")
    return True


def look_at_home(work: Pull, full: bool) -> None:
    infos = {info.href: info for info in work.session.remote.list_collections()}
    if not infos:
        raise TemporaryRemoteError(NO_CALENDARS, 207)
    before = work.session.requests
    for collection in known_collections(work, infos):
        if work.time_is_up and work.session.requests > before:
            work.result.unfinished = True  # each run reads one that changed, at least
            return
        with others_going_on(work, collection):
            look_at_collection(work, collection, infos[collection.href], full)


@contextmanager
def others_going_on(work: Pull, collection: RemoteCollection) -> Iterator[None]:
    """One collection's trouble does not keep the others from being read."""
    try:
        yield
    except RemoteError as error:
        if not is_its_own(error):
            raise
        sentence = f"The calendar “{collection}” could not be read: {error.message}"
        work.trouble("read collection", sentence)


def is_its_own(error: RemoteError) -> bool:
    return isinstance(error, ResourceNotFound | Refused | UnreadableAnswer) or error.status == 500


def look_at_collection(
    work: Pull, collection: RemoteCollection, info: CollectionInfo, full: bool
) -> None:
    mark, again = info.ctag or info.sync_token, work.again.get(collection.pk, [])
    has_moved = bool(mark and collection.ctag and mark != collection.ctag)
    is_done = mark and mark == collection.ctag and not collection.holds
    if is_done and not full and not again:
        return
    count_looks(work, collection)
    listing = list_collection(
        work.session.remote, collection, again, full=full, has_moved=has_moved
    )
    if listing.token_was_refused:
        work.journal.write(
            "compare etags",
            Outcome.DONE,
            f"iCloud no longer knew how far we had read “{collection}”: every etag was compared",
        )
    take_in(work, collection, listing, mark)
