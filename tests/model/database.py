"""A database in memory of our own: set back in a moment, and out of reach for the dead.

It stands in for Django's connection while a model runs, so that commits are real ones and
no example leaves anything behind.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db import connection

from tests.model.clock import Clock


class Dead(BaseException):
    """The process was killed here. Not an Exception: nobody who is dead handles anything."""


class Database:
    """`Killer` and all below it see each statement before it is run."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """In place of Django's own."""
        before, connection.connection = connection.connection, self.raw
        connection.set_autocommit(True)
        try:
            yield
        finally:
            connection.connection = before

    def image(self) -> bytes:
        return self.raw.serialize()

    def become(self, image: bytes) -> None:
        self.raw.deserialize(image)

    def follow(self, clock: Clock) -> None:
        self.raw.create_function("strftime", 2, clock.strftime)

    @contextmanager
    def watched(self, by: Callable[..., Any]) -> Iterator[None]:
        with connection.execute_wrapper(by):
            yield

    def forget_the_dead(self) -> None:
        """What a process leaves that was killed: its transaction is undone, its claims and
        leases stand."""
        self.raw.rollback()
        connection.in_atomic_block = connection.needs_rollback = False
        connection.closed_in_transaction = False
        connection.savepoint_ids, connection.atomic_blocks = [], []
        connection.run_on_commit, connection.run_commit_hooks_on_set_autocommit_on = [], False
        connection.set_autocommit(True)


def in_transaction() -> bool:
    return bool(connection.in_atomic_block)


@contextmanager
def own_database() -> Iterator[Database]:
    """With its tables, and nothing in them. Django's own is not touched."""
    if connection.vendor != "sqlite":
        raise RuntimeError("The model runs on SQLite alone: DATABASE_URL=sqlite:///db.sqlite3")
    parameters = connection.get_connection_params()
    raw = connection.get_new_connection({**parameters, "database": ":memory:"})
    try:
        database = Database(raw)
        with database.in_use():
            call_command("migrate", verbosity=0)
        yield database
    finally:
        raw.close()
