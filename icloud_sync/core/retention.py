"""Until when what is kept for a time is over (D10)."""

from datetime import datetime, timedelta

# Midnight of an all-day slot moves with its owner's zone, by a day at most and some hours.
MARGIN = timedelta(days=2)


def log_until(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def slots_until(now: datetime, days: int, window_back: int) -> datetime:
    """Slots that ended before this go, for good: where the window reaches back further than
    they are kept, it would bring them in again, and so it wins."""
    return min(now - timedelta(days=days), now - timedelta(days=window_back) - MARGIN)
