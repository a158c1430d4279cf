"""Each fault: survived while it lasts, told, and made good when it is over."""

import pytest

from tests.faults.day import Day
from tests.faults.table import ROWS, Row
from tests.servers import Server


def due(row: Row) -> object:
    marks = [pytest.mark.xfail(reason=row.pending, strict=True)] if row.pending else []
    return pytest.param(row, marks=marks, id=str(row))


@pytest.mark.django_db
@pytest.mark.parametrize("row", [due(row) for row in ROWS])
def test_whatever_goes_wrong_the_day_ends_the_same(
    standin: Server, monkeypatch: pytest.MonkeyPatch, row: Row
) -> None:
    row.limits(monkeypatch)
    row.live_through(Day(standin, row.direct))
