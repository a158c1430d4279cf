"""The time of a world: it passes where somebody lets it pass, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest import mock

from django.utils import timezone

# In winter: no change of the clocks for the four months to come, so that the oracle of
# occurrences may stay as simple as it is.
START = datetime(2026, 11, 16, 8, tzinfo=UTC)


class Clock:
    """Called, it says what time it is; `slept` for, it goes on."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    def sleep(self, seconds: float) -> None:
        self.pass_by(seconds=seconds)

    def strftime(self, form: str, when: str) -> str:
        """SQLite's, which Django's Now() calls: leases go by the database's clock."""
        if (form, when) != ("%Y-%m-%d %H:%M:%f", "NOW"):
            raise ValueError(f"strftime({form!r}, {when!r})")
        return self.now.strftime("%Y-%m-%d %H:%M:%S.") + f"{self.now.microsecond // 1000:03}"


@contextmanager
def told_by(clock: Clock) -> Iterator[None]:
    with mock.patch.object(timezone, "now", clock):
        yield
