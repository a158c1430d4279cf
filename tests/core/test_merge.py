"""The three-way merge, field by field, and who wins (D8)."""

from dataclasses import replace

import pytest

from icloud_sync.core.merge import Conflict, Merge, Side, composed, merge, same
from icloud_sync.core.values import Interval
from tests.core.bodies import fields, utc

BASE = fields(location="Mitte", notes="Hat")
LATER = Interval(utc(12, 1, 14), utc(12, 1, 15))
EVEN_LATER = Interval(utc(12, 1, 16), utc(12, 1, 17))


def test_text_is_compared_as_people_see_it_and_a_heap_of_marks_as_it_is_written() -> None:
    """Putting the marks in order costs the square of their number: 2 MB of them half an hour."""
    assert same("notes", "Caf\u00e9", "Cafe\u0301")
    heap = "a" + "\u0315\u0300" * 40
    assert composed(heap) == heap
    assert not same("notes", heap, heap + "x")
    assert same("title", "e\u0301" * 2_000, "\u00e9" * 1_000)  # cut as our column cuts it


def test_nothing_changed_means_nothing_to_do() -> None:
    assert merge(BASE, BASE, BASE, Side.OURS) == Merge(BASE, (), (), ())


def test_one_side_changed_and_the_other_follows() -> None:
    theirs = replace(BASE, title="Brunch")
    assert merge(BASE, BASE, theirs, Side.OURS) == Merge(theirs, ("title",), (), ())
    assert merge(BASE, theirs, BASE, Side.THEIRS) == Merge(theirs, (), ("title",), ())


def test_changes_of_different_fields_all_survive() -> None:
    ours, theirs = replace(BASE, interval=LATER), replace(BASE, notes="No hat")
    both = replace(BASE, interval=LATER, notes="No hat")
    assert merge(BASE, ours, theirs, Side.OURS) == Merge(both, ("notes",), ("interval",), ())


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    both = replace(BASE, title="Brunch")
    assert merge(BASE, both, both, Side.OURS) == Merge(both, (), (), (), alike=("title",))


@pytest.mark.parametrize("side", list(Side))
def test_where_both_changed_a_field_the_winner_stays_and_the_loser_is_kept(side: Side) -> None:
    ours, theirs = replace(BASE, interval=LATER), replace(BASE, interval=EVEN_LATER)
    kept, lost = (LATER, EVEN_LATER) if side is Side.OURS else (EVEN_LATER, LATER)
    to_ours = () if side is Side.OURS else ("interval",)
    to_theirs = ("interval",) if side is Side.OURS else ()
    assert merge(BASE, ours, theirs, side) == Merge(
        replace(BASE, interval=kept), to_ours, to_theirs, (Conflict("interval", kept, lost),)
    )


def test_without_a_base_both_sides_count_as_changed() -> None:
    theirs = replace(BASE, title="Brunch")
    found = merge(None, BASE, theirs, Side.OURS)
    assert found.conflicts == (Conflict("title", "Lunch", "Brunch"),)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a\r\nb ", "a\nb"), ("e\u0301", "é"), (" x", "x")],
)
def test_texts_are_compared_as_people_see_them(one: str, other: str) -> None:
    assert same("notes", one, other)


def test_a_title_longer_than_our_column_is_not_a_change() -> None:
    assert same("title", "x" * 1000, "x" * 1500)
