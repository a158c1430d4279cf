"""What holds for every series, whatever it is: no other reader is needed to say so."""

import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

from hypothesis import given
from hypothesis import strategies as st

from icloud_sync.core.ical.parse import find_occurrence, interpret, parse
from icloud_sync.core.ical.read import read
from icloud_sync.core.values import Occurrence, Window, Zones
from tests.core.bodies import override
from tests.core.generated import Made, made

SERIES = st.integers(0, 100_000).map(made)
DAYS = st.integers(-40, 500)
EVENT = re.compile(r"BEGIN:VEVENT.*?END:VEVENT\r\n", re.DOTALL)


def zones(series: Made) -> Zones:
    return Zones(series.zone, series.zone)


def window(series: Made, first: int, last: int) -> Window:
    start = series.start.replace(tzinfo=UTC)
    return Window(start + timedelta(days=first), start + timedelta(days=last))


def occurrences(
    series: Made, text: str = "", first: int = -40, last: int = 500
) -> dict[str, Occurrence]:
    found = parse(text or series.text, window(series, first, last), zones(series)).occurrences
    assert len({one.recurrence_id for one in found}) == len(found)
    return {one.recurrence_id: one for one in found}


@given(SERIES, DAYS, DAYS, DAYS)
def test_two_windows_side_by_side_hold_what_the_whole_one_does(
    series: Made, one: int, two: int, three: int
) -> None:
    first, middle, last = sorted((one, two, three))
    halves = [(first, middle), (middle, last)]
    parts = [occurrences(series, first=start, last=end) for start, end in halves]
    assert {**parts[0], **parts[1]} == occurrences(series, first=first, last=last)


@given(SERIES, st.randoms(use_true_random=False))
def test_one_more_exdate_takes_out_exactly_that_one(series: Made, dice: random.Random) -> None:
    before = occurrences(series)
    without_override = [rid for rid, one in before.items() if one.fields.title == "Master"]
    if not without_override:
        return
    rid = dice.choice(without_override)
    after = occurrences(
        series, series.text.replace("SUMMARY:Master", f"{exdate(rid)}\r\nSUMMARY:Master")
    )
    assert after == {name: one for name, one in before.items() if name != rid}


@given(SERIES, st.randoms(use_true_random=False))
def test_one_more_override_changes_exactly_that_one(series: Made, dice: random.Random) -> None:
    before = occurrences(series)
    without_override = [rid for rid, one in before.items() if one.fields.title == "Master"]
    if not without_override:
        return
    rid = dice.choice(without_override)
    start = "DTSTART" + exdate(rid).removeprefix("EXDATE")
    moved = override(exdate(rid).replace("EXDATE", "RECURRENCE-ID", 1), start, "SUMMARY:Mine")
    moved = moved.replace("\n", "\r\n")
    after = occurrences(series, series.text.replace("END:VCALENDAR", f"{moved}\r\nEND:VCALENDAR"))
    assert after[rid].fields.title == "Mine"
    assert {**after, rid: before[rid]} == before


@given(SERIES)
def test_until_at_the_last_is_the_same_as_counting_to_it(series: Made) -> None:
    counted = re.sub(r";(COUNT|UNTIL)=\w+", "", series.text)
    counted = counted.replace("RRULE:", "RRULE:COUNT=12;")
    ended = counted.replace("COUNT=12;", f"UNTIL={series.spelled.until(series.walls[11])};")
    assert occurrences(series, counted) == occurrences(series, ended)


@given(SERIES, st.randoms(use_true_random=False))
def test_the_order_of_the_events_means_nothing(series: Made, dice: random.Random) -> None:
    events = EVENT.findall(series.text)
    dice.shuffle(events)
    rest = EVENT.sub("", series.text)
    shuffled = rest.replace("END:VCALENDAR", "".join(events) + "END:VCALENDAR")
    assert occurrences(series, shuffled) == occurrences(series)


@given(SERIES)
def test_interpreting_twice_says_the_same(series: Made) -> None:
    document = read(series.text)
    first, second = (interpret(document, window(series, 0, 400), zones(series)) for _ in range(2))
    assert first == second


@given(SERIES)
def test_each_occurrence_is_found_by_its_name_as_the_window_shows_it(series: Made) -> None:
    for rid, one in list(occurrences(series).items())[:10]:
        assert find_occurrence(series.text, rid, zones(series)) == one


@given(SERIES, st.sampled_from(["Pacific/Kiritimati", "America/New_York", "UTC"]))
def test_the_clock_of_the_machine_means_nothing(series: Made, zone: str) -> None:
    expected = occurrences(series)
    with machine_in(zone):
        assert occurrences(series) == expected


@contextmanager
def machine_in(zone: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def exdate(rid: str) -> str:
    return f"EXDATE{'' if 'T' in rid else ';VALUE=DATE'}:{rid}"
