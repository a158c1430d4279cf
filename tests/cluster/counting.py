"""How many processes the tests killed: figures for docs/reliability.md, printed in the end."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

# By name. Of this process, which may be one of several that run tests.
KILLS: Counter[str] = Counter()
TOTAL: Counter[str] = Counter()


@pytest.fixture(autouse=True)
def kills_are_told(request: pytest.FixtureRequest) -> Iterator[None]:
    before = KILLS.copy()
    yield
    request.node.user_properties.append(("kills", dict(KILLS - before)))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":
        for name, value in report.user_properties:
            if name == "kills":
                TOTAL.update(value)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if TOTAL:
        terminalreporter.write_line(f"Killed with -9: {sum(TOTAL.values())} processes")
        for name, number in sorted(TOTAL.items()):
            terminalreporter.write_line(f"  {number:4} {name}")
