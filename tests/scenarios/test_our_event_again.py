"""An event of ours that a user makes again in iCloud: duplicated, or exported and imported."""

from typing import Any

import pytest

from icloud_sync.models import RemoteResource
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, event, slot


def other_calendar(world: World) -> str:
    href = world.account.make_collection("Other")
    world.sync()
    world.connection.collections.filter(href=href).update(role="mirrored")
    return href


def links(world: World) -> list[tuple[str, str]]:
    copies = RemoteResource.objects.filter(appointment__isnull=False)
    return list(copies.values_list("href", "state"))


def retitled(appointment: Any, title: str = "Shave") -> None:
    appointment.title = title
    appointment.save()


# --- 35 -----------------------------------------------------------------------------------------


def test_35_an_event_of_ours_that_is_duplicated_in_icloud_is_one_more_blocked_slot(
    world: World,
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    href = world.href("Haircut")
    before = links(world)
    uid = RemoteResource.objects.get().uid
    twin = world.account.phone.get(href).replace(uid, "11111111-2222-3333-4444-555555555555")
    world.account.phone.put("11111111-2222-3333-4444-555555555555.ics", twin)
    world.settle()
    assert world.slots() == [slot("Haircut", at(10), at(11))]
    assert links(world) == before
    retitled(appointment)
    world.settle()
    assert [one["title"] for one in world.remote()] == ["Haircut", "Shave"]
    world.account.phone.delete(world.href("Haircut"))
    world.settle()
    assert world.slots() == [slot("Haircut", at(10), at(11), **{"deleted in iCloud": True})]
    assert world.remote() == [event("Shave", at(10), at(11))]


# --- 36 -----------------------------------------------------------------------------------------


def test_36_an_event_of_ours_imported_again_elsewhere_in_its_calendar_is_the_same_event(
    world: World,
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    exported = world.account.phone.get(world.href("Haircut"))
    assert "PRODID:-//Referins//" in exported
    world.account.phone.delete(world.href("Haircut"))
    imported = world.account.phone.put("imported.ics", exported)
    world.settle()
    assert (world.slots(), links(world)) == ([], [(imported, "synced")])
    world.account.phone.edit(imported, "SUMMARY:Haircut", "SUMMARY:Beard")
    world.settle()
    appointment.refresh_from_db()
    assert appointment.title == "Beard"
    retitled(appointment)
    world.settle()
    assert (world.remote(), world.slots()) == ([event("Shave", at(10), at(11))], [])


def imported_beside(world: World) -> tuple[Any, str]:
    other_calendar(world)
    appointment = world.book(title="Haircut")
    world.settle()
    body = world.account.phone.get(world.href("Haircut"))
    return appointment, world.account.phone.put("imported.ics", body, "Other")


def test_36_an_event_of_ours_imported_into_another_calendar_is_no_slot_and_takes_no_link(
    world: World,
) -> None:
    imported_beside(world)
    before = links(world)
    world.settle()
    assert (world.slots(), links(world)) == ([], before)
    assert world.remote() == world.remote("Other") == [event("Haircut", at(10), at(11))]


# Where one account may hold a UID twice; iCloud refuses it (6.6).
@pytest.mark.parametrize("server", ["radicale", "xandikos"], indirect=True)
def test_36_an_edit_goes_to_the_first_one_as_long_as_it_is_there(world: World) -> None:
    appointment, _ = imported_beside(world)
    world.settle()
    retitled(appointment)
    world.settle()
    assert world.remote() == [event("Shave", at(10), at(11))]
    assert world.remote("Other") == [event("Haircut", at(10), at(11))]
    assert world.slots() == []


def test_36_with_the_first_one_gone_the_imported_one_is_the_appointments(world: World) -> None:
    appointment, imported = imported_beside(world)
    world.settle()
    world.account.phone.delete(world.href("Haircut"))
    world.account.phone.edit(imported, "SUMMARY:Haircut", "SUMMARY:Beard")
    world.settle()
    appointment.refresh_from_db()
    assert (appointment.title, links(world)) == ("Beard", [(imported, "synced")])
    retitled(appointment)
    world.settle()
    assert (world.remote(), world.remote("Other")) == ([], [event("Shave", at(10), at(11))])
    assert world.slots() == []


def test_36_the_first_one_gone_unseen_an_edit_goes_to_the_imported_one_and_makes_no_third(
    world: World,
) -> None:
    appointment, imported = imported_beside(world)
    world.settle()
    world.account.phone.delete(world.href("Haircut"))
    retitled(appointment)
    world.sync()
    world.settle()
    assert (world.remote(), world.remote("Other")) == ([], [event("Shave", at(10), at(11))])
    assert (world.slots(), links(world)) == ([], [(imported, "synced")])


@pytest.mark.parametrize("status", ["cancelled", "invalid"])
def test_36_a_cancelled_appointment_that_is_wanted_again_is_found_in_the_imported_one(
    world: World, status: str
) -> None:
    appointment, _ = imported_beside(world)
    world.settle()
    appointment.status = status
    appointment.save()
    world.settle()
    assert world.remote() == []
    appointment.status = "confirmed"
    appointment.save()
    world.settle()
    assert world.remote("Other") == [event("Haircut", at(10), at(11))]
    assert (world.remote(), world.slots()) == ([], [])


def test_36_imported_into_a_calendar_that_is_ignored_it_is_not_heard_of(world: World) -> None:
    world.account.make_collection("Private")
    world.sync()
    world.book(title="Haircut")
    world.settle()
    before = links(world)
    body = world.account.phone.get(world.href("Haircut"))
    world.account.phone.put("imported.ics", body, "Private")
    sync(world.connection.pk, full=True)
    world.settle()
    assert (world.slots(), links(world)) == ([], before)
