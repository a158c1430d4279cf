"""Installations with each database and each broker."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from tests import machine
from tests.cluster.processes import Site

KINDS = ["sqlite, queue in it", "postgresql, queue in it", "sqlite, redis", "postgresql, redis"]


@pytest.fixture
def sqlite_site(tmp_path: Path) -> Iterator[Site]:
    with migrated(Site(tmp_path, f"sqlite:///{tmp_path}/site.sqlite3")) as site:
        yield site


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """An installation of each kind, migrated and empty."""
    with (
        database(request.param, tmp_path) as database_url,
        broker(request.param) as redis_url,
        migrated(Site(tmp_path, database_url, redis_url)) as site,
    ):
        yield site


@contextmanager
def migrated(site: Site) -> Iterator[Site]:
    site.manage("migrate", "--verbosity", "0")
    try:
        yield site
    finally:
        site.stop()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if "postgresql" not in kind:
        yield f"sqlite:///{folder}/site.sqlite3"
        return
    server = machine.need(machine.postgresql())
    name = f"referins_cluster_{secrets.token_hex(4)}"
    with psycopg.connect(machine.maintenance_url(server), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            drop = sql.SQL("drop database {} with (force)")
            connection.execute(drop.format(sql.Identifier(name)))


@contextmanager
def broker(kind: str) -> Iterator[str]:
    """An empty Redis database: whatever the developer keeps in the others stays."""
    if "redis" not in kind:
        yield ""
        return
    server = machine.need(machine.redis())
    for number in range(15, 0, -1):
        url = f"{server}/{number}"
        with redis.Redis.from_url(url) as connection:
            if connection.dbsize() == 0:
                yield url
                connection.flushdb()
                return
    pytest.fail("Redis has no empty database left; empty one of numbers 1 to 15.")
