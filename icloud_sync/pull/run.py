"""One look at an account: which collections changed, what in them, taken in batch by
batch; each collection's token is stored last, once all it listed is."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from icloud_sync.apply import absorb, absorb_removed
from icloud_sync.core.values import CollectionInfo, Fetched
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.pull.listing import Listing, list_collection, set_aside_long_ago
from icloud_sync.pull.moves import find_moves
from icloud_sync.remote.errors import Refused, ResourceNotFound, UnreadableAnswer
from icloud_sync.remote.interface import MULTIGET_BATCH
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome

MOST_HOLDS = 3


@dataclass
class PullResult:
    """`unfinished`: the time was up; the next pull goes on where this one stopped."""

    read: int = 0
    vanished: int = 0
    unfinished: bool = False
    troubles: list[str] = field(default_factory=list)


@dataclass
class Pull:
    session: Session
    journal: Journal
    result: PullResult
    now: datetime
    deadline: float
    progress: Callable[[int, int], None] | None = None

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() > self.deadline


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
        infos = {info.href: info for info in session.remote.list_collections()}
        for collection in known_collections(work, infos):
            pull_collection(work, collection, infos[collection.href], full)
    return work.result


def known_collections(work: Pull, infos: dict[str, CollectionInfo]) -> Iterator[RemoteCollection]:
    """Those we read and that are there; names and rights are brought up to date, new ones
    are kept as ignored until staff choose them."""
    rows = {row.href: row for row in work.session.connection.collections.all()}
    for href, info in infos.items():
        row = rows.get(href) or new_collection(work, info)
        if "can_write" in freshen(row, info):
            tell_slots(row, work.now)
        if row.is_read:
            yield row
    for href, row in rows.items():
        if href not in infos and row.is_read:
            miss(work, row)


def new_collection(work: Pull, info: CollectionInfo) -> RemoteCollection:
    return RemoteCollection.objects.create(connection=work.session.connection, href=info.href)


def freshen(row: RemoteCollection, info: CollectionInfo) -> list[str]:
    """The names of what changed."""
    fresh = {
        "name": info.name[:500],
        "color": info.color[:20],
        "can_write": info.can_write,
        "missing_since": None,
    }
    changed = [name for name, value in fresh.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, fresh[name])
    if changed:
        row.save(update_fields=changed)
    return changed


def tell_slots(row: RemoteCollection, now: datetime) -> None:
    """We may write there now, or may not any more: its slots will say so (D17), once what
    is stored is looked at again (window.py)."""
    row.resources.filter(state=RemoteResource.State.SYNCED).update(reconsider_at=now)


def miss(work: Pull, row: RemoteCollection) -> None:
    """Not listed: said once, and nothing of it is taken for deleted (rule 5)."""
    work.result.troubles.append(f"The calendar “{row}” is not in the account any more.")
    if row.missing_since is None:
        row.missing_since = work.now
        row.save(update_fields=["missing_since"])
        work.journal.write(
            "miss collection",
            Outcome.NEEDS_ATTENTION,
            f"the calendar “{row}” is not in the account any more; its Blocked Slots stay",
        )


def pull_collection(
    work: Pull, collection: RemoteCollection, info: CollectionInfo, full: bool
) -> None:
    mark = info.ctag or info.sync_token
    unchanged = mark and mark == collection.ctag
    if unchanged and not full and not set_aside_long_ago(collection):
        return
    try:
        listing = list_collection(work.session.remote, collection, full)
    except ResourceNotFound as error:
        work.result.troubles.append(f"“{collection}”: {error.message}")
        return
    if listing.token_was_refused:
        work.journal.write(
            "compare etags",
            Outcome.DONE,
            f"iCloud no longer knew how far we had read “{collection}”: every etag was compared",
        )
    everything_stored = take_in(work, collection, listing)
    if everything_stored:
        # Cut short by the server: without a ctag the next look goes on from the token.
        collection.ctag = "" if listing.more else mark
        collection.sync_token, collection.holds = listing.token, 0
        with transaction.atomic():
            work.session.lease.check()
            collection.save(update_fields=["sync_token", "ctag", "holds"])


def take_in(work: Pull, collection: RemoteCollection, listing: Listing) -> bool:
    """False: something listed could not be had yet, so the token waits."""
    hrefs, missing = listing.difference.look, 0
    for batch in in_time(work, hrefs):
        missing += take_in_batch(work, collection, batch, listing)
        work.result.read += len(batch)
        if work.progress:
            work.progress(work.result.read, len(hrefs))
    if work.result.unfinished:
        return False
    for batch in in_time(work, listing.difference.vanished):
        take_in_vanished(work, collection, batch)
    if work.result.unfinished:
        return False
    return not missing or give_up_waiting(work, collection, missing)


def in_time(work: Pull, hrefs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Batches until the time is up; the first one always, so that each run gets on."""
    for start in range(0, len(hrefs), MULTIGET_BATCH):
        if start and work.time_is_up:
            work.result.unfinished = True
            return
        yield hrefs[start : start + MULTIGET_BATCH]


def take_in_batch(
    work: Pull, collection: RemoteCollection, hrefs: Sequence[str], listing: Listing
) -> int:
    """Returns how many were listed, yet could not be read (icloud-behaviour 4.8, 4.9)."""
    got = work.session.remote.multiget(collection.href, hrefs)
    if got.found:
        moved = find_moves(work.session, got.found, listing.difference.vanished)
        absorb(work.session.connection, collection, got.found, work.now, work.journal, moved)
    for href, why in got.unreadable.items():
        set_aside_unread(work, collection, href, why)
    return len(got.missing)


def set_aside_unread(work: Pull, collection: RemoteCollection, href: str, why: str) -> None:
    absorb(
        work.session.connection,
        collection,
        [Fetched(href, "", f"(not readable: {why})")],
        work.now,
        work.journal,
    )


def take_in_vanished(work: Pull, collection: RemoteCollection, hrefs: Sequence[str]) -> None:
    """A listing lacks them, or a report calls them gone; believed once a GET says so too
    (rule 5)."""
    ours = work.session.connection.resources.filter(href__in=hrefs, collection=collection)
    gone = [href for href in ours.values_list("href", flat=True) if is_gone(work, href)]
    if gone:
        absorb_removed(work.session.connection, gone, work.now, work.journal)
        work.result.vanished += len(gone)


def is_gone(work: Pull, href: str) -> bool:
    try:
        work.session.remote.get(href)
    except ResourceNotFound:
        return True
    except (Refused, UnreadableAnswer):
        pass  # something is there, and this one event must not stop the others
    return False


def give_up_waiting(work: Pull, collection: RemoteCollection, missing: int) -> bool:
    """A ghost is listed for ever: after a few looks we go on, and say so."""
    collection.holds += 1
    collection.save(update_fields=["holds"])
    if collection.holds < MOST_HOLDS:
        return False
    work.journal.write(
        "skip unreadable",
        Outcome.NEEDS_ATTENTION,
        f"{missing} events of “{collection}” are listed by iCloud but cannot be read; they "
        "are left out until they change",
    )
    return True
