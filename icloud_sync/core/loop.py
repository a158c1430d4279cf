"""Two programs that undo each other's changes would write for ever: who wrote an event lately,
and whether that is a quarrel. One of ours with another sync tool, or two hosts' phones through
us (D1)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from icloud_sync.core.merge import Side

MOST_TURNS = 6
WITHIN = timedelta(minutes=10)


class Write(NamedTuple):
    """`who`: in words, for people."""

    at: datetime
    side: Side
    who: str


def noted(writes: Sequence[Write], write: Write) -> list[Write]:
    """With this one, and without what is no longer of interest."""
    return [each for each in writes if each.at > write.at - WITHIN] + [write]


def is_quarrel(writes: Sequence[Write], now: datetime) -> bool:
    """Both sides in turn, more often than people change their minds."""
    return turns(writes, now) > MOST_TURNS


def turns(writes: Sequence[Write], now: datetime) -> int:
    sides = [each.side for each in writes if each.at > now - WITHIN]
    return sum(before is not after for before, after in zip(sides, sides[1:], strict=False))


def sentence(writes: Sequence[Write]) -> str:
    """Names the last writer of each side."""
    last = {each.side: each for each in writes}
    named = " and by ".join(f"{side} ({last[side].who})" for side in Side if side in last)
    return (
        f"Both sides keep changing this event, last by {named}. Nothing more is sent until "
        "somebody lets it go on."
    )


def as_rows(writes: Sequence[Write]) -> list[list[str]]:
    """As JSON keeps them."""
    return [[each.at.isoformat(), each.side.value, each.who] for each in writes]


def from_rows(rows: Sequence[Sequence[str]]) -> list[Write]:
    return [Write(datetime.fromisoformat(at), Side(side), who) for at, side, who in rows]
