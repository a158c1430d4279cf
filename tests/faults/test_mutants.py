"""The table can fail: without the client's answer to it, each row does."""

import pytest

from tests.faults import day as days
from tests.faults.day import Day
from tests.faults.mutants import MUTANTS, Mutant, unsearched
from tests.faults.table import ROWS, Row
from tests.servers import Server

BY_NAME = {row.name: row for row in ROWS}
PAIRS = [(mutant, BY_NAME[name]) for mutant in MUTANTS for name in mutant.rows]


def test_every_row_has_a_mutant() -> None:
    assert [row.name for row in ROWS if row.name not in {row.name for _, row in PAIRS}] == []
    assert len(BY_NAME) == len(ROWS)


@pytest.mark.django_db
@pytest.mark.parametrize(("mutant", "row"), PAIRS, ids=[f"{m.name}: {r}" for m, r in PAIRS])
def test_without_the_answer_the_row_fails(
    standin: Server, monkeypatch: pytest.MonkeyPatch, mutant: Mutant, row: Row
) -> None:
    day = Day(standin, row.direct)
    row.limits(monkeypatch)
    mutant.patch(monkeypatch)
    monkeypatch.setattr(days, "PATIENCE", 4)
    with unsearched(), pytest.raises(AssertionError):
        row.live_through(day)
    monkeypatch.undo()
    day.heal()
