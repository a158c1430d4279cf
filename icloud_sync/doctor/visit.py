"""One account being examined: its lease held like by any worker, its server opened with
shorter timeouts. Nothing of it is stored; only the lease is taken, and given back."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from icloud_sync import leases
from icloud_sync.connecting.account import accepted_until
from icloud_sync.connecting.troubles import failure_of, is_apple
from icloud_sync.core.app_password import is_app_specific
from icloud_sync.core.values import CollectionInfo
from icloud_sync.core.verdicts.failures import Credentials, Failure, Kind
from icloud_sync.core.verdicts.means import CONNECTING, STORED, Means
from icloud_sync.core.verdicts.steps import Reached
from icloud_sync.doctor.patience import TIMEOUT, Patience
from icloud_sync.fields import Secret
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.session import MAX_BYTES
from icloud_sync.remote.transport import Answer, Transport

T = TypeVar("T")
WAIT_FOR_SYNC = 10.0  # seconds
LOOK_EVERY = 0.25


class Busy(Exception):
    """A sync of this account is running."""


class Visit:
    """`patience` bounds all of it; `wait` is how long a running sync is waited for. A
    connection that is no row yet has nothing to lease."""

    def __init__(
        self, connection: ICloudConnection, patience: Patience, wait: float | None = None
    ) -> None:
        self.connection, self.patience = connection, patience
        self.wait = WAIT_FOR_SYNC if wait is None else wait
        self.url = connection.server_url or settings.ICLOUD_SERVER_URL
        self.lease: leases.Lease | None = None
        self.closing = ExitStack()
        # What the steps find, for those after them.
        self.password = Secret("")
        self.reached: Reached | None = None
        self.principal: Answer | None = None
        self.principal_url = self.home_url = ""
        self.infos: dict[str, CollectionInfo] = {}
        self.tokens: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.close()

    @property
    def means(self) -> Means:
        return STORED if self.connection.pk else CONNECTING

    # --- The lease --------------------------------------------------------------------

    def take_lease(self) -> None:
        """Waits a little for a sync that is running. Raises Busy."""
        if not self.connection.pk:
            return
        until = time.monotonic() + min(self.wait, self.patience.left)
        while (lease := leases.take(self.connection.pk)) is None:
            if time.monotonic() >= until:
                raise Busy
            time.sleep(LOOK_EVERY)
        self.lease = lease
        self.closing.callback(give_back, lease)

    def ask(self, question: Callable[[], T]) -> T:
        """The lease renewed first, in this thread. Raises LeaseLost, TimeIsUp, TookTooLong."""
        if self.lease:
            self.lease.renew()
        return self.patience.ask(question)

    # --- The server -------------------------------------------------------------------

    @property
    def credentials(self) -> Credentials:
        return Credentials(
            self.connection.apple_id,
            is_app_specific(self.password),
            accepted_until(self.connection),
            address_worked=bool(self.connection.principal_href),
        )

    def failure(self, error: BaseException) -> Failure:
        return self.not_the_first(failure_of(error, self.home_url or self.url))

    def silence(self) -> Failure:
        url, seen = self.home_url or self.url, f"No whole answer within {self.patience.one:.0f} s."
        host, now = urlsplit(url).netloc, datetime.now(UTC)
        return self.not_the_first(Failure(Kind.SILENCE, host, seen, now, is_apple=is_apple(url)))

    def not_the_first(self, failure: Failure) -> Failure:
        """Who answered a moment ago and then does not is there."""
        if failure.kind is Kind.SILENCE and self.reached:
            return replace(failure, kind=Kind.STALLED)
        return failure

    @cached_property
    def transport(self) -> Transport:
        transport = Transport(
            self.url,
            self.connection.apple_id,
            self.password,
            allowed_hosts=settings.ICLOUD_ALLOWED_HOSTS,
            timeout=TIMEOUT,
            max_bytes=MAX_BYTES,
            before_request=None,
            contact=settings.PUBLIC_URL,
        )
        self.closing.callback(transport.close)
        return transport

    @cached_property
    def remote(self) -> CalDAVRemote:
        """At the home as it was found just now."""
        return self.open_remote()

    def open_remote(self) -> CalDAVRemote:
        remote = CalDAVRemote(
            self.url,
            self.connection.apple_id,
            self.password,
            allowed_hosts=settings.ICLOUD_ALLOWED_HOSTS,
            home_url=self.home_url,
            timeout=TIMEOUT,
            contact=settings.PUBLIC_URL,
        )
        self.closing.callback(remote.close)
        return remote


def give_back(lease: leases.Lease) -> None:
    leases.mine(lease).update(lease_owner="", lease_until=None)
