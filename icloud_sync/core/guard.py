"""How much may be taken away at once before a person is asked (D21)."""

from collections.abc import Collection
from dataclasses import dataclass

LEAST, SHARE = 5, 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """`removed`: what goes now; `held`: what waits for a person."""

    removed: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()


def is_mass(number: int, of: int) -> bool:
    """More than five, and more than a fifth of what there was."""
    return number > max(LEAST, of * SHARE)


def judge(
    gone: Collection[str],
    of: int,
    waiting: Collection[str] = (),
    approved: Collection[str] = (),
    already: int = 0,
) -> Verdict:
    """`gone`: what is to go by this look, by name, `of` so many. `waiting`: held since an
    earlier one, and not back. `approved`: a person has seen these go, and let them.
    `already`: how many went in the same run, before this look."""
    asked = frozenset(gone) | frozenset(waiting)
    open_ = asked - frozenset(approved)
    if is_mass(len(open_) + already, of + already):
        return Verdict(asked - open_, open_)
    return Verdict(asked)
