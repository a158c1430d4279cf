"""One worker at a time for each connection."""

from datetime import timedelta

import pytest
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.models import ICloudConnection
from tests.factories import ICloudConnectionFactory

pytestmark = pytest.mark.django_db


def test_the_second_worker_is_told_to_go_away() -> None:
    connection = ICloudConnectionFactory()
    with leases.hold(connection.pk) as first, leases.hold(connection.pk) as second:
        assert first is not None
        assert second is None
    with leases.hold(connection.pk) as third:
        assert third is not None


def test_the_fence_rises_with_every_holder() -> None:
    connection = ICloudConnectionFactory()
    fences = []
    for _ in range(3):
        with leases.hold(connection.pk) as lease:
            assert lease
            fences.append(lease.fence)
    assert fences == sorted(set(fences))


def test_a_dead_workers_lease_runs_out_and_its_late_renewal_is_refused() -> None:
    connection = ICloudConnectionFactory()
    dead = leases.take(connection.pk)
    assert dead
    ICloudConnection.objects.filter(pk=connection.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert leases.take(connection.pk)
    with pytest.raises(leases.LeaseLost):
        dead.renew()


def test_a_worker_that_lost_its_lease_does_not_free_its_successors() -> None:
    connection = ICloudConnectionFactory()
    with leases.hold(connection.pk):
        ICloudConnection.objects.filter(pk=connection.pk).update(lease_until=None)
        successor = leases.take(connection.pk)
        assert successor
    successor.renew()
