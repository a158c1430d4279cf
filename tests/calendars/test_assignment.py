"""Who gets an appointment, by calendar type."""

import pytest

from calendars.assignment import Candidate, NobodyFree, assign

ANNA = Candidate(1, "Anna", priority=5, booked_that_day=3)
BEN = Candidate(2, "Ben", priority=5, booked_that_day=1)
CARA = Candidate(3, "Cara", priority=1)
BUSY = Candidate(4, "Dora", priority=9, is_busy=True)


@pytest.mark.parametrize(
    ("kind", "team", "owner", "hosts"),
    [
        ("round_robin", [ANNA, CARA], None, (1,)),  # the highest priority, though booked more
        ("round_robin", [BUSY, CARA], None, (3,)),  # ... who is free
        ("round_robin", [ANNA, BEN], None, (2,)),  # a tie: fewest that day
        ("round_robin", [Candidate(8, "X"), Candidate(7, "Y")], None, (8,)),  # then team order
        ("service", [ANNA, CARA], None, (3,)),  # any free member, priority is not asked
        ("collective", [ANNA, BEN, CARA], None, (1, 2, 3)),
        ("collective", [ANNA, BEN, CARA], CARA, (3, 1, 2)),  # who owns it is responsible
        ("class_booking", [ANNA, BEN], CARA, (3,)),
        ("simple", [], None, ()),
    ],
)
def test_hosts_follow_from_the_type(kind, team, owner, hosts) -> None:
    assert assign(kind, team, owner) == hosts


@pytest.mark.parametrize(
    ("kind", "team", "owner", "sentence"),
    [
        ("round_robin", [BUSY], None, "Nobody is free at this time. Busy: Dora."),
        ("service", [BUSY], None, "Nobody is free at this time. Busy: Dora."),
        ("collective", [ANNA, BUSY], None, "All hosts must be free at this time. Busy: Dora."),
        ("class_booking", [ANNA], BUSY, "All hosts must be free at this time. Busy: Dora."),
        ("class_booking", [ANNA], None, "nobody to book"),
        ("round_robin", [], None, "nobody to book"),
        ("collective", [], None, "nobody to book"),
    ],
)
def test_nobody_free_says_who_is_busy(kind, team, owner, sentence) -> None:
    with pytest.raises(NobodyFree, match=sentence):
        assign(kind, team, owner)
