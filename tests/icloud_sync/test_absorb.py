"""Bodies taken in: each read once, one that nobody can store stops only itself, and a long
look at what is stored keeps its lease."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch as replace_name

import pytest
from django.db import connection as database
from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync import leases
from icloud_sync.apply import absorb, batch, bodies, reconsider
from icloud_sync.core.values import Fetched
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.synclog import Journal
from tests.factories import AppointmentFactory, ICloudConnectionFactory
from tests.scenarios.world import at, vevent

pytestmark = pytest.mark.django_db


@pytest.fixture
def collection() -> RemoteCollection:
    connection = ICloudConnectionFactory()
    made: RemoteCollection = connection.collections.create(href="/home/", role="target")
    return made


@pytest.fixture
def journal(collection: RemoteCollection) -> Iterator[Journal]:
    with leases.hold(collection.connection_id) as lease:
        assert lease is not None
        with Journal(collection.connection, "pull", lease) as opened:
            yield opened


def fetched(name: str, *lines: str, title: str = "") -> Fetched:
    body = vevent(name, title or name, at(9), at(10), *lines)
    return Fetched(f"/home/{name}.ics", f'"{hash(body)}"', body)


def take_in(collection: RemoteCollection, journal: Journal, *found: Fetched) -> None:
    absorb(collection.connection, collection, found, timezone.now(), journal)


def titles() -> list[str]:
    return sorted(BlockedSlot.objects.values_list("title", flat=True))


@pytest.mark.parametrize("poison", ["\0", "\ud800"])
@pytest.mark.parametrize("place", ["SUMMARY:Lun{}ch", "X-UNKNOWN:{}"])
def test_a_body_that_no_database_can_hold_needs_attention_and_can_be_read(
    collection: RemoteCollection, journal: Journal, poison: str, place: str
) -> None:
    bad = fetched("bad", place.format(poison))
    for _ in range(2):
        take_in(collection, journal, fetched("good"), bad, fetched("better"))
    assert titles() == ["better", "good"]
    aside = RemoteResource.objects.get(href=bad.href)
    assert (aside.state, aside.base) == ("needs_attention", "")
    assert place.format("\ufffd") in aside.unread_body
    assert collection.connection.log.filter(action="set aside").count() == 1


def test_a_body_is_read_once_however_often_it_is_looked_at(
    collection: RemoteCollection, journal: Journal
) -> None:
    """By itself, as what was agreed, and where the batch it came in fails."""
    weekly = fetched("weekly", "RRULE:FREQ=WEEKLY;COUNT=3")
    read = []

    def counting(body: str) -> Any:
        assert not database.in_atomic_block or database.savepoint_ids == outer
        read.append(body)
        return bodies_read(body)

    outer, bodies_read = list(database.savepoint_ids), bodies.read
    with replace_name.object(bodies, "read", counting):
        take_in(collection, journal, weekly, fetched("other"))
        assert len(read) == 2
        reconsider(collection.connection, RemoteResource.objects.all(), timezone.now(), journal)
        assert len(read) == 4
        with replace_name.object(batch, "read_slots", side_effect=ValueError("our own mistake")):
            take_in(collection, journal, fetched("weekly", title="Changed"), fetched("third"))
        assert len(read) == 7  # two new ones, and what was agreed about one of them
    assert set(RemoteResource.objects.values_list("state", flat=True)) == {
        "synced",
        "needs_attention",
    }


def test_a_long_look_at_what_is_stored_keeps_its_lease(
    collection: RemoteCollection, journal: Journal
) -> None:
    take_in(collection, journal, *(fetched(str(number)) for number in range(5)))
    renewed = []
    with (
        replace_name.object(batch, "BATCH", 2),
        replace_name.object(leases.Lease, "renew", lambda lease: renewed.append(lease)),
    ):
        stored = RemoteResource.objects.select_related("collection")
        reconsider(collection.connection, stored, timezone.now(), journal)
    assert renewed == [journal.lease] * 3


def test_a_series_nobody_follows_for_now_is_not_looked_at_all_day_long(
    collection: RemoteCollection, journal: Journal
) -> None:
    take_in(collection, journal, fetched("weekly", "RRULE:FREQ=WEEKLY;COUNT=3"))
    appointment = AppointmentFactory(host=collection.connection.user)
    collection.connection.serves = "chosen"
    collection.connection.save(update_fields=["serves"])
    now = timezone.now()
    RemoteResource.objects.update(appointment=appointment, reconsider_at=now)
    stored = RemoteResource.objects.select_related("collection")
    reconsider(collection.connection, stored, now, journal)
    assert RemoteResource.objects.get().reconsider_at > now + timedelta(hours=12)
