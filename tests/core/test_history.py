"""What the sync log keeps, and what restoring from it would change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from icloud_sync.core import history
from icloud_sync.core.history import (
    Change,
    Of,
    Rows,
    Skipped,
    Step,
    Told,
    Version,
    Way,
    as_json,
    changes,
    fields_of,
    newer,
    read,
    undo,
    values_json,
    values_of,
    version,
    versions,
    way_of,
)
from icloud_sync.core.merge import Conflict
from icloud_sync.core.values import EventFields, Interval

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
AT_TEN = Interval(TEN, TEN + timedelta(hours=1))
AT_TWO = Interval(TEN + timedelta(hours=4), TEN + timedelta(hours=5))
ALL_DAY = Interval(TEN, TEN + timedelta(days=2), date(2026, 12, 1), date(2026, 12, 3))
LUNCH = EventFields("Lunch", AT_TEN, "Mitte", "Bring a hat")
DINNER = replace(LUNCH, title="Dinner", interval=AT_TWO)


def told(before: EventFields | None, after: EventFields | None, **more: Any) -> Told:
    """Of an appointment's update, unless said otherwise."""
    values = {"action": "update appointment", "is_appointment": True, **more}
    return Told(
        before=as_json(before) if before else None,
        after=as_json(after) if after else None,
        **values,
    )


# --- Values, there and back -----------------------------------------------------------


@pytest.mark.parametrize("interval", [AT_TEN, ALL_DAY])
@pytest.mark.parametrize("is_busy", [None, True, False])
def test_what_the_log_keeps_reads_back_as_it_was(interval: Interval, is_busy: bool | None) -> None:
    fields = replace(LUNCH, interval=interval)
    found = read(as_json(fields, is_busy))
    assert found == values_of(fields, is_busy)
    assert fields_of(found) == fields
    assert read(values_json(found)) == found


def test_losing_values_read_back_by_field() -> None:
    conflicts = [Conflict("interval", AT_TEN, AT_TWO), Conflict("title", "Lunch", "Dinner")]
    assert read(history.lost_json(conflicts)) == {"title": "Dinner", "interval": AT_TWO}


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "text",
        [],
        {"starts_at": "soon", "ends_at": "later"},
        {"starts_at": "2026-12-01T10:00:00+00:00"},
        {"interval": 5},
        {"title": None, "is_busy": "yes", "recurrence_id": "20261201"},
    ],
)
def test_what_cannot_be_read_tells_of_nothing(kept: Any) -> None:
    assert read(kept) == {}


def test_without_a_time_there_is_no_event_to_restore() -> None:
    assert fields_of({"title": "Lunch"}) is None


# --- Which version --------------------------------------------------------------------


def test_of_a_change_only_what_it_changed_is_restored() -> None:
    update = told(LUNCH, DINNER)
    assert version(update, Version.BEFORE) == {"title": "Lunch", "interval": AT_TEN}
    assert versions(update) == [Version.BEFORE]


def test_what_servers_do_to_a_text_is_no_change() -> None:
    update = told(LUNCH, replace(LUNCH, title="Lunch ", notes="Bring a hat\r\n"))
    assert versions(update) == []


def test_a_conflict_offers_the_loser_first_and_what_it_changed_besides() -> None:
    lost = {"lost": {"title": "Brunch"}}
    conflict = Told(
        "update appointment",
        {**as_json(LUNCH), **lost},
        as_json(replace(LUNCH, location="Wedding")),
        is_appointment=True,
    )
    assert versions(conflict) == [Version.LOST, Version.BEFORE]
    assert version(conflict, Version.LOST) == {"title": "Brunch"}
    assert version(conflict, Version.BEFORE) == {"location": "Mitte"}


def test_an_edit_of_what_was_cancelled_here_is_offered_as_the_loser_alone() -> None:
    kept = {**as_json(DINNER), "lost": {"title": "Dinner"}}
    entry = Told(history.KEEP_CANCELLED, kept, as_json(LUNCH), is_appointment=True)
    assert versions(entry) == [Version.LOST]


GONE_SLOT = told(LUNCH, None, action="remove slot", is_appointment=False, is_slot=True)


@pytest.mark.parametrize(
    ("entry", "way"),
    [
        (told(LUNCH, DINNER), Way.EDIT),
        (told(LUNCH, DINNER, is_appointment=False, is_slot=True), Way.EDIT),
        (told(LUNCH, DINNER, is_appointment=False), None),
        (GONE_SLOT, Way.SLOT_ANEW),
        (replace(GONE_SLOT, before=None), None),
        (replace(GONE_SLOT, action="keep deleted", is_slot=False), Way.SLOT_ANEW),
        (replace(GONE_SLOT, action="took out", can_go_back=True), Way.EVENT_BACK),
        (replace(GONE_SLOT, action="took out of its series", can_go_back=True), Way.EVENT_BACK),
        (replace(GONE_SLOT, action="took out"), Way.SLOT_ANEW),
        (replace(GONE_SLOT, action="took out", before=None), None),
        (told(LUNCH, None, action="took out"), None),
    ],
)
def test_how_it_comes_back(entry: Told, way: Way | None) -> None:
    assert way_of(entry) is way


# --- What would change ----------------------------------------------------------------


def test_what_was_changed_again_since_is_named() -> None:
    current = values_of(replace(DINNER, title="Supper"))
    found = changes({"title": "Lunch", "interval": AT_TEN}, current, read(as_json(DINNER)))
    assert found == (
        Change("title", "Supper", "Lunch", is_newer=True),
        Change("interval", AT_TWO, AT_TEN),
    )
    assert newer(found) == ("title",)


def test_what_is_so_already_does_not_change() -> None:
    assert changes({"title": "Lunch"}, values_of(LUNCH), {}) == ()


def test_whether_a_slot_takes_time_is_a_field_like_others() -> None:
    entry = Told("free slot", as_json(LUNCH, True), as_json(LUNCH, False), is_slot=True)
    wanted = version(entry, Version.BEFORE)
    assert changes(wanted, values_of(LUNCH, False), read(entry.after)) == (
        Change("is_busy", False, True),
    )


# --- A whole run ----------------------------------------------------------------------


def test_two_changes_of_one_row_are_undone_step_by_step_newest_first() -> None:
    supper = replace(LUNCH, title="Supper")
    run = [Of(2, told(DINNER, supper), "a"), Of(1, told(LUNCH, DINNER), "a")]
    assert undo(run, Rows({"a": values_of(supper)})) == [
        Step(
            2, Way.EDIT, (Change("title", "Supper", "Dinner"), Change("interval", AT_TEN, AT_TWO))
        ),
        Step(1, Way.EDIT, (Change("title", "Dinner", "Lunch"), Change("interval", AT_TWO, AT_TEN))),
    ]


def test_what_cannot_be_undone_is_skipped_with_the_reason() -> None:
    update, removal = told(LUNCH, DINNER), GONE_SLOT
    new = told(None, LUNCH, action="create slot", is_appointment=False, is_slot=True)
    run = [
        Of(1, update, "edited since"),
        Of(2, update, "not there"),
        Of(3, update, "as before"),
        Of(4, update, "read-only"),
        Of(5, removal, "slot", is_restored=True),
        Of(6, new, "slot"),
        Of(7, told(None, LUNCH, action="created"), "appointment"),
        Of(8, told(LUNCH, None, action="took out"), "appointment"),
        Of(9, told(None, None, action="connect", is_appointment=False)),
    ]
    rows = {
        "edited since": values_of(replace(DINNER, title="Supper")),
        "as before": values_of(LUNCH),
        "read-only": values_of(DINNER),
    }
    steps = undo(run, Rows(rows, frozenset({"read-only"})))
    assert {step.way for step in steps} == {None}
    assert [(step.entry_id, step.why) for step in steps] == [
        (1, "It was changed again since: title."),
        (2, Skipped.GONE),
        (3, Skipped.SAME),
        (4, Skipped.READ_ONLY),
        (5, Skipped.RESTORED),
        (6, Skipped.MADE),
        (7, Skipped.TOLD),
        (8, Skipped.OUT),
    ]


def test_a_slot_that_went_comes_back_with_all_its_fields() -> None:
    [step] = undo([Of(1, GONE_SLOT, "slot")], Rows())
    assert (step.way, {one.field: one.then for one in step.found}) == (
        Way.SLOT_ANEW,
        values_of(LUNCH),
    )
