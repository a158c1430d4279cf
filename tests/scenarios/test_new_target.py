"""D17: an event that was never stored goes where new events go by now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from icloud_sync.connecting import set_collections
from icloud_sync.models import OutboxEntry, RemoteResource
from tests.scenarios.world import World, at, event
from tests.wire import Exchange, Reply

NO_RIGHT = b'<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:need-privileges/></D:error>'


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_event_that_its_calendar_would_not_take_goes_to_the_new_target(
    apple: World, status: int
) -> None:
    other = apple.account.make_collection("Elsewhere")
    apple.settle()

    def fault(exchange: Exchange) -> Reply | None:
        to_home = exchange.method == "PUT" and "/home/" in exchange.path
        return Reply(status, NO_RIGHT) if to_home else None

    apple.account.wire.faults.append(fault)
    apple.book(title="Haircut")
    apple.sync()
    uid = RemoteResource.objects.get().uid
    set_collections(apple.connection, other, [])
    assert OutboxEntry.objects.get().not_before <= timezone.now() + timedelta(seconds=1)
    apple.settle()
    assert apple.remote(other) == [event("Haircut", at(10), at(11))]
    assert RemoteResource.objects.get().uid == uid
    assert not OutboxEntry.objects.exists()
