"""Each fault: survived while it lasts, told, and made good when it is over."""

from datetime import timedelta

import pytest

from tests.faults.day import ENDING, Day
from tests.faults.table import ROWS, Row
from tests.servers import Server


def live_through(day: Day, row: Row) -> None:
    row.turn(day)
    day.people_act()
    seen = day.look(row.looks)
    if row.copes:
        assert day.now() == ENDING
    assert (seen.status, row.says in seen.reason) == (row.status, True), seen.reason
    assert row.logs <= seen.log, seen.log
    assert seen.most_requests <= row.most_requests
    assert seen.pause >= timedelta(seconds=row.pause)
    day.heal()
    row.then(day)
    day.assert_it_ends_well()


@pytest.mark.django_db
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_whatever_goes_wrong_the_day_ends_the_same(standin: Server, row: Row) -> None:
    live_through(Day(standin), row)
