"""Real CalDAV servers on loopback, all with one face, and a phone for each account.

A scenario asks for the fixture `account` (once for every server) or for `server`. What the
code under test sends goes through `account.wire`; what the phone does is not recorded.
"""

import atexit
import base64
import itertools
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.phones import HOME, HttpPhone, Phone, StandInPhone
from tests.wire import Wire

NAMES = ["radicale", "xandikos", "standin"]
READY_SECONDS = 30.0


@dataclass
class Account:
    """One account, its credentials, its recording and its owner's phone."""

    server_url: str
    username: str
    password: str
    phone: Phone
    wire: Wire
    # The stand-in's own account, for its switches; None on other servers.
    standin: Any = None

    def make_collection(self, name: str) -> str:
        return self.phone.make_collection(name)

    @property
    def home(self) -> str:
        """The href of the collection made for every account."""
        return self.phone.collections[HOME]


class Server(ABC):
    name: str

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.accounts: list[Account] = []

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def add_account(self, username: str, password: str) -> Account: ...

    def new_account(self) -> Account:
        """With one empty collection that we may write to: "Home"."""
        number = next(self._numbers)
        account = self.add_account(f"user{number}@example.com", f"pass-word-{number:04}")
        self.accounts.append(account)
        if HOME not in account.phone.collections:
            account.make_collection(HOME)
        return account

    def stop(self) -> None:
        for account in self.accounts:
            account.wire.close()
        self.accounts.clear()


class ProcessServer(Server):
    """A server of somebody else's, as a process, its data in a folder that goes with it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix=f"referins-{self.name}-"))
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]: ...

    def start(self) -> None:
        atexit.register(self.stop)
        log = self.folder / "log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
            )
        until = time.monotonic() + READY_SECONDS
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                said = log.read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{said}")
            time.sleep(0.05)

    def stop(self) -> None:
        super().stop()
        atexit.unregister(self.stop)
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        shutil.rmtree(self.folder, ignore_errors=True)


class Radicale(ProcessServer):
    name = "radicale"

    def command(self) -> list[str]:
        users = self.folder / "users"
        users.touch()
        config = self.folder / "config"
        config.write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\n"
            "htpasswd_encryption = plain\nhtpasswd_cache = False\ndelay = 0\n"
            "[rights]\ntype = owner_only\n"
            f"[storage]\nfilesystem_folder = {self.folder / 'collections'}\n"
            "[logging]\nlevel = warning\n"
        )
        return [sys.executable, "-m", "radicale", "--config", str(config)]

    def add_account(self, username: str, password: str) -> Account:
        with (self.folder / "users").open("a") as users:
            users.write(f"{username}:{password}\n")
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        phone = HttpPhone(self.origin, {"Authorization": f"Basic {token}"}, f"/{username}/")
        wire = Wire(self.origin + "/")
        return Account(wire.url, username, password, phone, wire)


class Xandikos(ProcessServer):
    """It checks no passwords over plain http: the wire does, and says who is asking."""

    name = "xandikos"

    def command(self) -> list[str]:
        data = self.folder / "data"
        data.mkdir()
        return [
            sys.executable,
            "-m",
            "xandikos",
            "multi-user",
            "-d",
            str(data),
            "--state-dir",
            str(self.folder),
            "--no-detect-systemd",
            "-l",
            "127.0.0.1",
            "-p",
            str(self.port),
            "--trust-x-remote-user-from",
            "127.0.0.1",
        ]

    def add_account(self, username: str, password: str) -> Account:
        phone = HttpPhone(
            self.origin, {"X-Remote-User": username}, f"/{quote(username)}/calendars/"
        )
        wire = Wire(self.origin + "/", users={username: password})
        return Account(wire.url, username, password, phone, wire)


class StandInServer(Server):
    name = "standin"

    def start(self) -> None:
        from icloud_standin.server import StandIn

        self.standin = StandIn(port=0)
        self.standin.start()

    def add_account(self, username: str, password: str) -> Account:
        account = self.standin.add_account(username, password)
        wire = Wire(self.standin.url)
        return Account(
            wire.url, account.apple_id, account.app_password, StandInPhone(account), wire, account
        )

    def stop(self) -> None:
        super().stop()
        self.standin.stop()


class Servers:
    """Started when first asked for, stopped together."""

    kinds: dict[str, type[Server]] = {
        "radicale": Radicale,
        "xandikos": Xandikos,
        "standin": StandInServer,
    }

    def __init__(self) -> None:
        self._running: dict[str, Server] = {}

    def get(self, name: str) -> Server:
        if name not in self._running:
            server = self.kinds[name]()
            server.start()
            self._running[name] = server
        return self._running[name]

    def accounts(self) -> list[Account]:
        return [account for server in self._running.values() for account in server.accounts]

    def strangers(self) -> list[Any]:
        """What arrived at the stand-in's host that is none of Apple's."""
        server = self._running.get("standin")
        return server.standin.foreign_requests if isinstance(server, StandInServer) else []

    def stop(self) -> None:
        while self._running:
            self._running.popitem()[1].stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
