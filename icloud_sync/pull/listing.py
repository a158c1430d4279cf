"""What changed in one collection since the last pull."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from icloud_sync.core.diff import Difference, against_listing, against_report
from icloud_sync.core.values import Member
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.remote.errors import InvalidSyncToken
from icloud_sync.remote.interface import Remote

State = RemoteResource.State
MOST_PAGES = 200
LOOK_AGAIN_AFTER = timedelta(hours=1)
MOST_LOOKED_AT_AGAIN = 50


@dataclass
class Listing:
    """`token`: to store once everything in `difference` has been taken in."""

    difference: Difference
    token: str
    token_was_refused: bool = False
    more: bool = False


@dataclass
class Report:
    changed: list[Member] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    token: str = ""
    more: bool = False


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
    if token or report.more:  # a listing that was cut short says nothing of what it lacks
        difference = against_report(
            report.changed, report.removed, known, set_aside_long_ago(collection)
        )
    else:
        difference = against_listing(report.changed, known)
    return Listing(difference, report.token, more=report.more)


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


def known_etags(collection: RemoteCollection) -> dict[str, str]:
    """What we believe is there. A pending copy may never have arrived, one we took out
    ourselves or know to be gone is not missed. Listed, each of them is looked at, and so
    is what was set aside."""
    unsure = (State.PENDING, State.REMOVED, State.DELETED_IN_ICLOUD)
    rows = collection.resources.exclude(state__in=unsure).values_list("href", "etag", "state")
    return {href: "" if state == State.NEEDS_ATTENTION else etag for href, etag, state in rows}


def set_aside_long_ago(collection: RemoteCollection) -> list[str]:
    """What could not be read may be readable by now, though nobody touched it."""
    rows = collection.resources.filter(
        state=State.NEEDS_ATTENTION, updated_at__lt=timezone.now() - LOOK_AGAIN_AFTER
    )
    return list(rows.values_list("href", flat=True)[:MOST_LOOKED_AT_AGAIN])
