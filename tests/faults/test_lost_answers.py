"""A write whose answer is lost is looked at before anything else happens to its event (failure
case 41), the second try of a write that met another version as well."""

import pytest

from icloud_sync.models import SyncLogEntry
from icloud_sync.sync import sync
from tests.scenarios.world import World, at

pytestmark = pytest.mark.django_db


def push(world: World) -> list[tuple[str, int]]:
    """As a save does it; what was asked, and what was answered (0: nothing)."""
    world.account.wire.clear()
    world.connection.outbox.update(not_before=at(0, days=-1))
    sync(world.connection.pk, pull_too=False)
    return [(one.method, one.status) for one in world.account.wire.requests]


@pytest.mark.parametrize("how", ["dropped", "502", "504"])
def test_what_is_typed_after_a_lost_answer_is_no_conflict_with_it(apple: World, how: str) -> None:
    appointment = apple.book(title="Haircut")
    apple.settle()
    apple.account.phone.edit(apple.href("Haircut"), "END:VEVENT", "LOCATION:Room 2\r\nEND:VEVENT")
    home = apple.account.standin.switches_of("home")
    home.lost_answer, home.drop_after_write = how, 1
    appointment.title = "Cut"
    appointment.save()
    apple.book(title="Shave", starts_at=at(14))  # is taken, so that nobody doubts the server
    lost = 0 if how == "dropped" else int(how)
    asked = push(apple)
    assert asked[:3] == [("PUT", 412), ("GET", 200), ("PUT", lost)]
    appointment.refresh_from_db()
    appointment.title = "Cut and wash"
    appointment.save()
    push(apple)
    apple.settle()
    titles = [(one["title"], one["place"]) for one in apple.remote()]
    assert titles == [("Cut and wash", "Room 2"), ("Shave", "")]
    assert not SyncLogEntry.objects.filter(outcome="conflict").exists()
