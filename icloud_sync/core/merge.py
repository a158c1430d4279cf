"""Three-way merge, field by field, from the stored base (D8). No clock is consulted."""

import re
import sys
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from icloud_sync.core.ical.lines import CONTROL
from icloud_sync.core.values import EventFields, Interval

FIELDS = ("title", "interval", "location", "notes")
WORDS = {"interval": "time", "location": "place"}  # what people call them
LONGEST_TITLE = 1000  # what our column holds; a longer one stays whole in iCloud


class Side(StrEnum):
    OURS = "Referins"
    THEIRS = "iCloud"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed `field` to different values; `lost` stays in the log."""

    field: str
    kept: Any
    lost: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """`to_ours`: fields our row must take; `to_theirs`: fields iCloud must be given; `alike`:
    those that both sides have changed to the same."""

    fields: EventFields
    to_ours: tuple[str, ...]
    to_theirs: tuple[str, ...]
    conflicts: tuple[Conflict, ...]
    alike: tuple[str, ...] = ()


def merge(base: EventFields | None, ours: EventFields, theirs: EventFields, winner: Side) -> Merge:
    """`base` None (a restored backup, a copy found again): both sides count as changed."""
    values: dict[str, Any] = {}
    to_ours: list[str] = []
    to_theirs: list[str] = []
    conflicts: list[Conflict] = []
    alike: list[str] = []
    for field in FIELDS:
        mine, other = getattr(ours, field), getattr(theirs, field)
        values[field] = mine
        if same(field, mine, other):
            if base is not None and not same(field, getattr(base, field), mine):
                alike.append(field)
            continue
        we_changed = base is None or not same(field, getattr(base, field), mine)
        they_changed = base is None or not same(field, getattr(base, field), other)
        keep_ours = we_changed and (not they_changed or winner is Side.OURS)
        values[field] = mine if keep_ours else other
        (to_theirs if keep_ours else to_ours).append(field)
        if we_changed and they_changed:
            lost = other if keep_ours else mine
            conflicts.append(Conflict(field, values[field], lost))
    fields = EventFields(**values)
    return Merge(fields, tuple(to_ours), tuple(to_theirs), tuple(conflicts), tuple(alike))


def changed_fields(before: EventFields, after: EventFields) -> tuple[str, ...]:
    return tuple(f for f in FIELDS if not same(f, getattr(before, f), getattr(after, f)))


def same(field: str, one: Any, other: Any) -> bool:
    """Equal as people see it: servers trim, re-fold and re-compose text."""
    if isinstance(one, Interval) and isinstance(other, Interval):
        return same_interval(one, other)
    return one == other or normal(field, one) == normal(field, other)


def same_interval(one: Interval, other: Interval) -> bool:
    """To the second; all-day by its dates, wherever their midnight lies."""
    if one.is_all_day or other.is_all_day:
        return (one.starts_on, one.ends_on) == (other.starts_on, other.ends_on)
    return [m.replace(microsecond=0) for m in (one.starts_at, one.ends_at)] == [
        m.replace(microsecond=0) for m in (other.starts_at, other.ends_at)
    ]


def normal(field: str, text: str) -> str:
    if field == "title":
        text = text[: 4 * LONGEST_TITLE]  # no character of a script takes more when decomposed
    text = CONTROL.sub("", text)  # never written, and so never a difference
    text = composed(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return text[:LONGEST_TITLE].rstrip() if field == "title" else text


def composed(text: str) -> str:
    """NFC, but for what nobody writes: putting a heap of marks in order costs its square."""
    if text.isascii() or heap_of_marks().search(text):
        return text
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1)
def heap_of_marks() -> re.Pattern[str]:
    """More of them on one letter than any text has (UAX #15, Stream-Safe Text Format)."""
    marks = filter(unicodedata.combining, map(chr, range(sys.maxunicode + 1)))
    return re.compile(f"[{re.escape(''.join(marks))}]{{31}}")
