"""Accounts take turns: who works on one for long asks now and then whether others wait.

Outside of the worker nobody waits."""

from collections.abc import Callable

A_TURN = 2.0  # seconds of sending, before others that wait come first


def nobody() -> bool:
    return False


_others: list[Callable[[], bool]] = [nobody]


def ask(others: Callable[[], bool]) -> None:
    """From now on, in this process and those forked from it."""
    _others[0] = others


def others_wait() -> bool:
    return _others[0]()
