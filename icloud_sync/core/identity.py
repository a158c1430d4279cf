"""Which occurrence is which, once a series was changed so that its occurrences have other
recurrence-ids: moved as a whole, made of one event, made one event again (D10, D13)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from icloud_sync.core.values import Window

MOST_DAYS = 31  # moved further than that, it is another event
NEARBY = [days * sign for days in range(1, MOST_DAYS + 1) for sign in (1, -1)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an occurrence originally is, on the wall clock of its owner."""

    wall: datetime
    recurrence_id: str

    @property
    def day(self) -> date:
        return self.wall.date()

    def moved(self, days: int) -> "Place":
        return Place(self.wall + timedelta(days), self.recurrence_id)


def renames(
    before: Mapping[str, datetime],
    after: Mapping[str, datetime],
    zone: tzinfo,
    window: Window,
    begins_at: datetime | None = None,
) -> dict[str, str]:
    """Old recurrence-id -> new one, one to one, where one occurrence left and the same came
    back under another: on the same day, else as many days later or earlier for all of them.

    `before`, `after`: recurrence-id -> start. `zone`: the owner's. `begins_at`: where the
    series begins now, be that one taken out of it. What left and is not in the answer is gone.
    """
    left = places(before, after, zone)
    came = places(after, before, zone)
    names = match(left, came, lambda place: place.wall)
    names |= match(rest(left, names), rest(came, names.values()), lambda place: place.day)
    left, came = rest(left, names), rest(came, names.values())
    alone = any(place.recurrence_id == "" for place in left)
    if alone and begins_at == before[""]:
        return names  # made a series, and its own day left out
    if came and alone:
        return {**names, "": came[0].recurrence_id}  # an event became a series
    if not left or not came or before.keys() & after.keys():
        return names  # the series stayed where it is: what else came is new
    for days in NEARBY[:2] if names else NEARBY:  # besides others on their day: over midnight
        shifted = [place.moved(days) for place in left]
        if explains(days, shifted, came, zone, window):
            return names | match(shifted, came, lambda place: place.day)
    return names


def places(
    some: Mapping[str, datetime], others: Mapping[str, datetime], zone: tzinfo
) -> list[Place]:
    """Those that the others do not know, in order."""
    found = (Place(wall_of(rid, some[rid], zone), rid) for rid in some if rid not in others)
    return sorted(found, key=lambda place: (place.wall, place.recurrence_id))


def wall_of(recurrence_id: str, start: datetime, zone: tzinfo) -> datetime:
    if not recurrence_id:
        return start.astimezone(zone).replace(tzinfo=None)
    if "T" not in recurrence_id:
        return datetime.strptime(recurrence_id, "%Y%m%d")  # noqa: DTZ007
    wall = datetime.strptime(recurrence_id.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if recurrence_id.endswith("Z"):
        return wall.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    return wall


def match(
    left: Sequence[Place], came: Sequence[Place], key: Callable[[Place], date]
) -> dict[str, str]:
    """Pairs, in order, of those that have the same key."""
    waiting: dict[date, list[str]] = {}
    for place in reversed(came):
        waiting.setdefault(key(place), []).append(place.recurrence_id)
    return {place.recurrence_id: same.pop() for place in left if (same := waiting.get(key(place)))}


def rest(some: Sequence[Place], matched: Iterable[str]) -> list[Place]:
    done = set(matched)
    return [place for place in some if place.recurrence_id not in done]


def explains(
    days: int, shifted: Sequence[Place], came: Sequence[Place], zone: tzinfo, window: Window
) -> bool:
    """Whether all that left, or all that came, are the other ones so many days away; those at
    the edges of the window, a minority, may have their other one outside of it."""
    then, now = {place.day for place in shifted}, {place.day for place in came}
    first, last = (each.astimezone(zone).date() for each in (window.starts_at, window.ends_at))

    def unseen(day: date) -> bool:
        return not first < day < last

    gone, new = then - now, {day - timedelta(days) for day in now - then}
    return any(all(map(unseen, odd)) and len(odd) < len(then & now) for odd in (gone, new))
