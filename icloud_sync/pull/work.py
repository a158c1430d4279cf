"""What a pull carries along: the session, the journal, the time it has, what came of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from icloud_sync import turns
from icloud_sync.models import ICloudConnection, RemoteCollection
from icloud_sync.remote.interface import MULTIGET_BATCH
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome


@dataclass
class PullResult:
    """`unfinished`: the time was up; the next pull goes on where this one stopped.
    `waiting`: something that is listed cannot be had yet. `look_again`: what is stored means
    something else now. `troubles`: with single calendars, as sentences; the others were
    read."""

    read: int = 0
    vanished: int = 0
    unfinished: bool = False
    waiting: bool = False
    look_again: bool = False
    troubles: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Nothing that is in the account was left out of it."""
        return not (self.unfinished or self.waiting or self.troubles)


@dataclass
class Pull:
    session: Session
    journal: Journal
    result: PullResult
    now: datetime
    deadline: float
    progress: Callable[[int, int], None] | None = None
    collections: list[RemoteCollection] = field(default_factory=list)
    # Set aside long enough ago to be asked for again: hrefs by collection.
    again: dict[int, list[str]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @property
    def connection(self) -> ICloudConnection:
        return self.session.connection

    @property
    def time_is_up(self) -> bool:
        return time.monotonic() > self.deadline or turns.is_over(self.began, turns.READING)

    def in_time(self, hrefs: Sequence[str]) -> Iterator[Sequence[str]]:
        """Batches until the time is up; the first one always, so that each run gets on."""
        for start in range(0, len(hrefs), MULTIGET_BATCH):
            if start and self.time_is_up:
                self.result.unfinished = True
                return
            yield hrefs[start : start + MULTIGET_BATCH]

    def trouble(self, action: str, sentence: str) -> None:
        """For staff, on the connection as long as it lasts; in the log with how often."""
        self.result.troubles.append(sentence)
        self.journal.write(action, Outcome.NEEDS_ATTENTION, sentence)
