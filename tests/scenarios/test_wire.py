"""What goes over the wire, whatever the code looks like."""

from tests.factories import ContactFactory
from tests.scenarios.world import World, at, vevent

FORBIDDEN = ("ATTENDEE", "ORGANIZER", "METHOD")


def test_an_idle_look_is_one_request_and_no_write(world: World) -> None:
    world.book(title="Haircut")
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.wire.clear()
    world.sync()
    # Of one calendar its own report, of several the home's listing.
    assert [one.method for one in world.account.wire.requests] in (["PROPFIND"], ["REPORT"])


def test_a_whole_life_never_writes_blindly_and_never_mails_anybody(world: World) -> None:
    wire, seen = world.account.wire, []
    appointment = world.book(title="Haircut", contact=ContactFactory(email="ada@example.com"))
    for change in (
        {"title": "Shave"},
        {"starts_at": at(9)},
        {"notes": "No hat", "location": "Here"},
        {"status": "cancelled"},
        {"status": "confirmed"},
    ):
        world.sync()
        wire.assert_every_write_has_a_precondition()
        seen += wire.writes()
        wire.clear()
        for name, value in change.items():
            setattr(appointment, name, value)
        appointment.save()
    world.sync()
    appointment.delete()
    world.sync()
    wire.assert_every_write_has_a_precondition()
    seen += wire.writes()
    assert [one.method for one in seen] == [
        "PUT",
        "PUT",
        "PUT",
        "PUT",
        "DELETE",
        "PUT",
        "DELETE",
    ]
    assert {one.header("if-none-match") for one in seen if one.header("if-none-match")} == {"*"}
    for one in seen:
        names = {line.partition(":")[0].partition(";")[0] for line in one.body.splitlines()}
        assert not names & set(FORBIDDEN)
        assert "ada@example.com" not in one.body
