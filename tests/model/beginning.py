"""Where every example begins: both accounts connected and read, something on each side."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from calendars.models import User
from icloud_sync import tasks
from icloud_sync.models import ICloudConnection, RemoteCollection
from tests.factories import CalendarFactory, ContactFactory, ICloudConnectionFactory, UserFactory
from tests.model.database import Database, own_database
from tests.model.here import Here
from tests.model.invariants import check_always
from tests.model.server import ROLES
from tests.model.there import There
from tests.model.world import PEOPLE, TYPES, World


@dataclass
class Beginning:
    """A world and its database, to be copied."""

    database: Database
    image: bytes
    model: World

    def world(self) -> World:
        self.database.become(self.image)
        world = World(self.database, self.model.server.strict)
        world.take_over(copy.deepcopy(self.model.state()))
        return world

    @contextmanager
    def opened(self) -> Iterator[World]:
        with self.database.in_use():
            world = self.world()
            with world.alive():
                yield world


@contextmanager
def made(strict: bool) -> Iterator[Beginning]:
    with own_database() as database:
        with database.in_use():
            world = World(database, strict)
            with world.alive():
                populate(world)
                begin_work(world)
        yield Beginning(database, database.image(), world)


def populate(world: World) -> None:
    for name in PEOPLE:
        user = UserFactory(username=name, password="!")
        connect(user, world.account_named(f"{name}@icloud.example"))
    for kind in TYPES:
        CalendarFactory(name=kind, type=kind, owner=User.objects.first())
    ContactFactory()
    for connection in ICloudConnection.objects.all():
        result = tasks.sync(connection.pk)
        assert result == "nothing changed", result


def connect(user: User, account: Any) -> None:
    connection = ICloudConnectionFactory(
        user=user,
        apple_id=account.username,
        server_url="https://memory.example/",
        principal_href=f"/{account.username}/principal/",
    )
    for href, collection in account.collections.items():
        RemoteCollection.objects.create(
            connection=connection, href=href, name=collection.name, role=ROLES[collection.name]
        )


def begin_work(world: World) -> None:
    here, there = Here(world), There(world)
    here.book("round_robin", (0,))
    here.book("collective", (0, 1))
    here.book("simple", (1,))
    here.block(0)
    there.create(0, "Home")
    there.create(0, "Work")
    there.repeat(0, 1, 3)
    there.create(1, "Home")
    world.minute()
    world.clock.pass_by(hours=1)
    world.minute()
    check_always(world)
    assert len(world.told.slots) == 5, world.told.slots
    world.acts.clear()
