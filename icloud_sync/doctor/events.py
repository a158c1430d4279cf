"""An account's steps with its events: reading them, sync-tokens, how long answers take."""

import time
from collections.abc import Iterable, Sequence
from functools import partial

from django.utils import timezone

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from icloud_sync.core.values import Member, Multiget
from icloud_sync.core.verdicts import steps
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.values import Step, Verdict, trouble
from icloud_sync.doctor.account import host_of, propfind
from icloud_sync.doctor.patience import TimeIsUp
from icloud_sync.doctor.visit import Visit
from icloud_sync.models import RemoteCollection
from icloud_sync.remote import xml_requests
from icloud_sync.remote.errors import InvalidSyncToken, ResourceNotFound
from icloud_sync.snapshots import current_window, zones_for

Role = RemoteCollection.Role
MOST_COLLECTIONS = 5
SAMPLE = 20  # events fetched of each
LATENCY_REQUESTS = 3


def read_collections(visit: Visit) -> list[RemoteCollection]:
    """Those we read that are there, the target first."""
    rows = visit.connection.collections.exclude(role=Role.IGNORED)
    there = [row for row in rows if row.href in visit.infos]
    return sorted(there, key=lambda row: row.role != Role.TARGET)


def reading(visit: Visit) -> Verdict:
    rows = read_collections(visit)[:MOST_COLLECTIONS]
    listed, fetched = 0, []
    for row in rows:
        try:
            number, found = read_some(visit, row)
        except ResourceNotFound as error:
            return gone(row, error)
        listed += number
        fetched.append(found)
    return judge_reading(visit, len(rows), listed, fetched)


def read_some(visit: Visit, row: RemoteCollection) -> tuple[int, Multiget]:
    """How many events it lists, and a few of them."""
    members = visit.ask(partial(list_members, visit, row.href))
    hrefs = sample(row, members)
    if not hrefs:
        return 0, Multiget(())
    return len(members), visit.ask(partial(visit.remote.multiget, row.href, hrefs))


def gone(row: RemoteCollection, error: ResourceNotFound) -> Verdict:
    cause = Cause.CALENDAR_GONE if row.role == Role.TARGET else Cause.MIRRORED_GONE
    return trouble(Step.READ, cause, error.message, name=str(row))


def list_members(visit: Visit, href: str) -> Sequence[Member]:
    """By a sync report, which brings a token; where there is none, by listing etags."""
    try:
        changes = visit.remote.list_changes(href, "")
    except InvalidSyncToken:
        return visit.remote.list_members(href)
    visit.tokens[href] = changes.token
    return changes.changed


def sample(row: RemoteCollection, members: Iterable[Member]) -> list[str]:
    """What changed here last is the most likely to lie in the window; then the others."""
    listed = {member.href for member in members}
    known = row.resources.order_by("-updated_at").values_list("href", flat=True)[:SAMPLE]
    first = [href for href in known if href in listed]
    return [*first, *sorted(listed.difference(first))][:SAMPLE]


def judge_reading(visit: Visit, number: int, listed: int, fetched: list[Multiget]) -> Verdict:
    window = current_window(timezone.now())
    zones = zones_for(visit.connection, None)
    occurrences, unreadable = (
        0,
        {href: why for one in fetched for href, why in one.unreadable.items()},
    )
    for event in (event for one in fetched for event in one.found):
        try:
            occurrences += len(parse(event.body, window, zones).occurrences)
        except UnreadableResource as error:
            unreadable[event.href] = str(error)
    looked_at = sum(len(one.found) + len(one.unreadable) for one in fetched)
    missing = sum(len(one.missing) for one in fetched)
    span = f"{window.starts_at:%Y-%m-%d} to {window.ends_at:%Y-%m-%d}"
    seen = steps.Reading(
        number, listed, looked_at, occurrences, len(unreadable), missing, window=span
    )
    return steps.reading(seen, next(iter(unreadable.values()), ""))


def tokens(visit: Visit) -> Verdict:
    """A token of a moment ago must be known; that of our last pull may have expired."""
    rows = read_collections(visit)
    row = next((row for row in rows if row.href in visit.tokens), None)
    host = host_of(visit.home_url)
    if row is None:
        return steps.tokens(steps.Tokens(host, has_reports=not rows))
    fresh = changes_since(visit, row.href, visit.tokens[row.href])
    stored = changes_since(visit, row.href, row.sync_token) if row.sync_token else None
    return steps.tokens(
        steps.Tokens(
            host,
            has_reports=True,
            fresh_works=fresh is not None,
            stored_works=stored is not None if row.sync_token else None,
            waiting=stored or 0,
        )
    )


def changes_since(visit: Visit, href: str, token: str) -> int | None:
    """How many; None where the token is refused."""
    try:
        changes = visit.ask(partial(visit.remote.list_changes, href, token))
    except InvalidSyncToken:
        return None
    return len(changes.changed) + len(changes.removed)


def latency(visit: Visit) -> Verdict:
    transport = visit.transport
    seconds: list[float] = []
    while len(seconds) < LATENCY_REQUESTS:
        started = time.monotonic()
        try:
            visit.ask(lambda: propfind(transport, visit.home_url, xml_requests.existence()))
        except TimeIsUp:
            if not seconds:
                raise
            break
        seconds.append(time.monotonic() - started)
    return steps.latency(host_of(visit.home_url), seconds)


def clock(visit: Visit) -> Verdict:
    if visit.reached is None:
        raise LookupError("The clock is read from the answer at the address.")
    return steps.clock(visit.reached)
