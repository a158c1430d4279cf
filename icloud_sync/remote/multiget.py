"""calendar-multiget in batches (RFC 4791, 7.9), and around the one event that spoils a batch."""

import re
from collections.abc import Callable, Iterable, Sequence

from icloud_sync.core.ical import lines
from icloud_sync.core.values import Fetched, Multiget
from icloud_sync.remote.errors import (
    Refused,
    ResourceNotFound,
    UnreadableAnswer,
)
from icloud_sync.remote.etags import strong
from icloud_sync.remote.interface import MULTIGET_BATCH
from icloud_sync.remote.multistatus import DATA, ETAG, Multistatus, looks_like_html, not_caldav

# What XML 1.0 cannot carry (2.2), and so no report about the event either.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

Report = Callable[[Sequence[str]], Multiget]
Get = Callable[[str], Fetched]


def in_batches(
    wanted: Sequence[str], report: Report, get: Get, check_collection: Callable[[], None]
) -> Multiget:
    parts = []
    for start in range(0, len(wanted), MULTIGET_BATCH):
        batch = wanted[start : start + MULTIGET_BATCH]
        parts.append(_batch(batch, report, get, check_collection))
    return _joined(parts)


def _batch(
    batch: Sequence[str], report: Report, get: Get, check_collection: Callable[[], None]
) -> Multiget:
    try:
        return report(batch)
    except UnreadableAnswer:
        return _halved(batch, report, get)
    except Refused as error:
        if not _too_many(error):
            raise
        return _halved(batch, report, get)
    except ResourceNotFound:
        # Some servers say 404 to all for one that is missing; a collection gone says so too.
        check_collection()
        return _halved(batch, report, get)


def _halved(batch: Sequence[str], report: Report, get: Get) -> Multiget:
    """One event that cannot be read spoils the XML of all: find it, read the others."""
    if len(batch) == 1:
        return _single(batch[0], get)
    middle = len(batch) // 2
    parts = []
    for half in (batch[:middle], batch[middle:]):
        try:
            parts.append(report(half))
        except (UnreadableAnswer, ResourceNotFound, Refused):
            parts.append(_halved(half, report, get))
    return _joined(parts)


def _too_many(error: Refused) -> bool:
    """Asked for less, the server may answer (RFC 4791, 7.9; 507 and 413 by other servers)."""
    return error.status in (413, 507) or error.precondition == "number-of-matches-within-limits"


def _single(href: str, get: Get) -> Multiget:
    try:
        fetched = get(href)
    except ResourceNotFound:
        return Multiget(found=(), missing=(href,))
    except (UnreadableAnswer, Refused) as error:
        return Multiget(found=(), unreadable={href: error.message})
    spoiler = NOT_XML.search(fetched.body)
    if spoiler:
        reason = f"This event holds a control character (0x{ord(spoiler[0]):02x})."
        return Multiget(found=(), unreadable={href: reason})
    return Multiget(found=(fetched,))


def read(found: Multistatus, batch: Sequence[str]) -> Multiget:
    """The answer to one batch. Left out, or without data: missing, never deleted."""
    # Named twice, the one with a body counts.
    answers = {
        response.href: response
        for response in sorted(found.responses, key=lambda one: DATA in one.props)
    }
    fetched, missing, unreadable = [], [], {}
    for href in batch:
        response = answers.get(href)
        body = response.raw_text(DATA) if response else ""
        if response and body.strip():
            etag = strong(response.text(ETAG))
            fetched.append(Fetched(href, etag, with_crlf(body)))
        elif response and response.status in (403, 413, 415, 422):
            unreadable[href] = f"The server will not show this event ({response.status})."
        else:
            missing.append(href)
    return Multiget(tuple(fetched), tuple(missing), unreadable)


def body_of(content: bytes) -> str:
    """Of an answer to a GET."""
    try:
        body = lines.decoded(content)
    except UnicodeDecodeError as error:
        raise UnreadableAnswer("This event is not valid UTF-8 text.") from error
    if looks_like_html(content) or not content.strip():
        raise not_caldav()
    return with_crlf(body)


def with_crlf(body: str) -> str:
    """Line ends as iCalendar has them (RFC 5545, 3.1): XML turns CRLF into LF on the way."""
    return body.replace("\r\n", "\n").replace("\n", "\r\n")


def _joined(parts: Iterable[Multiget]) -> Multiget:
    found: list[Fetched] = []
    missing: list[str] = []
    unreadable: dict[str, str] = {}
    for part in parts:
        found += part.found
        missing += part.missing
        unreadable |= part.unreadable
    return Multiget(tuple(found), tuple(missing), unreadable)
