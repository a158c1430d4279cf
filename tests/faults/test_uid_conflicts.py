"""An event of ours that lives elsewhere in the account, in a calendar nobody reads (D17): iCloud
says so in many ways, and each ends with one sentence for a person, not with a second copy."""

from typing import Any

import pytest

from icloud_sync.core import failed_write
from icloud_sync.push.attempt import Attempt
from icloud_sync.remote import classify
from icloud_sync.remote.client import CalDAVRemote
from tests.faults.mutants import all_of, no, replacing, unsearched
from tests.faults.table.row import Patch, try_again
from tests.scenarios.world import World, at

pytestmark = pytest.mark.django_db
BARE = ("412", "403", "409")
NAMED = (
    "no-uid-conflict",
    "409 no-uid-conflict",
    "412 no-uid-conflict",
    "unique-scheduling-object-resource",
)


def edited_after_it_went(world: World) -> Any:
    world.account.make_collection("Private")
    world.sync()
    appointment = world.book(title="Haircut")
    world.sync()
    world.account.phone.move(world.href("Haircut"), "Private")
    world.sync()
    appointment.title = "Shave"
    appointment.save()
    return appointment


def puts_of_a_look(world: World) -> int:
    world.account.wire.clear()
    world.connection.outbox.update(not_before=at(0, days=-1))
    world.sync()
    return len(world.account.wire.writes())


def live_through(world: World, how: str) -> None:
    world.account.standin.switches.uid_conflict = how
    edited_after_it_went(world)
    there = world.remote("Private")
    assert [puts_of_a_look(world) for _ in range(3)] == [2, 0, 0]
    [(state, why)] = world.connection.outbox.values_list("state", "last_error")
    assert state == "needs_attention"
    assert why.startswith("This event is in another calendar of the account, probably “Private”")
    assert [one.message.partition(" not sent: ")[2] for one in world.log("park")] == [why]
    assert (world.remote(), world.remote("Private")) == ([], there)
    home = world.account.home
    world.account.phone.move(world.href("Haircut", "Private"), home)
    world.sync()
    try_again()
    world.sync()
    assert [one["title"] for one in world.remote()] == ["Shave"]
    world.settle()


@pytest.mark.parametrize("how", [*BARE, *NAMED])
def test_an_event_that_lives_elsewhere_waits_for_a_person_however_it_is_said(
    apple: World, how: str
) -> None:
    live_through(apple, how)


not_asked = all_of(
    replacing(CalDAVRemote, "_check_taken", no),
    replacing(Attempt, "look_what_is_there", lambda self, error: self.refresh()),
)
MUTANTS: dict[str, Patch] = {
    "a bare 412 is about a version": not_asked,
    "a bare refusal is the event's": replacing(failed_write, "MAYBE_ELSEWHERE", ()),
    "what the server names is not minded": all_of(
        replacing(classify, "UID_CONFLICTS", set()), not_asked
    ),
}
PAIRS = [
    ("a bare 412 is about a version", "412"),
    *(("a bare refusal is the event's", number) for number in ("403", "409")),
    *(("what the server names is not minded", how) for how in NAMED),
]


@pytest.mark.parametrize(("mutant", "how"), PAIRS)
def test_without_the_answer_it_does_not(
    apple: World, monkeypatch: pytest.MonkeyPatch, mutant: str, how: str
) -> None:
    MUTANTS[mutant](monkeypatch)
    with unsearched(), pytest.raises(AssertionError):
        live_through(apple, how)
