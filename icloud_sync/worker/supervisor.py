"""Keeps a cluster and its pulse running, and is never kept from doing so: no database, no
queue, no lock."""

import logging
import multiprocessing
import os
import secrets
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from django.db import connections

from icloud_sync.worker.board import Board, new_board
from icloud_sync.worker.cluster import run_cluster
from icloud_sync.worker.processes import kill_group
from icloud_sync.worker.pulse import run_pulse

log = logging.getLogger(__name__)

LOOK_EVERY = 0.1  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before one that ended is started afresh
HEALTHY_AFTER = 60.0  # what lived so long starts the back-off anew
GUARD_SILENT = 60.0  # a guard waits for the database, on SQLite up to 20 seconds at a time
PULSE_SILENT = 120.0


class Kept:
    """A process that is started afresh whenever it ends, or has to be ended."""

    name = ""

    def __init__(self, board: Board, token: str) -> None:
        self.board, self.token = board, token
        self.process: BaseProcess | None = None
        self.started = self.start_at = 0.0
        self.pause = FIRST_PAUSE

    def look(self, now: float) -> None:
        if self.process is None:
            if now >= self.start_at:
                self.start(now)
            return
        trouble = "ended" if not self.process.is_alive() else self.trouble(now)
        if trouble:
            self.end()
            if now - self.started > HEALTHY_AFTER:
                self.pause = FIRST_PAUSE
            log.error("%s %s; a fresh one starts in %.1f s.", self.name, trouble, self.pause)
            self.start_at = now + self.pause
            self.pause = min(2 * self.pause, LONGEST_PAUSE)

    def start(self, now: float) -> None:
        self.started = now
        connections.close_all()  # a connection must not be shared across a fork
        body, arguments = self.body()
        process = multiprocessing.get_context("fork").Process(
            target=body, args=(os.getpid(), self.board, *arguments), name=self.name
        )
        process.start()
        self.process = process

    def end(self) -> None:
        """At once, whatever it is doing."""
        if self.process:
            self.process.kill()
            self.process.join()
            self.process = None

    def body(self) -> tuple[Callable[..., None], tuple[Any, ...]]:
        raise NotImplementedError

    def trouble(self, now: float) -> str:
        """Why it must be ended though it is alive; "" where all is well."""
        raise NotImplementedError


class Cluster(Kept):
    name = "The task queue"

    def body(self) -> tuple[Callable[..., None], tuple[Any, ...]]:
        self.board.begin_cluster()
        return run_cluster, (f"{self.token}.{self.board.running}/",)

    def trouble(self, now: float) -> str:
        if now - self.board.guard > GUARD_SILENT:
            return f"gave no sign for {GUARD_SILENT:.0f} s"
        return "leaves tasks waiting" if self.board.deaf == self.board.running else ""

    def end(self) -> None:
        kill_group(self.process.pid if self.process else None)
        super().end()  # where it died before it had a group
        self.board.ended = self.board.running

    def end_gently(self, within: float) -> None:
        """Running tasks may finish, and what was fetched for them."""
        if self.process:
            until = time.monotonic() + within
            self.process.terminate()
            while self.process.is_alive() and time.monotonic() < until:
                self.process.join(LOOK_EVERY)
            if self.process.is_alive():
                log.warning("Tasks were still running after %.0f s; ended.", within)
        self.end()


class Pulse(Kept):
    name = "The pulse"

    def body(self) -> tuple[Callable[..., None], tuple[Any, ...]]:
        self.board.pulse = time.monotonic()
        return run_pulse, (self.token,)

    def trouble(self, now: float) -> str:
        silent = now - self.board.pulse > PULSE_SILENT
        return f"gave no sign for {PULSE_SILENT:.0f} s" if silent else ""


class Supervisor:
    """Keeps one cluster running until told to stop."""

    def __init__(self, stop_within: float) -> None:
        self.stop_within = stop_within
        self.stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        board, token = new_board(), secrets.token_hex(4)
        cluster, pulse = Cluster(board, token), Pulse(board, token)
        try:
            while not self.stopping:
                board.supervisor = time.monotonic()
                cluster.look(board.supervisor)
                pulse.look(board.supervisor)
                time.sleep(LOOK_EVERY)
            cluster.end_gently(self.stop_within)
        finally:
            pulse.end()
            cluster.end()

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.stopping = True
