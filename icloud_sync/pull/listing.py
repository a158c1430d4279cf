"""What changed in one collection since the last pull."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from icloud_sync.core.diff import Difference, against_listing, against_report, is_behind
from icloud_sync.core.values import Fetched, Member
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.remote.errors import InvalidSyncToken
from icloud_sync.remote.interface import Remote

State = RemoteResource.State
MOST_PAGES = 200


@dataclass
class Known:
    """What we believe is there, by href: the etag, and the one that our last write replaced;
    and what is set aside.

    A pending copy may never have arrived, one we took out ourselves or know to be gone is
    not missed. Listed, each of them is looked at, and so is what was set aside.
    """

    etags: dict[str, str]
    replaced: dict[str, str]
    aside: set[str]

    @classmethod
    def of(cls, collection: RemoteCollection) -> "Known":
        unsure = (State.PENDING, State.REMOVED, State.DELETED_IN_ICLOUD)
        rows = collection.resources.exclude(state__in=unsure)
        found = list(rows.values_list("href", "etag", "replaced_etag", "state"))
        aside = {href for href, _, _, state in found if state == State.NEEDS_ATTENTION}
        return cls(
            etags={href: "" if href in aside else etag for href, etag, _, _ in found},
            replaced={href: before for href, _, before, _ in found},
            aside=aside,
        )


@dataclass
class Listing:
    """`token`: to store once everything in `difference` has been taken in. `is_empty`: it
    should list all there is, and lists nothing although we know of events."""

    difference: Difference
    token: str
    known: Known
    listed: dict[str, str] = field(default_factory=dict)
    token_was_refused: bool = False
    more: bool = False
    is_empty: bool = False

    def is_behind(self, one: Fetched) -> bool:
        known, replaced = self.known.etags.get(one.href, ""), self.known.replaced.get(one.href, "")
        return is_behind(one.etag, self.listed.get(one.href), known, replaced)


@dataclass
class Report:
    changed: list[Member] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    token: str = ""
    more: bool = False

    @property
    def says_nothing(self) -> bool:
        return not self.changed and not self.removed


def list_collection(
    remote: Remote,
    collection: RemoteCollection,
    again: Sequence[str] = (),
    *,
    full: bool = False,
    has_moved: bool = False,
) -> Listing:
    """By token; where the server will not have the token, by comparing etags, which is
    never a deletion and never a download of what we have (C12). `has_moved`: the server says
    that something is new; a report without anything does not answer that."""
    token = "" if full else collection.sync_token
    try:
        report = read_report(remote, collection.href, token)
    except InvalidSyncToken:
        if not token:
            return complete(Known.of(collection), remote.list_members(collection.href), "")
        listing = list_collection(remote, collection, again, full=True)
        listing.token_was_refused = True
        return listing
    if token and has_moved and report.says_nothing:
        return list_collection(remote, collection, again, full=True)
    if token or report.more:  # a listing that was cut short says nothing of what it lacks
        return partial(Known.of(collection), report, again)
    return complete(Known.of(collection), report.changed, report.token)


def partial(known: Known, report: Report, again: Sequence[str]) -> Listing:
    difference = against_report(report.changed, report.removed, known.etags, again)
    listed = etags_of(report.changed)
    return Listing(difference, report.token, known, listed, more=report.more)


def complete(known: Known, members: Sequence[Member], token: str) -> Listing:
    nothing = bool(known.etags) and not members
    difference = against_listing(members, known.etags)
    return Listing(difference, token, known, etags_of(members), is_empty=nothing)


def etags_of(members: Iterable[Member]) -> dict[str, str]:
    return {one.href: one.etag for one in members}


def read_report(remote: Remote, href: str, token: str) -> Report:
    """All pages of a sync report (RFC 6578, 3.6)."""
    report = Report(token=token)
    for _ in range(MOST_PAGES):
        page = remote.list_changes(href, report.token)
        report.changed += page.changed
        report.removed += page.removed
        last, report.token, report.more = report.token, page.token, page.more
        if not page.more or page.token == last:
            break
    return report
