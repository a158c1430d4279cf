"""What the sync log keeps of a change, and what restoring it would do (D6, D8).

An entry tells of up to five fields: title, interval, location, notes, and of a Blocked Slot
whether it takes time. Restoring one is an ordinary edit; what was changed since is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from icloud_sync.core.merge import FIELDS, Conflict, same
from icloud_sync.core.values import EventFields, Interval

BUSY = "is_busy"
TEXTS = tuple(name for name in FIELDS if name != "interval")
WORDS = {"interval": "time", "location": "place", BUSY: "busy"}
RECURRENCE_ID = "recurrence_id"  # in `before`, of an occurrence that was taken out of iCloud

CREATE_SLOT = "create slot"
# The log's actions that take something away which can come back.
REMOVE_SLOT = "remove slot"  # from here: its occurrence left, or its account was disconnected
KEEP_DELETED = "keep deleted"  # deleted here, edited there
KEEP_CANCELLED = "keep cancelled"  # the same with an appointment: there is an edit to take over
TOOK_OUT = "took out"  # the event, from iCloud
OUT_OF_SERIES = "took out of its series"
SKIP = "skip"  # of a slot: deleted here, after its event was deleted there

Values = Mapping[str, Any]


# --- Values as the log keeps them ---------------------------------------------------------


def as_json(fields: EventFields, is_busy: bool | None = None) -> dict[str, Any]:
    """Enough to restore them. `is_busy`: of a Blocked Slot."""
    busy = {} if is_busy is None else {BUSY: is_busy}
    return {
        "title": fields.title,
        **interval_json(fields.interval),
        "location": fields.location,
        "notes": fields.notes,
        **busy,
    }


def interval_json(interval: Interval) -> dict[str, Any]:
    return {
        "starts_at": spell(interval.starts_at),
        "ends_at": spell(interval.ends_at),
        "starts_on": spell(interval.starts_on),
        "ends_on": spell(interval.ends_on),
    }


def lost_json(conflicts: Iterable[Conflict]) -> dict[str, Any]:
    """The losing values of a conflict, by field."""
    return {one.field: plain(one.lost) for one in conflicts}


def values_json(values: Values) -> dict[str, Any]:
    """Some of the fields, as `as_json` has them."""
    spelled: dict[str, Any] = {}
    for name, value in values.items():
        spelled |= interval_json(value) if isinstance(value, Interval) else {name: value}
    return spelled


def plain(value: Any) -> Any:
    return interval_json(value) if isinstance(value, Interval) else value


def spell(moment: datetime | date | None) -> str | None:
    return moment.isoformat() if moment else None


def read(told: Any) -> dict[str, Any]:
    """field -> value, of those that are told of; the reverse of all of the above. What an
    entry keeps besides is passed over, and so is what cannot be read."""
    if not isinstance(told, Mapping):
        return {}
    found = {name: told[name] for name in TEXTS if isinstance(told.get(name), str)}
    found["interval"] = read_interval(told.get("interval", told))
    found[BUSY] = told[BUSY] if isinstance(told.get(BUSY), bool) else None
    return {name: found[name] for name in (*FIELDS, BUSY) if found.get(name) is not None}


def read_interval(told: Any) -> Interval | None:
    if not isinstance(told, Mapping) or not (told.get("starts_at") and told.get("ends_at")):
        return None
    days = [told.get(name) for name in ("starts_on", "ends_on")]
    try:
        first, last = (date.fromisoformat(day) if day else None for day in days)
        start, end = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
        return Interval(start, end, first, last)
    except (TypeError, ValueError):
        return None


def recurrence_id_of(told: Any) -> str:
    kept = told.get(RECURRENCE_ID) if isinstance(told, Mapping) else None
    return kept if isinstance(kept, str) else ""


def fields_of(values: Values) -> EventFields | None:
    """All four of them, where there is a time at least."""
    if "interval" not in values:
        return None
    texts = {name: values.get(name, "") for name in TEXTS}
    return EventFields(interval=values["interval"], **texts)


def values_of(fields: EventFields, is_busy: bool | None = None) -> dict[str, Any]:
    found = {name: getattr(fields, name) for name in FIELDS}
    return found if is_busy is None else {**found, BUSY: is_busy}


# --- What an entry could restore ----------------------------------------------------------


class Version(StrEnum):
    """Which one of an entry's."""

    BEFORE = "before"  # as it was before this change
    LOST = "lost"  # of a conflict: the values that lost


class Way(StrEnum):
    """How it comes back."""

    EDIT = "edit"  # the row is edited
    SLOT_ANEW = "slot anew"  # a Blocked Slot made in Referins says the same
    EVENT_BACK = "event back"  # the event goes into iCloud again, and brings its slot


@dataclass(frozen=True, slots=True)
class Told:
    """A log entry. `can_go_back`: there is a body to put into iCloud, and a place for it."""

    action: str
    before: Any = None
    after: Any = None
    is_appointment: bool = False
    is_slot: bool = False
    can_go_back: bool = False


def version(told: Told, which: Version) -> dict[str, Any]:
    """The values to restore: of a change only those that it changed."""
    if which is Version.LOST:
        return read(told.before.get("lost")) if isinstance(told.before, Mapping) else {}
    left = read(told.after)
    before = read(told.before)
    return {name: value for name, value in before.items() if differs(name, value, left)}


def versions(told: Told) -> list[Version]:
    """Those that an entry has, the likeliest to be wanted first."""
    way = way_of(told)
    if way is not Way.EDIT:
        return [Version.BEFORE] if way else []
    lost = [Version.LOST] if version(told, Version.LOST) else []
    is_only_lost = told.action == KEEP_CANCELLED
    before = not is_only_lost and version(told, Version.BEFORE)
    return lost + ([Version.BEFORE] if before else [])


def way_of(told: Told) -> Way | None:
    """None: it took nothing away."""
    if told.action in (TOOK_OUT, OUT_OF_SERIES) and told.is_slot:
        if told.can_go_back:
            return Way.EVENT_BACK
        return Way.SLOT_ANEW if fields_of(read(told.before)) else None
    if told.action in (REMOVE_SLOT, KEEP_DELETED, SKIP):
        return Way.SLOT_ANEW if fields_of(read(told.before)) else None
    if told.action == TOOK_OUT or not (told.is_appointment or told.is_slot):
        return None
    return Way.EDIT


def differs(name: str, value: Any, other: Values) -> bool:
    """Also where the other side does not tell of it."""
    if name not in other:
        return True
    if name == BUSY:
        return bool(value != other[name])
    return not same(name, value, other[name])


# --- What would change --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a row. `is_newer`: it was changed again after what the log tells of."""

    field: str
    now: Any
    then: Any
    is_newer: bool = False


def changes(wanted: Values, current: Values, left: Values) -> tuple[Change, ...]:
    """`current`: the row as it is, nothing where it comes anew. `left`: as the entry left it,
    as far as it says."""
    return tuple(
        Change(
            name,
            current.get(name),
            value,
            name in left and name in current and differs(name, current[name], left),
        )
        for name, value in wanted.items()
        if differs(name, value, current)
    )


def newer(found: Iterable[Change]) -> tuple[str, ...]:
    """Their names, for people."""
    return tuple(WORDS.get(one.field, one.field) for one in found if one.is_newer)


# --- A whole run undone -------------------------------------------------------------------


class Skipped(StrEnum):
    """Why one entry of a run stays as it is; a sentence each."""

    GONE = "What it was about is no longer there."
    NEWER = "It was changed again since."
    SAME = "It is so already."
    READ_ONLY = "It cannot be changed here."
    MADE = "It came new from iCloud. To have it gone, delete it; that deletes the event there too."
    TOLD = "It told iCloud what was made here, and changed nothing in Referins."
    OUT = "It took out what is cancelled, deleted or not to be in iCloud. Change that in Referins."
    RESTORED = "It was restored before."


@dataclass(frozen=True, slots=True)
class Of:
    """One entry of a run. `row`: which row it is about, "" for none."""

    entry_id: int
    told: Told
    row: str = ""
    is_restored: bool = False


@dataclass(slots=True)
class Rows:
    """The rows that a run was about, as they are now: name -> values."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    read_only: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """`way` None: skipped, and `why` says why."""

    entry_id: int
    way: Way | None
    found: tuple[Change, ...] = ()
    why: str = ""


def undo(run: Sequence[Of], rows: Rows) -> list[Step]:
    """Newest first, each from what the one before left: what a run did twice to one row is
    undone step by step. Only what took or changed something is listed."""
    now = {name: dict(values) for name, values in rows.values.items()}
    return [step for of in run if (step := undo_one(of, now, rows.read_only))]


def undo_one(of: Of, now: dict[str, dict[str, Any]], read_only: frozenset[str]) -> Step | None:
    way = way_of(of.told)
    if Version.BEFORE not in versions(of.told):
        why = made_only(of.told)
        return Step(of.entry_id, None, why=why) if why else None
    if way is Way.EDIT:
        return undo_edit(of, now, read_only)
    if of.is_restored:
        return Step(of.entry_id, None, why=Skipped.RESTORED)
    return Step(of.entry_id, way, changes(read(of.told.before), {}, {}))


def undo_edit(of: Of, now: dict[str, dict[str, Any]], read_only: frozenset[str]) -> Step:
    current = now.get(of.row)
    if current is None:
        return Step(of.entry_id, None, why=Skipped.GONE)
    found = changes(version(of.told, Version.BEFORE), current, read(of.told.after))
    if not found:
        return Step(of.entry_id, None, why=Skipped.SAME)
    if words := newer(found):
        return Step(of.entry_id, None, found, f"{Skipped.NEWER[:-1]}: {', '.join(words)}.")
    if of.row in read_only and {one.field for one in found} != {BUSY}:
        return Step(of.entry_id, None, found, Skipped.READ_ONLY)
    current.update({one.field: one.then for one in found})
    return Step(of.entry_id, Way.EDIT, found)


def made_only(told: Told) -> str:
    """Why what cannot be undone is listed all the same; "" for what changed nothing."""
    if told.action in (TOOK_OUT, OUT_OF_SERIES):
        return Skipped.OUT
    if not read(told.after) or read(told.before):
        return ""
    return Skipped.MADE if told.action == CREATE_SLOT else Skipped.TOLD
