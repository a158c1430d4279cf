"""When to try again: exponential, jittered, with a ceiling."""

from datetime import datetime, timedelta

FLOOR = timedelta(seconds=5)
CEILING = timedelta(hours=1)
MOST_LOOKS = 10
# Tries for an event's own sake, over some twenty minutes: then what was always so stays so. An
# old version still served is the present one, a precondition that never held never will.
LATE_ENOUGH = 8
# Tries of one event that is refused, while others are taken, that may have met bad luck.
FEW = 4


def next_attempt(
    attempts: int, now: datetime, chance: float, asked_for: datetime | None = None
) -> datetime:
    """`attempts` made so far; `chance` in [0, 1) spreads workers out. Servers ask for
    less than they need (icloud-behaviour 9.1), so what they ask for is only a minimum, and
    not everybody comes back at the very moment they name."""
    wait = min(FLOOR * (1 << min(attempts, 12)), CEILING)
    moment = now + wait * (0.75 + chance / 2)
    return max(moment, asked_for + FLOOR * chance) if asked_for else moment


def next_look(looks: int, last: datetime) -> datetime:
    """When an event that could not be read is asked for again though it did not change:
    after an hour, then less and less often, at most MOST_LOOKS times. `looks` so far."""
    return last + min(timedelta(hours=1) * (1 << min(looks, 5)), timedelta(days=1))
