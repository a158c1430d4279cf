"""What is sent for an appointment or a slot: one branch, one story."""

from dataclasses import replace

import pytest

from icloud_sync.core.push_plan import (
    Action,
    Copy,
    CopyStatus,
    Create,
    Delete,
    DeleteWhenBack,
    Exclude,
    Park,
    PutBack,
    Read,
    Reason,
    Skip,
    Update,
    Wanted,
    plan_appointment,
    plan_slot,
)
from tests.core.bodies import fields

COPY = Copy("/c/1.ics", '"1"', CopyStatus.PRESENT, fields(), written_digest="d")
SAME = Wanted(fields(), "d")
RETITLED = Wanted(fields("Brunch"), "d")
# Its own occurrence is out of the series that somebody made of it.
GONE = replace(COPY, status=CopyStatus.OCCURRENCE_GONE, recurrence_id="20261201T090000Z")


def test_an_appointment_never_sent_is_created_with_a_new_identity() -> None:
    assert plan_appointment(SAME, None) == Create(afresh=True)


@pytest.mark.parametrize(
    ("wanted", "copy", "action"),
    [
        (SAME, COPY, Skip(Reason.ALREADY_SAME)),
        (RETITLED, COPY, Update(("title",))),
        (Wanted(fields(), "other"), COPY, Update((), rewrite_ours=True)),
        (SAME, replace(COPY, status=CopyStatus.PENDING, etag=""), Read()),
        (SAME, replace(COPY, status=CopyStatus.PENDING, base=None), Create(afresh=False)),
        (SAME, replace(COPY, status=CopyStatus.REMOVED), Create(afresh=False)),
        (SAME, replace(COPY, status=CopyStatus.DELETED), Skip(Reason.DELETED_IN_ICLOUD)),
        (RETITLED, replace(COPY, status=CopyStatus.DELETED), Create(afresh=False)),
        (
            RETITLED,
            replace(COPY, status=CopyStatus.DELETED, recurrence_id="20261201T090000Z"),
            Create(afresh=False),
        ),
        (SAME, GONE, Skip(Reason.OCCURRENCE_GONE)),
        (RETITLED, GONE, PutBack()),
        (SAME, replace(GONE, base=None), PutBack()),
        (RETITLED, replace(GONE, has_guests=True), Park(Reason.GUESTS)),
        (RETITLED, replace(GONE, etag=""), Read()),
        (None, GONE, Skip(Reason.NOTHING_THERE)),
        (SAME, replace(COPY, base=None), Park(Reason.UNREADABLE)),
        (RETITLED, replace(COPY, etag=""), Read()),
        (RETITLED, replace(COPY, has_guests=True), Park(Reason.GUESTS)),
        (SAME, replace(COPY, has_guests=True), Skip(Reason.ALREADY_SAME)),
        (RETITLED, replace(COPY, can_write=False), Park(Reason.READ_ONLY)),
        (RETITLED, replace(COPY, status=CopyStatus.UNREADABLE), Park(Reason.UNREADABLE)),
        (None, COPY, Delete()),
        (None, replace(COPY, recurrence_id="20261201T090000Z"), Exclude()),
        (None, replace(COPY, recurrence_id="20261201T090000Z", is_alone=True), Delete()),
        (None, replace(COPY, has_guests=True), Park(Reason.GUESTS)),
        (None, replace(COPY, status=CopyStatus.PENDING, etag=""), Read()),
        (None, replace(COPY, status=CopyStatus.DELETED), Skip(Reason.NOTHING_THERE)),
        (None, None, Skip(Reason.NOTHING_THERE)),
    ],
)
def test_an_appointments_copy_is_brought_to_what_it_should_be(
    wanted: Wanted | None, copy: Copy | None, action: Action
) -> None:
    assert plan_appointment(wanted, copy) == action


@pytest.mark.parametrize(
    ("wanted", "copy", "action"),
    [
        (SAME, None, Park(Reason.READ_ONLY)),
        (SAME, replace(COPY, status=CopyStatus.PENDING, base=None), Park(Reason.READ_ONLY)),
        (SAME, replace(COPY, status=CopyStatus.REMOVED), Park(Reason.READ_ONLY)),
        (RETITLED, replace(COPY, status=CopyStatus.DELETED), Park(Reason.READ_ONLY)),
        # Not what is planned: looked at first, left alone, or there already.
        (SAME, replace(COPY, status=CopyStatus.PENDING, etag=""), Read()),
        (SAME, replace(COPY, status=CopyStatus.DELETED), Skip(Reason.DELETED_IN_ICLOUD)),
        (SAME, COPY, Skip(Reason.ALREADY_SAME)),
        (RETITLED, COPY, Update(("title",))),
    ],
)
def test_nothing_is_created_where_we_may_not_write(
    wanted: Wanted, copy: Copy | None, action: Action
) -> None:
    assert plan_appointment(wanted, copy, can_create=False) == action


OCCURRENCE = replace(COPY, recurrence_id="20261201T090000Z")


@pytest.mark.parametrize(
    ("title", "copy", "action"),
    [
        ("Lunch", COPY, Skip(Reason.ALREADY_SAME)),
        ("Brunch", COPY, Update(("title",))),
        ("Brunch", OCCURRENCE, Update(("title",))),
        (None, COPY, Delete()),
        (None, OCCURRENCE, Exclude()),
        (None, replace(OCCURRENCE, is_alone=True), Delete()),
        ("Brunch", None, Skip(Reason.NOT_FROM_ICLOUD)),
        ("Brunch", replace(COPY, status=CopyStatus.DELETED), Skip(Reason.DELETED_IN_ICLOUD)),
        (None, replace(COPY, status=CopyStatus.DELETED), Skip(Reason.DELETED_IN_ICLOUD)),
        (None, replace(OCCURRENCE, status=CopyStatus.DELETED), DeleteWhenBack()),
        ("Brunch", replace(OCCURRENCE, base=None), Skip(Reason.OCCURRENCE_GONE)),
        ("Brunch", replace(COPY, has_guests=True), Park(Reason.GUESTS)),
        (None, replace(COPY, can_write=False), Park(Reason.READ_ONLY)),
        ("Brunch", replace(COPY, etag=""), Read()),
    ],
)
def test_a_slots_change_is_written_where_it_may_be(
    title: str | None, copy: Copy | None, action: Action
) -> None:
    assert plan_slot(fields(title) if title else None, copy) == action
