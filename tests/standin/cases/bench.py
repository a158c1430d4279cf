"""Where a case is tried: one account, one of its calendars, and plain HTTP to them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.standin.conftest import Client, Clock, event

NUMBERS = itertools.count(1)


def new_event(*lines: str, **kwargs: str) -> tuple[str, str]:
    """A UID nobody had before, and a body."""
    uid = f"event-{next(NUMBERS)}"
    return uid, event(uid, *lines, **kwargs)


@dataclass
class Bench:
    standin: StandIn
    account: StandInAccount
    clock: Clock
    calendar: str = "home"
    patience: float = 10.0  # seconds

    def client(self, origin: str = "") -> Client:
        """At the partition, or at the origin given."""
        parts = urlsplit(origin or self.standin.partition_url)
        account, host = self.account, parts.hostname or ""
        port, password = parts.port or 0, account.app_password
        return Client(port, account.apple_id, password, host, self.patience)

    @property
    def href(self) -> str:
        return self.account.collection(self.calendar).href

    def put(self, *lines: str, **kwargs: str) -> str:
        """A new event straight into the store, as the owner's phone does it; its href."""
        uid, body = new_event(*lines, **kwargs)
        return self.account.put(f"{uid}.ics", body, self.calendar)

    def plain(self, text: str) -> str:
        """Without what differs from run to run: ports become the names of hosts."""
        hosts = self.standin.hosts
        for name in ("generic", "partition", "renumbered", "nobody", "foreign"):
            text = text.replace(getattr(hosts, name), name)
        return text.replace(self.account.dsid, "1")


@dataclass(frozen=True)
class Case:
    """The probe sees `off` every day, and `on` while the switch has this value."""

    switch: str
    value: Any
    probe: Callable[[Bench], Any]
    off: Any
    on: Any
    also: dict[str, Any] = field(default_factory=dict)  # turned all the time

    def __str__(self) -> str:
        return f"{self.switch}={self.value}"
