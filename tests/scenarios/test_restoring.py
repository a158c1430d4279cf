"""What the sync log keeps is restored on both sides (D6, D8, D10), and overwrites nothing that
nobody has seen (failure case 70)."""

from datetime import timedelta
from typing import Any

import pytest

from calendars import booking
from calendars.models import Appointment, BlockedSlot
from icloud_sync import connecting, history, outbox
from icloud_sync.core.history import Version, read
from icloud_sync.models import MintedUid, OutboxEntry, SyncLogEntry
from tests.factories import UserFactory
from tests.scenarios.world import World, at, connected, event, slot, vevent
from tests.wire import Drop, Exchange, Reply


def last(world: World, action: str) -> SyncLogEntry:
    return world.log(action)[0]


def restore(world: World, action: str, which: Version | None = None) -> SyncLogEntry:
    """From the newest entry of this action, by somebody who saw the page."""
    entry = last(world, action)
    seen = history.look(entry, which).stamp
    return history.restore(entry, which, actor=UserFactory(is_staff=True), seen=seen)


def titles(world: World) -> tuple[list[str], list[str], list[str]]:
    return (
        [one["title"] for one in world.appointments()],
        [one["title"] for one in world.slots()],
        [one["title"] for one in world.remote()],
    )


# --- Edits ----------------------------------------------------------------------------


def test_the_loser_of_a_conflict_is_restored_on_both_sides(world: World) -> None:
    appointment = world.book(title="Haircut")
    world.settle()
    world.account.phone.edit(world.href("Haircut"), "SUMMARY:Haircut", "SUMMARY:Beard")
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    restore(world, "update appointment", Version.LOST)
    world.settle()
    assert world.remote() == [event("Beard", at(10), at(11))]
    appointment.refresh_from_db()
    assert appointment.title == "Beard"


def test_the_loser_of_a_slot_is_restored_on_both_sides(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Dinner")
    lunch = BlockedSlot.objects.get()
    lunch.title = "Brunch"
    lunch.save()
    world.settle()
    restore(world, "update slot", Version.LOST)
    world.settle()
    assert world.slots() == [slot("Brunch", at(12), at(13))]
    assert world.remote() == [event("Brunch", at(12), at(13), status="")]


def test_a_move_made_in_icloud_is_undone_on_both_sides(world: World) -> None:
    world.book(title="Haircut", location="Mitte", notes="Bring a hat")
    world.settle()
    href = world.href("Haircut")
    world.account.phone.edit(href, "T100000", "T140000")
    world.account.phone.edit(href, "T110000", "T150000")
    world.account.phone.edit(href, "LOCATION:Mitte", "LOCATION:Wedding")
    world.settle()
    assert world.remote()[0]["place"] == "Wedding"
    restore(world, "update appointment")
    world.settle()
    place = {"place": "Mitte", "notes": "Bring a hat"}
    assert world.remote() == [event("Haircut", at(10), at(11), **place)]
    assert world.appointments()[0]["starts"] == at(10)


def test_what_was_typed_here_before_is_restored_from_what_was_sent(world: World) -> None:
    appointment = world.book(title="Haircut", notes="Bring a hat")
    world.settle()
    appointment.title, appointment.notes = "Shave", ""
    appointment.save()
    world.settle()
    restore(world, "updated")
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11), notes="Bring a hat")]


def test_case_70_a_restore_overwrites_no_edit_that_is_still_to_be_read(world: World) -> None:
    """Of another field: both are kept. The wire rules look at each precondition."""
    appointment = world.book(title="Haircut", location="Mitte")
    world.settle()
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    entry = last(world, "updated")
    world.account.phone.edit(world.href("Shave"), "LOCATION:Mitte", "LOCATION:Wedding")
    history.restore(entry)
    world.settle()
    assert world.remote() == [event("Haircut", at(10), at(11), place="Wedding")]
    assert world.appointments()[0]["place"] == "Wedding"


@pytest.mark.parametrize("of_a_slot", [False, True])
def test_case_70_of_the_same_field_one_wins_and_the_log_keeps_the_other(
    world: World, of_a_slot: bool
) -> None:
    """Referins for appointments, iCloud for slots (D8)."""
    row: Any
    if of_a_slot:
        world.account.phone.put("a.ics", vevent("a", "Haircut", at(10), at(11)))
        world.settle()
        row = BlockedSlot.objects.get()
    else:
        row = world.book(title="Haircut")
        world.settle()
    row.title = "Shave"
    row.save()
    world.settle()
    entry = last(world, "updated")
    world.account.phone.edit(world.href("Shave"), "SUMMARY:Shave", "SUMMARY:Beard")
    history.restore(entry)
    world.settle()
    won, lost = ("Beard", "Haircut") if of_a_slot else ("Haircut", "Beard")
    row.refresh_from_db()
    assert (row.title, [one["title"] for one in world.remote()]) == (won, [won])
    [conflict] = world.connection.log.filter(outcome="conflict")
    assert conflict.before["lost"] == {"title": lost}


def test_one_occurrence_that_was_moved_in_icloud_is_moved_back_alone(world: World) -> None:
    text = vevent("s", "Standup", at(9), at(10), "RRULE:FREQ=DAILY;COUNT=3")
    world.account.phone.put("s.ics", text)
    world.settle()
    second = BlockedSlot.objects.order_by("starts_at")[1]
    second.starts_at, second.ends_at = at(15, days=2), at(16, days=2)
    second.save()
    world.settle()
    restore(world, "updated")
    world.settle()
    assert [one["starts"] for one in world.slots()] == [at(9, days=day) for day in (1, 2, 3)]


# --- Slots that went ------------------------------------------------------------------


def test_a_slot_whose_occurrence_left_its_series_comes_back_as_one_of_ours(world: World) -> None:
    href = world.account.phone.put(
        "s.ics", vevent("s", "Standup", at(9), at(10), "RRULE:FREQ=DAILY;COUNT=3")
    )
    world.settle()
    world.account.phone.edit(href, "COUNT=3", "COUNT=2")
    world.settle()
    assert len(world.slots()) == 2
    there = world.account.phone.resources()
    restore(world, "remove slot")
    world.account.wire.clear()
    world.settle()
    assert world.slots()[2] == slot("Standup", at(9, days=3), at(10, days=3), origin="referins")
    assert world.account.phone.resources() == there
    assert [str(one) for one in world.account.wire.writes()] == []


def test_slots_that_left_with_their_account_come_back_as_ones_of_ours(apple: World) -> None:
    apple.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13)))
    day = at(0, days=2).date()
    apple.account.phone.put(
        "b.ics", vevent("b", "Trip", day, day + timedelta(days=2), "TRANSP:TRANSPARENT")
    )
    apple.settle()
    before = apple.slots()
    connecting.disconnect(apple.connection, actor=UserFactory(username="staff"))
    assert apple.slots() == []
    for entry in apple.log("remove slot"):
        assert str(entry.actor) == "staff"
        history.restore(entry)
    assert apple.slots() == [{**one, "origin": "referins"} for one in before]


# --- Events that we deleted -----------------------------------------------------------

LUNCH = vevent(
    "a",
    "Lunch",
    at(12),
    at(13),
    "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC",
    "X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=Mitte:geo:52.5,13.4",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Reminder",
    "TRIGGER:-PT15M",
    "END:VALARM",
)


CALDAV = b'xmlns="urn:ietf:params:xml:ns:caldav"'
UID_CONFLICT = b'<D:error xmlns:D="DAV:"><no-uid-conflict ' + CALDAV + b"/></D:error>"


def deleted(world: World, text: str = LUNCH) -> str:
    """An event of the user's that somebody deleted here; its href."""
    href = world.account.phone.put("a.ics", text)
    world.settle()
    booking.delete_slot(BlockedSlot.objects.get())
    world.settle()
    assert (world.remote(), world.slots()) == ([], [])
    return href


def test_d6_an_event_deleted_here_comes_back_there_whole_and_brings_its_slot(
    world: World,
) -> None:
    href = deleted(world)
    told = restore(world, "took out")
    world.settle()
    assert world.remote() == [event("Lunch", at(12), at(13), status="")]
    assert world.slots() == [slot("Lunch", at(12), at(13))]
    lines = world.account.phone.get(href).splitlines()
    assert {"UID:a", "TRIGGER:-PT15M"} <= set(lines)
    assert told.restores == last(world, "took out")
    [put_back] = world.log("put back")
    assert read(put_back.after)["title"] == "Lunch"
    # It is the user's event as before: edits go both ways, and it can be deleted again.
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Late lunch")
    world.settle()
    lunch = BlockedSlot.objects.get()
    assert lunch.title == "Late lunch"
    booking.delete_slot(lunch)
    world.settle()
    assert (world.remote(), world.slots()) == ([], [])
    assert not MintedUid.objects.exists()


def test_d6_what_comes_back_is_every_byte_that_went(apple: World) -> None:
    apple.account.phone.put("a.ics", LUNCH)
    apple.settle()
    there = apple.account.phone.resources()
    booking.delete_slot(BlockedSlot.objects.get())
    apple.settle()
    restore(apple, "took out")
    apple.settle()
    assert apple.account.phone.resources() == there


def test_d6_a_whole_series_and_one_occurrence_come_back_each_as_it_was(world: World) -> None:
    text = vevent("s", "Standup", at(9), at(10), "RRULE:FREQ=DAILY;COUNT=3")
    href = world.account.phone.put("s.ics", text)
    world.settle()
    second = BlockedSlot.objects.order_by("starts_at")[1]
    second.title = "Review"
    second.save()
    world.settle()
    before = world.slots()
    booking.delete_slot(BlockedSlot.objects.order_by("starts_at")[1])
    world.settle()
    assert len(world.slots()) == 2
    assert world.account.phone.get(href).count("EXDATE") == 1
    restore(world, "took out of its series")
    world.settle()
    assert world.slots() == before
    assert "EXDATE" not in world.account.phone.get(href)


def test_d6_an_edit_made_there_before_the_deletion_was_sent_comes_back_with_it(
    world: World,
) -> None:
    href = world.account.phone.put("a.ics", LUNCH)
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Lunch", "SUMMARY:Lunch with the mayor")
    booking.delete_slot(BlockedSlot.objects.get())
    world.settle()
    assert world.remote() == []
    restore(world, "took out")
    world.settle()
    assert titles(world) == ([], ["Lunch with the mayor"], ["Lunch with the mayor"])


def test_an_event_that_somebody_brought_back_meanwhile_is_not_brought_back_twice(
    world: World,
) -> None:
    href = deleted(world)
    entry = last(world, "took out")
    world.account.phone.put(href.rpartition("/")[2], LUNCH)
    history.restore(entry)
    world.settle()
    assert titles(world) == ([], ["Lunch"], ["Lunch"])


@pytest.mark.parametrize("answer", ["412 no-uid-conflict", "bare 412", "403", "409"])
def test_a_server_that_refuses_the_old_uid_gets_the_event_under_a_new_one(
    apple: World, answer: str
) -> None:
    """As one with a trash bin does (nextcloud/server#30096). Asked with the old one before and
    after a look at all of the account."""
    world = apple
    deleted(world)
    replies = {
        "412 no-uid-conflict": Reply(412, UID_CONFLICT, {"Content-Type": "application/xml"}),
        "bare 412": Reply(412),
        "403": Reply(403),
        "409": Reply(409),
    }
    refused: list[str] = []

    def refuse(exchange: Exchange) -> Reply | None:
        if exchange.method == "PUT" and "UID:a\r\n" in exchange.body:
            refused.append(exchange.path)
            return replies[answer]
        return None

    world.account.wire.faults.append(refuse)
    restore(world, "took out")
    for _ in range(3):
        OutboxEntry.objects.update(not_before=at(0, days=-1))
        world.sync()
    world.settle()
    assert len(refused) == 2
    assert titles(world) == ([], ["Lunch"], ["Lunch"])
    [body] = world.account.phone.resources().values()
    assert "UID:a" not in body.splitlines()
    assert "TRIGGER:-PT15M" in body
    assert not MintedUid.objects.exists()
    world.account.phone.edit(world.href("Lunch"), "SUMMARY:Lunch", "SUMMARY:Dinner")
    world.settle()
    assert titles(world) == ([], ["Dinner"], ["Dinner"])


@pytest.mark.parametrize("applied", [False, True])
def test_an_event_put_back_without_an_answer_is_there_once(world: World, applied: bool) -> None:
    deleted(world)
    dropped: list[Exchange] = []

    def drop(exchange: Exchange) -> Drop | None:
        if exchange.method != "PUT" or dropped:
            return None
        dropped.append(exchange)
        return Drop.AFTER_APPLY if applied else Drop.BEFORE

    world.account.wire.faults.append(drop)
    restore(world, "took out")
    for _ in range(3):
        OutboxEntry.objects.update(not_before=at(0, days=-1))
        world.sync()
    world.settle()
    assert len(dropped) == 1
    assert titles(world) == ([], ["Lunch"], ["Lunch"])


def test_a_deletion_that_icloud_never_took_needs_no_restoring(world: World) -> None:
    """The row waits; the event is there, and so nothing is offered."""
    world.account.phone.put("a.ics", LUNCH)
    world.settle()
    booking.delete_slot(BlockedSlot.objects.get())
    assert world.log("took out") == []
    assert outbox.due(at(0, days=9)).count() == 1


# --- Whole runs -----------------------------------------------------------------------


def test_a_run_that_moved_everything_is_undone_on_both_sides(world: World) -> None:
    """Somebody's phone with a wrong time zone, say."""
    for number, hour in enumerate((9, 11, 13)):
        world.book(title=f"Visit {number}", starts_at=at(hour))
    world.account.phone.put("a.ics", vevent("a", "Lunch", at(15), at(16)))
    world.settle()
    before = world.state()
    for number, hour in enumerate((9, 11, 13)):
        href = world.href(f"Visit {number}")
        world.account.phone.edit(href, f"T{hour:02}0000", f"T{hour + 8:02}0000")
        world.account.phone.edit(href, f"T{hour + 1:02}0000", f"T{hour + 9:02}0000")
    world.settle()
    run = last(world, "update appointment").run
    assert run is not None
    edited = Appointment.objects.get(title="Visit 1")
    booking.reschedule(edited, at(20), at(21))
    undone = history.undo(run, actor=UserFactory(is_staff=True))
    assert (undone.number, [entry.appointment_id for entry, _ in undone.skipped]) == (
        2,
        [edited.pk],
    )
    booking.reschedule(edited, at(11), at(12))
    world.settle()
    assert world.state()[:2] == before[:2]
    assert world.remote()[0] == event("Visit 0", at(9), at(10))


# --- Q10 ------------------------------------------------------------------------------


def replayed(world: World, **about: int) -> list[str]:
    """Each value of title and place that the row ever had or lost, from the log alone."""
    seen: list[str] = []
    for entry in world.connection.log.filter(**about).order_by("pk"):
        lost = entry.before.get("lost") if isinstance(entry.before, dict) else None
        for told in (entry.before, lost, entry.after):
            values = read(told)
            seen += [values[name] for name in ("title", "location") if values.get(name)]
    return list(dict.fromkeys(seen))


def test_q10_the_log_alone_tells_every_value_an_appointment_ever_had(world: World) -> None:
    appointment = world.book(title="Haircut", location="Mitte")
    world.settle()
    appointment.title = "Shave"
    appointment.save()
    world.settle()
    world.account.phone.edit(world.href("Shave"), "LOCATION:Mitte", "LOCATION:Wedding")
    world.settle()
    world.account.phone.edit(world.href("Shave"), "SUMMARY:Shave", "SUMMARY:Beard")
    appointment.refresh_from_db()
    appointment.title = "Perm"
    appointment.save()
    world.settle()
    restore(world, "update appointment", Version.LOST)
    world.settle()
    appointment.refresh_from_db()
    booking.cancel(appointment)
    world.settle()
    entries = world.connection.log.filter(appointment_id=appointment.pk).order_by("pk")
    assert [(entry.action, entry.outcome) for entry in entries] == [
        ("created", "done"),
        ("updated", "done"),
        ("update appointment", "done"),
        ("update appointment", "conflict"),
        ("updated", "done"),
        ("restore", "done"),
        ("updated", "done"),
        ("took out", "done"),
    ]
    assert replayed(world, appointment_id=appointment.pk) == [
        "Haircut",
        "Mitte",
        "Shave",
        "Wedding",
        "Perm",
        "Beard",
    ]
    told = [read(entry.after).get("title") for entry in entries if read(entry.after).get("title")]
    assert told[-1] == appointment.title == "Beard"
    assert "it is cancelled" in entries[len(entries) - 1].message


def test_q10_the_log_alone_tells_every_value_a_slot_ever_had(world: World) -> None:
    href = world.account.phone.put("a.ics", vevent("a", "Lunch", at(12), at(13), "LOCATION:Mitte"))
    world.settle()
    lunch = BlockedSlot.objects.get()
    lunch.title = "Brunch"
    lunch.save()
    world.settle()
    world.account.phone.edit(href, "LOCATION:Mitte", "LOCATION:Wedding")
    world.settle()
    world.account.phone.edit(href, "SUMMARY:Brunch", "SUMMARY:Dinner")
    lunch.refresh_from_db()
    lunch.title = "Supper"
    lunch.save()
    world.settle()
    restore(world, "update slot", Version.LOST)
    world.settle()
    lunch.refresh_from_db()
    booking.delete_slot(lunch)
    world.settle()
    pk = world.log("create slot")[0].slot_id
    assert pk is not None
    assert replayed(world, slot_id=pk) == [
        "Lunch",
        "Mitte",
        "Brunch",
        "Wedding",
        "Supper",
        "Dinner",
    ]
    bodies = world.connection.log.filter(slot_id=pk).exclude(body="").order_by("pk")
    assert [entry.action for entry in bodies] == [
        "updated",
        "update slot",
        "update slot",
        "updated",
        "took out",
    ]
    assert "SUMMARY:Supper" in bodies[4].body
    assert bodies[4].etag


def test_two_people_share_one_log_of_an_appointment_each_with_their_own_account(
    apple: World, standin: Any
) -> None:
    other = connected(standin.new_account())
    appointment = apple.book(title="Haircut", hosts=[apple.user, other.user])
    apple.settle()
    other.settle()
    apple.account.phone.edit(apple.href("Haircut"), "SUMMARY:Haircut", "SUMMARY:Shave")
    apple.settle()
    other.settle()
    restore(apple, "update appointment")
    apple.settle()
    other.settle()
    appointment.refresh_from_db()
    assert [appointment.title, apple.remote()[0]["title"], other.remote()[0]["title"]] == [
        "Haircut"
    ] * 3
