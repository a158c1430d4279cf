"""Quiet points: everything healed, both sides given the time to agree; and what must then
hold (failure-cases 3.2, Q1-Q10)."""

from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from icloud_sync import connecting, tasks
from icloud_sync.admin.outbox import try_again
from icloud_sync.models import ICloudConnection, OutboxEntry
from tests.model.server import PASSWORD, ModelRemote
from tests.model.world import PEOPLE, World

# A person who retries these is refused again, as it should be.
FOR_GOOD = ("Guests added", "iCloud does not let us", "This event is in another calendar")
LEAST, ROUNDS = 3, 14


def settle(world: World) -> None:
    """Heal, then rounds until nothing moves any more."""
    world.note("--- everything heals")
    world.reaper.points = 0
    heal(world)
    for number in range(ROUNDS):
        # Once a day every etag is compared, whatever the token says.
        world.clock.pass_by(hours=26 if number % 3 == 1 else 2)
        before = fingerprint(world)
        world.minute()
        retry_parked()
        heal_connections(world)
        if number == 1:
            world.engine(tasks.roll_windows)
            world.work_off()
        if number >= LEAST and fingerprint(world) == before:
            break


def heal(world: World) -> None:
    for account in world.server.accounts.values():
        account.heal()  # type: ignore[attr-defined]
    heal_connections(world)


def heal_connections(world: World) -> None:
    for who, _ in enumerate(PEOPLE):
        connection = world.connection(who)
        if connection.status == "needs_password":
            connecting.update_password(connection, PASSWORD, remote=opened(world))
        if connection.status == "paused":
            connecting.resume(connection)


def opened(world: World) -> connecting.OpenRemote:
    def open_remote(url: str, apple_id: str, password: str) -> ModelRemote:
        return ModelRemote(world.server, apple_id, password, lambda: None)

    return open_remote


def retry_parked() -> None:
    rows = OutboxEntry.objects.filter(state="needs_attention")
    for reason in FOR_GOOD:
        rows = rows.exclude(last_error__startswith=reason)
    try_again(rows)


def fingerprint(world: World) -> tuple[object, ...]:
    """Both sides, as people see them."""
    rows = [
        tuple(model._default_manager.order_by("pk").values_list("pk", "updated_at"))
        for model in (Appointment, BlockedSlot)
    ]
    waiting = tuple(OutboxEntry.objects.order_by("pk").values_list("pk", "state"))
    accounts = [account.image() for account in world.server.accounts.values()]  # type: ignore[attr-defined]
    return (*rows, waiting, *accounts)


def check_fixed_point(world: World) -> None:
    """Q2: two more rounds send nothing and change nothing."""
    before, sent = fingerprint(world), len(world.server.wire)
    for _ in range(2):
        world.clock.pass_by(hours=3)
        world.minute()
    writes = [str(one) for one in world.server.wire[sent:] if one.is_write]
    assert writes == [], f"Q2: still writing: {writes}"
    assert fingerprint(world) == before, f"Q2: still changing at {timezone.now()}"


def check_calm() -> None:
    """Liveness: healed, nothing retries, and no connection is in trouble."""
    rows = OutboxEntry.objects.exclude(state="needs_attention")
    waiting = [(row, row.state, row.last_error) for row in rows]
    assert not waiting, f"Q4: still {waiting}"
    for connection in ICloudConnection.objects.all():
        told = (connection.status, connection.status_reason)
        assert told == ("connected", ""), f"{connection} is {told}"
