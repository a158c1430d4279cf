"""What every switch changes, as raw HTTP sees it: one case a switch and value."""

from tests.standin.cases import bodies, calendars, hosts, queries, reading, service, writing
from tests.standin.cases.bench import Bench, Case

__all__ = ["CASES", "Bench", "Case"]

CASES: list[Case] = [
    *hosts.CASES,
    *calendars.CASES,
    *queries.CASES,
    *reading.CASES,
    *writing.CASES,
    *bodies.CASES,
    *service.CASES,
]
