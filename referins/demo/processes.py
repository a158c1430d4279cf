"""The demo's processes as one set: they start together, and end together."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from icloud_sync.worker import die_with_parent
from referins.demo.ports import DemoError

ROOT = Path(__file__).resolve().parent.parent.parent
LOOK_EVERY = 0.1  # seconds
READY_WITHIN = 30.0
STEP_WITHIN = 120.0
STOP_WITHIN = 8.0
TAIL = 15  # lines of a log that are shown when something went wrong


@dataclass
class Child:
    """A process of ours that writes into a log of its own."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    is_step: bool = False  # comes to an end; the others must not

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def story(self, what: str) -> DemoError:
        last = "\n".join(f"    {line}" for line in self.text().splitlines()[-TAIL:])
        return DemoError(f"{self.name} {what}. The end of {self.log}:\n{last}")


@dataclass
class Family:
    """All of them, and the environment they share."""

    folder: Path
    environment: dict[str, str]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, *arguments: str, is_step: bool = False) -> Child:
        """Runs Python. A session of its own: Ctrl-C reaches only us, and we stop them in
        order; should we be killed, the kernel ends them."""
        log = self.folder / f"{name.replace(' ', '-')}.log"
        ours = os.getpid()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(ours),
            )
        child = Child(name, log, process, is_step)
        self.children.append(child)
        return child

    def run(self, name: str, *arguments: str) -> str:
        """A step that must come to an end; what it printed."""
        child = self.start(name, *arguments, is_step=True)
        self._wait_for(child, lambda: child.ended, STEP_WITHIN, "did not come to an end")
        self.children.remove(child)
        if child.process.returncode != 0:
            raise child.story("failed")
        return child.text()

    def wait_ready(self, child: Child, is_ready: Callable[[], bool]) -> None:
        self._wait_for(child, is_ready, READY_WITHIN, "does not answer")

    def _wait_for(
        self, child: Child, is_ready: Callable[[], bool], within: float, otherwise: str
    ) -> None:
        until = time.monotonic() + within
        while not is_ready():
            self.raise_if_ended()
            if time.monotonic() > until:
                raise child.story(f"{otherwise} within {within:.0f} s")
            time.sleep(LOOK_EVERY)

    def raise_if_ended(self) -> None:
        for child in self.children:
            if child.ended and not child.is_step:
                raise child.story(f"ended by itself ({child.process.returncode})")

    def watch(self) -> None:
        """Returns never; raises DemoError when one of them ends."""
        while True:
            self.raise_if_ended()
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        until = time.monotonic() + STOP_WITHIN
        for child in self.children:
            with suppress(ProcessLookupError):
                child.process.terminate()
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, until - time.monotonic()))
        for child in self.children:
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def answers(url: str) -> bool:
    """Whether somebody speaks HTTP there, whatever they say."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
