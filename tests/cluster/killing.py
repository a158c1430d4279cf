"""Killing: which process sent a request, and killing it at a named point of it.

The points are seen from outside, at a proxy before the server (tests/wire.py), so that no
product code knows of them:

* before: the request was sent, and the server never hears of it;
* after: the server has done it, and its answer is never read;
* answered: the answer was read, and nothing of it could be written down (the database is kept
  from writing meanwhile).
"""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.cluster.counting import KILLS
from tests.cluster.processes import Site, descendants, is_alive, wait_until
from tests.wire import Drop, Exchange

MOMENTS = ("before", "after", "answered")


def kill(pid: int, name: str) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), 10, f"{name} is dead")
    KILLS[name] += 1


# --- Who sent it ----------------------------------------------------------------------


def sender(port: int, workers: list[int]) -> int:
    """Of all processes below these, the one that holds the client's end of a connection. The
    kernel's list of children may leave one out while another comes or goes: asked again."""
    inode = inode_of(port)

    def find() -> int:
        below = (pid for worker in workers for pid in descendants(worker))
        return next((pid for pid in below if inode in sockets(pid)), 0)

    return int(wait_until(find, 30, f"somebody holds port {port}"))


def inode_of(port: int) -> str:
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            return fields[9]
    raise AssertionError(f"port {port} is not connected")


def sockets(pid: int) -> set[str]:
    found = set()
    with suppress(FileNotFoundError, PermissionError):
        for each in os.scandir(f"/proc/{pid}/fd"):
            with suppress(FileNotFoundError):
                found.add(os.readlink(each.path).removeprefix("socket:[").removesuffix("]"))
    return found


def unread(port: int) -> int:
    """Bytes that lie in the client's end and were not read yet."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port:
            return int(fields[4].rpartition(":")[2], 16)
    return 0


# --- Killing it -----------------------------------------------------------------------


@dataclass
class Killer:
    """A fault of the wire (tests/wire.py). Each thing that is `chosen` is killed once, at the
    moments in turn; sent again, it passes. `chosen`: what a request is, or "" to let it pass."""

    site: Site
    chosen: Callable[[Exchange], str]
    moments: tuple[str, ...] = MOMENTS
    done: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: list[threading.Thread] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def __call__(self, exchange: Exchange) -> Drop | None:
        what = self.chosen(exchange)
        with self.lock:
            if not what or what in self.done:
                return None
            moment = self.moments[len(self.done) % len(self.moments)]
            self.done.add(what)
        with self.remembered():
            pid = sender(exchange.port, [each.pid for each in self.site.workers])
            return getattr(self, moment)(exchange, pid, f"{what.split()[0]}, {moment}")
        return None

    def before(self, exchange: Exchange, pid: int, name: str) -> Drop:
        self.end(pid, name)
        return Drop.BEFORE

    def after(self, exchange: Exchange, pid: int, name: str) -> None:
        os.kill(pid, signal.SIGSTOP)

        def end() -> None:
            with self.remembered():
                self.end(pid, name)

        exchange.before_answer = end

    def answered(self, exchange: Exchange, pid: int, name: str) -> None:
        kept = keep_from_writing(self.site)
        kept.__enter__()

        def end() -> None:
            with self.remembered():
                try:
                    wait_until(lambda: exchange.status, 10, "an answer")
                    wait_until(lambda: not unread(exchange.port), 10, "the answer is read")
                    time.sleep(0.3)  # it is waiting to write by now
                    self.end(pid, name)
                finally:
                    kept.__exit__(None, None, None)

        thread = threading.Thread(target=end)
        self.threads.append(thread)
        thread.start()

    def end(self, pid: int, name: str) -> None:
        kill(pid, name)

    @contextmanager
    def remembered(self) -> Iterator[None]:
        """What goes wrong here goes wrong in a thread that nobody listens to."""
        try:
            yield
        except BaseException as error:
            self.errors.append(error)

    def rest(self) -> int:
        """Once all is done: how many were killed."""
        for thread in self.threads:
            thread.join(30)
        assert self.errors == []
        return len(self.done)


class KillerOfWorkers(Killer):
    """Ends the whole worker that the sender belongs to, by its supervisor."""

    def end(self, pid: int, name: str) -> None:
        [supervisor] = [one.pid for one in self.site.workers if pid in descendants(one.pid)]
        kill(supervisor, f"supervisor: {name}")
        wait_until(lambda: not is_alive(pid), 10, "who sent it is dead as well")


@contextmanager
def keep_from_writing(site: Site) -> Iterator[None]:
    """Nobody writes a result down meanwhile; all do so once this ends."""
    if site.database_url.startswith("sqlite"):
        path = site.database_url.removeprefix("sqlite:///")
        database = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")
            database.close()
        return
    with psycopg.connect(site.database_url) as connection:
        # A worker locks its row of this table before it writes what iCloud said.
        connection.execute("LOCK TABLE icloud_sync_icloudconnection IN EXCLUSIVE MODE")
        yield
        connection.rollback()
