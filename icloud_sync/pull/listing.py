"""What changed in one collection since the last pull."""

from dataclasses import dataclass, field

from icloud_sync.core.diff import Difference, against_listing, against_report
from icloud_sync.core.values import Member
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.remote.errors import InvalidSyncToken
from icloud_sync.remote.interface import Remote

State = RemoteResource.State
MOST_PAGES = 200


@dataclass
class Listing:
    """`token`: to store once everything in `difference` has been taken in."""

    difference: Difference
    token: str
    token_was_refused: bool = False


@dataclass
class Report:
    changed: list[Member] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    token: str = ""


def list_collection(remote: Remote, collection: RemoteCollection, full: bool) -> Listing:
    """By token; where the server will not have the token, by comparing etags, which is
    never a deletion and never a download of what we have (C12)."""
    known = known_etags(collection)
    token = "" if full else collection.sync_token
    try:
        report = read_report(remote, collection.href, token)
    except InvalidSyncToken:
        if not token:
            members = remote.list_members(collection.href)
            return Listing(against_listing(members, known), "")
        again = list_collection(remote, collection, full=True)
        again.token_was_refused = True
        return again
    if token:
        return Listing(against_report(report.changed, report.removed, known), report.token)
    return Listing(against_listing(report.changed, known), report.token)


def read_report(remote: Remote, href: str, token: str) -> Report:
    """All pages of a sync report (RFC 6578, 3.6)."""
    report = Report(token=token)
    for _ in range(MOST_PAGES):
        page = remote.list_changes(href, report.token)
        report.changed += page.changed
        report.removed += page.removed
        last, report.token = report.token, page.token
        if not page.more or page.token == last:
            break
    return report


def known_etags(collection: RemoteCollection) -> dict[str, str]:
    """What we believe is there. A pending copy has no etag yet, so that it is looked at;
    one we took out ourselves, or know to be gone, is not missed."""
    rows = collection.resources.exclude(state__in=(State.REMOVED, State.DELETED_IN_ICLOUD))
    return dict(rows.values_list("href", "etag"))
