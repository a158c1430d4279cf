"""What the processes of one worker tell each other, without a database and without a lock:
whoever held a lock might be killed."""

import ctypes
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import RawValue


class Board(ctypes.Structure):
    """Shared memory. The moments are of the system's monotonic clock, which all processes of
    a machine share, in seconds; clusters are counted from 1."""

    supervisor: float  # was here last
    pulse: float
    guard: float  # of the cluster
    taken: float  # a task, by a worker
    finished: float  # a task's result, by the monitor
    prefetched: int  # tasks in the cluster's memory that no worker has taken
    idle: int  # workers that could take one
    running: int  # which cluster
    ended: int  # all up to this one are dead
    cleared: int  # what those held was given back
    deaf: int  # this one leaves tasks waiting, as the pulse found

    _fields_ = [
        *((name, ctypes.c_double) for name in ("supervisor", "pulse", "guard", "taken")),
        ("finished", ctypes.c_double),
        *((name, ctypes.c_long) for name in ("prefetched", "idle", "running", "ended")),
        *((name, ctypes.c_long) for name in ("cleared", "deaf")),
    ]

    def begin_cluster(self) -> None:
        """Nobody is late yet."""
        self.guard = self.taken = self.finished = time.monotonic()
        self.prefetched = self.idle = 0
        self.running += 1


def new_board() -> Board:
    board: Board = RawValue(Board)
    board.supervisor = board.pulse = time.monotonic()
    return board


@dataclass
class Patience:
    """With something that waits while nobody gets on with it, for `limit` seconds."""

    limit: float
    since: float | None = None

    def is_over(self, waits: bool, got_on: float, now: float) -> bool:
        """`got_on`: when somebody last did."""
        if not waits:
            self.since = None
            return False
        if self.since is None:
            self.since = now
        return now - max(self.since, got_on) > self.limit
