"""Processes that end together."""

import ctypes
import os
import signal
from contextlib import suppress
from typing import NoReturn

PR_SET_PDEATHSIG = 1  # linux/prctl.h


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
