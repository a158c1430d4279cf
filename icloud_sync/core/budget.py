"""How many requests an account may cost: a token bucket, kept as one instant.

The instant is until when the account's requests are paid for at its steady rate. An account
that rested has a whole burst to spend; one that spent it goes on at the steady rate.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

AT_ONCE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst`: requests that may be made at once after a rest."""

    per_minute: int
    burst: int

    @property
    def each(self) -> timedelta:
        return timedelta(minutes=1) / self.per_minute


def spend(paid_until: datetime | None, now: datetime, rate: Rate) -> tuple[datetime, timedelta]:
    """One request more: until when is paid then, and how long to wait before it is sent.

    The wait is at most that of one request, also where a clock was wrong and is right again.
    """
    full = now + rate.each * rate.burst
    paid = min(max(paid_until or now, now), full) + rate.each
    return paid, max(paid - full, AT_ONCE)
