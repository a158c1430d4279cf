"""The demo refuses what cannot work before anything starts, and ends as one."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.processes import ROOT, descendants, is_alive, wait_until


class Demo:
    """`manage.py demo` on data and ports of its own, in a caller's misleading environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[str]] = []

    def start(self, web: int | str, standin: int | str) -> subprocess.Popen[str]:
        misleading = {
            "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
            "REDIS_URL": "redis://x",
        }
        chosen = {"PORT": str(web), "STANDIN_PORT": str(standin)}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=os.environ | misleading | chosen | {"REFERINS_DEMO_DATA": str(self.folder)},
            stdout=(self.folder.parent / "said").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def said(self) -> str:
        return (self.folder.parent / "said").read_text()

    def up(self, web: int, standin: int) -> subprocess.Popen[str]:
        process = self.start(web, standin)
        running = "Ctrl-C stops everything"
        wait_until(lambda: running in self.said() or process.poll() is not None, 60, "it is up")
        assert running in self.said(), self.said()
        return process

    def refusal(self, web: int | str, standin: int | str) -> str:
        process = self.start(web, standin)
        assert process.wait(30) == 1
        assert list(self.folder.glob("*.sqlite3")) == []  # nothing had begun
        return self.said().strip()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    made = Demo(tmp_path / "demo")
    yield made
    for process in made.started:
        process.terminate()
        process.wait(15)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("variable", ["PORT", "STANDIN_PORT"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_busy_port_is_one_sentence(demo: Demo, variable: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((address, 0))
        other.listen()
        busy, free = other.getsockname()[1], free_port()
        ports = (busy, free) if variable == "PORT" else (free, busy)
        said = demo.refusal(*ports)
    assert said.startswith(f"Port {busy} is busy.")
    assert (said.count("\n"), f"{variable}={busy + 10} make demo" in said) == (0, True)


@pytest.mark.parametrize("word", ["eight", "0", "70000", "-1", "80.5"])
def test_a_nonsensical_port_is_one_sentence(demo: Demo, word: str) -> None:
    said = demo.refusal(word, free_port())
    assert said == f"PORT={word} is not a port. Write a number from 1024 to 65535."


def test_the_same_port_twice_is_one_sentence(demo: Demo) -> None:
    port = free_port()
    assert demo.refusal(port, port) == (f"PORT and STANDIN_PORT are both {port}; they must differ.")


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def test_it_comes_up_answers_and_ends_without_a_trace_and_keeps_its_data(demo: Demo) -> None:
    web, standin = free_port(), free_port()
    first = demo.up(web, standin)
    login = page(f"http://localhost:{web}/admin/login/")
    style = re.search(r'href="(/static/[^"]+\.css)"', login)
    assert style
    assert page(f"http://localhost:{web}{style[1]}")
    assert "Anna" in page(f"http://localhost:{standin}/phone/")
    assert "anna / demo     connected to iCloud" in demo.said()
    everybody = descendants(first.pid)
    first.send_signal(signal.SIGINT)
    assert first.wait(10) == 0
    assert not any(map(is_alive, everybody))

    second = demo.up(free_port(), free_port())  # other ports: the connection follows
    assert "anna / demo     connected to iCloud" in demo.said()
    assert "already" in (demo.folder / "seed.log").read_text()
    second.terminate()
    assert second.wait(10) == 0


def test_when_one_process_dies_it_is_said_and_everything_ends(demo: Demo) -> None:
    process = demo.up(free_port(), free_port())
    everybody = descendants(process.pid)
    web = next(pid for pid in everybody if b"waitress" in command_line(pid))

    os.kill(web, signal.SIGKILL)

    assert process.wait(15) == 1
    assert "web ended by itself (-9). The end of" in demo.said()
    assert not any(map(is_alive, everybody))


def test_killed_itself_it_leaves_nothing_behind(demo: Demo) -> None:
    process = demo.up(free_port(), free_port())
    everybody = descendants(process.pid)

    process.kill()
    process.wait(5)

    wait_until(lambda: not any(map(is_alive, everybody)), 30, "no orphan is left")


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
