"""An edit changes our properties in place and keeps every other byte."""

from dataclasses import replace
from datetime import date
from difflib import ndiff

import pytest

from icloud_sync.core.ical.parse import all_day, parse
from icloud_sync.core.ical.patch import exclude, patch
from icloud_sync.core.ical.render import Written, render
from icloud_sync.core.values import EventFields, Interval
from tests.core.bodies import BERLIN, NOW, WINDOW, ZONES, body, fields, utc

STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
RICH = body(
    "DTSTART;TZID=Europe/Berlin:20261201T100000",
    "DTEND;TZID=America/New_York:20261201T050000",
    "SUMMARY;LANGUAGE=de:Lunch",
    "LOCATION:Canteen",
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Canteen":geo:52.5,13.4',
    "DESCRIPTION:Hat",
    "X-ALT-DESC;FMTTYPE=text/html:<p>Hat</p>",
    "ATTACH;MANAGED-ID=7:https://example.com/f",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    "DESCRIPTION:Ring",
    "TRIGGER:-PT5M",
    "END:VALARM",
)


def occurrence(text: str, rid: str = "") -> EventFields:
    found = {one.recurrence_id: one.fields for one in parse(text, WINDOW, ZONES).occurrences}
    return found[rid]


def edited(text: str, after: EventFields, rid: str = "", written: Written | None = None) -> str:
    before = occurrence(text, rid)
    return patch(text, rid, before, after, BERLIN, ZONES, NOW, written)


def difference(before: str, after: str) -> list[str]:
    """The lines taken out and put in, our stamps aside."""
    return sorted(
        line
        for line in ndiff(before.split("\r\n"), after.split("\r\n"))
        if line[0] in "+-" and not line[2:].startswith(STAMPS)
    )


def sorted_lines(*lines: str) -> list[str]:
    return sorted(lines)


def test_a_new_title_changes_that_line_alone() -> None:
    after = edited(RICH, replace(occurrence(RICH), title="Brunch; late"))
    assert difference(RICH, after) == sorted_lines(
        "- SUMMARY;LANGUAGE=de:Lunch",
        "+ SUMMARY;LANGUAGE=de:Brunch\\; late",
    )


def test_a_new_place_takes_along_what_restates_the_old_one() -> None:
    after = edited(RICH, replace(occurrence(RICH), location="Park"))
    assert difference(RICH, after) == sorted_lines(
        "- LOCATION:Canteen",
        '- X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Canteen":geo:52.5,13.4',
        "+ LOCATION:Park",
    )


def test_new_notes_take_along_the_html_that_restates_the_old_ones() -> None:
    after = edited(RICH, replace(occurrence(RICH), notes=""))
    assert difference(RICH, after) == sorted_lines(
        "- DESCRIPTION:Hat",
        "- X-ALT-DESC;FMTTYPE=text/html:<p>Hat</p>",
    )


def test_a_new_time_is_written_in_the_zones_that_the_event_has() -> None:
    moved = Interval(utc(12, 2, 12), utc(12, 2, 14))
    after = edited(RICH, replace(occurrence(RICH), interval=moved))
    assert difference(RICH, after) == sorted_lines(
        "- DTSTART;TZID=Europe/Berlin:20261201T100000",
        "- DTEND;TZID=America/New_York:20261201T050000",
        "+ DTSTART;TZID=Europe/Berlin:20261202T130000",
        "+ DTEND;TZID=America/New_York:20261202T090000",
    )


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20261201T090000Z", "DTSTART:20261202T120000Z"),
        ("DTSTART:20261201T100000", "DTSTART:20261202T130000"),
    ],
)
def test_utc_stays_utc_and_floating_stays_floating(start: str, expected: str) -> None:
    text = body(start, "DURATION:PT1H")
    moved = Interval(utc(12, 2, 12), utc(12, 2, 14))
    after = edited(text, replace(occurrence(text), interval=moved))
    assert expected in after.split("\r\n")
    assert "DURATION" not in after
    assert occurrence(after).interval == moved


def test_an_appointments_all_day_event_stays_dates_while_it_is_midnight_to_midnight() -> None:
    text = body("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202")
    days = all_day(date(2026, 12, 5), date(2026, 12, 7), BERLIN)
    bare = Interval(days.starts_at, days.ends_at)
    before, moved = occurrence(text), replace(occurrence(text), interval=bare)
    after = patch(text, "", before, moved, BERLIN, ZONES, NOW, keeps_dates=True)
    assert "DTSTART;VALUE=DATE:20261205\r\n" in after
    assert "DTEND;VALUE=DATE:20261207\r\n" in after
    assert "DTSTART;TZID=Europe/Berlin:20261205T000000\r\n" in edited(text, moved)


def test_an_all_day_event_given_a_time_gets_the_calendars_zone_and_its_definition() -> None:
    text = body("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202")
    moved = Interval(utc(12, 2, 12), utc(12, 2, 14))
    after = edited(text, replace(occurrence(text), interval=moved))
    assert "DTSTART;TZID=Europe/Berlin:20261202T130000\r\n" in after
    assert after.count("BEGIN:VTIMEZONE") == 1
    assert occurrence(after).interval == moved


def test_what_only_we_write_is_rewritten_on_request() -> None:
    after = edited(RICH, occurrence(RICH), written=Written("CONFIRMED", "https://x/1", "Anna"))
    assert difference(RICH, after) == sorted_lines(
        "- DESCRIPTION:Hat",
        "+ DESCRIPTION:Hat\\n\\n— Referins —\\nAnna",
        "+ STATUS:CONFIRMED",
        "+ URL:https://x/1",
    )
    assert occurrence(after) == occurrence(RICH)


def test_every_write_is_a_newer_version() -> None:
    after = edited(RICH, replace(occurrence(RICH), title="Brunch"))
    assert "SEQUENCE:1\r\n" in after
    assert after.count("DTSTAMP:20261122T120000Z\r\n") == 1


SERIES = body(
    "DTSTART;TZID=Europe/Berlin:20261201T090000",
    "DTEND;TZID=Europe/Berlin:20261201T100000",
    "RRULE:FREQ=DAILY;COUNT=3",
    "SUMMARY:Standup",
)
SECOND = "20261202T080000Z"


def titles(text: str) -> list[tuple[str, str]]:
    found = parse(text, WINDOW, ZONES).occurrences
    return [(one.recurrence_id, one.fields.title) for one in found]


def test_editing_one_occurrence_adds_an_override_and_leaves_the_master() -> None:
    after = edited(SERIES, replace(occurrence(SERIES, SECOND), title="Long"), SECOND)
    master = SERIES[: SERIES.index("END:VEVENT")]
    assert after.startswith(master)
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261202T090000\r\n" in after
    assert titles(after) == [
        ("20261201T080000Z", "Standup"),
        (SECOND, "Long"),
        ("20261203T080000Z", "Standup"),
    ]
    again = edited(after, replace(occurrence(after, SECOND), title="Longer"), SECOND)
    assert again.count("BEGIN:VEVENT") == 2
    assert dict(titles(again))[SECOND] == "Longer"


def test_taking_out_one_occurrence_adds_an_exdate_and_removes_its_override() -> None:
    overridden = edited(SERIES, replace(occurrence(SERIES, SECOND), title="Long"), SECOND)
    for text in (SERIES, overridden):
        after = exclude(text, SECOND, ZONES, NOW)
        assert "EXDATE;TZID=Europe/Berlin:20261202T090000\r\n" in after
        assert after.count("BEGIN:VEVENT") == 1
        assert [rid for rid, _ in titles(after)] == ["20261201T080000Z", "20261203T080000Z"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("month", [1, 7])
def test_a_new_event_reads_back_as_what_it_was_made_from(zone: str, month: int) -> None:
    from zoneinfo import ZoneInfo

    made = EventFields(
        "Haircut, “short” 💇", Interval(utc(month, 1, 9), utc(month, 1, 10)), "A;B", "x\ny\\z"
    )
    written = Written("CONFIRMED", "https://x/1", "Anna, +49 30 1")
    text = render("uid-1", made, written, ZoneInfo(zone), NOW)
    assert occurrence(text) == made
    assert text.count("BEGIN:VTIMEZONE") == (0 if zone == "UTC" else 1)
    for forbidden in ("ATTENDEE", "ORGANIZER", "METHOD"):
        assert forbidden not in text
    assert render("uid-1", fields(), written, ZoneInfo(zone), NOW).endswith("END:VCALENDAR\r\n")
