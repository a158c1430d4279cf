"""One connection being worked on: its lease held, its server open. No row is locked and
no transaction is open while a request is under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import CredentialsError
from icloud_sync.remote.interface import Remote
from icloud_sync.synclog import Journal


@dataclass
class Session:
    """`requests` made so far: a run that made none says nothing about the account."""

    connection: ICloudConnection
    remote: Remote
    lease: leases.Lease
    clock: Callable[[], datetime] = timezone.now
    requests: int = 0

    def journal(self, direction: str) -> Journal:
        return Journal(self.connection, direction, self.lease)

    def before_request(self) -> None:
        self.lease.renew()
        self.requests += 1


@contextmanager
def session(connection: ICloudConnection, lease: leases.Lease) -> Iterator[Session]:
    """Raises CredentialsError when the stored password cannot be opened with our keys."""
    renewing: list[Callable[[], None]] = []
    with open_remote(connection, lambda: renewing[0]()) as remote:
        opened = Session(connection, remote, lease)
        renewing.append(opened.before_request)
        yield opened


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
