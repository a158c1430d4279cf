"""Accounts take turns: who works on one for long asks now and then whether others wait.

Outside of the worker nobody waits."""

import time
from collections.abc import Callable

SENDING, READING = 2.0, 10.0  # seconds of a turn; each turn of reading lists anew


def nobody() -> bool:
    return False


_others: list[Callable[[], bool]] = [nobody]


def ask(others: Callable[[], bool]) -> None:
    """From now on, in this process and those forked from it."""
    _others[0] = others


def is_over(began: float, seconds: float) -> bool:
    """`began`: by time.monotonic()."""
    return time.monotonic() > began + seconds and _others[0]()
