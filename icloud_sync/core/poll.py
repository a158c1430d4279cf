"""How often to look: often after activity, then less and less (D22)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BUSY_FOR = timedelta(hours=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
GOLDEN = 0.6180339887  # its multiples, modulo one, lie far apart


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between looks: at first, and at most."""

    shortest: int
    longest: int


def next_poll(now: datetime, last_activity: datetime | None, pace: Pace, chance: float) -> datetime:
    """`chance` in [0, 1) jitters by up to a tenth, earlier rather than later: schedules
    tick once a minute, and a look that comes a second late waits for the next tick."""
    wait = float(pace.shortest)
    if last_activity is None or now - last_activity > BUSY_FOR:
        quiet = (now - last_activity - BUSY_FOR) / BUSY_FOR if last_activity else 99.0
        wait = min(pace.longest, pace.shortest * 2 ** min(1 + int(quiet), 16))
    return now + timedelta(seconds=wait * (1 - chance / 10))


def came_round(last: datetime | None, now: datetime, every: timedelta, who: int) -> bool:
    """Whether a moment that comes `every` so often has come since `last`. `who`, a number,
    puts it elsewhere for each account, so that not all are due at once."""
    if last is None:
        return True
    shift = every * (who * GOLDEN % 1)
    return (now - EPOCH + shift) // every != (last - EPOCH + shift) // every
