"""A django-q2 cluster that survives the death of any of its processes.

django-q2 1.11 has two ways to go quietly deaf (platform facts, checked by tests/cluster):
a worker that is killed while it waits for a task leaves the queue's read lock taken, so
that the worker put in its place never hears of a task; and a cluster whose first process
is killed leaves its children working on, so that a restart makes two clusters. So:

* the cluster runs in a process group of its own, and an unexplained death in it kills the
  whole group; the supervisor then starts a fresh one. The outbox holds what must be done,
  so a task that is lost this way costs time, never an edit;
* every process of the cluster asks the kernel to be killed when its parent dies.
"""

import ctypes
import logging
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NoReturn

from django.db import connections
from django_q import cluster as django_q_cluster

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1  # linux/prctl.h
TIMED_OUT, RECYCLED = 0, -2  # what django-q2 writes into a worker's timer
LOOK_EVERY = 0.1  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a fresh cluster is started
HEALTHY_AFTER = 60.0  # a cluster that lived so long starts the back-off anew


class StrictSentinel(django_q_cluster.Sentinel):  # type: ignore[misc]
    """Replaces a worker that timed out or was recycled; for any other death it ends the
    whole group, as a lock of a shared queue may have died with the process."""

    def reincarnate(self, process: Any) -> None:
        if not is_explained(process):
            log.critical("A process of the task queue died; starting all of them afresh.")
            os.killpg(0, signal.SIGKILL)
        super().reincarnate(process)


def is_explained(process: Any) -> bool:
    timer = getattr(process, "timer", None)  # only task workers have one
    return timer is not None and int(timer.value) in (TIMED_OUT, RECYCLED)


class Supervisor:
    """Keeps one cluster running until told to stop."""

    def __init__(self, stop_within: float) -> None:
        self.stop_within = stop_within
        self.stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        pause = FIRST_PAUSE
        while not self.stopping:
            started = time.monotonic()
            self._run_cluster()
            if time.monotonic() - started > HEALTHY_AFTER:
                pause = FIRST_PAUSE
            if not self.stopping:
                log.error("The task queue ended; a fresh one starts in %.1f s.", pause)
                self._wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(LOOK_EVERY)

    def _run_cluster(self) -> None:
        connections.close_all()  # a connection must not be shared across a fork
        process = multiprocessing.get_context("fork").Process(
            target=run_cluster, args=(os.getpid(),), name="task queue"
        )
        process.start()
        try:
            while not self.stopping and process.is_alive():
                process.join(LOOK_EVERY)
            if process.is_alive():
                self._end_gently(process)
        finally:
            kill_group(process.pid)
            process.kill()  # where it died before it had a group
            process.join()

    def _end_gently(self, process: BaseProcess) -> None:
        """Running tasks may finish, and what was fetched for them."""
        until = time.monotonic() + self.stop_within
        process.terminate()
        while process.is_alive() and time.monotonic() < until:
            process.join(LOOK_EVERY)
        if process.is_alive():
            log.warning("Tasks were still running after %.0f s; ended.", self.stop_within)


def run_cluster(supervisor_pid: int) -> None:
    """The body of the cluster's first process."""
    os.setpgid(0, 0)
    die_with_parent(supervisor_pid)
    for number in (signal.SIGTERM, signal.SIGINT):  # the supervisor's handlers are not ours
        signal.signal(number, signal.SIG_DFL)
    watch_over_forks()
    django_q_cluster.Sentinel = StrictSentinel
    django_q_cluster.Cluster().start()


def watch_over_forks() -> None:
    """Every process forked from now on dies with the one that forked it."""
    parent = [0]

    def remember() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with_parent(parent[0]))


def die_with_parent(parent_pid: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it died before we could ask
        end_at_once()


def end_at_once() -> NoReturn:
    os._exit(1)


def kill_group(pid: int | None) -> None:
    """Whatever is left of a cluster; most often nothing is."""
    if pid:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
