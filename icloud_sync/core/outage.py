"""When it is not one account that has trouble but its whole server, and how to wait then.

Either it serves nobody, or it refuses everybody's password. What one account alone meets is
its own, and a person may have to help; what everybody meets at once goes away by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

MANY = 3  # accounts
WITHIN = timedelta(minutes=10)
# Passwords that worked are revoked one at a time. So two that are refused with nobody served
# in between are the server's doing, in an install of two accounts as in one of a thousand;
# and if not, whoever asks next for all of them is served, which ends it within minutes.
MANY_REFUSED = 2
REFUSED_WITHIN = timedelta(minutes=30)  # each account is looked at twice as often
WORKED_WITHIN = timedelta(days=7)
# So many runs in a row take hours: by then a 403 is meant.
MOST_DOUBTED = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=15)
LONG_FOR_REFUSALS = timedelta(hours=3)


def begins(
    failures: Iterable[datetime],
    last_success: datetime | None,
    now: datetime,
    many: int = MANY,
    within: timedelta = WITHIN,
) -> datetime | None:
    """Since when the server has trouble with everybody, or None while only some have it.

    `failures`: when each account that the server now fails began to have trouble;
    `last_success`: when any account of the server was last served. Who had trouble already
    by then has it alone.
    """
    after = max(now - within, last_success or now - within)
    recent = sorted(moment for moment in failures if moment >= after)
    return recent[0] if len(recent) >= many else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An account whose password was refused, and when it was last served before that."""

    at: datetime
    worked_at: datetime | None


def refuses_everybody(
    refusals: Iterable[Refusal], last_success: datetime | None, now: datetime
) -> datetime | None:
    """Since when, or None while it may be these accounts' passwords alone. One that did not
    work for long, or never, proves nothing: nobody knows whether it should."""
    known_to_work = [
        one.at for one in refusals if one.worked_at and one.at - one.worked_at <= WORKED_WITHIN
    ]
    return begins(known_to_work, last_success, now, MANY_REFUSED, REFUSED_WITHIN)


def is_doubted(status: int, has_worked: bool, failures: int) -> bool:
    """A sign-in refused with this status is a throttle more likely than a dead password, which
    gets a 401 (icloud-behaviour.md, 9.2). `failures` in a row before it."""
    return status == 403 and has_worked and failures < MOST_DOUBTED


def next_probe(probes: int, now: datetime) -> datetime:
    """When one account asks for all of them: less and less often. `probes` made so far."""
    return now + min(FIRST_PAUSE * (1 << min(probes, 10)), LONGEST_PAUSE)


def takes_long(since: datetime, now: datetime) -> bool:
    """Passwords refused for so long may have been revoked after all, each by its owner."""
    return now - since >= LONG_FOR_REFUSALS
