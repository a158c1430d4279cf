"""Where a process may be killed: before and after each request, and before each statement.

A transaction that ends halfway is undone, so that a kill anywhere in it, or at its commit, is
one of these.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.model.database import Dead


@dataclass
class Reaper:
    """`points` until the kill, of whoever works next; 0: nobody is to die. `at`: where."""

    points: int = 0
    is_near: bool = False
    is_dead: bool = False
    at: str = ""

    @contextmanager
    def near(self) -> Iterator[None]:
        """Whoever works in here may be killed."""
        self.is_near, self.is_dead = True, False
        try:
            yield
        finally:
            self.is_near = self.is_dead = False
            self.points = 0

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Other processes, meanwhile, and those who only look on."""
        was, self.is_near = self.is_near, False
        try:
            yield
        finally:
            self.is_near = was

    def point(self, name: str) -> None:
        if not self.is_near:
            return
        if self.is_dead:
            raise Dead(self.at)
        self.points -= 1
        if self.points == 0:
            self.is_dead, self.at = True, name
            raise Dead(name)

    def statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        """The dead run no `finally`: none of their statements reaches the database."""
        self.point(sql)
        return execute(sql, params, many, context)
