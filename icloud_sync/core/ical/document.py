"""A calendar object resource as it is written, before anybody's zone or window is applied
(RFC 4791, 4.1; RFC 5545, 3.6.1). Read once (`read`), then looked at as often as needed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from icloud_sync.core.recurrence.rule import Rule

STRANGERS = "Several events share one UID in it, and are no series."


class UnreadableResource(Exception):
    """This one cannot be understood; it is set aside with its body, the others go on. The
    message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A DATE or DATE-TIME value in the form it is written in (RFC 5545, 3.3.4, 3.3.5).

    `wall`: what the clock on the wall says, naive; of a date, its midnight. `zone`: None for
    a date and for a floating time. `tzid`: the TZID parameter as written, unquoted.
    """

    wall: datetime
    is_date: bool = False
    zone: tzinfo | None = None
    tzid: str = ""

    @property
    def is_floating(self) -> bool:
        return self.zone is None and not self.is_date

    def at(self, wall: datetime) -> "Moment":
        """Another wall time in the same form."""
        return Moment(wall, self.is_date, self.zone, self.tzid)

    def instant(self, floating: tzinfo) -> datetime:
        """Aware UTC. A wall time in a gap is read with the offset before it, one that
        comes twice is the first (RFC 5545, 3.3.5)."""
        return self.wall.replace(tzinfo=self.zone or floating).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """An RDATE: a start, and of a PERIOD value its end or length too (RFC 5545, 3.3.9)."""

    start: Moment
    end: Moment | None = None
    duration: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT: a master, an override, or an event that does not recur.

    `index`: which VEVENT of the body. `duration`: whole days are nominal, the rest is time
    that really passes; `in_hours`: all of it does, as it is written without days (PT24H; RFC
    5545, 3.3.6). `participation`: lower-case address -> PARTSTAT, for each attendee.
    """

    index: int
    start: Moment
    end: Moment | None = None
    duration: timedelta | None = None
    in_hours: bool = False
    recurrence_id: Moment | None = None
    this_and_future: bool = False
    rules: tuple[Rule, ...] = ()
    excluded_rules: tuple[Rule, ...] = ()  # EXRULE: RFC 2445, still written by some
    extra: tuple[Period, ...] = ()  # RDATE
    excluded: tuple[Moment, ...] = ()  # EXDATE
    title: str = ""
    location: str = ""
    description: str = ""
    is_transparent: bool = False
    is_cancelled: bool = False
    travel: timedelta = timedelta()  # X-APPLE-TRAVEL-DURATION
    has_guests: bool = False
    participation: Mapping[str, str] = field(default_factory=dict)
    recurrence_set: str = ""  # the same in all parts of a series that was split

    @property
    def recurs(self) -> bool:
        return bool(self.rules or self.extra)


@dataclass(frozen=True, slots=True)
class Document:
    """`events`: in the order of the body, at least one. `zone`: X-WR-TIMEZONE, what floating
    times mean in this body; None where it does not say."""

    uid: str
    events: tuple[Event, ...]
    zone: tzinfo | None = None

    @property
    def masters(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.recurrence_id is None)

    @property
    def overrides(self) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.recurrence_id is not None)

    @property
    def is_recurring(self) -> bool:
        return any(event.recurs or event.recurrence_id for event in self.events)

    @property
    def recurrence_set(self) -> str:
        return next((each.recurrence_set for each in self.events if each.recurrence_set), "")

    @property
    def has_strangers(self) -> bool:
        """An event that does not recur, and that is not alone with its UID (RFC 4791, 4.1
        knows only masters and their overrides). What recurs may have been split."""
        return len(self.events) > 1 and not all(event.recurs for event in self.masters)

    @property
    def has_guests(self) -> bool:
        return any(event.has_guests for event in self.events)


def midnight(day: date) -> datetime:
    """Naive, as `Moment.wall` wants it."""
    return datetime.combine(day, time())
