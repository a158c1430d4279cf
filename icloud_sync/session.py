"""One connection being worked on: its lease held, its server open. No row is locked and
no transaction is open while a request is under way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from icloud_sync import leases, lost_keys
from icloud_sync.core.budget import spend
from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection
from icloud_sync.pauses import asked_until, rate
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import RemoteError, TemporaryRemoteError
from icloud_sync.remote.interface import Remote
from icloud_sync.synclog import Journal

# The queue ends a task after two minutes (Q_CLUSTER). A run, all of it together, begins
# nothing new after the first of these; what it began may go on asking until the second, and
# a request takes 50 seconds at most (remote/session.py).
SECONDS = 45.0
LAST_REQUEST = 60.0
TOO_SLOW = "The server answers so slowly that the time for this run was up. The next one goes on."


class KeyLost(RemoteError):
    """No key opens the stored password: trouble of ours, which no server was asked about."""


class TimeIsUp(TemporaryRemoteError):
    """Nothing was sent: what was under way waits for the next run."""


@dataclass
class Session:
    """`requests` made so far: a run that made none says nothing about the account.
    `in_outage`: its server was down when we began. `began`: by time.monotonic()."""

    connection: ICloudConnection
    remote: Remote
    lease: leases.Lease
    clock: Callable[[], datetime] = timezone.now
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    in_outage: bool = False
    began: float = field(default_factory=lambda: time.monotonic())

    @property
    def seconds_left(self) -> float:
        """For work that is begun now; below 0 when the time is up."""
        return self.began + SECONDS - time.monotonic()

    def journal(self, direction: str) -> Journal:
        return Journal(self.connection, direction, self.lease)

    def before_request(self) -> None:
        """Whoever has the lease speaks for the account alone, so that its budget needs no
        other lock: it goes from holder to holder with the row (core/budget.py). Who asks in
        spite of a pause does not end it. Raises TimeIsUp."""
        if time.monotonic() > self.began + LAST_REQUEST:
            raise TimeIsUp(TOO_SLOW)
        before, now = self.connection.paid_until, self.clock()
        paid_until, wait = spend(before, now, rate())
        if before and asked_until(self.connection, now):
            paid_until = before
        if wait:
            self.sleep(wait.total_seconds())
        self.lease.renew(paid_until=paid_until)
        self.connection.paid_until = paid_until
        self.requests += 1


@contextmanager
def session(connection: ICloudConnection, lease: leases.Lease) -> Iterator[Session]:
    """Raises KeyLost."""
    renewing: list[Callable[[], None]] = []
    with open_remote(connection, lambda: renewing[0]()) as remote:
        opened = Session(connection, remote, lease)
        renewing.append(opened.before_request)
        try:
            yield opened
        finally:
            remember_home(lease, connection, remote.home_url)


def remember_home(lease: leases.Lease, connection: ICloudConnection, home_url: str) -> None:
    """Found elsewhere, also where the run then failed: the next one begins there."""
    if home_url != connection.home_url:
        leases.mine(lease).update(home_url=home_url)


def open_remote(
    connection: ICloudConnection, before_request: Callable[[], None] | None = None
) -> CalDAVRemote:
    try:
        password = connection.app_password
    except DecryptionError as error:
        raise KeyLost(lost_keys.REASON) from error
    return CalDAVRemote(
        connection.server_url or settings.ICLOUD_SERVER_URL,
        connection.apple_id,
        password,
        allowed_hosts=settings.ICLOUD_ALLOWED_HOSTS,
        home_url=connection.home_url,
        failures=connection.failures,
        before_request=before_request,
        contact=settings.PUBLIC_URL,
    )
