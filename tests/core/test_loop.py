"""Two programs that undo each other's changes are told apart from people who change their minds."""

from datetime import timedelta

from icloud_sync.core.loop import MOST_TURNS, Write, as_rows, from_rows, is_quarrel, noted, sentence
from icloud_sync.core.merge import Side
from tests.core.bodies import NOW

OURS = Write(NOW, Side.OURS, "appointment 7 was saved")
THEIRS = Write(NOW, Side.THEIRS, "Fantastical")


def in_turn(number: int, seconds: int) -> list[Write]:
    """The last one now."""
    made: list[Write] = []
    for index in range(number):
        write = (OURS, THEIRS)[index % 2]
        at = NOW - timedelta(seconds=seconds * (number - 1 - index))
        made = noted(made, write._replace(at=at))
    return made


def test_both_sides_in_turn_within_minutes_is_a_quarrel() -> None:
    assert is_quarrel(in_turn(MOST_TURNS + 2, seconds=30), NOW)
    assert not is_quarrel(in_turn(MOST_TURNS + 1, seconds=30), NOW)


def test_the_same_over_hours_is_none() -> None:
    assert not is_quarrel(in_turn(40, seconds=300), NOW)
    assert len(in_turn(40, seconds=300)) == 2  # nothing is kept that no longer matters


def test_one_side_alone_may_write_as_often_as_it_likes() -> None:
    assert not is_quarrel([OURS] * 50, NOW)


def test_both_last_writers_are_named() -> None:
    assert sentence(in_turn(4, seconds=1)) == (
        "Both sides keep changing this event, last by Referins (appointment 7 was saved) and by "
        "iCloud (Fantastical). Nothing more is sent until somebody lets it go on."
    )


def test_what_is_kept_is_read_back() -> None:
    assert from_rows(as_rows([OURS, THEIRS])) == [OURS, THEIRS]
