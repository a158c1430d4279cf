"""What a change in iCloud means for our rows: one branch, one story."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from icloud_sync.core.merge import Conflict
from icloud_sync.core.pull_actions import (
    Action,
    CreateSlot,
    FollowOccurrence,
    KeepLosing,
    KeepLosingSlot,
    MarkOccurrenceBack,
    MarkOccurrenceGone,
    NoteAlike,
    NoteTakenOut,
    PushAppointment,
    PushSlot,
    RemoveSlot,
    UpdateAppointment,
    UpdateSlot,
)
from icloud_sync.core.pull_plan import (
    CopyState,
    SlotState,
    Versions,
    compare,
    overlaps,
    plan_copy,
    plan_orphan,
    plan_slots,
    said_elsewhere,
)
from icloud_sync.core.values import EventFields, Interval, Occurrence, ParsedResource
from tests.core.bodies import WINDOW, ZONES, fields, utc

COPY = CopyState(7, fields(), is_wanted=True)
HOUR, HALF_AN_HOUR = timedelta(hours=1), timedelta(minutes=30)


def single(title: str = "Lunch") -> ParsedResource:
    return ParsedResource("one", (Occurrence("", fields(title)),))


def on_day(day: int, title: str = "Lunch", hour: int = 9) -> Occurrence:
    interval = Interval(utc(12, day, hour), utc(12, day, hour + 1))
    return Occurrence(f"202612{day:02}T{hour:02}0000Z", EventFields(title, interval))


def series(*days: int, hour: int = 9) -> ParsedResource:
    occurrences = tuple(on_day(day, hour=hour) for day in days)
    return ParsedResource("one", occurrences, is_recurring=True)


def versions(base: ParsedResource | None, theirs: ParsedResource, copy: CopyState) -> Versions:
    own = copy.recurrence_id
    return compare(base, theirs, {own: copy.fields}, WINDOW, ZONES, own)


def planned(
    copy: CopyState, base: ParsedResource | None, theirs: ParsedResource
) -> tuple[list[Action], Occurrence | None]:
    return plan_copy(copy, versions(base, theirs, copy))


def test_our_own_write_coming_back_is_nothing_to_do() -> None:
    assert planned(COPY, single(), single()) == ([], Occurrence("", fields()))


def test_a_change_there_changes_the_appointment() -> None:
    actions, _ = planned(COPY, single(), single("Brunch"))
    assert actions == [UpdateAppointment(7, fields(), fields("Brunch"), ("title",))]


def test_a_change_here_is_still_to_be_sent() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    assert planned(ours, single(), single())[0] == [PushAppointment(7)]


def test_where_both_changed_the_same_field_referins_wins_and_the_loser_is_kept() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    assert planned(ours, single(), single("Brunch"))[0] == [
        UpdateAppointment(
            7, fields("Shave"), fields("Shave"), (), (Conflict("title", "Shave", "Brunch"),)
        ),
        PushAppointment(7),
    ]


def test_a_cancelled_appointment_edited_there_goes_and_the_edit_is_kept() -> None:
    cancelled = replace(COPY, is_wanted=False)
    assert planned(cancelled, single(), single("Brunch"))[0] == [
        KeepLosing(7, fields("Brunch"), ("title",)),
        PushAppointment(7),
    ]


def test_when_our_event_becomes_a_series_the_appointment_follows_its_own_occurrence() -> None:
    actions, own = planned(COPY, single(), series(1, 8, 15))
    assert own == on_day(1)
    assert actions == [FollowOccurrence(7, "20261201T090000Z")]


def test_our_occurrence_gone_from_the_series_leaves_the_appointment() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z")
    gone = MarkOccurrenceGone(7, by_us=False)
    assert planned(copy, series(1, 8), series(8)) == ([gone], None)


def test_our_occurrence_that_we_took_out_or_know_to_be_gone_is_not_told_of() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z")
    cancelled, known = replace(copy, is_wanted=False), replace(copy, is_gone=True)
    assert planned(cancelled, series(1, 8), series(8))[0] == [MarkOccurrenceGone(7, by_us=True)]
    assert planned(known, series(8), series(8)) == ([], None)


def test_our_occurrence_back_in_the_series_is_followed_again() -> None:
    copy = replace(COPY, recurrence_id="20261201T090000Z", fields=on_day(1).fields, is_gone=True)
    assert planned(copy, series(8), series(1, 8)) == ([MarkOccurrenceBack(7)], on_day(1))


OURS_OF_A_SERIES = replace(COPY, recurrence_id="20261201T090000Z", fields=on_day(1).fields)


@pytest.mark.parametrize("to", [series(1, 8, hour=10), series(2, 9)])
def test_a_series_moved_as_a_whole_takes_the_appointment_along(to: ParsedResource) -> None:
    own = to.occurrences[0]
    follows = FollowOccurrence(7, own.recurrence_id)
    moved = UpdateAppointment(7, on_day(1).fields, own.fields, ("interval",))
    assert planned(OURS_OF_A_SERIES, series(1, 8), to) == ([follows, moved], own)


def test_a_series_made_one_event_again_is_the_appointments_whichever_it_was() -> None:
    later = replace(COPY, recurrence_id="20261208T090000Z", fields=on_day(8).fields)
    alone = ParsedResource("one", (Occurrence("", on_day(1).fields),))
    actions, own = planned(later, series(1, 8), alone)
    assert own == alone.occurrences[0]
    assert actions == [
        FollowOccurrence(7, ""),
        UpdateAppointment(7, on_day(8).fields, on_day(1).fields, ("interval",)),
    ]


def test_an_appointment_found_again_in_a_series_without_a_base_is_the_one_at_its_time() -> None:
    copy = replace(COPY, fields=on_day(8).fields)
    assert planned(copy, None, series(1, 8)) == (
        [FollowOccurrence(7, "20261208T090000Z")],
        on_day(8),
    )


def test_an_edit_of_an_event_whose_appointment_was_deleted_here_is_kept() -> None:
    edited = replace(series(1, 8), occurrences=(on_day(1), on_day(8, "Brunch")))
    rid = "20261208T090000Z"
    both = compare(series(1, 8), edited, {}, WINDOW, ZONES)
    assert plan_orphan(7, rid, both) == [KeepLosing(7, on_day(8, "Brunch").fields, ("title",))]
    assert plan_orphan(7, "20261201T090000Z", both) == []


def test_slots_of_the_past_are_no_part_of_what_moved() -> None:
    past = replace(fields(), interval=Interval(utc(1, 5, 9), utc(1, 5, 10)))
    known = {"20260105T090000Z": past, "20261201T090000Z": on_day(1).fields}
    moved = compare(series(1, 8), series(1, 8, hour=10), known, WINDOW, ZONES)
    assert moved.names == {
        "20261201T090000Z": "20261201T100000Z",
        "20261208T090000Z": "20261208T100000Z",
    }
    assert moved.agreed == {"20261201T100000Z": on_day(1), "20261208T100000Z": on_day(8)}


def test_without_a_base_the_rows_say_what_was_there() -> None:
    known = {"20261201T090000Z": on_day(1).fields}
    moved = compare(None, series(1, hour=10), known, WINDOW, ZONES)
    assert (moved.names, moved.agreed) == ({"20261201T090000Z": "20261201T100000Z"}, {})


SLOT = SlotState(3, on_day(1).fields)
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


def test_a_slot_marked_as_deleted_in_icloud_is_never_taken_away() -> None:
    gone = replace(SLOT, removed_at_source=True)
    assert plan_slots([], {KEY: gone}, {KEY: on_day(1)}, WINDOW) == []


def test_a_slot_that_may_be_edited_no_longer_says_so_and_is_not_sent() -> None:
    ours = replace(SLOT, fields=replace(SLOT.fields, title="Ours"))
    after = replace(on_day(1), fields=ours.fields)
    assert plan_slots([on_day(1)], {KEY: ours}, {KEY: on_day(1)}, WINDOW, "Guests") == [
        UpdateSlot(3, ours.fields, after)
    ]


def test_a_slot_deleted_here_and_edited_there_keeps_the_edit() -> None:
    brunch = on_day(1, "Brunch")
    assert plan_slots([brunch], {}, {KEY: on_day(1)}, WINDOW, deleted_here={KEY}) == [
        KeepLosingSlot(brunch.fields, ("title",))
    ]


# --- What takes time away (D9) -----------------------------------------------------------

BUSY, FREE = on_day(1), replace(on_day(1), is_busy=False)
FREED = replace(SLOT, is_busy=False)  # "free this time"
BLOCKED = replace(SLOT, is_busy=True, busy_at_source=False)  # "block it after all"
STANDS = {
    "freed": replace(FREED, busy_at_source=None),
    "blocked": replace(BLOCKED, busy_at_source=None),
}


def after(slot: SlotState, agreed: Occurrence | None, theirs: Occurrence) -> SlotState:
    """The slot once the plan was carried out."""
    base = {KEY: agreed} if agreed else {}
    for action in plan_slots([theirs], {KEY: slot}, base, WINDOW):
        assert isinstance(action, UpdateSlot)
        slot = replace(
            slot,
            fields=action.after.fields,
            is_busy=action.after.is_busy,
            busy_at_source=action.busy_at_source,
            busy_from=action.after.busy_from,
        )
    return slot


@pytest.mark.parametrize(
    ("slot", "agreed", "theirs", "expected"),
    [
        (SLOT, BUSY, FREE, replace(SLOT, is_busy=False, busy_at_source=False)),
        (SLOT, FREE, FREE, replace(SLOT, is_busy=False, busy_at_source=False)),
        (SLOT, None, FREE, replace(SLOT, is_busy=False, busy_at_source=False)),
        (FREED, BUSY, BUSY, FREED),
        (FREED, None, BUSY, FREED),
        (BLOCKED, FREE, FREE, BLOCKED),
        (FREED, FREE, FREE, STANDS["freed"]),
        (BLOCKED, BUSY, BUSY, STANDS["blocked"]),
        (FREED, BUSY, FREE, replace(SLOT, is_busy=False, busy_at_source=False)),
        (STANDS["freed"], FREE, BUSY, SLOT),
    ],
    ids=[
        "changed in iCloud",
        "a switch",
        "no base",
        "freed here",
        "freed here, no base",
        "blocked here",
        "freed here, then a switch frees it",
        "blocked here, then a switch blocks it",
        "freed on both sides",
        "freed on both sides, blocked in iCloud",
    ],
)
def test_whether_a_slot_takes_time_is_icloud_s_to_say_until_a_person_says_otherwise(
    slot: SlotState, agreed: Occurrence | None, theirs: Occurrence, expected: SlotState
) -> None:
    assert after(slot, agreed, theirs) == expected
    assert after(expected, theirs, theirs) == expected  # and that is all


@pytest.mark.parametrize(
    ("was", "at_source", "expected"),
    [
        (SLOT, True, (True, True)),
        (SLOT, False, (False, False)),  # nobody said anything
        (FREED, True, (False, True)),
        (FREED, False, (False, False)),  # free or busy was changed there as well
        (BLOCKED, False, (True, False)),
        (STANDS["freed"], True, (False, True)),
        (STANDS["freed"], False, (False, None)),
    ],
)
def test_in_the_new_part_of_a_split_series_a_persons_word_stands_as_in_the_old(
    was: SlotState, at_source: bool, expected: tuple[bool, bool | None]
) -> None:
    assert said_elsewhere(was, at_source) == expected


def test_a_persons_word_outlives_a_switch_turned_on_and_off_and_is_theirs_to_take_back() -> None:
    on = after(BLOCKED, BUSY, BUSY)
    assert after(on, FREE, FREE) == BLOCKED
    freed_again = after(replace(on, is_busy=False), BUSY, BUSY)
    assert freed_again.is_busy is False


def with_travel(one: Occurrence, travel: timedelta) -> Occurrence:
    return replace(one, busy_from=one.fields.interval.starts_at - travel)


def test_the_way_there_takes_time_and_goes_along_with_a_slot_moved_here() -> None:
    there = with_travel(on_day(1), HALF_AN_HOUR)
    on_the_way = replace(SLOT, busy_from=datetime.fromisoformat("2026-12-01T08:30Z"))
    assert after(SLOT, on_day(1), there) == on_the_way
    later = Interval(utc(12, 1, 14), utc(12, 1, 15))
    moved = replace(on_the_way, fields=replace(SLOT.fields, interval=later))
    assert plan_slots([there], {KEY: moved}, {KEY: there}, WINDOW) == [
        UpdateSlot(
            3,
            moved.fields,
            replace(there, fields=moved.fields, busy_from=later.starts_at - HALF_AN_HOUR),
        ),
        PushSlot(3),
    ]
    assert after(on_the_way, there, on_day(1)) == SLOT


def test_an_event_of_no_length_at_the_windows_edge_is_inside() -> None:
    edge = EventFields("x", Interval(WINDOW.starts_at, WINDOW.starts_at))
    assert overlaps(edge, WINDOW)
    outside = WINDOW.starts_at - timedelta(seconds=1)
    assert not overlaps(EventFields("x", Interval(outside, outside)), WINDOW)


# --- What the log shall not lack --------------------------------------------------------


def test_our_own_write_whose_answer_was_lost_is_noted_and_nothing_more() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    noted = NoteAlike(7, fields(), fields("Shave"), ("title",))
    assert planned(ours, single(), single("Shave"))[0] == [noted]
    slot = replace(SLOT, fields=replace(SLOT.fields, title="Shave"))
    assert plan_slots([on_day(1, "Shave")], {KEY: slot}, {KEY: on_day(1)}, WINDOW) == [
        NoteAlike(3, SLOT.fields, slot.fields, ("title",))
    ]


def test_without_a_base_nobody_knows_who_changed_what() -> None:
    ours = replace(COPY, fields=fields("Shave"))
    assert planned(ours, None, single("Shave"))[0] == []


def test_an_occurrence_deleted_here_that_is_gone_there_is_noted_with_what_it_was() -> None:
    second = on_day(2)
    agreed = {KEY: on_day(1), second.recurrence_id: second}
    assert plan_slots([second], {}, agreed, WINDOW, deleted_here={KEY}) == [
        CreateSlot(second),
        NoteTakenOut(KEY, on_day(1)),
    ]
