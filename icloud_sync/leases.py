"""One worker at a time for each connection: a conditional UPDATE with an expiry.

The database's clock decides, so that hosts need not agree on the time. The fence rises
with each holder: whoever lost the lease cannot write a result any more.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from icloud_sync.models import ICloudConnection, Stop

MAY_WRITE = (ICloudConnection.Status.CONNECTED, ICloudConnection.Status.DEGRADED)
TTL = timedelta(seconds=90)  # twice the longest request, and renewed before each
worker = ""  # what the owners of our leases begin with, in the processes of a worker


class LeaseLost(Exception):
    """Somebody else works on this connection now: stop, and write nothing."""


@dataclass(frozen=True)
class Lease:
    connection_id: int
    owner: str
    fence: int

    def renew(self, **also: object) -> None:
        """Call before every request; `also`: columns to write along. Raises LeaseLost."""
        if not mine(self).update(lease_until=expiry(), **also):
            raise LeaseLost(f"connection {self.connection_id}")

    def check(self) -> None:
        """Call first in a transaction that writes what iCloud said: until it ends, nobody
        takes over, disconnects or pauses. Raises LeaseLost."""
        held = mine(self).filter(status__in=MAY_WRITE).select_for_update()
        if not held.values_list("pk", flat=True):
            raise LeaseLost(f"connection {self.connection_id}")


@contextmanager
def hold(connection_id: int) -> Iterator[Lease | None]:
    """The lease, or None when somebody else holds it or all sync is stopped: end at once, do
    not wait."""
    lease = take(connection_id)
    try:
        yield lease
    finally:
        if lease:
            mine(lease).update(lease_owner="", lease_until=None)


def take(connection_id: int) -> Lease | None:
    owner = f"{worker}{secrets.token_hex(8)}"
    free = Q(lease_owner="") | Q(lease_until__lt=Now()) | Q(lease_until__isnull=True)
    going = ICloudConnection.objects.filter(~Exists(Stop.objects.all()))  # D21
    taken = going.filter(free, pk=connection_id).update(
        lease_owner=owner, lease_until=expiry(), lease_fence=F("lease_fence") + 1
    )
    if not taken:
        return None
    fence = ICloudConnection.objects.values_list("lease_fence", flat=True).get(pk=connection_id)
    return Lease(connection_id, owner, fence)


def free(dead_worker: str) -> int:
    """Gives back what processes held that are dead for certain; no other may be of that name.
    Returns how many."""
    held = ICloudConnection.objects.filter(lease_owner__startswith=dead_worker)
    return held.update(lease_owner="", lease_until=None)


def mine(lease: Lease) -> QuerySet[ICloudConnection]:
    return ICloudConnection.objects.filter(pk=lease.connection_id, lease_owner=lease.owner)


def expiry() -> Combinable:
    return ExpressionWrapper(Now() + Value(TTL), output_field=DateTimeField())
