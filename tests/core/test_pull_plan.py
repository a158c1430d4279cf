"""What a change in iCloud means for our rows: one branch, one story."""

from dataclasses import replace
from datetime import timedelta

from icloud_sync.core.merge import Conflict
from icloud_sync.core.pull_plan import (
    CopyState,
    CreateSlot,
    FollowOccurrence,
    KeepLosing,
    MarkOccurrenceBack,
    MarkOccurrenceGone,
    PushAppointment,
    PushSlot,
    RemoveSlot,
    SlotState,
    UpdateAppointment,
    UpdateSlot,
    overlaps,
    plan_copy,
    plan_slots,
    rekey,
)
from icloud_sync.core.values import EventFields, Interval, Occurrence, ParsedResource
from tests.core.bodies import WINDOW, fields, utc

COPY = CopyState(7, fields(), is_wanted=True)


def single(title: str = "Lunch") -> ParsedResource:
    return ParsedResource("one", (Occurrence("", fields(title)),))


def on_day(day: int, title: str = "Lunch") -> Occurrence:
    interval = Interval(utc(12, day, 9), utc(12, day, 10))
    return Occurrence(f"202612{day:02}T090000Z", EventFields(title, interval))


def series(*days: int) -> ParsedResource:
    return ParsedResource("one", tuple(on_day(day) for day in days), is_recurring=True)


def test_our_own_write_coming_back_is_nothing_to_do() -> None:
    assert plan_copy(COPY, single(), single()) == ([], Occurrence("", fields()))


def test_a_change_there_changes_the_appointment() -> None:
    actions, _ = plan_copy(COPY, single(), single("Brunch"))
    assert actions == [UpdateAppointment(7, fields(), fields("Brunch"), ("title",))]


def test_a_change_here_is_still_to_be_sent() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    assert plan_copy(ours, single(), single())[0] == [PushAppointment(7)]


def test_where_both_changed_the_same_field_referins_wins_and_the_loser_is_kept() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    assert plan_copy(ours, single(), single("Brunch"))[0] == [
        UpdateAppointment(
            7, fields("Shave"), fields("Shave"), (), (Conflict("title", "Shave", "Brunch"),)
        ),
        PushAppointment(7),
    ]


def test_a_cancelled_appointment_edited_there_goes_and_the_edit_is_kept() -> None:
    cancelled = replace(COPY, is_wanted=False)
    assert plan_copy(cancelled, single(), single("Brunch"))[0] == [
        KeepLosing(7, fields("Brunch"), ("title",)),
        PushAppointment(7),
    ]


def test_when_our_event_becomes_a_series_the_appointment_follows_its_own_occurrence() -> None:
    actions, own = plan_copy(COPY, single(), series(1, 8, 15))
    assert own == on_day(1)
    assert actions == [FollowOccurrence(7, "20261201T090000Z")]


def test_our_occurrence_gone_from_the_series_leaves_the_appointment() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z")
    gone = MarkOccurrenceGone(7, by_us=False)
    assert plan_copy(copy, series(1, 8), series(8)) == ([gone], None)


def test_our_occurrence_that_we_took_out_or_know_to_be_gone_is_not_told_of() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z")
    cancelled, known = replace(copy, is_wanted=False), replace(copy, is_gone=True)
    assert plan_copy(cancelled, series(1, 8), series(8))[0] == [MarkOccurrenceGone(7, by_us=True)]
    assert plan_copy(known, series(8), series(8)) == ([], None)


def test_our_occurrence_back_in_the_series_is_followed_again() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z", fields=on_day(1).fields, is_gone=True)
    assert plan_copy(copy, series(8), series(1, 8)) == ([MarkOccurrenceBack(7)], on_day(1))


SLOT = SlotState(3, on_day(1).fields, is_busy=True)
KEY = "20261201T090000Z"


def test_a_new_occurrence_is_a_new_slot_when_it_lies_in_the_window() -> None:
    before = replace(on_day(1).fields, interval=Interval(utc(1, 1), utc(1, 2)))
    past = Occurrence("past", before)
    assert plan_slots([on_day(1), past], {}, {}, WINDOW) == [CreateSlot(on_day(1))]


def test_an_unchanged_occurrence_leaves_its_slot_alone() -> None:
    assert plan_slots([on_day(1)], {KEY: SLOT}, {KEY: on_day(1)}, WINDOW) == []


def test_icloud_wins_a_conflict_over_a_slot_that_came_from_there() -> None:
    ours = replace(SLOT, fields=replace(SLOT.fields, title="Ours"))
    theirs = on_day(1, "Theirs")
    assert plan_slots([theirs], {KEY: ours}, {KEY: on_day(1)}, WINDOW) == [
        UpdateSlot(3, ours.fields, theirs, ("title",), (Conflict("title", "Theirs", "Ours"),))
    ]


def test_a_slot_changed_here_is_still_to_be_sent() -> None:
    ours = replace(SLOT, fields=replace(SLOT.fields, title="Ours"))
    assert plan_slots([on_day(1)], {KEY: ours}, {KEY: on_day(1)}, WINDOW) == [PushSlot(3)]


def test_an_occurrence_that_left_the_series_takes_its_slot_along() -> None:
    assert plan_slots([], {KEY: SLOT}, {}, WINDOW) == [RemoveSlot(3, SLOT.fields)]


def test_a_slot_that_has_left_the_window_stays() -> None:
    long_ago = replace(SLOT.fields, interval=Interval(utc(1, 1), utc(1, 2)))
    assert plan_slots([], {KEY: replace(SLOT, fields=long_ago)}, {}, WINDOW) == []


def test_a_slot_deleted_here_does_not_come_back_before_icloud_has_heard() -> None:
    assert plan_slots([on_day(1)], {}, {}, WINDOW, deleted_here=frozenset({KEY})) == []


def test_a_slot_that_was_deleted_in_icloud_and_is_there_again_loses_its_mark() -> None:
    gone = replace(SLOT, removed_at_source=True)
    assert plan_slots([on_day(1)], {KEY: gone}, {KEY: on_day(1)}, WINDOW) == [
        UpdateSlot(3, SLOT.fields, on_day(1), ())
    ]


def test_a_single_event_that_becomes_a_series_keeps_its_slots_row() -> None:
    assert rekey({"": SLOT}, [on_day(8), on_day(1)]) == ({KEY: SLOT}, (3, KEY))


def test_a_series_that_becomes_a_single_event_keeps_the_row_that_matches() -> None:
    other = replace(SLOT, slot_id=4, fields=on_day(8).fields)
    now_single = Occurrence("", on_day(8).fields)
    found = rekey({KEY: SLOT, "20261208T090000Z": other}, [now_single])
    assert found == ({KEY: SLOT, "": other}, (4, ""))


def test_an_event_of_no_length_at_the_windows_edge_is_inside() -> None:
    edge = EventFields("x", Interval(WINDOW.starts_at, WINDOW.starts_at))
    assert overlaps(edge, WINDOW)
    outside = WINDOW.starts_at - timedelta(seconds=1)
    assert not overlaps(EventFields("x", Interval(outside, outside)), WINDOW)
