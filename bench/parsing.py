"""What reading a resource and expanding a series costs, beside the libraries that do the same.

    make bench            all of it, with the targets; exit 1 where one is missed
    make bench QUICK=1    the same in fewer rounds

CPU of this process, the best of several rounds, ours and theirs by turns in one run. Targets
are parts of what the library takes: other load, or another machine, moves both. To measure one
thing more, add a Comparison to `comparisons`.
"""

import gc
import os
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar

from bench.bodies import resource
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.series import expand
from icloud_sync.core.values import Window, Zones

ROUNDS, SECONDS_A_ROUND = (5, 0.05) if os.environ.get("QUICK") else (25, 0.1)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = Zones(dates=BERLIN, floating=BERLIN)
YEAR = Window(datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
SERIES = {
    "daily": "FREQ=DAILY",
    "weekly": "FREQ=WEEKLY;BYDAY=TU",
    "monthly": "FREQ=MONTHLY;BYDAY=-1FR",
}
# A fifth of what was, and 0.6 ms a series where the library took 3.3 for fifty occurrences.
READING, EXPANDING = 1 / 5, 0.6 / 3.3


class Comparison(NamedTuple):
    """`most`: the target, as a part of what theirs takes."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    most: float


def comparisons() -> list[Comparison]:
    return [
        reading("read an event", resource()),
        reading("read it, zone last", resource(zone_last=True)),
        *(expanding(f"expand a {name} series", resource(SERIES[name])) for name in SERIES),
    ]


def reading(name: str, body: str) -> Comparison:
    return Comparison(name, lambda: read(body), lambda: Calendar.from_ical(body), READING)


def expanding(name: str, body: str) -> Comparison:
    """Over twelve months; the body is read already."""
    document, calendar = read(body), Calendar.from_ical(body)
    return Comparison(
        name,
        lambda: expand(document, YEAR, ZONES),
        lambda: recurring_ical_events.of(calendar).between(YEAR.starts_at, YEAR.ends_at),
        EXPANDING,
    )


def main() -> int:
    warnings.simplefilter("ignore")
    print(f"{'CPU, microseconds':26}{'ours':>9}{'library':>10}{'ratio':>9}{'target':>9}")
    missed = [each for each in comparisons() if not report(each)]
    return 1 if missed else 0


def report(each: Comparison) -> bool:
    ours, theirs = measured(each.ours, each.theirs)
    is_met = ours <= each.most * theirs
    print(
        f"{each.name:26}{ours * 1e6:9.0f}{theirs * 1e6:10.0f}"
        f"{part(ours / theirs):>9}{part(each.most):>9}{'' if is_met else '  missed'}",
        flush=True,
    )
    return is_met


def part(share: float) -> str:
    return f"1/{1 / share:.1f}"


def measured(*functions: Callable[[], object]) -> list[float]:
    """Seconds a call, the best of the rounds."""
    counts = [enough(function) for function in functions]
    best = [float("inf")] * len(functions)
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for index, (function, count) in enumerate(zip(functions, counts, strict=True)):
                best[index] = min(best[index], timed(function, count) / count)
    finally:
        gc.enable()
    return best


def enough(function: Callable[[], object]) -> int:
    """How many calls make a round; the first of them works out what is kept afterwards."""
    function()
    return max(1, int(SECONDS_A_ROUND / max(timed(function, 3) / 3, 1e-6)))


def timed(function: Callable[[], object], count: int) -> float:
    gc.collect()
    begin = process_time()
    for _ in range(count):
        function()
    return process_time() - begin


if __name__ == "__main__":
    sys.exit(main())
