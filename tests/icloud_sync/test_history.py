"""Restoring from the log, and undoing a run: ordinary edits of ours, each told in the log."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calendars.models import Appointment, BlockedSlot, User
from icloud_sync import history
from icloud_sync.core.history import Version, Way, as_json
from icloud_sync.core.values import EventFields, Interval
from icloud_sync.history import CannotRestore
from icloud_sync.models import (
    ICloudConnection,
    OutboxEntry,
    RemoteResource,
    SyncLogEntry,
    SyncRun,
)
from icloud_sync.snapshots import appointment_fields, slot_fields
from tests.factories import (
    AppointmentFactory,
    BlockedSlotFactory,
    CalendarFactory,
    ICloudConnectionFactory,
    UserFactory,
)
from tests.scenarios.world import at

pytestmark = pytest.mark.django_db
BODY = "BEGIN:VCALENDAR"
NOON = Interval(at(12), at(13))
LUNCH = EventFields("Lunch", NOON, "Mitte", "Bring a hat")


@pytest.fixture
def connection() -> ICloudConnection:
    return ICloudConnectionFactory(user__username="anna")


@pytest.fixture
def staff() -> User:
    return UserFactory(username="staff", is_staff=True)


def resource(connection: ICloudConnection, **fields: Any) -> RemoteResource:
    collection, _ = connection.collections.get_or_create(href="/home/", name="Home", role="target")
    number = RemoteResource.objects.count()
    values = {"href": f"/home/{number}.ics", "uid": str(number), "state": "synced", **fields}
    return RemoteResource.objects.create(connection=connection, collection=collection, **values)


def log(connection: ICloudConnection | None, action: str, **fields: Any) -> SyncLogEntry:
    values = {"direction": "pull", "outcome": "done", "message": "Said.", **fields}
    return SyncLogEntry.objects.create(connection=connection, action=action, **values)


def updated(connection: ICloudConnection, row: Any, was: EventFields, **more: Any) -> SyncLogEntry:
    """The entry of an update that left the row as it is now."""
    if isinstance(row, Appointment):
        about: Any = {"appointment_id": row.pk, "after": as_json(appointment_fields(row))}
        about["before"] = as_json(was)
    else:
        about = {"slot_id": row.pk, "after": as_json(slot_fields(row), row.is_busy)}
        about["before"] = as_json(was, row.is_busy)
    return log(connection, "update appointment", **{**about, **more})


def appointment(connection: ICloudConnection, **fields: Any) -> Appointment:
    made: Appointment = AppointmentFactory(host=connection.user, title="Haircut", **fields)
    OutboxEntry.objects.all().delete()
    return made


def slot(of: RemoteResource, rid: str = "", **fields: Any) -> BlockedSlot:
    made: BlockedSlot = BlockedSlotFactory(
        user=of.connection.user,
        origin="icloud",
        title="Tea",
        source_ref=f"icloud:{of.pk}:{rid}",
        busy_at_source=True,
        **fields,
    )
    return made


def waiting() -> list[tuple[str, int]]:
    return list(OutboxEntry.objects.order_by("pk").values_list("kind", "object_id"))


def refused(entry: SyncLogEntry, which: Version | None = None) -> str:
    with pytest.raises(CannotRestore) as why:
        history.restore(entry, which)
    return why.value.sentence


# --- Edits ----------------------------------------------------------------------------


def test_an_earlier_version_of_an_appointment_is_an_ordinary_edit_by_somebody(
    connection: ICloudConnection, staff: User
) -> None:
    row = appointment(connection)
    entry = updated(connection, row, LUNCH)
    told = history.restore(entry, actor=staff)
    row.refresh_from_db()
    assert appointment_fields(row) == LUNCH
    assert waiting() == [("appointment", row.pk)]
    assert (told.restores, told.actor, told.appointment_id) == (entry, staff, row.pk)
    assert told.after == as_json(LUNCH)
    assert told.before is not None
    assert told.before["title"] == "Haircut"
    when = f"{entry.created_at:%Y-%m-%d %H:%M} UTC"
    assert told.message == (
        f"restored title, time, place, notes of appointment {row.pk}, as it was before {when}. "
        "By staff."
    )


def test_a_restore_is_restored_in_its_turn(connection: ICloudConnection) -> None:
    row = appointment(connection)
    before = appointment_fields(row)
    told = history.restore(updated(connection, row, LUNCH))
    history.restore(told)
    row.refresh_from_db()
    assert appointment_fields(row) == before


def test_only_what_the_entry_changed_is_restored(connection: ICloudConnection) -> None:
    row = appointment(connection, location="Wedding", notes="Bring a hat")
    was = EventFields("Haircut", appointment_fields(row).interval, "Mitte", "Bring a hat")
    entry = updated(connection, row, was)
    row.notes = "Bring two hats"
    row.save()
    preview = history.look(entry)
    assert [(one.field, one.now, one.then) for one in preview.changes] == [
        ("location", "Wedding", "Mitte")
    ]
    assert preview.warnings == ()
    history.restore(entry)
    row.refresh_from_db()
    assert (row.location, row.notes) == ("Mitte", "Bring two hats")


def test_the_loser_of_a_conflict_is_offered_first(connection: ICloudConnection) -> None:
    row = appointment(connection)
    same = as_json(appointment_fields(row))
    entry = updated(
        connection,
        row,
        LUNCH,
        before={**same, "lost": {"title": "Beard"}},
        outcome="conflict",
    )
    assert history.look(entry).which is Version.LOST
    told = history.restore(entry)
    row.refresh_from_db()
    assert row.title == "Beard"
    assert "as the other side had it in the conflict of" in told.message


def test_an_all_day_slot_comes_back_with_its_days(connection: ICloudConnection) -> None:
    tea = slot(resource(connection), is_all_day=True)
    days = slot_fields(tea)
    tea.is_all_day = False
    tea.starts_at, tea.ends_at = at(12), at(13)
    tea.save()
    history.restore(updated(connection, tea, days))
    tea.refresh_from_db()
    assert slot_fields(tea) == days
    assert waiting() == [("slot", tea.pk)]


def test_a_slot_that_was_freed_takes_its_time_again(connection: ICloudConnection) -> None:
    tea = slot(resource(connection), is_busy=False, removed_at_source_at=timezone.now())
    fields = slot_fields(tea)
    entry = log(
        connection,
        "free slot",
        slot_id=tea.pk,
        before=as_json(fields, True),
        after=as_json(fields, False),
    )
    assert history.look(entry).in_icloud == "Nothing: whether a slot takes time stays in Referins."
    history.restore(entry)
    tea.refresh_from_db()
    assert tea.is_busy


def test_what_was_changed_since_is_named_and_still_can_be_overwritten(
    connection: ICloudConnection,
) -> None:
    row = appointment(connection)
    entry = updated(connection, row, LUNCH)
    row.title = "Shave"
    row.save()
    preview = history.look(entry)
    assert preview.warnings[0] == ("Changed again since: title. That is what you would overwrite.")
    history.restore(entry, seen=preview.stamp)
    row.refresh_from_db()
    assert row.title == "Lunch"


def test_what_changed_between_the_page_and_the_answer_is_not_overwritten(
    connection: ICloudConnection,
) -> None:
    row = appointment(connection)
    entry = updated(connection, row, LUNCH)
    seen = history.look(entry).stamp
    Appointment.objects.filter(pk=row.pk).update(title="Typed meanwhile")
    with pytest.raises(CannotRestore, match="changed while you looked"):
        history.restore(entry, seen=seen)
    row.refresh_from_db()
    assert row.title == "Typed meanwhile"
    assert not SyncLogEntry.objects.filter(action="restore").exists()


def test_a_time_that_is_taken_by_now_is_told(connection: ICloudConnection) -> None:
    row = appointment(connection)
    AppointmentFactory(host=connection.user, starts_at=at(12), ends_at=at(13))
    BlockedSlotFactory(user=connection.user, starts_at=at(12), ends_at=at(13))
    preview = history.look(updated(connection, row, LUNCH))
    assert preview.warnings == (
        "At that time there is by now: 1 other appointment and 1 Blocked Slot.",
    )


# --- What it does in iCloud -----------------------------------------------------------


def test_the_page_says_what_becomes_of_the_event(connection: ICloudConnection) -> None:
    second = ICloudConnectionFactory()
    shared = appointment(connection)
    shared.hosts.add(second.user)
    cancelled = appointment(connection, status="cancelled")
    simple = appointment(connection, calendar=CalendarFactory(type="simple"))
    of_nobody = AppointmentFactory()
    gone = slot(resource(connection), removed_at_source_at=timezone.now())
    there, own = slot(resource(connection)), BlockedSlotFactory(user=connection.user)
    away = ICloudConnectionFactory(status="disconnected")
    left = slot(resource(away))
    said = [
        history.look(updated(connection, row, LUNCH)).in_icloud.partition(" Where")[0]
        for row in (shared, cancelled, simple, of_nobody, gone, there, own, left)
    ]
    assert said == [
        "The event is changed in 2 accounts.",
        "Nothing: the appointment is cancelled, and so not in iCloud.",
        "Nothing. Simple calendars do not sync with iCloud. Choose a Round Robin, Collective, "
        "Class Booking or Service calendar.",
        "Nothing: no connected account has this appointment.",
        "Nothing: its event was deleted there.",
        "The event is changed there too.",
        "Nothing: a Blocked Slot made in Referins never reaches iCloud.",
        "Nothing: the account is disconnected.",
    ]


# --- Refusals -------------------------------------------------------------------------


def test_what_cannot_be_restored_says_why(connection: ICloudConnection) -> None:
    row, tea = appointment(connection), slot(resource(connection), read_only_reason="Guests.")
    same = as_json(appointment_fields(row))
    nothing = "This entry took nothing away: there is nothing to restore."
    assert refused(log(connection, "connect")) == nothing
    assert refused(log(connection, "created", appointment_id=row.pk, after=same)) == nothing
    assert refused(updated(connection, row, appointment_fields(row))) == nothing
    entry = updated(connection, row, LUNCH)
    assert refused(entry, Version.LOST) == nothing
    assert refused(updated(connection, tea, LUNCH)) == (
        f"Blocked Slot {tea.pk} cannot be changed here: Guests."
    )
    row.delete()
    assert refused(entry).startswith(f"Appointment {entry.appointment_id} is no longer in Referins")
    gone = updated(connection, tea, LUNCH)
    BlockedSlot.objects.filter(pk=tea.pk).delete()
    assert refused(gone).startswith(f"Blocked Slot {tea.pk} is no longer in Referins. Where sync")


def test_what_is_so_already_is_not_restored(connection: ICloudConnection) -> None:
    row = appointment(connection)
    entry = updated(connection, row, LUNCH)
    history.restore(entry)
    assert refused(entry) == "It is so already: restoring would change nothing."
    assert SyncLogEntry.objects.filter(action="restore").count() == 1


# --- Slots that went ------------------------------------------------------------------


def removed(connection: ICloudConnection | None, **fields: Any) -> SyncLogEntry:
    values = {"slot_id": 4711, "before": as_json(LUNCH, False), **fields}
    return log(connection, "remove slot", **values)


def test_a_slot_that_was_removed_comes_back_as_one_made_in_referins(
    connection: ICloudConnection, staff: User
) -> None:
    AppointmentFactory(host=connection.user, starts_at=at(12), ends_at=at(13))
    BlockedSlotFactory(user=connection.user, title="Own", starts_at=at(12), ends_at=at(13))
    OutboxEntry.objects.all().delete()
    entry = removed(connection)
    preview = history.look(entry)
    assert (preview.way, preview.in_icloud, preview.warnings) == (
        Way.SLOT_ANEW,
        "Nothing. It comes back as a Blocked Slot made in Referins that says the same, and such "
        "a slot never reaches iCloud.",
        ("At that time there is by now: 1 appointment and 1 Blocked Slot.",),
    )
    told = history.restore(entry, actor=staff)
    made = BlockedSlot.objects.get(title="Lunch")
    assert (made.user, made.origin, made.source_ref) == (connection.user, "referins", "")
    assert (slot_fields(made), made.is_busy) == (LUNCH, False)
    assert waiting() == []
    assert (told.slot_id, told.restores) == (made.pk, entry)
    assert told.message == (
        f"restored Blocked Slot 4711 as Blocked Slot {made.pk}, made in Referins. By staff."
    )


def test_it_comes_back_once_as_long_as_it_is_there(connection: ICloudConnection) -> None:
    entry = removed(connection)
    made = history.restore(entry).slot_id
    assert refused(entry) == f"It was restored already, as Blocked Slot {made}."
    BlockedSlot.objects.all().delete()
    history.restore(entry)
    assert BlockedSlot.objects.count() == 1


def test_of_an_account_that_is_gone_nobody_is_left_to_have_the_slot(
    connection: ICloudConnection,
) -> None:
    assert "nobody is left" in refused(removed(None))


# --- Events that went -----------------------------------------------------------------


def taken_out(connection: ICloudConnection, **fields: Any) -> SyncLogEntry:
    of = fields.pop("resource", None) or resource(connection, state="removed", base=BODY)
    values = {"slot_id": 4711, "before": as_json(LUNCH, True), "body": BODY, "resource": of}
    return log(connection, "took out", direction="push", **{**values, **fields})


def test_an_event_deleted_by_us_is_asked_for_in_the_outbox_once(
    connection: ICloudConnection, staff: User
) -> None:
    entry = taken_out(connection)
    preview = history.look(entry)
    assert (preview.way, preview.in_icloud) == (
        Way.EVENT_BACK,
        "The event goes into the calendar “Home” again, and its Blocked Slot comes back.",
    )
    told = history.restore(entry, actor=staff)
    assert waiting() == [("event", entry.pk)]
    assert (told.restores, told.actor, told.after) == (entry, staff, as_json(LUNCH, True))
    assert refused(entry) == "It is on its way into iCloud already."
    assert not BlockedSlot.objects.exists()


def test_what_icloud_would_not_take_says_why_and_where_to_try_again(
    connection: ICloudConnection,
) -> None:
    entry = taken_out(connection)
    history.restore(entry)
    OutboxEntry.objects.update(state="needs_attention", last_error="The account is full.")
    assert refused(entry) == (
        "iCloud did not take it: The account is full. Mend that, then have it tried again, in the "
        "outbox."
    )


def test_an_event_of_long_ago_comes_back_without_its_slot(connection: ICloudConnection) -> None:
    long_ago = Interval(at(12, days=-90), at(13, days=-90))
    entry = taken_out(connection, before=as_json(EventFields("Lunch", long_ago), True))
    assert history.look(entry).in_icloud == (
        "The event goes into the calendar “Home” again, and its Blocked Slot stays away: that was "
        "long ago."
    )


def test_an_event_that_is_back_already_is_not_put_back(connection: ICloudConnection) -> None:
    entry = taken_out(connection)
    RemoteResource.objects.update(state="synced")
    assert refused(entry) == "The event is in iCloud already."


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ("disconnected", "its account is disconnected"),
        ("ignored", "its calendar in iCloud is not read any more"),
        ("read-only", "iCloud does not let us write to its calendar"),
        ("unknown", "nothing is known of its place any more"),
    ],
)
def test_where_the_event_cannot_go_back_its_time_comes_back_as_a_slot_of_ours(
    connection: ICloudConnection, change: str, because: str
) -> None:
    entry = taken_out(connection)
    if change == "disconnected":
        ICloudConnection.objects.update(status="disconnected")
    elif change == "ignored":
        connection.collections.update(role="ignored")
    elif change == "read-only":
        connection.collections.update(can_write=False)
    else:
        RemoteResource.objects.all().delete()
    entry = SyncLogEntry.objects.get(pk=entry.pk)
    preview = history.look(entry)
    assert preview.way is Way.SLOT_ANEW
    assert f"The event cannot be put back: {because}." in preview.in_icloud
    history.restore(entry)
    assert slot_fields(BlockedSlot.objects.get()) == LUNCH
    assert waiting() == []


# --- A whole run ----------------------------------------------------------------------


@pytest.fixture
def run(connection: ICloudConnection) -> SyncRun:
    return SyncRun.objects.create(
        connection=connection, direction="pull", started_at=timezone.now()
    )


def test_a_run_is_undone_but_for_what_was_changed_since(
    connection: ICloudConnection, run: SyncRun, staff: User
) -> None:
    first, second, edited = (appointment(connection) for _ in range(3))
    tea = slot(resource(connection))
    entries = [updated(connection, row, LUNCH, run=run) for row in (first, second, edited, tea)]
    gone = removed(connection, run=run)
    log(connection, "retry", outcome="retrying", run=run, appointment_id=first.pk)
    new = log(connection, "create slot", after=as_json(LUNCH, True), run=run, slot_id=1)
    edited.title = "Shave"
    edited.save()
    preview = history.look_at_run(run)
    assert [line.entry for line in preview.undone] == [gone, entries[3], entries[1], entries[0]]
    assert [(line.entry, line.step.why.partition(".")[0]) for line in preview.skipped] == [
        (new, "It came new from iCloud"),
        (entries[2], "It was changed again since: title"),
    ]
    OutboxEntry.objects.all().delete()
    undone = history.undo(run, actor=staff)
    assert undone.number == 4
    assert [entry for entry, _ in undone.skipped] == [new, entries[2]]
    titles = Appointment.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == ["Lunch", "Lunch", "Shave"]
    assert {one.title for one in BlockedSlot.objects.all()} == {"Lunch"}
    assert waiting() == [
        ("slot", tea.pk),
        ("appointment", second.pk),
        ("appointment", first.pk),
    ]
    told = SyncLogEntry.objects.filter(action="restore").order_by("pk")
    assert list(told.values_list("restores", "actor")) == [
        (one.pk, staff.pk) for one in (gone, entries[3], entries[1], entries[0])
    ]


def test_a_run_is_undone_once(connection: ICloudConnection, run: SyncRun) -> None:
    updated(connection, appointment(connection), LUNCH, run=run)
    removed(connection, run=run)
    assert history.undo(run).number == 2
    again = history.look_at_run(run)
    assert (again.undone, [line.step.why for line in again.skipped]) == (
        [],
        ["It was restored before.", "It is so already."],
    )
    assert history.undo(run).number == 0
    assert BlockedSlot.objects.count() == 1


def test_what_is_edited_while_a_run_is_undone_stays(
    connection: ICloudConnection, run: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at all and the one that counts."""
    row = appointment(connection)
    entry = updated(connection, row, LUNCH, run=run)
    preview = history.look_at_run(run)
    Appointment.objects.filter(pk=row.pk).update(title="Typed meanwhile")
    monkeypatch.setattr(history.runs, "look_at_run", lambda _: preview)
    undone = history.undo(run)
    assert (undone.number, undone.skipped) == (
        0,
        [(entry, "Changed again since: title. That is what you would overwrite.")],
    )


def test_a_run_that_changed_too_much_is_refused_with_a_sentence(
    connection: ICloudConnection, run: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history.runs, "MOST", 2)
    for _ in range(3):
        removed(connection, run=run)
    assert history.look_at_run(run).refusal.startswith("This run changed 3 things, more than the 2")
    with pytest.raises(CannotRestore, match="This run changed 3 things"):
        history.undo(run)
    assert not BlockedSlot.objects.exists()


def test_looking_at_a_run_asks_the_database_as_often_for_two_as_for_twenty(
    connection: ICloudConnection, run: SyncRun, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        updated(connection, appointment(connection), LUNCH, run=run)
        updated(connection, slot(resource(connection)), LUNCH, run=run)
    with django_assert_max_num_queries(9):
        assert len(history.look_at_run(run).undone) == 40


def test_the_edit_of_a_slot_that_was_deleted_here_is_restored_as_a_slot_of_ours(
    connection: ICloudConnection,
) -> None:
    kept = {**as_json(LUNCH), "lost": {"title": "Lunch"}}
    entry = log(connection, "keep deleted", outcome="conflict", before=kept)
    told = history.restore(entry)
    assert slot_fields(BlockedSlot.objects.get()) == LUNCH
    assert told.message.startswith("restored the edit as Blocked Slot")


def test_a_title_longer_than_ours_can_be_is_cut(connection: ICloudConnection) -> None:
    row = appointment(connection)
    long = EventFields("x" * 1500, NOON)
    history.restore(updated(connection, row, long))
    row.refresh_from_db()
    assert row.title == "x" * 1000
    assert timedelta(0) < row.ends_at - row.starts_at
