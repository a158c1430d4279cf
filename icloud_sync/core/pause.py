"""When an account is left alone for a while: its server asked for a pause, or it failed and we
back off by ourselves.

A pause that the server asked for is kept in the account's budget (core/budget.py): its
requests are paid for until then and a whole burst beyond, which no use of a budget ever comes
to. So it lies on the row that whoever works on the account reads and writes anyway, and after
it the account goes on at its steady rate, without a burst into a server that just recovered.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icloud_sync.core.budget import Rate

# A Retry-After is a day ahead at most (remote/classify.py). What lies further was written by
# a clock that was wrong.
LONGEST = timedelta(days=2)
# How long a look that was asked for may take to come; then it is asked for again. The poll that
# does so runs each minute: a lost look costs three.
LOST_AFTER = timedelta(seconds=150)


def paid_by_pause(until: datetime, rate: Rate) -> datetime:
    """What a pause makes of the instant until when requests are paid for."""
    return until + beyond(rate)


def paid_after_pause(now: datetime, rate: Rate) -> datetime:
    """It was lifted: the account goes on at its steady rate."""
    return now + rate.each * rate.burst


def asked_until(paid_until: datetime | None, now: datetime, rate: Rate) -> datetime | None:
    """Until when the server asked us to wait, or None where it did not, or that is over."""
    least, most = bounds(now, rate)
    if paid_until is None or not least < paid_until <= most:
        return None
    return paid_until - beyond(rate)


def bounds(now: datetime, rate: Rate) -> tuple[datetime, datetime]:
    """Between these lies, exclusive and inclusive, what accounts in a pause are paid until."""
    least = now + beyond(rate)
    return least, least + LONGEST


def beyond(rate: Rate) -> timedelta:
    """More than a budget is ever ahead (core/budget.py)."""
    return rate.each * (rate.burst + 2)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account as its row has it. `failures` in a row; `asked_until`: as above."""

    failures: int
    next_poll_at: datetime | None
    asked_until: datetime | None


def nobody_asks_until(
    account: Waiting, now: datetime, *, is_look: bool, is_tried: bool
) -> datetime | None:
    """Until when nothing is asked unless a person wants it, or None.

    While we back off by ourselves, what was just saved is tried at once: most trouble is
    short. `is_tried`: something that waits to be sent was tried already; what is saved after
    that waits along, so that saves never add up to a siege. `is_look`: not a save but a poll
    wants to ask, which was due, and has put the next one off by LOST_AFTER.
    """
    if account.asked_until:
        return account.asked_until
    again = account.next_poll_at
    if not account.failures or again is None:
        return None
    if is_look:
        return again if again > now + LOST_AFTER else None
    return again if again > now and is_tried else None
