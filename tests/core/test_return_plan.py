"""How an event that we took out of iCloud comes back there."""

from dataclasses import replace

import pytest

from icloud_sync.core.push_plan import (
    Action,
    Copy,
    CopyStatus,
    Park,
    Read,
    Reason,
    Return,
    ReturnOccurrence,
    Skip,
)
from icloud_sync.core.return_plan import plan_return
from tests.core.bodies import fields

GONE = Copy("/a.ics", "", CopyStatus.REMOVED, fields())
SERIES = Copy("/a.ics", '"1"', CopyStatus.PRESENT, None, recurrence_id="20261201T090000Z")


@pytest.mark.parametrize(
    ("copy", "action"),
    [
        (GONE, Return()),
        (replace(GONE, status=CopyStatus.DELETED), Return()),
        (replace(GONE, status=CopyStatus.PENDING, base=None), Return()),
        (replace(GONE, status=CopyStatus.PENDING), Read()),
        (replace(GONE, status=CopyStatus.PRESENT), Skip(Reason.ALREADY_SAME)),
        (replace(GONE, status=CopyStatus.PRESENT, base=None), Skip(Reason.ALREADY_SAME)),
        (replace(GONE, status=CopyStatus.UNREADABLE), Park(Reason.UNREADABLE)),
        (replace(GONE, can_write=False), Park(Reason.READ_ONLY)),
        (None, Park(Reason.NO_PLACE)),
    ],
)
def test_a_whole_event(copy: Copy | None, action: Action) -> None:
    assert plan_return(copy, is_occurrence=False) == action


@pytest.mark.parametrize(
    ("copy", "action"),
    [
        (SERIES, ReturnOccurrence()),
        (replace(SERIES, etag=""), Read()),
        (replace(SERIES, base=fields()), Skip(Reason.ALREADY_SAME)),
        (replace(SERIES, has_guests=True), Park(Reason.GUESTS)),
        (replace(SERIES, can_write=False), Park(Reason.READ_ONLY)),
        (replace(SERIES, is_frozen=True), Park(Reason.FROZEN)),
        (replace(SERIES, status=CopyStatus.REMOVED), Park(Reason.SERIES_GONE)),
        (replace(SERIES, status=CopyStatus.DELETED), Park(Reason.SERIES_GONE)),
    ],
)
def test_one_occurrence_of_a_series(copy: Copy, action: Action) -> None:
    assert plan_return(copy, is_occurrence=True) == action
