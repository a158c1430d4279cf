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
    connection: ICloudConnection
    remote: Remote
    lease: leases.Lease
    clock: Callable[[], datetime] = timezone.now

    def journal(self, direction: str) -> Journal:
        return Journal(self.connection, direction)


@contextmanager
def session(connection_id: int) -> Iterator[Session | None]:
    """None when the connection may not sync now, or somebody else works on it."""
    with leases.hold(connection_id) as lease:
        if lease is None:
            yield None
            return
        connection = ICloudConnection.objects.select_related("user").get(pk=connection_id)
        if not connection.may_sync:
            yield None
            return
        with open_remote(connection, lease.renew) as remote:
            yield Session(connection, remote, lease)


def open_remote(
    connection: ICloudConnection, before_request: Callable[[], None] | None = None
) -> CalDAVRemote:
    """Raises CredentialsError when the stored password cannot be opened with our keys."""
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
    )
