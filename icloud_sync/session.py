"""One connection being worked on: its lease held, its server open. No row is locked and
no transaction is open while a request is under way."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.core.budget import Rate, spend
from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import CredentialsError
from icloud_sync.remote.interface import Remote
from icloud_sync.synclog import Journal


@dataclass
class Session:
    """`requests` made so far: a run that made none says nothing about the account.
    `in_outage`: its server was down when we began."""

    connection: ICloudConnection
    remote: Remote
    lease: leases.Lease
    clock: Callable[[], datetime] = timezone.now
    sleep: Callable[[float], None] = time.sleep
    requests: int = 0
    in_outage: bool = False

    def journal(self, direction: str) -> Journal:
        return Journal(self.connection, direction, self.lease)

    def before_request(self) -> None:
        """Whoever has the lease speaks for the account alone, so that its budget needs no
        other lock: it goes from holder to holder with the row (core/budget.py)."""
        paid_until, wait = spend(self.connection.paid_until, self.clock(), rate())
        if wait:
            self.sleep(wait.total_seconds())
        self.lease.renew(paid_until=paid_until)
        self.connection.paid_until = paid_until
        self.requests += 1


@contextmanager
def session(connection: ICloudConnection, lease: leases.Lease) -> Iterator[Session]:
    """Raises CredentialsError when the stored password cannot be opened with our keys."""
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


def rate() -> Rate:
    return Rate(settings.ICLOUD_REQUESTS_PER_MINUTE, settings.ICLOUD_REQUESTS_BURST)


def open_remote(
    connection: ICloudConnection, before_request: Callable[[], None] | None = None
) -> CalDAVRemote:
    try:
        password = connection.app_password
    except DecryptionError as error:
        raise CredentialsError(
            "The stored password cannot be opened with FIELD_ENCRYPTION_KEYS. Add the old "
            "key to the list, or type the app-specific password again."
        ) from error
    return CalDAVRemote(
        connection.server_url or settings.ICLOUD_SERVER_URL,
        connection.apple_id,
        password,
        allowed_hosts=settings.ICLOUD_ALLOWED_HOSTS,
        home_url=connection.home_url,
        before_request=before_request,
        contact=settings.PUBLIC_URL,
    )
