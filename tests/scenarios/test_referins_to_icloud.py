"""R1-R4, R7: what is done in Referins, and what iCloud hears of it."""

from datetime import timedelta

import pytest

from calendars.models import BlockedSlot
from tests.factories import BlockedSlotFactory, CalendarFactory, ContactFactory, UserFactory
from tests.scenarios.world import World, at, event

SYNCED = ["round_robin", "collective", "class_booking", "service"]


@pytest.mark.parametrize("kind", SYNCED)
def test_r1_and_r3_an_appointment_of_a_synced_calendar_appears_in_the_hosts_icloud(
    world: World, kind: str
) -> None:
    world.book(CalendarFactory(type=kind), title="Haircut", location="Mitte", notes="Bring a hat")
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11), place="Mitte", notes="Bring a hat")]
    world.account.wire.assert_every_write_has_a_precondition()


def test_r2_nothing_of_a_simple_calendar_is_ever_sent(world: World) -> None:
    simple = CalendarFactory(type="simple")
    appointment = world.book(simple, title="Private matter")
    appointment.title = "Very private matter"
    appointment.save()
    world.settle()
    appointment.delete()
    world.settle()
    assert world.remote() == []
    assert world.account.wire.writes() == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Shave"}, {"title": "Shave"}),
        ({"location": "Kreuzberg"}, {"place": "Kreuzberg"}),
        ({"notes": "No hat\nneeded"}, {"notes": "No hat\nneeded"}),
        ({"starts_at": at(14), "ends_at": at(15, 30)}, {"starts": at(14), "ends": at(15, 30)}),
        ({"status": "new"}, {"status": "TENTATIVE"}),
        ({"status": "no_show"}, {}),
        ({"status": "showed"}, {}),
    ],
)
def test_r4_a_later_change_in_referins_is_reflected_in_icloud(
    world: World, change: dict[str, object], expected: dict[str, object]
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    for name, value in change.items():
        setattr(appointment, name, value)
    appointment.save()
    world.settle()
    before = {"title": "Haircut", "starts": at(10), "ends": at(11)}
    merged = {**before, **expected}
    assert world.remote() == [
        event(merged.pop("title"), merged.pop("starts"), merged.pop("ends"), **merged)
    ]


def test_r4_deleting_the_appointment_takes_the_event_out(world: World) -> None:
    appointment = world.book()
    world.settle()
    appointment.delete()
    world.settle()
    assert world.remote() == []
    world.account.wire.assert_every_write_has_a_precondition()


@pytest.mark.parametrize("status", ["cancelled", "invalid"])
def test_d2_a_cancelled_appointment_leaves_icloud_and_comes_back_with_its_status(
    world: World, status: str
) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    appointment.status = status
    appointment.save()
    world.settle()
    assert world.remote() == []
    appointment.status = "confirmed"
    appointment.save()
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11))]


def test_r7_a_local_blocked_slot_never_reaches_icloud_nor_does_a_change_to_it(
    world: World,
) -> None:
    own = BlockedSlotFactory(user=world.user, title="Dentist")
    world.settle()
    own.title = "Dentist, again"
    own.save()
    BlockedSlot.objects.filter(pk=own.pk).update(starts_at=own.starts_at - timedelta(hours=1))
    world.settle()
    own.delete()
    world.settle()
    assert world.remote() == []
    assert world.account.wire.writes() == []


def test_d11_who_is_coming_stands_under_the_notes_and_never_comes_back(world: World) -> None:
    anna = ContactFactory(name="Anna Berg", phone="+49 30 1")
    appointment = world.book(notes="Bring a hat", contact=anna)
    world.settle()
    [body] = world.account.phone.resources().values()
    text = body.replace("\r\n ", "")
    assert "Bring a hat\\n\\n— Referins —\\nAnna Berg\\, +49 30 1" in text
    assert "ATTENDEE" not in text
    assert "ORGANIZER" not in text
    appointment.refresh_from_db()
    assert appointment.notes == "Bring a hat"


def test_d3_another_host_means_out_of_the_old_ones_icloud_and_into_the_new_ones(
    world: World, server: object
) -> None:
    from tests.scenarios.world import connected

    other = connected(server.new_account(), UserFactory())  # type: ignore[attr-defined]
    appointment = world.book(title="Haircut")
    world.settle()
    other.settle()
    appointment.hosts.set([other.user])
    world.settle()
    other.settle()
    assert world.remote() == []
    assert other.remote() == [event("Haircut", at(10), at(11))]
