"""A local iCloud on one port and several hosts, in this process or by command.

with StandIn() as standin:
    account = standin.add_account("anna@example.com")
    account.switches.redirect = "307"
"""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from icloud_standin.account import StandInAccount
from icloud_standin.application import Application
from icloud_standin.control import Control
from icloud_standin.hosts import Hosts
from icloud_standin.listening import Handler, Listener, Loop, PortBusy, listen
from icloud_standin.messages import RecordedRequest
from icloud_standin.phone.pages import PhonePages
from icloud_standin.records import Records
from icloud_standin.store import Store
from icloud_standin.switches import Boards, Switches

__all__ = ["PortBusy", "StandIn"]

FOREIGN = "127.0.0.2"  # loopback as well, and yet no host a client was told to trust


class StandIn:
    def __init__(
        self,
        port: int = 0,
        path: str | Path | None = None,
        generic_host: str = "localhost",
        partition_host: str = "127.0.0.1",
        time_zone: str = "UTC",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self.port, self._path = port, path
        self._generic_host, self._partition_host = generic_host, partition_host
        self._zone = ZoneInfo(time_zone)  # the phone's
        self._loop: Loop | None = None
        self._application: Application | None = None

    @property
    def url(self) -> str:
        return f"http://{self._generic_host}:{self.port}/"

    @property
    def partition_url(self) -> str:
        return f"http://{self._partition_host}:{self.port}/"

    @property
    def application(self) -> Application:
        if self._application is None:
            raise RuntimeError("The stand-in is not running: call start() first.")
        return self._application

    def start(self) -> "StandIn":
        stopping = threading.Event()
        handler: type[Handler] = type("BoundHandler", (Handler,), {"stopping": stopping})
        listeners = listen(self.port, handler)
        self.port = listeners[0].server_port
        renumbered = Listener(socket.AF_INET, ("127.0.0.1", 0), handler)
        foreign = _foreign(handler)
        self._nobody = socket.socket()
        self._nobody.bind(("127.0.0.1", 0))  # and not listened on: it refuses connections
        hosts = Hosts(
            self.url.rstrip("/"),
            self.partition_url.rstrip("/"),
            f"http://{self._partition_host}:{renumbered.server_port}",
            f"http://{self._partition_host}:{self._nobody.getsockname()[1]}",
            f"http://{FOREIGN}:{foreign[0].server_port if foreign else self.port}",
        )
        self._application = self._composed(hosts)
        handler.answer = self._application.answer
        self._loop = Loop([*listeners, renumbered, *foreign], stopping)
        return self

    def _composed(self, hosts: Hosts) -> Application:
        store, boards, records = Store(self._path), Boards(), Records()
        names = {self._generic_host, self._partition_host, "localhost", "127.0.0.1", "[::1]"}
        pages = {
            "phone": PhonePages(store, boards, records, self._zone).answer,
            "control": Control(store, boards, records, hosts).answer,
        }
        return Application(store, hosts, boards, records, pages, names, self._clock)

    def stop(self) -> None:
        if self._loop and self._application:
            self._loop.stop()
            self._nobody.close()
            self._application.store.close()
        self._loop = self._application = None

    def __enter__(self) -> "StandIn":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add_account(
        self, apple_id: str, password: str | None = None, name: str = "", time_zone: str = ""
    ) -> StandInAccount:
        """A known Apple ID is found again, with this password if one is given."""
        zone = ZoneInfo(time_zone).key if time_zone else ""
        name = name or apple_id.split("@")[0]
        self.application.store.add_account(apple_id, password, name, zone)
        return self.account(apple_id)

    @property
    def accounts(self) -> list[StandInAccount]:
        return [self.account(each.apple_id) for each in self.application.store.accounts()]

    def account(self, apple_id: str) -> StandInAccount:
        return StandInAccount(self.application, apple_id)

    @property
    def switches(self) -> Switches:
        """For everybody, and for people who have no account."""
        return self.application.boards.server

    @property
    def hosts(self) -> Hosts:
        return self.application.hosts

    @property
    def foreign_requests(self) -> list[RecordedRequest]:
        """What arrived at the host that is none of Apple's; no password should be among it."""
        return list(self.hosts.strangers)


def _foreign(handler: type[Handler]) -> list[Listener]:
    """None on machines that know only one loopback address: nobody listens there then."""
    try:
        return [Listener(socket.AF_INET, (FOREIGN, 0), handler)]
    except OSError:
        return []
