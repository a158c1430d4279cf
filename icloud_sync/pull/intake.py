"""What a listing names, fetched and taken in, batch by batch. What cannot be had yet keeps
the sync-token where it is, for a few looks; then it goes on record and the token moves on."""

from collections.abc import Sequence

from django.db import transaction

from icloud_sync.apply import absorb, absorb_removed
from icloud_sync.apply.twins import follow_twin
from icloud_sync.core.values import Fetched
from icloud_sync.guards.vanished import hold_back
from icloud_sync.models import RemoteCollection
from icloud_sync.pull.aside import NOT_THERE, forget_never_read, record_unread
from icloud_sync.pull.listing import Listing
from icloud_sync.pull.moves import find_moves, tell_moves
from icloud_sync.pull.work import Pull
from icloud_sync.remote.errors import Refused, ResourceNotFound, UnreadableAnswer

MOST_HOLDS = 3  # looks
FEW = 3  # are asked for one by one


def take_in(work: Pull, collection: RemoteCollection, listing: Listing, mark: str) -> None:
    """`mark`: the collection's ctag as of this look. The token is stored last."""
    patient = collection.holds + 1 < MOST_HOLDS
    waiting = fetch(work, collection, listing, patient)
    if work.result.unfinished:
        return
    alive = ask_about_vanished(work, collection, listing)
    if work.result.unfinished:
        return
    if listing.is_empty and alive:
        doubt(work, collection, len(listing.known.etags))
        hold(work, collection)
    elif waiting or (alive and patient):
        hold(work, collection)
    else:
        remember(work, collection, listing, mark)


def hold(work: Pull, collection: RemoteCollection) -> None:
    """The next look begins where this one did."""
    work.result.waiting = True
    collection.holds = min(collection.holds + 1, MOST_HOLDS)
    collection.save(update_fields=["holds"])


def remember(work: Pull, collection: RemoteCollection, listing: Listing, mark: str) -> None:
    # Cut short by the server: without a ctag the next look goes on from the token.
    collection.ctag = "" if listing.more else mark
    collection.sync_token, collection.holds = listing.token, 0
    with transaction.atomic():
        work.session.lease.check()
        collection.save(update_fields=["sync_token", "ctag", "holds"])


# --- What is new, or changed --------------------------------------------------------------


def fetch(work: Pull, collection: RemoteCollection, listing: Listing, patient: bool) -> int:
    """How many were listed and cannot be had yet."""
    hrefs, waiting = listing.difference.look, 0
    for batch in work.in_time(hrefs):
        waiting += fetch_batch(work, collection, batch, listing, patient)
        work.result.read += len(batch)
        if work.progress:
            work.progress(work.result.read, len(hrefs))
    return waiting


def fetch_batch(
    work: Pull,
    collection: RemoteCollection,
    hrefs: Sequence[str],
    listing: Listing,
    patient: bool,
) -> int:
    """iCloud lists what it cannot show yet, or shows what was there before (4.8, 4.9)."""
    got = work.session.remote.multiget(collection.href, hrefs)
    behind = {one.href for one in got.found if patient and listing.is_behind(one)}
    store(work, collection, [one for one in got.found if one.href not in behind], listing)
    record_unread(work, collection, got.unreadable)
    missing = [href for href in got.missing if href not in listing.known.aside]
    if patient:
        return len(missing) + len(behind)
    record_unread(work, collection, dict.fromkeys(missing, NOT_THERE))
    return 0


def store(
    work: Pull, collection: RemoteCollection, found: Sequence[Fetched], listing: Listing
) -> None:
    if found:
        forget_never_read(work, listing.known.aside.intersection(one.href for one in found))
        moved = find_moves(work.session, found, listing.difference.vanished)
        absorb(work.connection, collection, found, work.now, work.journal, moved)
        tell_moves(work, collection, moved)


# --- What is not there any more -----------------------------------------------------------


def ask_about_vanished(work: Pull, collection: RemoteCollection, listing: Listing) -> int:
    """A listing lacks them, or a report calls them gone; believed once they cannot be had
    either (rule 5), and a person asked where they are many (D21). How many can be had, so
    that the listing is not to be relied on."""
    missing, alive = missing_of(work, collection, listing)
    if work.result.unfinished:
        return alive
    there = listing.listed
    held = hold_back(work.connection, missing, there, work.result.vanished, work.journal)
    for batch in work.in_time([href for href in missing if href not in held]):
        alive += len(batch) - believe_gone(work, collection, batch, listing)
    return alive


def missing_of(work: Pull, collection: RemoteCollection, listing: Listing) -> tuple[list[str], int]:
    """Of those that the listing lacks: which a second look does not show either, and how many
    it does."""
    missing: list[str] = []
    alive = 0
    for batch in work.in_time(listing.difference.vanished):
        ours = work.connection.resources.filter(href__in=batch, collection=collection)
        hrefs = list(ours.values_list("href", flat=True))
        if len(hrefs) > FEW:
            got = work.session.remote.multiget(collection.href, hrefs)
            store(work, collection, got.found, listing)
            alive += len(hrefs) - len(got.missing)
            hrefs = list(got.missing)
        missing += hrefs
    return missing, alive


def believe_gone(
    work: Pull, collection: RemoteCollection, hrefs: Sequence[str], listing: Listing
) -> int:
    """What a GET of its own says is not there. Returns how many."""
    found, gone = look_for(work, hrefs)
    store(work, collection, found, listing)
    gone = without_followed(work, gone)
    forget_never_read(work, listing.known.aside.intersection(gone))
    if gone:
        absorb_removed(work.connection, gone, work.now, work.journal)
        work.result.vanished += len(gone)
    return len(gone)


def without_followed(work: Pull, hrefs: Sequence[str]) -> list[str]:
    """Copies whose event is known to lie in the account a second time are not gone (D17)."""
    copies = work.connection.resources.filter(href__in=hrefs, appointment__isnull=False)
    followed = {
        one.href for one in copies if follow_twin(work.session, one, work.now, work.journal)
    }
    return [href for href in hrefs if href not in followed]


def look_for(work: Pull, hrefs: Sequence[str]) -> tuple[list[Fetched], list[str]]:
    """What is there after all, and what is not."""
    found: list[Fetched] = []
    gone: list[str] = []
    for href in hrefs:
        try:
            found.append(work.session.remote.get(href))
        except ResourceNotFound:
            gone.append(href)
        except (Refused, UnreadableAnswer):
            pass  # something is there, and this one event must not stop the others
    return found, gone


def doubt(work: Pull, collection: RemoteCollection, number: int) -> None:
    work.trouble(
        "doubt listing",
        f"iCloud returned an empty list for the calendar “{collection}”, though its "
        f"{number} events are there: nothing was concluded from it.",
    )
