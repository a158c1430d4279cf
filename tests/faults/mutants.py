"""The client without one of its answers, and the rows of the table that must fail then.

Where two answers stand one behind the other, a mutant takes both: a row is there to show that
the day ends well, not which of the two made it so.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest

from icloud_sync import standing
from icloud_sync.apply import absorb_removed
from icloud_sync.core import failed_write, pull_plan, push_plan
from icloud_sync.core.ical import tzids
from icloud_sync.core.values import Fetched
from icloud_sync.pull import collections, intake, listing, run
from icloud_sync.push import record, send
from icloud_sync.remote import (
    broken,
    classify,
    client,
    discovery,
    etags,
    hrefs,
    listings,
    multiget,
    multistatus,
    session,
    transport,
    xml_requests,
)
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import (
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
    UnreadableAnswer,
)
from icloud_sync.remote.home import Home
from icloud_sync.remote.session import GuardedSession, HostRule
from tests import wire
from tests.faults.table import hosts, writes
from tests.faults.table import listings as listed
from tests.faults.table.row import Patch


@dataclass(frozen=True)
class Mutant:
    name: str
    patch: Patch
    rows: tuple[str, ...]


def mutant(name: str, patch: Patch, *rows: str) -> Mutant:
    return Mutant(name, patch, rows)


def replacing(target: Any, name: str, value: Any) -> Patch:
    return lambda patch: patch.setattr(target, name, value)


def all_of(*patches: Patch) -> Patch:
    def patch_all(patch: pytest.MonkeyPatch) -> None:
        for each in patches:
            each(patch)

    return patch_all


def around(target: Any, name: str, change: Callable[..., Any]) -> Patch:
    """`change(what it is now, *arguments)`."""

    def patch_it(patch: pytest.MonkeyPatch) -> None:
        real = getattr(target, name)
        patch.setattr(target, name, lambda *given, **named: change(real, *given, **named))

    return patch_it


@contextmanager
def unsearched() -> Iterator[None]:
    """What a mutant sends breaks the rules of the wire, as it should."""
    try:
        yield
    finally:
        for each in wire.made:
            each.close()
        wire.made.clear()


def no(*_: Any, **__: Any) -> None:
    """Not looked at, not told, not checked."""


def never(*_: Any, **__: Any) -> bool:
    return False


def as_it_is(value: Any, *_: Any) -> Any:
    return value


# --- Hosts ------------------------------------------------------------------------------

MOVED = tuple(f"renumbered, old host {how}" for how in ("404", "421", "401", "403", "500", "503"))
SENT_ON = tuple(f"renumbered, old host {number}" for number in hosts.REDIRECTS)
HOSTS = [
    mutant(
        "the whole address is taken for the name of an event",
        replacing(hrefs, "canonical", lambda href, base="/": urljoin(base, href)),
        "hrefs on the other host",
    ),
    mutant(
        "addresses are glued to the server's",
        replacing(discovery, "joined", lambda base, href: base.rstrip("/") + href),
        "an absolute principal",
        "at home on the generic host",
    ),
    mutant(
        "addresses are taken as whole ones",
        replacing(discovery, "joined", lambda base, href: href),
        "at home on no host",
    ),
    mutant(
        "redirects are not followed",
        replacing(session, "REDIRECTS", set()),
        *(f"redirect {number}" for number in hosts.REDIRECTS),
        *SENT_ON,
    ),
    mutant(
        "redirects are followed for long",
        replacing(session, "MAX_HOPS", 40),
        "the generic host in a circle",
    ),
    mutant(
        "the password goes wherever it is sent",
        replacing(HostRule, "check", no),
        "the generic host sends on to a foreign host",
        "renumbered, and sent on to a foreign host",
        "renumbered, and at home on a foreign host",
    ),
    mutant(
        "an account that moved is not looked for",
        replacing(Home, "found_elsewhere", never),
        *MOVED,
        "renumbered, old host reset",
        "renumbered, old host refuses connections",
    ),
    mutant(
        "a connection that was refused counts as broken",
        replacing(broken, "never_sent", never),
        "renumbered, and at home where nobody listens",
        "connections refused",
        "no such name",
        "no TLS",
    ),
    mutant(
        "a dead password is tried on",
        replacing(classify, "_credentials", no),
        "the password revoked",
        "the password revoked in the middle of a run",
        "an Apple ID nobody has",
    ),
]


# --- Listings ---------------------------------------------------------------------------


class All(list[Any]):
    """Where a dict would have kept one of each."""

    def values(self) -> "All":
        return self


def besides(found: Any, asked: set[str]) -> All:
    return All(r for r in found.responses if not listings._is_asked(r, asked))


def all_listed(changed: Any, removed: Any, known: Mapping[str, str], again: Any = ()) -> Any:
    look = [one.href for one in changed if known.get(one.href) != one.etag]
    gone = tuple(href for href in dict.fromkeys(removed) if href in known)
    return listing.Difference(tuple(look), gone)


def multiget_of_all(self: CalDAVRemote, collection_href: str, wanted: Sequence[str]) -> Any:
    def report(batch: Sequence[str]) -> Any:
        return self._report(collection_href, batch)

    return multiget.in_batches(wanted, report, self.get, no)


def first_page(real: Any, self: CalDAVRemote, href: str, token: str) -> Any:
    return replace(real(self, href, token), more=False)


def as_far_as_it_goes(real: Any, remote: Any, href: str, token: str) -> Any:
    report = listing.Report(token=token)
    try:
        while True:
            page = remote.list_changes(href, report.token)
            report.changed += page.changed
            report.removed += page.removed
            report.token = page.token
            if not page.more:
                break
    except RemoteError:
        if report.token == token:
            raise
    return report


def missing_is_deleted(work: Any, collection: Any, wanted: Any, listing: Any, patient: Any) -> int:
    got = work.session.remote.multiget(collection.href, wanted)
    intake.store(work, collection, got.found, listing)
    absorb_removed(work.connection, got.missing, work.now, work.journal)
    return 0


def take_in_at_once(work: Any, row: Any, listing: Any, mark: str) -> None:
    intake.fetch(work, row, listing, False)
    intake.ask_about_vanished(work, row, listing)
    intake.remember(work, row, listing, mark)


def all_its_events_go(work: Any, row: Any) -> None:
    gone = list(row.resources.values_list("href", flat=True))
    absorb_removed(work.connection, gone, work.now, work.journal)


def whatever_the_home_lists(work: Any, full: bool) -> None:
    infos = {info.href: info for info in work.session.remote.list_collections()}
    for row in collections.known_collections(work, infos):
        run.look_at_collection(work, row, infos[row.href], full)


def everything_is_new(real: Any, changed: Any, removed: Any, known: Any, again: Any = ()) -> Any:
    return real(changed, removed, dict.fromkeys(known, ""), again)


def itself_among_them(real: Any, found: Any, asked: set[str], since: str) -> Any:
    listings.check_itself(found, asked)
    return real(found, asked, since)


def only_unprefixed(real: Any, content: bytes) -> Any:
    root = real(content)
    for element in root.iter():
        if element.prefix:
            element.tag = f"{element.prefix}:{element.tag.rpartition('}')[2]}"
    return root


def without_looking_why(real: Any, *given: Any, **named: Any) -> Any:
    return real(*given, **named | {"has_moved": False})


REFUSED_ELSEWHERE = ("404", "410", "507 inside")
what_is_missing_is_gone = replacing(intake, "look_for", lambda work, row, wanted: ([], [*wanted]))
LISTINGS = [
    mutant(
        "a refused token is an error like any other",
        replacing(classify, "_sync", no),
        *(f"tokens expire, {how}" for how in listed.TOKENS if how not in REFUSED_ELSEWHERE),
    ),
    mutant(
        "a 404 to a token means that the calendar is gone",
        all_of(
            replacing(classify, "_sync", no),
            replacing(CalDAVRemote, "_of_a_token", lambda self, ask, href, token: ask()),
        ),
        "tokens expire, 404",
        "tokens expire, 410",
    ),
    mutant(
        "a refusal inside the answer is not seen",
        replacing(listings, "InvalidSyncToken", UnreadableAnswer),
        "tokens expire, 507 inside",
    ),
    mutant(
        "what is listed is read, changed or not",
        around(listing, "against_report", everything_is_new),
        "tokens expire, everything again",
    ),
    mutant(
        "tokens are handed back changed",
        around(xml_requests, "sync_collection", lambda real, token: real(token.swapcase())),
        "tokens are handed back as they were",
    ),
    mutant(
        "what is named twice is taken twice",
        all_of(
            replacing(listings, "_besides", besides),
            replacing(listing, "against_report", all_listed),
            replacing(CalDAVRemote, "multiget", multiget_of_all),
        ),
        "everything listed twice",
    ),
    mutant(
        "a slash makes another thing",
        replacing(hrefs, "same_resource", lambda one, other: one == other),
        "the collection without its slash",
    ),
    mutant(
        "a report must name the collection",
        around(listings, "changes", itself_among_them),
        "the collection not listed",
    ),
    mutant(
        "only the first page is read",
        around(CalDAVRemote, "list_changes", first_page),
        "reports in pages of one",
    ),
    mutant(
        "the token is taken though a later page is missing",
        around(listing, "read_report", as_far_as_it_goes),
        *(f"reports in pages of one, {how} after the first" for how in ("500", "503", "reset")),
    ),
    mutant(
        "what a listing lacks is deleted",
        what_is_missing_is_gone,
        "a listing with gaps",
        "three listings with gaps",
        "the calendar's listing without members",
        "the calendar's listing without anything",
    ),
    mutant(
        "the token after an empty listing is taken",
        replacing(intake, "ask_about_vanished", lambda work, collection, listing: 0),
        "the calendar's listing without members",
    ),
    mutant(
        "the token moves on past what is not there yet",
        all_of(
            replacing(run, "take_in", take_in_at_once),
            around(run, "list_collection", without_looking_why),
        ),
        "news listed a look late",
        "old bodies for a read",
        "old bodies for two reads",
    ),
    mutant(
        "what tokens say is never compared",
        replacing(run, "COMPARE_EVERY", timedelta(days=10_000)),
        "news listed late, past the token",
    ),
    mutant(
        "what a multiget lacks is deleted",
        replacing(intake, "fetch_batch", missing_is_deleted),
        "listed, missing for two reads",
        "listed, left out for two reads",
        "listed, 500 for two reads",
        "nothing but ghosts",
    ),
    mutant(
        "a ghost is waited for for ever",
        replacing(intake, "MOST_HOLDS", 10_000),
        "one ghost",
    ),
    mutant(
        "an empty home is believed",
        replacing(run, "look_at_home", whatever_the_home_lists),
        "every listing without members",
    ),
    mutant(
        "a listing without its own address is believed",
        replacing(listings, "check_itself", no),
        "every listing without anything",
    ),
    mutant(
        "a multiget that is too large is not halved",
        replacing(multiget, "_too_many", never),
        "small multigets",
    ),
    mutant(
        "only XML as Apple writes it is understood",
        around(multistatus, "parse_xml", only_unprefixed),
        "prefixed XML",
    ),
    mutant(
        "what was in a missing calendar is deleted",
        replacing(collections, "miss", all_its_events_go),
        *(f"the calendar withdrawn, {how}" for how in ("404", "403", "unlisted")),
    ),
    mutant(
        "a calendar keeps its first name",
        replacing(collections, "freshen", lambda row, info: []),
        "the calendar renamed",
    ),
]


# --- Writes -----------------------------------------------------------------------------


def put(condition: dict[str, str]) -> Any:
    return lambda self, href, body, etag="": self._put(href, body, condition)


def try_later(status: int, *_: Any) -> RemoteError:
    return TemporaryRemoteError("Try later.", status)


def a_404_like_any_other(real: Any, request: Any, status: int, precondition: str) -> Any:
    return None if status == 404 else real(request, status, precondition)


def a_412_like_any_other(real: Any, request: Any, status: int, precondition: str) -> Any:
    return None if status == 412 else real(request, status, precondition)


def changed_in_any_case(real: Any, *given: Any, **named: Any) -> Any:
    return replace(real(*given, **named), to_ours=("title",))


def without_alarms(real: Any, *given: Any, **named: Any) -> str:
    before, begin, rest = real(*given, **named).partition("BEGIN:VALARM")
    return before + rest.partition("END:VALARM\r\n")[2] if begin else before


believed = replacing(record, "read_back", lambda resource, body, remote: Fetched("", "", body))
any_etag = all_of(replacing(transport, "strong", as_it_is), replacing(multiget, "strong", as_it_is))
WRITES = [
    mutant(
        "no If-Match",
        replacing(CalDAVRemote, "update", put({})),
        "tokens are handed back as they were",
    ),
    mutant(
        "no If-None-Match",
        replacing(CalDAVRemote, "create", put({})),
        "tokens are handed back as they were",
    ),
    mutant(
        "a write that names no version is trusted, and the next one blind",
        all_of(believed, replacing(push_plan, "refuse_write", no)),
        "no etag after a write",
    ),
    mutant("what is said to be stored is", believed, "a write vanishes"),
    mutant(
        "whatever is read again has changed",
        around(pull_plan, "merge", changed_in_any_case),
        "etags change at each poll",
        "fresh stamps and etags in every body",
    ),
    mutant(
        "a 412 is a refusal",
        around(classify, "_write", a_412_like_any_other),
        "etags change after each write",
    ),
    mutant("a weak etag is as good as another", any_etag, "weak etags on GET"),
    mutant(
        "an etag is sent as it is spelt",
        replacing(etags, "PERCENT_QUOTES", re.compile("(?!)")),
        "encoded etags after a write",
        "encoded etags everywhere",
    ),
    mutant(
        "a weak etag is as good as another, and sent",
        all_of(any_etag, replacing(client, "strong", as_it_is)),
        "weak etags everywhere",
    ),
    mutant(
        "a write that broke is made again at once",
        replacing(broken, "WRITES", set()),
        "a write's answer is lost",
    ),
    mutant(
        "a gateway's answer to a write is the server's",
        replacing(classify, "_server_side", no),
        "a write's answer is a gateway's 502",
        "a write's answer is a gateway's 504",
    ),
    mutant(
        "an edit leaves alarms behind",
        around(send, "patch", without_alarms),
        "an alarm in every body",
    ),
    mutant(
        "a zone is what its definition says, and nothing without one",
        replacing(tzids, "known", no),
        "timezones dropped",
    ),
    mutant(
        "what is refused is tried for ever",
        replacing(classify, "_remaining", try_later),
        *(
            f"writes refused, {number}"
            for number in writes.REFUSALS
            if number not in ("404", "412")
        ),
        "events too large, 413",
        "events too large, 403",
        "the calendar turned read-only",
    ),
    mutant(
        "a 404 to a write means that the event is gone",
        around(classify, "_write", a_404_like_any_other),
        "writes refused, 404",
    ),
]


# --- The service ------------------------------------------------------------------------


def refused_for_good(real: Any, request: Any, status: int, *given: Any, **named: Any) -> Any:
    error = real(request, status, *given, **named)
    return Refused("No.", status) if isinstance(error, TemporaryRemoteError) else error


def in_a_second(attempts: int, now: datetime, chance: float, asked_for: Any = None) -> datetime:
    return now + timedelta(seconds=1)


def no_date(text: str) -> datetime:
    raise ValueError(text)


def nothing_there(real: Any, self: CalDAVRemote) -> list[Any]:
    try:
        return list(real(self))
    except RemoteError:
        return []


def not_found(real: Any, self: CalDAVRemote, href: str) -> Any:
    try:
        return real(self, href)
    except RemoteError as error:
        raise ResourceNotFound("It is gone.", 404) from error


def no_more_of_it(real: Any, self: GuardedSession, *given: Any) -> Iterator[bytes]:
    try:
        yield from real(self, *given)
    except session.exceptions.RequestException:
        return


def forgiving(**named: Any) -> Any:
    return multistatus.etree.XMLParser(recover=True)


def waiting(seconds: float) -> Patch:
    defaults = dict(CalDAVRemote.__init__.__kwdefaults__ or {}) | {"timeout": (1.0, seconds)}
    return replacing(CalDAVRemote.__init__, "__kwdefaults__", defaults)


SECONDS_ASKED = ("throttled", "throttled with a 429", "throttled with a 403")
DATES_ASKED = ("throttled until a date", "throttled until a date in ten years")
SERVICE = [
    mutant(
        "Retry-After is not minded",
        replacing(standing, "next_attempt", in_a_second),
        *SECONDS_ASKED,
        "throttled for longer than it says",
    ),
    mutant(
        "a date is no Retry-After",
        replacing(classify, "parsedate_to_datetime", no_date),
        *DATES_ASKED,
    ),
    mutant(
        "Retry-After is minded for years",
        replacing(classify, "LONGEST_WAIT", timedelta(days=4000)),
        "throttled for ten years",
        "throttled until a date in ten years",
    ),
    mutant(
        "the service's trouble is the event's",
        around(transport, "classify", refused_for_good),
        *(f"everything {number}" for number in ("500", "502", "503", "504", "429")),
        *(f"writes {number}" for number in ("502", "503", "504")),
        "few requests a minute",
    ),
    mutant(
        "a refusal is the event's, whatever its calendar says",
        replacing(client, "DOUBTFUL", ()),
        "everything 400",
    ),
    mutant(
        "a 403 without a reason is the event's at once",
        all_of(
            replacing(client, "DOUBTFUL", ()),
            replacing(failed_write, "FEW", 0),
            replacing(failed_write, "LATE_ENOUGH", 0),
        ),
        "everything 403",
        "writes refused, 403",
        "writes 403",
    ),
    mutant(
        "a 412 is asked about for ever",
        replacing(failed_write, "LATE_ENOUGH", 10_000),
        "writes refused, 412",
    ),
    mutant(
        "a request that broke is made again at once",
        replacing(broken, "WRITES", set()),
        "everything reset",
        "writes reset",
        "connections break",
    ),
    mutant(
        "what cannot be read is not there",
        all_of(
            around(CalDAVRemote, "get", not_found),
            around(CalDAVRemote, "list_collections", nothing_there),
            replacing(run, "look_at_home", whatever_the_home_lists),
        ),
        *(f"reads {number}" for number in ("503", "403", "reset")),
    ),
    mutant(
        "a page is as good an answer as any",
        all_of(
            replacing(multistatus, "looks_like_html", never),
            replacing(multiget, "looks_like_html", never),
        ),
        "a sign-in page",
    ),
    mutant(
        "half an answer is better than none",
        replacing(multistatus.etree, "XMLParser", forgiving),
        "broken XML",
    ),
    mutant(
        "what cannot be unpacked is left out",
        around(GuardedSession, "_chunks", no_more_of_it),
        "broken gzip",
    ),
    mutant(
        "an answer must be there at once",
        replacing(session, "LONGEST_ANSWER", 0.01),
        "slow bodies",
    ),
    mutant(
        "an answer is waited for as long as it drips",
        replacing(session, "LONGEST_ANSWER", 2.0),
        "bodies that drip",
        "headers that drip",
    ),
    mutant("silence is waited out", waiting(30.0), "a write hangs"),
]
MUTANTS = [*HOSTS, *LISTINGS, *WRITES, *SERVICE]
