"""What every switch changes, as raw HTTP sees it: one case a switch and value."""

from tests.standin.cases import calendars, hosts, reading, service, writing
from tests.standin.cases.bench import Bench, Case

__all__ = ["CASES", "Bench", "Case"]

CASES: list[Case] = [
    *hosts.CASES,
    *calendars.CASES,
    *reading.CASES,
    *writing.CASES,
    *service.CASES,
]
