"""A whole installation for one test: its own database, queue and processes."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def wait_until(condition: Callable[[], Any], within: float, what: str) -> Any:
    """Bounded polling; the answer of the condition once it is true."""
    until = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, f"not within {within:.0f} s: {what}"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for yet is dead."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(pid: int) -> list[int]:
    """In the order they were started."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return found + [each for child in found for each in descendants(child)]


# supervisor -> (cluster -> sentinel -> these four), pulse
POOL = ["first task process", "second task process", "monitor", "pusher"]
WHOLE = 7  # processes below the supervisor


def cluster_of(supervisor: int) -> int:
    """Its first process, the one that leads a group of its own; 0 where there is none."""
    return next((pid for pid in children(supervisor) if leads_group(pid)), 0)


def pulse_of(supervisor: int) -> int:
    return next((pid for pid in children(supervisor) if not leads_group(pid)), 0)


def leads_group(pid: int) -> bool:
    with suppress(ProcessLookupError):
        return os.getpgid(pid) == pid
    return False


def sentinel_of(supervisor: int) -> int:
    return next(iter(children(cluster_of(supervisor))), 0)


def pool_of(supervisor: int) -> list[int]:
    return children(sentinel_of(supervisor))


def start_worker(site: "Site", *arguments: str) -> subprocess.Popen[bytes]:
    worker = site.start("worker", *arguments)
    wait_until(lambda: is_whole(worker.pid), 60, "the worker is up")
    return worker


def is_whole(supervisor: int) -> bool:
    return len(descendants(supervisor)) == WHOLE


@dataclass
class Site:
    """Runs manage.py with an environment of its own, and stops what it started."""

    folder: Path
    database_url: str
    redis_url: str = ""
    extra: dict[str, str] = field(default_factory=dict)  # more of the environment
    constants: dict[str, float] = field(default_factory=dict)  # of the product (patched.py)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    teller: subprocess.Popen[bytes] | None = None
    asking: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environment(self) -> dict[str, str]:
        return (
            os.environ
            | {
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.redis_url,
                "LOG_LEVEL": "INFO",
                "PYTHONUNBUFFERED": "1",
            }
            | self.extra
        )

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, statements: str) -> Any:
        """Runs Python in the installation; `answer = …` comes back, as JSON can carry it."""
        with self.asking:
            teller = self.teller or self._start_teller()
            assert teller.stdin
            assert teller.stdout
            teller.stdin.write(json.dumps(statements).encode() + b"\n")
            teller.stdin.flush()
            assert select.select([teller.stdout], [], [], 60)[0], f"no answer to {statements}"
            told = json.loads(teller.stdout.readline())
        assert "error" not in told, told["error"]
        return told["answer"]

    def _start_teller(self) -> subprocess.Popen[bytes]:
        self.teller = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.teller"],
            cwd=ROOT,
            env=self.environment | {"LOG_LEVEL": "ERROR"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.teller

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", *arguments]
        if self.constants:
            patches = [f"{name}={value}" for name, value in self.constants.items()]
            command[1:2] = ["-m", "tests.cluster.patched", *patches, "--"]
        with (self.folder / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.started.append(process)
        return process

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        """That are running, in the order they were started."""
        return [each for each in self.started if "worker" in each.args and each.poll() is None]

    def log(self, command: str) -> str:
        return (self.folder / f"{command}.log").read_text()

    def stop(self) -> None:
        if self.teller:
            self.teller.communicate(timeout=20)  # its input ends, and so does it
            self.teller = None
        for process in self.started:
            process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
