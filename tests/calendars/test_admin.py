"""The admin through its own pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db.models.signals import post_delete
from django.urls import reverse

from calendars import sources
from calendars.models import Appointment, BlockedSlot, CalendarMember, User
from calendars.sources import Source
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ContactFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NINE_UTC = datetime(2026, 11, 24, 9, tzinfo=UTC)  # ten o'clock in Berlin


@pytest.fixture
def staff(client):
    user = UserFactory(username="staff", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def url(page, *args):
    return reverse(f"admin:calendars_{page}", args=args)


def times(starts="2026-11-24 10:00", ends="2026-11-24 11:00"):
    typed = {}
    for name, text in (("starts_at", starts), ("ends_at", ends)):
        typed[f"{name}_0"], typed[f"{name}_1"] = (text + " ").split(" ")[:2]
    return typed


def seats(*contacts):
    rows = {f"attendees-{n}-contact": contact.pk for n, contact in enumerate(contacts)}
    total = {"attendees-TOTAL_FORMS": len(contacts), "attendees-INITIAL_FORMS": 0}
    return {**total, **rows}


def booked(calendar, **fields):
    typed = {"calendar": calendar.pk, "title": "Cut", "status": "new", **times(), **seats()}
    return {**typed, **fields}


def errors(response):
    context = response.context
    found = [*context["adminform"].errors.items()]
    for formset in context["inline_admin_formsets"]:
        found += [("formset", list(formset.formset.non_form_errors()))]
    return {name: list(said) for name, said in found if said}


# --- appointments ---------------------------------------------------------------------


def test_a_new_appointment_without_hosts_is_assigned_by_the_calendars_type(client, staff) -> None:
    calendar, host = CalendarFactory(type="round_robin"), UserFactory(first_name="Anna")
    CalendarMember.objects.create(calendar=calendar, user=host)
    contact = ContactFactory()
    answer = client.post(
        url("appointment_add"), {**booked(calendar), **seats(contact)}, follow=True
    )
    made = Appointment.objects.get()
    assert (
        made.starts_at,
        made.ends_at,
        [*made.hosts.all()],
        made.owner,
        [seat.contact for seat in made.attendees.all()],
    ) == (NINE_UTC, NINE_UTC + timedelta(hours=1), [host], host, [contact])
    assert "Booked with Anna" in answer.content.decode()


def test_when_nobody_is_free_the_form_names_who_is_busy(client, staff) -> None:
    calendar, host = CalendarFactory(type="service"), UserFactory(username="anna")
    CalendarMember.objects.create(calendar=calendar, user=host)
    BlockedSlotFactory(user=host, starts_at=NINE_UTC, ends_at=NINE_UTC + timedelta(hours=1))
    answer = client.post(url("appointment_add"), booked(calendar))
    assert errors(answer) == {
        "hosts": [
            "Nobody is free at this time. Busy: anna. Choose another time, or a host.",
        ]
    }
    assert not Appointment.objects.exists()


def test_hosts_who_were_chosen_stay_chosen_and_the_owner_must_be_among_them(client, staff) -> None:
    calendar, a, b = CalendarFactory(), UserFactory(), UserFactory()
    refused = client.post(url("appointment_add"), booked(calendar, hosts=[a.pk], owner=b.pk))
    assert errors(refused) == {"owner": ["The owner must be one of the hosts."]}
    client.post(url("appointment_add"), booked(calendar, hosts=[a.pk, b.pk], owner=b.pk))
    made = Appointment.objects.get()
    assert (set(made.hosts.all()), made.owner) == ({a, b}, b)


def test_more_attendees_than_seats_are_refused_with_a_sentence(client, staff) -> None:
    host = UserFactory()
    for kind, count, sentence in (
        ("class_booking", 2, "All 2 seats are taken."),
        ("service", 1, "An appointment of this calendar has one attendee."),
    ):
        calendar = CalendarFactory(type=kind, seats=count, owner=host)
        typed = booked(calendar, hosts=[host.pk])
        answer = client.post(
            url("appointment_add"), {**typed, **seats(*ContactFactory.create_batch(count + 1))}
        )
        assert errors(answer) == {"formset": [sentence]}
    assert not Appointment.objects.exists()


def test_a_changed_host_takes_the_owner_along(client, staff) -> None:
    a, b = UserFactory(), UserFactory()
    appointment = AppointmentFactory(host=a, owner=a, starts_at=NINE_UTC)
    typed = booked(appointment.calendar, hosts=[b.pk], owner=a.pk)
    client.post(url("appointment_change", appointment.pk), typed)
    appointment.refresh_from_db()
    assert ([*appointment.hosts.all()], appointment.owner) == ([b], b)


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ("2026-11-24 11:00", "2026-11-24 10:00", {"ends_at": ["The end must be after the start."]}),
        ("2026-11-24", "2026-11-24 10:00", {"starts_at": ["Enter a time, such as 14:30."]}),
        (
            "2026-03-29 02:30",
            "2026-03-29 04:00",
            {
                "starts_at": [
                    "02:30 does not exist on 2026-03-29 in Europe/Berlin: "
                    "the clocks go forward. Choose an hour later."
                ]
            },
        ),
    ],
)
def test_a_time_that_cannot_be_is_refused(client, staff, starts, ends, said) -> None:
    typed = booked(CalendarFactory(), hosts=[staff.pk], **times(starts, ends))
    assert errors(client.post(url("appointment_add"), typed)) == said


def test_fixing_a_title_moves_nothing_in_the_hour_that_comes_twice(client, staff) -> None:
    second_two_thirty = datetime(2026, 10, 25, 1, 30, 20, tzinfo=UTC)
    appointment = AppointmentFactory(host=staff, starts_at=second_two_thirty)
    page = client.get(url("appointment_change", appointment.pk)).content.decode()
    assert 'value="02:30"' in page
    typed = booked(
        appointment.calendar,
        title="Fixed",
        hosts=[staff.pk],
        **times("2026-10-25 02:30", "2026-10-25 03:30"),
    )
    client.post(url("appointment_change", appointment.pk), typed)
    now = Appointment.objects.get()
    assert (now.title, now.starts_at, now.ends_at) == (
        "Fixed",
        appointment.starts_at,
        appointment.ends_at,
    )


def test_the_cancel_action_cancels_each(client, staff) -> None:
    pks = [AppointmentFactory(host=staff).pk for _ in range(2)]
    client.post(
        url("appointment_changelist"), {"action": "cancel", "_selected_action": pks}, follow=True
    )
    assert [row.status for row in Appointment.objects.all()] == ["cancelled", "cancelled"]


# --- Blocked Slots --------------------------------------------------------------------


def slot_typed(**fields):
    return {"title": "Away", "is_busy": "on", **times(), **fields}


def state(slot):
    slot.refresh_from_db()
    return slot.is_all_day, slot.starts_on, slot.ends_on, slot.starts_at, slot.ends_at


def test_an_all_day_slot_is_edited_by_its_dates(client, staff) -> None:
    made = client.post(
        url("blockedslot_add"),
        slot_typed(user=staff.pk, is_all_day="on", **times("2026-11-24", "2026-11-25")),
    )
    assert made.status_code == 302
    slot = BlockedSlot.objects.get()
    midnight = datetime(2026, 11, 23, 23, tzinfo=UTC)  # in Berlin
    two_days = (True, date(2026, 11, 24), date(2026, 11, 26), midnight)
    assert state(slot) == (*two_days, midnight + timedelta(days=2))

    page = client.get(url("blockedslot_change", slot.pk)).content.decode()
    assert 'value="2026-11-24"' in page
    assert 'value="2026-11-25"' in page  # the last day, not the one after it

    moved = slot_typed(user=staff.pk, is_all_day="on", **times("2026-12-01", "2026-12-01"))
    client.post(url("blockedslot_change", slot.pk), moved)
    assert state(slot)[1:3] == (date(2026, 12, 1), date(2026, 12, 2))

    client.post(url("blockedslot_change", slot.pk), slot_typed(user=staff.pk))
    assert state(slot) == (False, None, None, NINE_UTC, NINE_UTC + timedelta(hours=1))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, {"__all__": ["Choose a user or a calendar, not both."]}),
        (
            {"user": "staff", "is_all_day": "on", **times("2026-11-25", "2026-11-24")},
            {"ends_at": ["The last day is before the first."]},
        ),
        (
            {"user": "staff", **times("2026-11-25", "2026-11-25 10:00")},
            {"starts_at": ["Enter a time, such as 14:30."]},
        ),
    ],
)
def test_a_slot_that_cannot_be_is_refused(client, staff, fields, said) -> None:
    typed = slot_typed(**fields)
    if typed.get("user") == "staff":
        typed["user"] = staff.pk
    assert errors(client.post(url("blockedslot_add"), typed)) == said


def test_a_read_only_slot_says_why_and_takes_no_change(client, staff) -> None:
    slot = BlockedSlotFactory(
        user=staff, origin="icloud", source_ref="1", read_only_reason="It has guests."
    )
    page = client.get(url("blockedslot_change", slot.pk)).content.decode()
    assert "This slot cannot be changed here: It has guests." in page
    before = state(slot), slot.title
    moved = slot_typed(user=staff.pk, title="Mine", location="Here", is_all_day="on")
    assert client.post(url("blockedslot_change", slot.pk), moved).status_code == 302
    assert (state(slot), slot.title, slot.location) == (*before, "")
    assert client.post(url("blockedslot_delete", slot.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("minutes", [60, 0])
def test_whether_a_read_only_slot_takes_time_is_ours_to_say(client, staff, minutes) -> None:
    ends_at = NINE_UTC + timedelta(minutes=minutes)
    slot = BlockedSlotFactory(
        user=staff, read_only_reason="It has guests.", starts_at=NINE_UTC, ends_at=ends_at
    )
    for said, expected in (({}, False), ({"is_busy": "on"}, True)):
        assert client.post(url("blockedslot_change", slot.pk), said).status_code == 302
        slot.refresh_from_db()
        assert (slot.is_busy, slot.starts_at, slot.ends_at) == (expected, NINE_UTC, ends_at)


def test_a_read_only_slot_refuses_any_other_change_wherever_it_comes_from(staff) -> None:
    slot = BlockedSlotFactory(user=staff, read_only_reason="It has guests.")
    slot.is_busy = False
    slot.full_clean()
    slot.title = "Mine"
    with pytest.raises(ValidationError, match="It has guests"):
        slot.full_clean()


def test_the_way_to_a_slot_goes_along_when_a_person_moves_it(client, staff) -> None:
    hour = timedelta(hours=1)
    slot = BlockedSlotFactory(
        user=staff, starts_at=NINE_UTC, ends_at=NINE_UTC + hour, busy_from=NINE_UTC - hour / 2
    )
    client.post(
        url("blockedslot_change", slot.pk),
        slot_typed(user=staff.pk, **times("2026-11-24 14:00", "2026-11-24 15:00")),
    )
    slot.refresh_from_db()
    assert slot.busy_from == slot.starts_at - hour / 2
    slot.starts_at -= hour
    slot.save()
    slot.refresh_from_db()
    assert slot.busy_from == slot.starts_at - hour / 2


@pytest.fixture
def icloud(monkeypatch):
    heard = []
    monkeypatch.setattr(sources, "registered", {})
    sources.register(
        Source(
            "icloud",
            "iCloud",
            on_edit=lambda slots: "Changes are made in iCloud too.",
            on_delete=lambda slots: f"This also deletes {len(slots)} event(s) in iCloud.",
        )
    )

    def listen(instance, origin, **_):
        if isinstance(origin, BlockedSlot):
            heard.append(instance.title)

    post_delete.connect(listen, sender=BlockedSlot)
    yield heard
    post_delete.disconnect(listen, sender=BlockedSlot)


def test_what_a_change_or_deletion_does_at_the_source_is_said_before(client, staff, icloud) -> None:
    slot = BlockedSlotFactory(user=staff, origin="icloud", source_ref="1", title="Dentist")
    page = client.get(url("blockedslot_change", slot.pk)).content.decode()
    assert "Changes are made in iCloud too." in page
    asked = client.get(url("blockedslot_delete", slot.pk)).content.decode()
    assert "This also deletes 1 event(s) in iCloud." in asked
    client.post(url("blockedslot_delete", slot.pk), {"post": "yes"})
    assert icloud == ["Dentist"]


def test_the_bulk_action_deletes_one_by_one_and_leaves_read_only_ones_out(
    client, staff, icloud
) -> None:
    slots = [
        BlockedSlotFactory(user=staff, origin="icloud", source_ref=name, title=name)
        for name in ("a", "b")
    ]
    kept = BlockedSlotFactory(user=staff, title="kept", read_only_reason="It has guests.")
    chosen = {"action": "delete_selected", "_selected_action": [s.pk for s in [*slots, kept]]}
    asked = client.post(url("blockedslot_changelist"), chosen).content.decode()
    assert "This also deletes 2 event(s) in iCloud." in asked
    done = client.post(url("blockedslot_changelist"), {**chosen, "post": "yes"}, follow=True)
    assert "Left out “kept”: It has guests." in done.content.decode()
    assert sorted(icloud) == ["a", "b"]
    assert [slot.title for slot in BlockedSlot.objects.all()] == ["kept"]


def test_deleting_a_user_in_the_admin_tells_no_source(client, staff, icloud) -> None:
    user = BlockedSlotFactory(origin="icloud").user
    client.post(url("user_delete", user.pk), {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()
    assert icloud == []


# --- pages as a whole -----------------------------------------------------------------


def fill(count, staff):
    calendar = CalendarFactory(type="class_booking", seats=50, owner=staff)
    for _ in range(count):
        user = UserFactory()
        CalendarMember.objects.create(calendar=calendar, user=user)
        AppointmentFactory(calendar=calendar, hosts=[user, staff], contact=ContactFactory())
        BlockedSlotFactory(user=user)
        BlockedSlotFactory(user=None, calendar=CalendarFactory(owner=user))
    full = AppointmentFactory(calendar=calendar, host=staff)
    for contact in ContactFactory.create_batch(count):
        full.attendees.create(contact=contact)
    return calendar, full


LISTS = ["user", "contact", "calendar", "appointment", "blockedslot"]


def test_no_page_needs_more_queries_for_more_rows(
    client, staff, django_assert_max_num_queries
) -> None:
    def counts():
        calendar, full = fill(5, staff)
        pages = [url(f"{name}_changelist") for name in LISTS] + [
            reverse("admin:index"),
            url("calendar_change", calendar.pk),
            url("appointment_change", full.pk),
        ]
        found = {}
        for number, page in enumerate(pages):
            with django_assert_max_num_queries(40) as queries:
                assert client.get(page).status_code == 200
            found[number] = len(queries)
        return found

    counts()  # what Django keeps for good, such as content types
    few = counts()
    fill(10, staff)
    assert counts() == few


@pytest.mark.parametrize("name", LISTS)
def test_each_list_can_be_searched_filtered_and_added_to(client, staff, name) -> None:
    fill(1, staff)
    assert client.get(url(f"{name}_changelist"), {"q": "a b"}).status_code == 200
    assert client.get(url(f"{name}_add")).status_code == 200


@pytest.mark.parametrize(
    ("when", "titles"),
    [
        ("today", ["now"]),
        ("week", ["now", "soon"]),
        ("upcoming", ["later", "now", "soon"]),
        ("past", ["past"]),
        ("", ["later", "now", "past", "soon"]),
    ],
)
def test_the_list_looks_forward_and_back(client, staff, when, titles, monkeypatch) -> None:
    monkeypatch.setattr("calendars.admin.filters.timezone.now", lambda: NINE_UTC)
    for title, hours in (("past", -30), ("now", -0.5), ("soon", 48), ("later", 24 * 20)):
        AppointmentFactory(title=title, starts_at=NINE_UTC + timedelta(hours=hours))
    page = client.get(url("appointment_changelist"), {"when": when} if when else {})
    assert sorted(row.title for row in page.context["cl"].result_list) == titles


def test_search_finds_by_title_contact_and_host(client, staff) -> None:
    AppointmentFactory(
        title="Haircut", contact=ContactFactory(name="Mia Lang"), host=UserFactory(username="anna")
    )
    AppointmentFactory(title="Other")
    for word in ("haircut", "mia", "anna"):
        page = client.get(url("appointment_changelist"), {"q": word})
        assert [row.title for row in page.context["cl"].result_list] == ["Haircut"]


def test_a_contact_leads_to_their_appointments(client, staff) -> None:
    contact = ContactFactory()
    AppointmentFactory(title="Theirs", contact=contact)
    AppointmentFactory(title="Other")
    page = client.get(url("appointment_changelist"), {"attendees__contact__id__exact": contact.pk})
    assert [row.title for row in page.context["cl"].result_list] == ["Theirs"]


def test_a_user_of_the_house_is_made_with_a_time_zone(client, staff) -> None:
    client.post(
        url("user_add"),
        {
            "username": "anna",
            "first_name": "Anna",
            "time_zone": "Europe/Paris",
            "usable_password": "true",
            "password1": "long-enough-4711",
            "password2": "long-enough-4711",
            "is_staff": "on",
        },
    )
    made = User.objects.get(username="anna")
    assert (made.time_zone, made.first_name, made.is_staff) == ("Europe/Paris", "Anna", True)
