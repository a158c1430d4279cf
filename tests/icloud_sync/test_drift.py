"""Edits that bypass the signals are found by comparing, once each; nothing else is."""

from ast import literal_eval
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core import serializers
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from calendars.models import Appointment, Attendee, BlockedSlot, Calendar, Contact
from icloud_sync import connecting, tasks
from icloud_sync.drift import Place, look, pages
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource
from icloud_sync.schedules import sync_schedules
from tests.factories import (
    AppointmentFactory,
    CalendarFactory,
    ContactFactory,
)
from tests.scenarios.test_corpus_import import DAYS_BACK, THEN, planted
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

pytestmark = pytest.mark.django_db
BEGINNING = Place()


@pytest.fixture
def world(standin: Server) -> World:
    return connected(standin.new_account())


def find() -> int:
    """A whole round."""
    place, total = look(BEGINNING, timezone.now())
    while place != BEGINNING:
        place, found = look(place, timezone.now())
        total += found
    return total


def titles(world: World) -> list[str]:
    return [event["title"] for event in world.remote()]


def haircut(world: World, **values: Any) -> Appointment:
    """Booked, and in iCloud."""
    appointment = world.book(title="Haircut", contact=ContactFactory(name="Cleo"), **values)
    world.settle()
    return appointment


# --- What is found --------------------------------------------------------------------


def retitled(one: Appointment) -> None:
    Appointment.objects.filter(pk=one.pk).update(title="Shave")


def by_sql(one: Appointment) -> None:
    with database.cursor() as cursor:
        table = Appointment._meta.db_table
        cursor.execute(f"UPDATE {table} SET title = 'Shave' WHERE id = %s", [one.pk])


def by_fixture(one: Appointment) -> None:
    one.title = "Shave"
    for row in serializers.deserialize("json", serializers.serialize("json", [one])):
        row.save()


def by_bulk_update(one: Appointment) -> None:
    one.title = "Shave"
    Appointment.objects.bulk_update([one], ["title"])


@pytest.mark.parametrize("edit", [retitled, by_sql, by_fixture, by_bulk_update])
def test_a_new_title_is_found_and_sent(world: World, edit: Callable[[Appointment], None]) -> None:
    edit(haircut(world))
    assert OutboxEntry.objects.count() == 0
    world.account.wire.clear()
    assert find() == 1
    assert world.account.wire.requests == [], "looking asks nobody"
    assert find() == 0, "its row waits"
    world.settle()
    assert titles(world) == ["Shave"]
    assert find() == 0
    [told] = world.log("find")
    assert told.message == (
        "Found 1 change that nobody had told of (a bulk edit, a script, an import)"
    )


def moved(one: Appointment) -> None:
    Appointment.objects.filter(pk=one.pk).update(starts_at=at(14), ends_at=at(15))


def cancelled(one: Appointment) -> None:
    Appointment.objects.filter(pk=one.pk).update(status="cancelled")


def confirmed_by_its_customer(one: Appointment) -> None:
    Appointment.objects.filter(pk=one.pk).update(status="new")


def with_one_more(one: Appointment) -> None:
    Attendee.objects.bulk_create([Attendee(appointment=one, contact=ContactFactory(name="Kim"))])


def renamed_customer(one: Appointment) -> None:
    Contact.objects.update(name="Cleopatra")


def without_its_host(one: Appointment) -> None:
    Appointment.hosts.through.objects.all()._raw_delete("default")


def wiped_out(one: Appointment) -> None:
    Attendee.objects.all()._raw_delete("default")
    Appointment.hosts.through.objects.all()._raw_delete("default")
    Appointment.objects.filter(pk=one.pk)._raw_delete("default")


def seen(world: World) -> list[tuple[str, str, str]]:
    """In iCloud: the title, the time, and all that stands in the body of what we write."""
    return [
        (event["title"], str(event["starts"]), body)
        for event, body in zip(
            world.remote(), world.account.phone.resources().values(), strict=True
        )
    ]


@pytest.mark.parametrize(
    ("edit", "there"),
    [
        (moved, "DTSTART;TZID=Europe/Berlin"),
        (cancelled, ""),
        (confirmed_by_its_customer, "STATUS:TENTATIVE"),
        (with_one_more, "Kim"),
        (renamed_customer, "Cleopatra"),
        (without_its_host, ""),
        (wiped_out, ""),
    ],
)
def test_whatever_else_was_changed_is_found_once_and_both_sides_agree(
    world: World, edit: Callable[[Appointment], None], there: str
) -> None:
    calendar = CalendarFactory(type="class_booking")
    edit(haircut(world, calendar=calendar))
    assert OutboxEntry.objects.count() == 0
    assert find() == 1
    world.settle()
    assert find() == 0
    bodies = list(world.account.phone.resources().values())
    assert [there in body for body in bodies] == ([True] if there else [])


def test_what_was_made_in_bulk_is_found(world: World) -> None:
    made = Appointment.objects.bulk_create(
        [
            Appointment(
                calendar=CalendarFactory(),
                title=title,
                starts_at=at(10, days=days),
                ends_at=at(11, days=days),
                status=status,
            )
            for title, days, status in [
                ("To come", 3, "confirmed"),
                ("Cancelled", 3, "cancelled"),
                ("Over", -3, "confirmed"),
            ]
        ]
    )
    through = Appointment.hosts.through
    through.objects.bulk_create(through(appointment=one, user=world.user) for one in made)
    assert find() == 1
    world.settle()
    assert titles(world) == ["To come"]
    assert find() == 0


def test_what_was_cancelled_and_is_not_any_more_is_found(world: World) -> None:
    appointment = haircut(world)
    appointment.status = "cancelled"
    appointment.save()
    world.settle()
    assert titles(world) == []
    Appointment.objects.update(status="confirmed")
    assert find() == 1
    world.settle()
    assert titles(world) == ["Haircut"]
    assert find() == 0


def test_a_host_added_in_bulk_gets_a_copy_too(world: World, standin: Server) -> None:
    other = connected(standin.new_account())
    appointment = haircut(world)
    through = Appointment.hosts.through
    through.objects.bulk_create([through(appointment=appointment, user=other.user)])
    assert find() == 1
    other.settle()
    assert (titles(world), titles(other)) == (["Haircut"], ["Haircut"])
    assert find() == 0


def test_slots_changed_in_bulk_are_found_each_alone_of_a_series(world: World) -> None:
    put = world.account.phone.put
    put("one.ics", vevent("one", "Dentist", at(9), at(10)))
    put("many.ics", vevent("many", "Yoga", at(18), at(19), "RRULE:FREQ=DAILY;COUNT=5"))
    world.settle()
    assert find() == 0
    BlockedSlot.objects.filter(title="Dentist").update(location="Upstairs")
    second = BlockedSlot.objects.filter(title="Yoga").order_by("starts_at")[1]
    BlockedSlot.objects.filter(pk=second.pk).update(title="Pilates")
    assert find() == 2
    world.settle()
    found = sorted((event["title"], event["place"]) for event in world.remote())
    assert found == [("Dentist", "Upstairs"), ("Pilates", ""), ("Yoga", "")]
    assert find() == 0


# --- What is not ----------------------------------------------------------------------


def test_a_simple_calendar_is_none_of_icloud_s_business(world: World) -> None:
    appointment = haircut(world)
    Calendar.objects.update(type="simple")
    Appointment.objects.update(title="Shave")
    made = AppointmentFactory(calendar=appointment.calendar, host=world.user)
    OutboxEntry.objects.all().delete()
    assert Appointment.objects.filter(pk=made.pk).exists()
    assert find() == 0


def test_neither_is_a_calendar_that_is_not_served(world: World) -> None:
    appointment = haircut(world)
    connecting.set_served(world.connection, "chosen", [CalendarFactory()])
    Appointment.objects.update(title="Shave")
    AppointmentFactory(calendar=appointment.calendar, host=world.user)
    assert find() == 0


@pytest.mark.parametrize("how", ["simple", "not served"])
def test_what_stays_of_an_appointment_that_was_deleted_when_nobody_served_it_any_more(
    world: World, how: str
) -> None:
    """D19: its copy is written about no more, though nobody could say any more why."""
    appointment = haircut(world)
    if how == "simple":
        Calendar.objects.update(type="simple")
        Appointment.objects.get().delete()
    else:
        connecting.set_served(world.connection, "chosen", [CalendarFactory()])
        appointment.calendar.delete()
    assert find() == 0
    world.settle()
    assert titles(world) == ["Haircut"]


def test_what_staff_took_out_stays_out(world: World) -> None:
    appointment = haircut(world)
    connecting.take_out(connecting.copies_staying(calendar=appointment.calendar))
    world.settle()
    Appointment.objects.update(title="Shave")
    assert find() == 0
    assert titles(world) == []


def test_what_was_deleted_in_icloud_comes_back_for_a_change_of_its_own_alone(
    world: World,
) -> None:
    appointment = haircut(world)
    world.account.phone.delete(world.href("Haircut"))
    world.settle()
    Contact.objects.update(name="Cleopatra")  # what only we write
    ICloudConnection.objects.update(write_who_is_coming=False)
    assert find() == 0
    retitled(appointment)
    assert find() == 1
    world.settle()
    assert titles(world) == ["Shave"]
    assert find() == 0


def test_an_occurrence_that_icloud_took_out_of_its_series_stays_out(world: World) -> None:
    haircut(world)
    href = world.href("Haircut")
    world.account.phone.edit(href, "END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT")
    world.settle()
    body = world.account.phone.get(href)
    start = next(line for line in body.splitlines() if line.startswith("DTSTART;TZID"))
    exdate = start.replace("DTSTART", "EXDATE")
    world.account.phone.edit(href, "END:VEVENT", f"{exdate}\r\nEND:VEVENT")
    world.settle()
    assert RemoteResource.objects.get(href=href).own_occurrence_gone
    Contact.objects.update(name="Cleopatra")
    assert find() == 0


def test_the_past_is_not_rewritten_for_what_only_we_write(world: World) -> None:
    haircut(world)
    past = {"starts_at": at(10, days=-1), "ends_at": at(11, days=-1)}
    Appointment.objects.update(**past)
    assert find() == 1
    world.settle()
    Contact.objects.update(name="Cleopatra")
    assert find() == 0
    Appointment.objects.update(title="Shave")
    assert find() == 1


def test_an_event_with_guests_is_parked_once(world: World) -> None:
    haircut(world)
    href = world.href("Haircut")
    world.account.phone.edit(href, "END:VEVENT", "ATTENDEE:mailto:guest@example.com\r\nEND:VEVENT")
    world.settle()
    Appointment.objects.update(title="Shave")
    assert find() == 1
    world.sync()
    assert [row.state for row in OutboxEntry.objects.all()] == ["needs_attention"]
    assert find() == 0


def test_nothing_is_made_of_an_account_that_was_disconnected(world: World) -> None:
    haircut(world)
    connecting.disconnect(world.connection)
    Appointment.objects.update(title="Shave")
    assert find() == 0


ODD = {
    "our own line in the notes": "Before\n— Referins —\nAfter",
    "only our own line": "— Referins —",
    "blanks": "  a  \r\n\r\n b\t ",
    "control characters": "a\x08b\x1fc",
    "a heap of marks": "a" + "\u0301" * 100,
    "every bracket": 'a\\nb;c,d:"e"\\,',
    "emoji and joiners": "👩‍👩‍👧‍👦\u200b\u2028x",
    "long": "word " * 3000,
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_what_icloud_cannot_be_told_is_not_sent_each_hour(world: World, text: str) -> None:
    appointment = haircut(world)
    columns = {"title": text[:900], "notes": text, "location": text}
    if database.vendor == "postgresql":
        columns = {name: value.replace("\x00", "") for name, value in columns.items()}
    for name, value in columns.items():
        setattr(appointment, name, value)
    appointment.save()
    world.settle()
    assert find() == 0


@pytest.mark.parametrize("when", [datetime.now(UTC), THEN], ids=["today", "then"])
def test_nothing_is_found_in_what_other_programs_wrote(
    world: World, settings: Any, when: datetime
) -> None:
    settings.ICLOUD_WINDOW_DAYS_BACK = DAYS_BACK
    with time_machine.travel(when):
        planted(world)
        for _ in range(10):
            if not world.sync().unfinished:
                break
        assert RemoteResource.objects.filter(state="synced").count() > 10
        OutboxEntry.objects.all().delete()
        assert find() == 0


# --- How ------------------------------------------------------------------------------


def test_a_step_is_bounded_and_a_round_leaves_nobody_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = CalendarFactory()
    for number in range(25):
        world.book(calendar, title=f"A{number}", starts_at=at(8, days=number + 1))
        world.account.phone.put(f"{number}.ics", vevent(f"u{number}", f"S{number}", at(9), at(10)))
    world.settle()
    Appointment.objects.update(title="Changed")
    BlockedSlot.objects.update(title="Changed")
    monkeypatch.setattr(pages, "LEAST", 10)
    steps, queries, place = [], [], BEGINNING
    for _ in range(3):
        with CaptureQueriesContext(
            database,
        ) as captured:
            place, found = look(place, timezone.now())
        steps.append(found)
        queries.append(len(captured))
    assert steps == [20, 20, 10]
    assert place == BEGINNING
    assert OutboxEntry.objects.count() == 50
    assert max(queries) < 45


def test_the_task_goes_on_where_the_last_one_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        world.book(title=f"A{number}", starts_at=at(8, days=number + 1))
    world.settle()
    Appointment.objects.update(title="Changed")
    monkeypatch.setattr(pages, "LEAST", 2)
    sync_schedules()
    assert [run_as_scheduled() for _ in range(3)] == ["2 found", "1 found", "0 found"]
    sync_schedules()
    assert Schedule.objects.get(func="icloud_sync.tasks.find_drift").kwargs, "it is kept"


def run_as_scheduled() -> str:
    schedule = Schedule.objects.get(func="icloud_sync.tasks.find_drift")
    return tasks.find_drift(**literal_eval(schedule.kwargs or "{}"))


def test_one_task_a_connection_is_woken_however_much_was_found(
    world: World, django_capture_on_commit_callbacks: Any
) -> None:
    for number in range(3):
        world.book(title=f"A{number}", starts_at=at(8, days=number + 1))
    world.settle()
    OrmQ.objects.all().delete()
    Appointment.objects.update(title="Changed")
    with django_capture_on_commit_callbacks(execute=True):
        assert find() == 3
    assert OrmQ.objects.count() == 1
