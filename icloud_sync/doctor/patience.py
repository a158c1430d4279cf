"""How long an examination may take: each request, each question, and all of it.

The client's timeouts are for one read; a server that drips a byte now and then meets them
for minutes. So a question is asked in a thread of its own and left alone when it lasts too
long. What it touches (no rows, no lease) is used by nobody afterwards.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

TIMEOUT = (5.0, 10.0)  # to connect, and between two bytes
ONE_QUESTION = 15.0  # seconds
ALL_OF_IT = 45.0


class TimeIsUp(Exception):
    """The whole of it has taken too long: nothing more may be asked."""


class TookTooLong(Exception):
    """This question was not answered in time."""


@dataclass
class Answer(Generic[T]):
    found: list[T] = field(default_factory=list)
    error: BaseException | None = None


class Patience:
    """`seconds`: how long each question took that was answered."""

    def __init__(self, seconds: float = ALL_OF_IT, one: float = ONE_QUESTION) -> None:
        self.ends, self.one = time.monotonic() + seconds, one
        self.seconds: list[float] = []

    @property
    def left(self) -> float:
        return max(0.0, self.ends - time.monotonic())

    def ask(self, question: Callable[[], T]) -> T:
        """What `question` returns or raises. Raises TookTooLong where this question was not
        answered in time, TimeIsUp where it was the last one that there was time for."""
        left, started = self.left, time.monotonic()
        if not left:
            raise TimeIsUp
        answer: Answer[T] = Answer()
        thread = threading.Thread(target=keep, args=(answer, question), daemon=True)
        thread.start()
        thread.join(min(self.one, left))
        if thread.is_alive():
            self.ends = 0.0  # the connection is in an unknown state: it is not used again
            raise TookTooLong if self.one <= left else TimeIsUp
        self.seconds.append(time.monotonic() - started)
        if answer.error:
            raise answer.error
        return answer.found[0]


def keep(answer: Answer[T], question: Callable[[], T]) -> None:
    try:
        answer.found.append(question())
    except BaseException as error:
        answer.error = error
