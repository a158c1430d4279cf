"""D11: everything else iCloud holds survives our writes byte for byte."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from icloud_sync.core.ical.patch import exclude, patch, restore
from icloud_sync.core.ical.read import read
from icloud_sync.core.values import Window
from tests.core.bodies import BERLIN, NOW, ZONES
from tests.core.edits import Edit, check, edit, fields_of, later, resources, the_others

# --- Bodies nobody chose ---------------------------------------------------------------

WORDS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"),
    max_size=90,
)
NAMES = (
    "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR",
    "x-apple-structured-location",
    "X-APPLE-STRUCTURED-LOCATION",
    "X-ALT-DESC;FMTTYPE=text/html",
    'X-Mixed;X-P=1;X-Q="a:b;c"',
    "ATTACH;MANAGED-ID=7",
    "COMMENT",
    "comment;LANGUAGE=de",
    "CATEGORIES",
    "NEW-PROPERTY",
    "DTSTAMP",
    "CLASS",
    "GEO",
    "RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET",
)
TEXTS = ("SUMMARY", "summary;LANGUAGE=de", "LOCATION", "Description", 'DESCRIPTION;ALTREP="x"')
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Ring", "TRIGGER:-PT5M", "END:VALARM")
FORMS = {
    "zoned": (";TZID=Europe/Berlin:20261201T093000", ";TZID=America/New_York:20261201T060000"),
    "utc": (":20261201T083000Z", ":20261201T110000Z"),
    "floating": (":20261201T093000", ":20261201T120000"),
    "date": (";VALUE=DATE:20261201", ";VALUE=DATE:20261203"),
}
RULES = ("RRULE:FREQ=DAILY;COUNT=9", "rrule:FREQ=WEEKLY;BYDAY=TU,TH", "RRULE:FREQ=MONTHLY")


@st.composite
def folded(draw: st.DrawFn, text: str) -> list[str]:
    """In places nobody else would fold, with blank lines or without."""
    places = sorted(draw(st.sets(st.integers(1, max(1, len(text) - 1)), max_size=3)))
    pieces = [text[i:j] for i, j in zip([0, *places], [*places, len(text)], strict=True)]
    blank = draw(st.sampled_from(" \t"))
    after = [""] if draw(st.integers(0, 9)) == 0 else []
    return ["\r\n".join([pieces[0], *(blank + piece for piece in pieces[1:])]), *after]


@st.composite
def properties(draw: st.DrawFn, names: tuple[str, ...], least: int = 0) -> list[str]:
    chosen = draw(st.lists(st.sampled_from(names), min_size=least, max_size=6))
    made = [f"{name}:{lines.escape(draw(WORDS))}" for name in chosen]
    return [line for text in made for line in draw(folded(text))]


@st.composite
def bodies(draw: st.DrawFn) -> str:
    form = draw(st.sampled_from(sorted(FORMS)))
    start, end = FORMS[form]
    length = "DURATION:P1D" if form == "date" else "Duration:PT90M"
    event = [
        "UID:one",
        f"DTSTART{start}",
        *draw(st.sampled_from(([f"DTEND{end}"], [f"dtend{end}"], [length], []))),
        *draw(st.one_of(st.just([]), st.sampled_from(RULES).map(lambda rule: [rule]))),
        *draw(properties(NAMES)),
        *draw(properties(TEXTS)),
    ]
    alarms = [*ALARM] * draw(st.integers(0, 2))
    around = draw(properties(("X-WR-CALNAME", "NAME", "REFRESH-INTERVAL;VALUE=DURATION")))
    whole = ["BEGIN:VCALENDAR", "VERSION:2.0", *around, "BEGIN:VEVENT"]
    whole += [*draw(st.permutations(event)), *alarms, "END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(whole)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    body = draw(bodies())
    rids = [one.recurrence_id for one in parse(body, NEXT_WEEKS, ZONES).occurrences]
    rid = draw(st.sampled_from(rids))
    wanted: dict[str, Any] = {
        "title": draw(WORDS),
        "location": draw(WORDS),
        "notes": f"{draw(WORDS)}\n{draw(WORDS)}",
        "interval": later(fields_of(body, rid).interval),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(wanted)), min_size=1))
    return edit(body, rid, **{name: wanted[name] for name in chosen})


BEGIN = datetime(2026, 12, 1, tzinfo=BERLIN)
NEXT_WEEKS = Window(BEGIN, BEGIN + timedelta(days=40))


@settings(max_examples=120, deadline=None)
@given(edits())
def test_an_edit_changes_its_own_properties_of_its_own_occurrence_and_nothing_else(
    done: Edit,
) -> None:
    check(done)


@settings(max_examples=40, deadline=None)
@given(edits())
def test_with_nothing_changed_the_body_is_what_it_was(done: Edit) -> None:
    assert patch(done.body, done.rid, done.before, done.before, BERLIN, ZONES, NOW) == done.body


@settings(max_examples=60, deadline=None)
@given(edits())
def test_an_occurrence_taken_out_and_put_back_leaves_the_others_where_they_are(
    done: Edit,
) -> None:
    if not done.rid:
        return
    out = exclude(done.result, done.rid, ZONES, NOW)
    assert the_others(out, done) == the_others(done.body, done)
    assert not parse_one(out, done)
    back = restore(out, done.rid, ZONES, NOW)
    assert the_others(back, done) == the_others(done.body, done)
    assert fields_of(back, done.rid) == done.before


def parse_one(body: str, done: Edit) -> bool:
    near = Window(BEGIN - timedelta(days=400), BEGIN + timedelta(days=400))
    return done.rid in {one.recurrence_id for one in parse(body, near, ZONES).occurrences}


# --- Real calendars --------------------------------------------------------------------

ODD = Path(__file__).parent / "odd"
FOLDER = os.environ.get("ICAL_CORPUS", "")
FILES = sorted(ODD.glob("*.ics")) + (sorted(Path(FOLDER).rglob("*.ics")) if FOLDER else [])
LONG_AGO = Window(BEGIN - timedelta(days=365 * 60), BEGIN + timedelta(days=365))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_edit_of_a_real_event_changes_that_alone(path: Path) -> None:
    for body in resources(path)[:20]:
        try:
            found = parse(body, LONG_AGO, ZONES).occurrences
        except UnreadableResource:
            continue
        if read(body).has_strangers:
            continue  # left to people (test_patch_series.py)
        for one in found[len(found) // 2 :][:1]:
            check(edit(body, one.recurrence_id, title="Neu; 😀"))
            everything = {"title": "T", "location": "Da", "notes": "a\nb"}
            interval = later(one.fields.interval)
            check(edit(body, one.recurrence_id, **everything, interval=interval))
