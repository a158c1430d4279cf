"""How much goes by itself, and what waits for a person (D21)."""

import pytest

from icloud_sync.core.guard import Verdict, is_mass, judge


def named(number: int, first: int = 0) -> list[str]:
    return [f"{index}.ics" for index in range(first, first + number)]


@pytest.mark.parametrize(
    ("number", "of", "mass"),
    [(0, 0, False), (5, 5, False), (6, 6, True), (6, 30, False), (6, 29, True), (21, 100, True)],
)
def test_more_than_five_and_more_than_a_fifth_is_much(number: int, of: int, mass: bool) -> None:
    assert is_mass(number, of) is mass


def test_what_is_little_goes_and_what_is_much_waits() -> None:
    assert judge(named(5), 8) == Verdict(frozenset(named(5)))
    assert judge(named(6), 8) == Verdict(held=frozenset(named(6)))


def test_what_waits_since_an_earlier_look_counts_with_what_is_new() -> None:
    assert judge(named(2, 5), 20, waiting=named(5)) == Verdict(held=frozenset(named(7)))
    assert judge([], 40, waiting=named(3)) == Verdict(frozenset(named(3)))


def test_what_went_earlier_in_the_same_run_counts_too() -> None:
    assert judge(named(3), 10, already=3) == Verdict(held=frozenset(named(3)))


def test_what_a_person_approved_goes_however_much_it_is() -> None:
    assert judge(named(9), 9, approved=named(9)) == Verdict(frozenset(named(9)))
    assert judge(named(9), 9, approved=named(2)) == Verdict(
        frozenset(named(2)), frozenset(named(7, 2))
    )
