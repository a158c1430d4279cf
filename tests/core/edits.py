"""What an edit may change in a body, and nothing else: the claims that tests of writing make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.intervals import all_day
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.parse import find_occurrence, parse
from icloud_sync.core.ical.patch import patch
from icloud_sync.core.ical.patch.body import Body
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.series import find_all
from icloud_sync.core.merge import changed_fields
from icloud_sync.core.values import EventFields, Interval, Occurrence, Window
from tests.core.bodies import BERLIN, NOW, ZONES, without_zones

STAMPS = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE"}
TIMES = {"DTSTART", "DTEND", "DURATION"}
MAY_CHANGE = {
    "title": {"SUMMARY"},
    "location": {"LOCATION", "X-APPLE-STRUCTURED-LOCATION"},
    "notes": {"DESCRIPTION", "X-ALT-DESC"},
    "interval": TIMES,
}
OF_THE_SERIES = {"RRULE", "RDATE", "EXDATE", "EXRULE"}
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Edit:
    """One edit of one occurrence, carried out. `names`: the properties it may touch."""

    body: str
    rid: str
    before: EventFields
    after: EventFields
    names: set[str]
    result: str


def edit(body: str, rid: str, **values: Any) -> Edit:
    """`values`: fields of the occurrence as they are to be."""
    before = fields_of(body, rid)
    after = replace(before, **values)
    result = patch(body, rid, before, after, BERLIN, ZONES, NOW)
    names = STAMPS | {name for field in values for name in MAY_CHANGE[field]}
    return Edit(body, rid, before, after, names, result)


def fields_of(body: str, rid: str) -> EventFields:
    found = find_occurrence(body, rid, ZONES)
    assert found, f"{rid!r} is not in it"
    return found.fields


def later(interval: Interval) -> Interval:
    """Moved by a day and an hour and an hour longer; all day, by one day and a day longer."""
    if interval.starts_on and interval.ends_on:
        return all_day(interval.starts_on + A_DAY, interval.ends_on + 2 * A_DAY, BERLIN)
    return Interval(interval.starts_at + A_DAY + AN_HOUR, interval.ends_at + A_DAY + 2 * AN_HOUR)


def check(done: Edit) -> None:
    check_bytes(done)
    check_reading(done)
    check_again(done)


def check_bytes(done: Edit) -> None:
    """Outside of the one event all bytes are as they were, and in it all but the properties
    that say what was changed. Of an occurrence that had no event of its own, a copy follows
    the last one."""
    if done.result == done.body:
        return
    before, after = (
        lines.split(without_zones(text, besides=done.body))
        for text in (as_sent(done.body), done.result)
    )
    (found,) = find_all(read(done.body), [done.rid], ZONES)
    event = found.event
    spans = lines.events(before)
    begin, end = spans[event.index]
    source, touched = before[begin:end], done.names
    begins_here = done.rid in Body(done.body, ZONES).series.changes
    if done.rid and not begins_here and (event.recurrence_id is None or event.this_and_future):
        begin = end = spans[-1][1]
        touched = touched | TIMES | OF_THE_SERIES | {"RECURRENCE-ID"}
    new = after[begin : len(after) - len(before) + end]
    assert after[:begin] == before[:begin]
    assert after[begin + len(new) :] == before[end:]
    assert others(new, touched) == others(source, touched)
    if begin == end:
        assert not own_names(new) & OF_THE_SERIES


def as_sent(body: str) -> str:
    """With nothing changed: put right where iCloud would refuse it (test_acceptance.py)."""
    return lines.join(Body(body, ZONES).rebuilt({}, [], NOW))


def own_names(component: Sequence[Line]) -> set[str]:
    own = lines.own_level(list(component))
    return {line.name for line, is_own in zip(component, own, strict=True) if is_own}


def others(component: Sequence[Line], touched: set[str]) -> list[str]:
    """What stands in it besides, alarms and all, as it stands there."""
    own = lines.own_level(list(component))
    return [
        line.raw
        for line, is_own in zip(component, own, strict=True)
        if not is_own or line.name not in touched
    ]


def check_reading(done: Edit) -> None:
    """What was asked for is what is read; no other occurrence has changed, come or gone."""
    assert changed_fields(fields_of(done.result, done.rid), done.after) == ()
    assert the_others(done.result, done) == the_others(done.body, done)


def check_again(done: Edit) -> None:
    """Once is as good as twice, and what was changed can be changed back."""
    again = patch(done.result, done.rid, done.before, done.after, BERLIN, ZONES, NOW)
    assert again == done.result
    back = patch(done.result, done.rid, done.after, done.before, BERLIN, ZONES, NOW)
    assert changed_fields(fields_of(back, done.rid), done.before) == ()
    assert the_others(back, done) == the_others(done.body, done)


def the_others(body: str, done: Edit) -> dict[str, Occurrence]:
    """The other occurrences, a year before and after."""
    start = done.before.interval.starts_at
    near = Window(start - 366 * A_DAY, start + 366 * A_DAY)
    found = parse(body, near, ZONES).occurrences
    return {one.recurrence_id: one for one in found if one.recurrence_id != done.rid}


def resources(path: Path) -> list[str]:
    """A file as calendar object resources, one for each UID."""
    whole = lines.split(path.read_bytes().decode("utf-8", "replace"))
    spans = lines.events(whole)
    uids = [uid_of(whole[begin:end]) for begin, end in spans]
    return [
        lines.join(
            line
            for index, line in enumerate(whole)
            if all(uids[i] == uid for i, (begin, end) in enumerate(spans) if begin <= index < end)
        )
        for uid in dict.fromkeys(uids)
    ]


def uid_of(component: list[Line]) -> str:
    found = lines.find(component, "UID")
    return found.value if found else ""
