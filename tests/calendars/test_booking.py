"""The services: what stands afterwards, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models.signals import m2m_changed, post_delete, post_save

from calendars import booking
from calendars.models import Appointment, BlockedSlot, CalendarMember
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ContactFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)
ELEVEN = TEN + timedelta(hours=1)


def team_calendar(kind="round_robin", *priorities, **fields):
    """A calendar whose members are named a, b, c…"""
    calendar = CalendarFactory(type=kind, **fields)
    users = [UserFactory(username=name) for name in "abcd"[: len(priorities)]]
    for user, priority in zip(users, priorities, strict=True):
        CalendarMember.objects.create(calendar=calendar, user=user, priority=priority)
    return calendar, users


def hosts_of(appointment) -> list[str]:
    return sorted(appointment.hosts.values_list("username", flat=True))


def test_the_free_member_with_the_highest_priority_is_booked() -> None:
    calendar, [a, b, _] = team_calendar("round_robin", 1, 9, 5)
    AppointmentFactory(host=b, starts_at=TEN, ends_at=ELEVEN)
    done = booking.book(calendar, "Cut", TEN + timedelta(minutes=30), ELEVEN)
    assert (hosts_of(done), done.owner.username, done.status) == (["c"], "c", "new")


@pytest.mark.parametrize("status", ["cancelled", "invalid"])
def test_what_was_cancelled_takes_no_time(status) -> None:
    calendar, [a] = team_calendar("round_robin", 1)
    AppointmentFactory(host=a, starts_at=TEN, ends_at=ELEVEN, status=status)
    assert hosts_of(booking.book(calendar, "Cut", TEN, ELEVEN)) == ["a"]


def test_a_busy_slot_takes_time_and_a_free_one_does_not() -> None:
    calendar, [a, b] = team_calendar("service", 1, 1)
    BlockedSlotFactory(user=a, starts_at=TEN, ends_at=ELEVEN)
    BlockedSlotFactory(user=b, starts_at=TEN, ends_at=ELEVEN, is_busy=False)
    assert hosts_of(booking.book(calendar, "Cut", TEN, ELEVEN)) == ["b"]


def test_touching_is_not_overlapping() -> None:
    calendar, [a] = team_calendar("service", 1)
    BlockedSlotFactory(user=a, starts_at=ELEVEN, ends_at=ELEVEN + timedelta(hours=1))
    assert hosts_of(booking.book(calendar, "Cut", TEN, ELEVEN)) == ["a"]


def test_a_tie_goes_to_who_has_fewest_that_day_in_the_calendars_zone() -> None:
    calendar, [a, b] = team_calendar("round_robin", 5, 5, time_zone="America/New_York")
    late_that_day = datetime(2026, 11, 25, 3, tzinfo=UTC)  # 22:00 on the 24th there
    AppointmentFactory(host=a, starts_at=late_that_day, ends_at=late_that_day + timedelta(hours=1))
    early_that_day_in_utc = datetime(2026, 11, 24, 1, tzinfo=UTC)  # still the 23rd there
    for hour in range(2):
        start = early_that_day_in_utc + timedelta(hours=hour)
        AppointmentFactory(host=b, starts_at=start, ends_at=start + timedelta(minutes=30))
    done = booking.book(calendar, "Cut", TEN + timedelta(hours=6), ELEVEN + timedelta(hours=6))
    assert hosts_of(done) == ["b"]


def test_a_collective_books_the_whole_team_and_its_owner_is_responsible() -> None:
    calendar, [a, b] = team_calendar("collective", 5, 1)
    calendar.owner = b
    calendar.save()
    done = booking.book(calendar, "Panel", TEN, ELEVEN)
    assert (hosts_of(done), done.owner) == (["a", "b"], b)


def test_a_simple_calendar_books_nobody() -> None:
    calendar, _ = team_calendar("simple", 1)
    done = booking.book(calendar, "Note", TEN, ELEVEN)
    assert (hosts_of(done), done.owner) == ([], None)


def test_when_nobody_is_free_nothing_is_written_and_the_busy_ones_are_named() -> None:
    calendar, [a] = team_calendar("round_robin", 1)
    BlockedSlotFactory(user=a, starts_at=TEN, ends_at=ELEVEN)
    with pytest.raises(ValidationError, match="Busy: a. Choose another time, or a host."):
        booking.book(calendar, "Cut", TEN, ELEVEN)
    assert not Appointment.objects.exists()


def test_a_blocked_calendar_is_refused() -> None:
    calendar, _ = team_calendar("round_robin", 1)
    BlockedSlotFactory(user=None, calendar=calendar, starts_at=TEN, ends_at=ELEVEN)
    with pytest.raises(ValidationError, match="This calendar is blocked at this time"):
        booking.book(calendar, "Cut", TEN, ELEVEN)


@pytest.mark.parametrize(("kind", "seats"), [("class_booking", 2), ("service", 1)])
def test_no_more_attendees_than_seats(kind, seats) -> None:
    host = UserFactory()
    calendar = CalendarFactory(type=kind, seats=seats, owner=host)
    contacts = ContactFactory.create_batch(seats + 1)
    done = booking.book(calendar, "Ok", TEN, ELEVEN, hosts=[host], contacts=contacts[:-1])
    assert done.attendees.count() == seats
    with pytest.raises(ValidationError):
        booking.book(calendar, "Too many", TEN, ELEVEN, hosts=[host], contacts=contacts)
    assert list(Appointment.objects.values_list("title", flat=True)) == ["Ok"]


def test_the_owner_must_be_a_host() -> None:
    host, other = UserFactory(), UserFactory()
    with pytest.raises(ValidationError, match="The owner must be one of the hosts."):
        booking.book(CalendarFactory(), "Cut", TEN, ELEVEN, hosts=[host], owner=other)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValidationError, match="The end must be after the start."):
        booking.book(CalendarFactory(), "Cut", ELEVEN, TEN, hosts=[UserFactory()])


def test_rescheduling_moves_the_times_and_nothing_that_changed_meanwhile() -> None:
    appointment = AppointmentFactory(host=UserFactory())
    Appointment.objects.filter(pk=appointment.pk).update(title="Renamed meanwhile")
    booking.reschedule(appointment, TEN, ELEVEN)
    now = Appointment.objects.get()
    assert (now.starts_at, now.ends_at, now.title) == (TEN, ELEVEN, "Renamed meanwhile")


def test_reassigning_replaces_the_hosts_and_an_owner_who_left() -> None:
    a, b, c = (UserFactory(username=name) for name in "abc")
    appointment = booking.book(CalendarFactory(), "Cut", TEN, ELEVEN, hosts=[a, b], owner=b)
    booking.reassign(appointment, [b, c])
    assert (hosts_of(appointment), Appointment.objects.get().owner) == (["b", "c"], b)
    booking.reassign(appointment, [c])
    assert (hosts_of(appointment), Appointment.objects.get().owner) == (["c"], c)


def test_an_appointment_of_no_length_can_still_be_cancelled() -> None:
    appointment = AppointmentFactory(starts_at=TEN, ends_at=TEN)
    booking.cancel(appointment)
    assert Appointment.objects.get().status == "cancelled"


def test_every_write_is_heard_by_those_who_listen() -> None:
    heard = []

    def listen(sender, signal, action="", **_):
        if not action.startswith("pre_"):
            heard.append((sender.__name__, action or "saved"))

    watched = [
        (post_save, Appointment),
        (m2m_changed, Appointment.hosts.through),
    ]
    for signal, sender in watched:
        signal.connect(listen, sender=sender)
    try:
        done = booking.book(CalendarFactory(), "Cut", TEN, ELEVEN, hosts=[UserFactory()])
        booking.reschedule(done, TEN, ELEVEN)
        booking.reassign(done, [UserFactory()])
        booking.cancel(done)
    finally:
        for signal, sender in watched:
            signal.disconnect(listen, sender=sender)
    assert heard == [
        ("Appointment", "saved"),
        ("Appointment_hosts", "post_add"),
        ("Appointment", "saved"),
        ("Appointment", "saved"),
        ("Appointment_hosts", "post_remove"),
        ("Appointment_hosts", "post_add"),
        ("Appointment", "saved"),
    ]


@pytest.fixture
def deleted_slots():
    """Titles of slots that went because somebody deleted them, and not along with others."""
    heard = []

    def listen(instance, origin, **_):
        if isinstance(origin, BlockedSlot):
            heard.append(instance.title)

    post_delete.connect(listen, sender=BlockedSlot)
    yield heard
    post_delete.disconnect(listen, sender=BlockedSlot)


def test_a_slot_deleted_itself_says_so(deleted_slots) -> None:
    booking.delete_slot(BlockedSlotFactory(title="Lunch"))
    assert deleted_slots == ["Lunch"]
    assert not BlockedSlot.objects.exists()


def test_a_slot_that_goes_with_its_user_or_calendar_says_otherwise(deleted_slots) -> None:
    BlockedSlotFactory(title="Of a user").user.delete()
    BlockedSlotFactory(
        title="Of a calendar", user=None, calendar=CalendarFactory()
    ).calendar.delete()
    assert deleted_slots == []
    assert not BlockedSlot.objects.exists()


def test_a_read_only_slot_stays_until_its_event_is_gone(deleted_slots) -> None:
    slot = BlockedSlotFactory(title="Guests", read_only_reason="It has guests.")
    with pytest.raises(ValidationError, match="cannot be deleted here: It has guests."):
        booking.delete_slot(slot)
    slot.removed_at_source_at = TEN
    booking.delete_slot(slot)
    assert deleted_slots == ["Guests"]
