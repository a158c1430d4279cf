"""The demo from the first check to the last process, as a table of contents."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from referins.demo.people import BEN, USERS
from referins.demo.ports import DemoError, chosen_ports
from referins.demo.processes import ROOT, Family, answers

WORKER_STOPS_WITHIN = 5  # seconds; less than what the family gives everybody


class Stopped(Exception):
    """Somebody pressed Ctrl-C, or sent SIGTERM."""


def run() -> int:
    """The exit code: 0 after Ctrl-C, 1 with a sentence where something went wrong."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        web_port, standin_port = chosen_ports()
        with only_one(data_folder()) as folder:
            demo = Demo(folder, web_port, standin_port)
            try:
                demo.go()
            finally:
                demo.end()
    except Stopped:
        print("Stopped.")
        return 0
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def stop(signum: int, frame: FrameType | None) -> None:
    raise Stopped


def data_folder() -> Path:
    folder = Path(os.environ.get("REFERINS_DEMO_DATA") or ROOT / "var" / "demo").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def only_one(folder: Path) -> Iterator[Path]:
    """Two demos on the same data would answer for each other."""
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"The demo runs already, on the data in {folder}.") from None
        yield folder


class Demo:
    def __init__(self, folder: Path, web_port: int, standin_port: int) -> None:
        self.web_port, self.standin_port = web_port, standin_port
        self.web_url = f"http://localhost:{web_port}/"
        self.standin_url = f"http://localhost:{standin_port}/"
        self.folder = folder
        self.family = Family(folder, self.environment())

    def environment(self) -> dict[str, str]:
        """Embedded parts only, whatever the caller's environment or .env say."""
        return os.environ | {
            "DATABASE_URL": f"sqlite:///{self.folder / 'db.sqlite3'}",
            "REDIS_URL": "",
            "DEBUG": "on",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
            "PUBLIC_URL": self.web_url.rstrip("/"),
            "ICLOUD_SYNC_ENABLED": "on",
            "ICLOUD_SERVER_URL": self.standin_url,
            "ICLOUD_ALLOWED_HOSTS": "localhost,127.0.0.1",
            # Shorter than the schedule's minute, so that each minute's look is a real one.
            "ICLOUD_POLL_SECONDS": "20",
            "ICLOUD_POLL_MAX_SECONDS": "20",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
        }

    def go(self) -> None:
        with progress("Making the database"):
            self.family.run("migrate", "manage.py", "migrate", "--no-color")
        with progress("Starting the local iCloud"):
            self.start_standin()
        with progress("Making example data"):
            logins = self.seed()
        with progress("Starting the web pages and the worker"):
            self.start_the_rest()
        print(closing_words(self.web_url, self.standin_url, logins), flush=True)
        self.family.watch()

    def start_standin(self) -> None:
        accounts = [word for person in USERS for word in ("--account", person.account)]
        child = self.family.start(
            "iCloud stand-in",
            *("manage.py", "icloud_standin", "--port", str(self.standin_port)),
            *("--data", str(self.folder / "standin.sqlite3")),
            *accounts,
        )
        self.family.wait_ready(child, lambda: answers(self.standin_url))

    def seed(self) -> str:
        """Where the stand-in stood last time, its connections still point."""
        last = self.folder / "standin-port"
        moved = ["--standin-was", last.read_text().strip()] if last.exists() else []
        said = self.family.run(
            "seed", "manage.py", "seed_demo", "--standin", self.standin_url, *moved
        )
        last.write_text(str(self.standin_port))
        return said.partition("Logins:\n")[2].rstrip()

    def start_the_rest(self) -> None:
        listen = f"--listen=127.0.0.1:{self.web_port}"
        web = self.family.start(
            "web", "-m", "waitress", listen, "--threads=8", "referins.wsgi:application"
        )
        bound = str(WORKER_STOPS_WITHIN)
        worker = self.family.start("worker", "manage.py", "worker", "--stop-within", bound)
        self.family.wait_ready(web, lambda: answers(f"http://127.0.0.1:{self.web_port}/login/"))
        self.family.wait_ready(worker, lambda: "running." in worker.text())

    def end(self) -> None:
        """A second Ctrl-C would only leave something behind."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        print("\nStopping…", flush=True)
        self.family.stop()


@contextmanager
def progress(what: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"{what}… ", end="", flush=True)
    yield
    print(f"done ({time.monotonic() - started:.1f} s)", flush=True)


def closing_words(web_url: str, standin_url: str, logins: str) -> str:
    phone = f"{standin_url}phone/"
    return f"""
Referins is running.

  Admin          {web_url}admin/
  Week page      {web_url}
  Phones         {phone}

  Logins
{logins}

Three things to try:
  1. In the admin, add an appointment to the calendar Consultations with Anna as host, and
     find the event on her phone: {phone} (choose Anna Weber)
  2. Move it on the phone. The appointment follows within a minute, or at once with
     Sync now on her iCloud connection in the admin.
  3. Make an event on the phone. It becomes a Blocked Slot in her week, {web_url}
     (log in as anna).

To connect Ben yourself, add a connection in the admin:
  Apple ID {BEN.apple_id}, app-specific password {BEN.app_password}

Ctrl-C stops everything; the data stays for the next time."""
