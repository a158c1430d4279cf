"""Installations with each database and each broker."""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from tests import machine
from tests.cluster.counting import kills_are_told
from tests.cluster.processes import Site

# They take minutes and want a quiet machine: `make kills`.
LONG = ["test_kills.py", "test_silence.py"]
collect_ignore = [] if os.environ.get("REFERINS_KILLS") else LONG

__all__ = ["kills_are_told"]

# Installations by database and queue. `make test` kills on the first, `make test-all` on all.
KINDS = ["sqlite, queue in it", "postgresql, queue in it", "sqlite, redis", "postgresql, redis"]


@pytest.fixture
def sqlite_site(tmp_path: Path, templates: "Templates") -> Iterator[Site]:
    with site_of_kind("sqlite", tmp_path, templates) as site:
        yield site


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path, templates: "Templates") -> Iterator[Site]:
    """An installation of each kind, migrated and empty."""
    with site_of_kind(request.param, tmp_path, templates) as site:
        yield site


TO_KILL = KINDS if machine.TEST_ALL else KINDS[:1]


@pytest.fixture(params=TO_KILL)
def site_to_kill(
    request: pytest.FixtureRequest, tmp_path: Path, templates: "Templates"
) -> Iterator[Site]:
    with site_of_kind(request.param, tmp_path, templates) as site:
        yield site


@contextmanager
def site_of_kind(kind: str, folder: Path, templates: "Templates") -> Iterator[Site]:
    with (
        templates.database(kind, folder) as database_url,
        broker(kind) as redis_url,
        stopped_at_the_end(Site(folder, database_url, redis_url)) as site,
    ):
        yield site


@contextmanager
def stopped_at_the_end(site: Site) -> Iterator[Site]:
    try:
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Templates"]:
    made = Templates(tmp_path_factory.mktemp("templates"))
    yield made
    made.drop()


class Templates:
    """Migrated, empty databases of each kind, copied for each test: migrating takes seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sqlite: Path | None = None
        self.postgresql = ""

    @contextmanager
    def database(self, kind: str, folder: Path) -> Iterator[str]:
        if "postgresql" not in kind:
            shutil.copy(self._sqlite(), folder / "site.sqlite3")
            yield f"sqlite:///{folder}/site.sqlite3"
            return
        template = self._postgresql()
        name = new_database(template)
        try:
            yield address(name)
        finally:
            drop_database(name)

    def drop(self) -> None:
        if self.postgresql:
            drop_database(self.postgresql)

    def _sqlite(self) -> Path:
        if self.sqlite is None:
            path = self.folder / "template.sqlite3"
            Site(self.folder, f"sqlite:///{path}").manage("migrate", "--verbosity", "0")
            self.sqlite = path
        return self.sqlite

    def _postgresql(self) -> str:
        if not self.postgresql:
            self.postgresql = new_database("template1")
            site = Site(self.folder, address(self.postgresql))
            site.manage("migrate", "--verbosity", "0")
        return self.postgresql


def address(name: str) -> str:
    return f"{machine.need(machine.postgresql()).rpartition('/')[0]}/{name}"


def new_database(template: str) -> str:
    name = f"referins_cluster_{secrets.token_hex(4)}"
    make = sql.SQL("create database {} template {}")
    maintain(make.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def drop_database(name: str) -> None:
    maintain(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def maintain(statement: sql.Composed) -> None:
    url = machine.maintenance_url(machine.need(machine.postgresql()))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def broker(kind: str) -> Iterator[str]:
    """An empty Redis database: whatever the developer keeps in the others stays, and no test
    that runs beside this one takes it."""
    if "redis" not in kind:
        yield ""
        return
    server = machine.need(machine.redis())
    for number in range(15, 0, -1):
        url = f"{server}/{number}"
        with ours_alone(number) as is_ours, redis.Redis.from_url(url) as connection:
            if is_ours and connection.dbsize() == 0:
                yield url
                connection.flushdb()
                return
    pytest.fail("Redis has no empty database left; empty one of numbers 1 to 15.")


@contextmanager
def ours_alone(number: int) -> Iterator[bool]:
    """Until we are done, or dead."""
    with (Path(tempfile.gettempdir()) / f"referins-redis-{number}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
