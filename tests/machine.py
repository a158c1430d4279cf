"""What this machine has for the tests beyond Python: PostgreSQL, Redis, Chromium, ical.js.

`python -m tests.machine` prints what the tests run on and what they leave out; with
`--all` it exits 1 where something is missing. `--database-url` prints the address of the
PostgreSQL server it found. As a pytest plugin it skips what cannot
run here, with the line that installs it; under REFERINS_TEST_ALL=1 nothing is left out:
a missing part, and any skipped test, is a failure.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ORACLE = Path(__file__).parent / "oracle"
TEST_ALL = os.environ.get("REFERINS_TEST_ALL") == "1"


@dataclass(frozen=True)
class Part:
    """Something the tests can use. `place` is empty where it was not found."""

    name: str
    place: str
    version: str
    remedy: str

    def __bool__(self) -> bool:
        return bool(self.place)

    def __str__(self) -> str:
        if self:
            return f"{self.name} {self.version} ({self.place.split('@')[-1]})"
        return f"no {self.name}, its tests are left out. To have it: {self.remedy}"


@cache
def chromium() -> Part:
    place = shutil.which("chromium") or ""
    said = subprocess.run([place, "--version"], capture_output=True, text=True) if place else None
    version = next((word for word in said.stdout.split() if word[0].isdigit()), "") if said else ""
    return Part("Chromium", place, version, "sudo apt-get install chromium")


@cache
def postgresql() -> Part:
    """Its `place` is a DATABASE_URL whose role may create databases."""
    given = os.environ.get("TEST_DATABASE_URL")
    local = ("postgres:///referins", "postgres://postgres:postgres@127.0.0.1:5432/referins")
    for url in (given,) if given else local:
        version = postgresql_version(url)
        if version:
            return Part("PostgreSQL", url, version, "")
    return Part(
        "PostgreSQL",
        "",
        "",
        "sudo apt-get install postgresql && sudo -u postgres createuser --createdb $USER "
        "(or name one in TEST_DATABASE_URL)",
    )


def maintenance_url(url: str) -> str:
    """The same server and role, at the database that is always there."""
    return url.rpartition("/")[0] + "/postgres"


def postgresql_version(url: str) -> str:
    import psycopg

    may_create = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user"
    try:
        with psycopg.connect(maintenance_url(url), connect_timeout=3) as connection:
            row = connection.execute(may_create).fetchone()
            number = connection.info.server_version
    except psycopg.Error:
        return ""
    return f"{number // 10000}.{number % 10000}" if row and row[0] else ""


@cache
def redis() -> Part:
    """Its `place` is a REDIS_URL without a database number."""
    import redis as client

    url = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379")
    remedy = "sudo apt-get install redis-server (or name one in TEST_REDIS_URL)"
    try:
        with client.Redis.from_url(url, socket_connect_timeout=3) as connection:
            version = connection.info("server")["redis_version"]
    except (client.RedisError, ValueError):
        return Part("Redis", "", "", remedy)
    return Part("Redis", url, str(version), remedy)


@cache
def icaljs() -> Part:
    """What events are compared with; `make test` installs it where there is npm."""
    package = ORACLE / "node_modules/ical.js/package.json"
    if not shutil.which("node") or not shutil.which("npm"):
        return Part("ical.js", "", "", "sudo apt-get install nodejs npm")
    if not package.exists():
        return Part("ical.js", "", "", "make oracle")
    return Part("ical.js", "Node", json.loads(package.read_text())["version"], "")


def parts() -> tuple[Part, ...]:
    return (postgresql(), redis(), chromium(), icaljs())


def report() -> Iterator[str]:
    version = importlib.metadata.version
    yield f"Python {platform.python_version()}, Django {version('Django')}"
    yield f"SQLite {sqlite3.sqlite_version}, with the queue in the database"
    yield f"CalDAV servers: the stand-in, Radicale {version('radicale')}, " + (
        f"Xandikos {version('xandikos')}"
    )
    yield from map(str, parts())


# --- As a pytest plugin ---------------------------------------------------------------


def need(part: Part) -> str:
    """The part's place; skips the test without it, or fails where nothing may be left out."""
    if not part and TEST_ALL:
        pytest.fail(f"{part.name} is missing. To have it: {part.remedy}", pytrace=False)
    if not part:
        pytest.skip(str(part))
    return part.place


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        need(chromium())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0
    if TEST_ALL and skipped and session.exitstatus == 0:
        reporter.write_line(f"\n{skipped} tests were skipped, and here none may be.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def main(arguments: list[str]) -> int:
    if "--database-url" in arguments:
        print(postgresql().place)
        return 0
    print("The tests run on:")
    for line in report():
        print(f"  {line}")
    missing = [part.name for part in parts() if not part]
    if missing and "--all" in arguments:
        print(f"Everything is to be tested, and this is missing: {', '.join(missing)}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
