"""The plain values that decisions are made on. No rows, no network, no clock.

All instants are aware UTC datetimes; `ends_on` is exclusive (RFC 5545, 3.6.1).
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Interval:
    """When something is: one unit, never merged half and half (D8)."""

    starts_at: datetime
    ends_at: datetime
    starts_on: date | None = None
    ends_on: date | None = None

    @property
    def is_all_day(self) -> bool:
        return self.starts_on is not None


@dataclass(frozen=True, slots=True)
class EventFields:
    """The four fields that both sides may change."""

    title: str
    interval: Interval
    location: str = ""
    notes: str = ""

    def timed(self) -> "EventFields":
        """As an appointment has it: an all-day event is local midnight to midnight (D11)."""
        bare = Interval(self.interval.starts_at, self.interval.ends_at)
        return replace(self, interval=bare)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of a resource: a Blocked Slot, or an appointment's own one.

    `recurrence_id`: "" for an event that does not recur, else the original start, as
    20261122T090000Z; for a floating series without the Z, as on the wall; for an all-day one
    20261122 (RFC 5545, 3.8.4.4). `busy_from`: where it blocks before it starts, since when
    (travel time, D9).
    """

    recurrence_id: str
    fields: EventFields
    is_busy: bool = True
    busy_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedResource:
    """What a calendar object resource says, its occurrences inside the window only."""

    uid: str
    occurrences: tuple[Occurrence, ...]
    has_guests: bool = False  # ATTENDEE or ORGANIZER anywhere: never written by us (D7)
    is_recurring: bool = False
    has_strangers: bool = False  # no series, and so nothing that we could patch
    recurrence_set: str = ""  # the same in all parts of a series that iCloud split
    begins_at: datetime | None = None  # DTSTART of the first, be it taken out or not


@dataclass(frozen=True, slots=True)
class Zones:
    """`dates`: where an all-day event begins and ends. `floating`: what a time without a
    zone means: the owner's zone."""

    dates: ZoneInfo
    floating: tzinfo


@dataclass(frozen=True, slots=True)
class Blocking:
    """What takes time away (D9). `owner`: the account owner's addresses, lower case."""

    free_all_day: bool = False
    unanswered: bool = True
    travel: bool = True
    owner: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """The time that events come in for, end exclusive (D10)."""

    starts_at: datetime
    ends_at: datetime


# --- What the remote side answers -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """One calendar collection of an account that holds events.

    `href` is the server-relative path with its trailing slash; `ctag` and `sync_token`
    are opaque and "" where the server has none.
    """

    href: str
    name: str
    can_write: bool
    ctag: str = ""
    sync_token: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Where an account lives: server-relative path of the principal, home as absolute URL.
    `addresses`: the owner's in invitations, lower case, without mailto:."""

    principal_href: str
    home_url: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A resource in a listing. `etag` keeps its quotes, as the server gave it."""

    href: str
    etag: str


@dataclass(frozen=True, slots=True)
class Changes:
    """A sync report (RFC 6578): what changed since a token, and the next token.

    `more`: the server cut the report short (507); ask again with `token`.
    """

    changed: tuple[Member, ...]
    removed: tuple[str, ...]
    token: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """A resource as read. `etag` is "" where the server gave none, or a weak one."""

    href: str
    etag: str
    body: str


@dataclass(frozen=True, slots=True)
class Multiget:
    """`missing`: hrefs the server said 404 to, or left out. Never proof of a deletion.
    `unreadable`: href -> why; that one resource could not be read, the others could."""

    found: tuple[Fetched, ...]
    missing: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
