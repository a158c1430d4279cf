"""When it is not one account that has trouble but its whole server, and how to wait then."""

from collections.abc import Iterable
from datetime import datetime, timedelta

MANY = 3  # accounts
WITHIN = timedelta(minutes=10)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)


def begins(
    failures: Iterable[datetime], last_success: datetime | None, now: datetime
) -> datetime | None:
    """Since when the server is down for everybody, or None while only some have trouble.

    `failures`: when each account that fails in the same way began to; `last_success`: when
    any account of the server was last served.
    """
    after = max(now - WITHIN, last_success or now - WITHIN)
    recent = sorted(moment for moment in failures if moment >= after)
    return recent[0] if len(recent) >= MANY else None


def next_probe(probes: int, now: datetime) -> datetime:
    """When one account asks for all of them: less and less often. `probes` made so far."""
    return now + min(FIRST_PAUSE * (1 << min(probes, 10)), LONGEST_PAUSE)
