"""Two programs that undo each other's changes are stopped, and both are named."""

from typing import Any

from icloud_sync.connecting import let_go_on
from icloud_sync.core.loop import MOST_TURNS
from icloud_sync.models import OutboxEntry, RemoteResource
from tests.scenarios.world import World

ENOUGH = MOST_TURNS // 2 + 1  # of the one and the other, one after the other


def quarrel(world: World, turns: int) -> Any:
    """Something in Referins wants one title, something in iCloud another."""
    appointment = world.book(title="Cut 0")
    world.settle()
    for turn in range(1, turns + 1):
        appointment.title = f"Cut {turn}"
        appointment.save()
        world.sync()
        href = world.href(f"Cut {turn}")
        world.account.phone.edit(href, f"SUMMARY:Cut {turn}", "SUMMARY:No cut")
        world.sync()
        appointment.refresh_from_db()
        if appointment.title != "No cut":
            break
    return appointment


def test_an_event_that_both_sides_keep_changing_is_frozen_and_both_are_named(
    apple: World,
) -> None:
    appointment = quarrel(apple, ENOUGH)
    [told] = apple.log("freeze")
    assert f"Referins (appointment {appointment.pk})" in told.message
    assert "iCloud (-//Referins//iCloud sync//EN)" in told.message
    assert RemoteResource.objects.exclude(frozen_at=None).count() == 1


def test_while_it_is_frozen_nothing_is_sent_and_what_icloud_says_comes_in(apple: World) -> None:
    appointment = quarrel(apple, ENOUGH)
    appointment.refresh_from_db()
    appointment.title = "Our last word"
    appointment.save()
    apple.account.wire.clear()
    apple.sync()
    assert apple.account.wire.writes() == []
    assert "Both sides keep changing it" in OutboxEntry.objects.get().last_error
    assert len(apple.log("freeze")) == 1


def test_let_go_on_by_a_person_it_is_sent_again(apple: World) -> None:
    appointment = quarrel(apple, ENOUGH)
    appointment.refresh_from_db()
    appointment.title = "Our last word"
    appointment.save()
    apple.sync()
    assert let_go_on(RemoteResource.objects.all()) == 1
    apple.settle()
    assert [one["title"] for one in apple.remote()] == ["Our last word"]
    assert not OutboxEntry.objects.exists()


def test_people_who_change_their_minds_are_no_quarrel(apple: World) -> None:
    quarrel(apple, 2)
    assert apple.log("freeze") == []
