"""Beside the cluster: says that the worker is alive, and looks after what the queue forgot.

A process of its own, so that a database or a queue that does not answer keeps only this from
its work. Each step has a time limit and may fail: the next round tries again, and what fails
round after round is told once."""

import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType

from django.db import connections
from django.utils import timezone
from django_q.brokers import get_broker

from icloud_sync import heartbeat, leases, tasks
from icloud_sync.schedules import repair
from icloud_sync.worker.board import Board, Patience
from icloud_sync.worker.processes import die_with_parent

log = logging.getLogger(__name__)

# Seconds.
ROUND, BEAT_EVERY, QUEUE_EVERY, TASKS_EVERY, FORGET_EVERY = 0.5, 10.0, 10.0, 20.0, 3600.0
A_STEP = 30  # seconds at most
SUPERVISOR_SILENT = 30.0  # then it cannot start anything afresh: no sign of life is given
MISSED = timedelta(minutes=2)  # a task of each minute
# Tasks wait, a worker is idle, and takes none (on SQLite a pusher may wait 20 for its turn).
DEAF = 30.0
EACH_MINUTE: dict[str, Callable[[], str]] = {"sweep": tasks.sweep, "poll": tasks.poll}


def run_pulse(supervisor_pid: int, board: Board, token: str) -> None:
    """The body of the process. `token`: what the leases of this worker begin with."""
    die_with_parent(supervisor_pid)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the supervisor, who ends us
    signal.signal(signal.SIGALRM, too_long)
    pulse = Pulse(board, token, f"{socket.gethostname()[:150]}:{supervisor_pid}")
    while True:
        pulse.round(time.monotonic())
        time.sleep(ROUND)


@dataclass
class Pulse:
    board: Board
    token: str
    name: str
    broker: Patience = field(default_factory=lambda: Patience(DEAF))
    next_at: dict[str, float] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)
    started_at: datetime = field(default_factory=timezone.now)

    def round(self, now: float) -> None:
        self.board.pulse = now
        if now - self.board.supervisor < SUPERVISOR_SILENT:
            self.every(BEAT_EVERY, now, "tell that the worker is alive", self.beat)
        if self.board.cleared < self.board.ended:
            self.every(1.0, now, "give back what a dead cluster held", self.clear)
        self.every(TASKS_EVERY, now, "look after the periodic tasks", look_after_tasks)
        self.every(QUEUE_EVERY, now, "look whether tasks are taken", self.look_at_queue)
        self.every(FORGET_EVERY, now, "forget dead workers", heartbeat.forget_the_dead)

    def every(self, seconds: float, now: float, what: str, step: Callable[[], None]) -> None:
        if now >= self.next_at.get(what, 0.0):
            self.next_at[what] = now + seconds
            self.attempt(what, step)

    def attempt(self, what: str, step: Callable[[], None]) -> None:
        try:
            with time_limit(A_STEP):
                step()
        except Exception as error:
            if what not in self.failing:
                log.warning("Could not %s (%s); tried again.", what, type(error).__name__)
            self.failing.add(what)
            connections.close_all()  # a fresh one may do better
        else:
            self.failing.discard(what)

    def beat(self) -> None:
        heartbeat.beat(self.name, self.started_at)

    def clear(self) -> None:
        """Whoever held these leases is dead for certain: nobody need wait until they run out."""
        ended = self.board.ended
        for number in range(self.board.cleared + 1, ended + 1):
            leases.free(f"{self.token}.{number}/")
        for task in EACH_MINUTE.values():
            task()
        self.board.cleared = ended

    def look_at_queue(self) -> None:
        waits = self.board.idle > 0 and get_broker().queue_size() > 0
        if self.broker.is_over(waits, self.board.taken, time.monotonic()):
            self.board.deaf = self.board.running


def look_after_tasks() -> None:
    """Their schedule may be gone or stuck, their task lost, the queue deaf: then they run
    here. All they do is to look into the database and to wake others."""
    for name, task in EACH_MINUTE.items():
        if heartbeat.take_over(name, MISSED):
            log.warning("The task %s did not run for two minutes; it runs here.", name)
            repair(timezone.now())
            task()


class TooLong(Exception):
    """A step did not come to an end."""


def too_long(signum: int, frame: FrameType | None) -> None:
    raise TooLong


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
