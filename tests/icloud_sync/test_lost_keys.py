"""A password that no key opens: staff see whose, nothing is asked or lost meanwhile, and it
goes on by itself once the key is back."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from icloud_sync import connecting, tasks
from icloud_sync.models import ICloudConnection, OutboxEntry
from icloud_sync.sync import sync
from tests.factories import UserFactory
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db
OTHER = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="


@pytest.fixture
def world(standin: Server) -> World:
    world = connected(standin.new_account())
    world.settle()
    world.account.wire.clear()
    return world


@pytest.fixture
def keys(settings: Any) -> Any:
    """Called, it takes the keys away; `back()` gives them back."""
    return Keys(settings)


class Keys:
    def __init__(self, settings: Any) -> None:
        self.settings, self.right = settings, settings.FIELD_ENCRYPTION_KEYS

    def lose(self) -> None:
        self.settings.FIELD_ENCRYPTION_KEYS = [OTHER]

    def back(self) -> None:
        self.settings.FIELD_ENCRYPTION_KEYS = [OTHER, *self.right]


def stands(world: World) -> tuple[str, int, bool]:
    fresh = ICloudConnection.objects.get(pk=world.connection.pk)
    return fresh.status, fresh.failures, "FIELD_ENCRYPTION_KEYS" in fresh.status_reason


def due() -> None:
    ICloudConnection.objects.update(next_poll_at=timezone.now())


def test_without_the_key_nobody_is_asked_and_staff_see_whose_password_it_is(
    world: World, keys: Keys
) -> None:
    keys.lose()
    said = str(sync(world.connection.pk))
    assert "FIELD_ENCRYPTION_KEYS" in said
    assert "by itself" in said
    assert stands(world) == ("needs_password", 0, True)
    assert world.account.wire.requests == []
    told = [(one.outcome, one.message) for one in world.log("lose key")]
    assert told == [("needs_attention", said)]


def test_once_the_key_is_back_it_goes_on_by_itself(world: World, keys: Keys) -> None:
    keys.lose()
    world.book(title="Haircut", starts_at=at(9))
    world.account.phone.put("lunch.ics", vevent("lunch", "Lunch", at(12), at(13)))
    for _ in range(5):
        due()
        tasks.push(world.connection.pk)
        tasks.poll()
        tasks.pull(world.connection.pk)
    assert stands(world) == ("needs_password", 0, True)
    assert list(OutboxEntry.objects.values_list("state", "attempts")) == [("waiting", 0)]
    assert world.account.wire.requests == []
    keys.back()
    assert tasks.poll() == "1 due"
    assert stands(world) == ("connected", 0, False)
    tasks.pull(world.connection.pk)
    assert [one["title"] for one in world.remote()] == ["Haircut", "Lunch"]
    assert [one["title"] for one in world.slots()] == ["Lunch"]
    assert [one.outcome for one in world.log("find key again")] == ["done"]
    world.settle()


def test_a_sync_finds_the_key_without_waiting_for_the_poll(world: World, keys: Keys) -> None:
    keys.lose()
    sync(world.connection.pk)
    keys.back()
    assert str(sync(world.connection.pk)) == "nothing changed"
    assert stands(world) == ("connected", 0, False)


def test_the_command_finds_it_too_without_a_worker(world: World, keys: Keys) -> None:
    keys.lose()
    with pytest.raises(CommandError):
        call_command("icloud_sync", stdout=io.StringIO(), stderr=io.StringIO())
    keys.back()
    call_command("icloud_sync", "--connection", str(world.connection.pk), stdout=io.StringIO())
    assert stands(world) == ("connected", 0, False)


def test_only_those_that_were_written_with_the_lost_key_stop(
    world: World, keys: Keys, standin: Server
) -> None:
    keys.lose()
    other = connected(standin.new_account())  # typed since, and so with the new key
    for one in (world, other):
        sync(one.connection.pk)
    assert (stands(world)[0], stands(other)[0]) == ("needs_password", "connected")


def test_a_new_password_does_as_well(world: World, keys: Keys) -> None:
    keys.lose()
    sync(world.connection.pk)
    world.connection.refresh_from_db()
    connecting.update_password(world.connection, world.account.password)
    world.settle()
    assert stands(world) == ("connected", 0, False)


def test_a_password_that_the_server_refused_is_not_tried_again_by_itself(
    world: World, keys: Keys
) -> None:
    world.account.standin.switches.revoked_password = True
    sync(world.connection.pk)
    asked = len(world.account.wire.requests)
    keys.lose()
    for _ in range(2):
        due()
        assert tasks.poll() == "0 due"
        keys.back()
    assert sync(world.connection.pk).busy
    assert len(world.account.wire.requests) == asked
    assert stands(world)[0] == "needs_password"


def test_one_that_staff_paused_meanwhile_stays_paused(world: World, keys: Keys) -> None:
    keys.lose()
    sync(world.connection.pk)
    world.connection.refresh_from_db()
    connecting.pause(world.connection)
    keys.back()
    tasks.poll()
    assert stands(world)[0] == "paused"


def test_what_staff_are_told_to_do_begins_with_the_key(
    world: World, keys: Keys, client: Client
) -> None:
    keys.lose()
    sync(world.connection.pk)
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = f"/admin/icloud_sync/icloudconnection/{world.connection.pk}/change/"
    shown = client.get(page).content.decode()
    assert "Reconnect required" in shown
    assert "Put the old key back into FIELD_ENCRYPTION_KEYS" in shown
