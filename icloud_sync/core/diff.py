"""What a listing says against what we know. An etag only says *look* (RFC 4791, 5.3.4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from icloud_sync.core.values import Member


@dataclass(frozen=True, slots=True)
class Difference:
    """`look`: hrefs to read. `vanished`: hrefs to ask about; absence alone proves nothing."""

    look: tuple[str, ...]
    vanished: tuple[str, ...]


def against_report(
    changed: Iterable[Member],
    removed: Iterable[str],
    known: Mapping[str, str],
    again: Iterable[str] = (),
) -> Difference:
    """A sync report (RFC 6578): our own writes come back with the etag we know. `again`:
    to be looked at whether it changed or not."""
    gone = set(removed)
    look = [one.href for one in changed if not one.etag or known.get(one.href) != one.etag]
    look += [href for href in again if href not in gone]
    return Difference(tuple(dict.fromkeys(look)), tuple(href for href in gone if href in known))


def against_listing(members: Iterable[Member], known: Mapping[str, str]) -> Difference:
    """A complete listing, compared by etag: after an invalid token, or on request."""
    listed = {one.href: one.etag for one in members}
    look = tuple(href for href, etag in listed.items() if not etag or known.get(href) != etag)
    vanished = tuple(href for href in known if href not in listed)
    return Difference(look, vanished)


def is_behind(served: str, listed: str | None, known: str, replaced: str) -> bool:
    """Whether a body was served that we know to be old (icloud-behaviour 4.8), by its etag:
    of the version that our own write `replaced`, or of the one that is `known` though
    another is `listed` by now."""
    if not served or served == replaced != known:
        return bool(served)
    return served == known and bool(listed) and listed != known
