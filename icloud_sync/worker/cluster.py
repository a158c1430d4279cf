"""The cluster: django-q2's, with a guard that ends it where it cannot go on."""

import logging
import os
import signal
import time
from typing import Any, ClassVar, NoReturn

from django_q import cluster as django_q_cluster
from django_q.signals import post_execute, pre_execute

from icloud_sync import leases, turns
from icloud_sync.worker.board import Board, Patience
from icloud_sync.worker.processes import die_with_parent, watch_over_forks

log = logging.getLogger(__name__)

TIMED_OUT, RECYCLED = 0, -2  # what django-q2 writes into a worker's timer
IDLE = -1
# A task that nobody takes while a worker is idle; a result that nobody stores (on SQLite that
# may wait 20 seconds for its turn to write).
UNTAKEN, UNSTORED = 15.0, 60.0


class StrictSentinel(django_q_cluster.Sentinel):  # type: ignore[misc]
    """Replaces a worker that timed out or was recycled; for any other death, and where its
    queues do not carry any more, it ends the whole group: a lock of a shared queue may have
    died with a process."""

    board: ClassVar[Board]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.tasks, self.results = Patience(UNTAKEN), Patience(UNSTORED)
        super().__init__(*args, **kwargs)  # works until told to stop

    def reincarnate(self, process: Any) -> None:
        if not is_explained(process):
            end_all("A process of the task queue died")
        super().reincarnate(process)

    def status(self) -> str:
        """django-q2 asks for it once a cycle of its guard."""
        self.show_life(time.monotonic())
        status: str = super().status()
        return status

    def show_life(self, now: float) -> None:
        board = self.board
        board.guard, board.prefetched = now, self.task_queue.qsize()
        board.idle = sum(process.timer.get_obj().value == IDLE for process in self.pool)
        if self.stop_event.is_set():
            return
        if self.tasks.is_over(bool(board.prefetched and board.idle), board.taken, now):
            end_all("No worker hears of tasks any more")
        if self.results.is_over(not self.result_queue.empty(), board.finished, now):
            end_all("Results of tasks do not arrive any more")


def is_explained(process: Any) -> bool:
    timer = getattr(process, "timer", None)  # only task workers have one
    return timer is not None and int(timer.value) in (TIMED_OUT, RECYCLED)


def end_all(why: str) -> NoReturn:
    log.critical("%s; starting all of the task queue afresh.", why)
    os.killpg(0, signal.SIGKILL)
    raise SystemExit(why)  # never reached


def run_cluster(supervisor_pid: int, board: Board, name: str) -> None:
    """The body of the cluster's first process. `name`: what its leases begin with."""
    os.setpgid(0, 0)
    die_with_parent(supervisor_pid)
    for number in (signal.SIGTERM, signal.SIGINT):  # the supervisor's handlers are not ours
        signal.signal(number, signal.SIG_DFL)
    watch_over_forks()
    leases.worker = name
    turns.ask(lambda: board.prefetched > 0)
    StrictSentinel.board = board
    listen(board)
    django_q_cluster.Sentinel = StrictSentinel
    django_q_cluster.Cluster().start()


def listen(board: Board) -> None:
    """To django-q2's own signals, in the processes forked from this one."""

    def taken(**_: Any) -> None:
        board.taken = time.monotonic()

    def finished(**_: Any) -> None:
        board.finished = time.monotonic()

    pre_execute.connect(taken, weak=False)
    post_execute.connect(finished, weak=False)
