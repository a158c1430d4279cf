"""An edit changes our properties in place and keeps every other byte."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from difflib import ndiff
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical.intervals import all_day
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.ical.patch import patch
from icloud_sync.core.ical.render import Written, render
from icloud_sync.core.ical.zones import vtimezone
from icloud_sync.core.values import EventFields, Interval, Zones
from tests.core.bodies import BERLIN, NOW, ZONES, body, fields, utc, without_zones
from tests.core.edits import edit, fields_of

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


def occurrence(text: str) -> EventFields:
    return fields_of(text, "")


def edited(text: str, after: EventFields, written: Written | None = None) -> str:
    return patch(text, "", occurrence(text), after, BERLIN, ZONES, NOW, written)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def difference(before: str, after: str) -> list[str]:
    """The lines taken out and put in, our stamps and definitions of zones aside."""
    texts = (without_zones(text).split("\r\n") for text in (before, after))
    return sorted(
        line for line in ndiff(*texts) if line[0] in "+-" and not line[2:].startswith(STAMPS)
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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SUMMARY;LANGUAGE=de:Lunch", "SUMMARY;LANGUAGE=de:Brunch"),
        ('SUMMARY;ALTREP="cid:1":Lunch', "SUMMARY:Brunch"),
        ('summary;altrep="a:b;c";X-Q="x;y":Lunch', 'summary;X-Q="x;y":Brunch'),
        ("SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Lunch", "SUMMARY:Brunch"),
        ('SUMMARY;X="open:Lunch', "SUMMARY:Brunch"),
        ("SUMMARY:Lunch\nSUMMARY:Mittag", "SUMMARY:Brunch"),
        ("COMMENT:no title", "COMMENT:no title\r\nSUMMARY:Brunch"),
    ],
)
def test_a_new_text_keeps_the_parameters_that_are_not_about_the_old_one(
    line: str, expected: str
) -> None:
    text = body("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", line)
    done = edit(text, "", title="Brunch")
    assert expected in done.result
    assert fields_of(done.result, "").title == "Brunch"
    assert done.result.upper().count("SUMMARY") == 1


def test_a_title_longer_than_we_hold_stays_whole_when_another_field_changes() -> None:
    text = body("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", f"SUMMARY:{'x' * 1500}")
    before = fields_of(text, "")
    ours = replace(before, title=before.title[:1000], location="Park")
    after = patch(text, "", before, ours, BERLIN, ZONES, NOW)
    assert fields_of(after, "") == replace(before, location="Park")


def test_what_only_we_write_leaves_alone_what_says_it_already() -> None:
    folded = "DESCRIPTION:H\n at\\n\\n— Referins —\\nAn\n na"
    text = body("DTSTART:20261201T090000Z", "DURATION:PT1H", folded, "STATUS;X-A=1:CONFIRMED")
    written = Written("CONFIRMED", "https://x/1", "Anna")
    assert difference(text, edited(text, occurrence(text), written=written)) == [
        "+ URL:https://x/1",
    ]
    once = edited(text, occurrence(text), written=written)
    assert edited(once, occurrence(once), written=written) == once


def test_a_time_that_stays_is_not_written_anew() -> None:
    """A start in the hour that is missing, and parameters nobody knows."""
    text = body(
        "DTSTART;X-VOBJ=1;TZID=Europe/Berlin:20270328T023000",
        "DTEND;TZID=Europe/Berlin;X-A=b:20270328T043000",
    )
    done = edit(text, "", interval=Interval(at("2027-03-28T01:30"), at("2027-03-28T04:00")))
    assert difference(text, done.result) == [
        "+ DTEND;TZID=Europe/Berlin;X-A=b:20270328T060000",
        "- DTEND;TZID=Europe/Berlin;X-A=b:20270328T043000",
    ]


@pytest.mark.parametrize(
    ("times", "moved"),
    [
        (["DURATION:PT1H"], ["DTEND:20261201T130000Z"]),
        (["DURATION:PT1H", "DTEND:20261201T100000Z"], ["DTEND:20261201T130000Z"]),
        (["duration:PT1H", "COMMENT:x"], ["DTEND:20261201T130000Z", "COMMENT:x"]),
        ([], ["DTEND:20261201T130000Z"]),
    ],
)
def test_an_event_that_moves_says_when_it_ends(times: list[str], moved: list[str]) -> None:
    text = body("DTSTART:20261201T090000Z", *times)
    done = edit(text, "", interval=Interval(utc(12, 1, 12), utc(12, 1, 13)))
    start = done.result.index("DTSTART")
    assert done.result[start:].split("\r\n")[: 1 + len(moved)] == [
        "DTSTART:20261201T120000Z",
        *moved,
    ]
    assert "DURATION" not in done.result.upper()


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DTSTART:20261201T090000Z", "DTEND:20261201T090000Z"),
        ("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202"),
    ],
)
def test_what_says_no_end_says_it_once_we_write_it_for_icloud_takes_it_no_other_way(
    start: str, end: str
) -> None:
    text = body(start, "SUMMARY:Lunch")
    done = edit(text, "", title="Brunch")
    assert difference(text, done.result) == sorted_lines(
        "- SUMMARY:Lunch", "+ SUMMARY:Brunch", f"+ {end}"
    )
    assert fields_of(done.result, "") == replace(fields_of(text, ""), title="Brunch")


def test_each_zone_that_a_body_names_and_does_not_define_gets_its_definition() -> None:
    """Of the name it has there; what names a zone of nobody's stays as it is."""
    text = body(
        "DTSTART;TZID=W. Europe Standard Time:20261201T090000",
        "DTEND;TZID=/example.com/Europe/Vilnius:20261201T110000",
        "X-OURS;TZID=Atlantis:20261201T000000",
        "X-TIME;TZID=UTC:20261201T000000",
    )
    done = edit(text, "", title="Brunch")
    assert fields_of(done.result, "").title == "Brunch"
    assert without_zones(done.result).count("TZID") == 4
    begin, end = done.result.index("BEGIN:VTIMEZONE"), done.result.index("BEGIN:VEVENT")
    assert done.result[begin:end] == "".join(
        (
            vtimezone("Europe/Berlin", "W. Europe Standard Time"),
            vtimezone("Europe/Vilnius", "/example.com/Europe/Vilnius"),
            vtimezone("UTC"),
        )
    )


@pytest.mark.parametrize("day", ["20260905", "20260906"])
def test_an_all_day_event_stays_one_where_the_day_begins_at_one_o_clock(day: str) -> None:
    """In Santiago the clocks go forward at midnight."""
    santiago = ZoneInfo("America/Santiago")
    zones = Zones(santiago, santiago)
    times = ("DTSTART;VALUE=DATE:20260905", "DTEND;VALUE=DATE:20260906")
    text = body(*times, "RRULE:FREQ=DAILY;COUNT=4", "SUMMARY:Fair")
    found = find_occurrence(text, day, zones)
    assert found
    before = found.fields.timed()
    after = replace(before, title="Market")
    done = patch(text, day, before, after, santiago, zones, NOW, None, keeps_dates=True)
    assert f"DTSTART;VALUE=DATE:{day}\r\nDTEND;VALUE=DATE:{int(day) + 1}\r\n" in done


def test_an_end_whose_zone_was_forgotten_says_it_once_the_start_says_utc() -> None:
    """The second half past two of that night: only UTC can say it."""
    text = body("DTSTART;TZID=Europe/Berlin:20261024T100000", "DTEND:20261024T110000")
    moved = Interval(at("2026-10-25T01:30"), at("2026-10-25T03:00"))
    done = edit(text, "", interval=moved)
    assert fields_of(done.result, "").interval == moved


def test_a_definition_is_brought_along_only_where_the_body_does_not_have_it() -> None:
    defined = body("DTSTART;VALUE=DATE:20261201").replace(
        "BEGIN:VEVENT", f"{vtimezone('Europe/Berlin')}BEGIN:VEVENT"
    )
    unknown = body("DTSTART;VALUE=DATE:20261201")
    moved = Interval(utc(12, 2, 12), utc(12, 2, 14))
    found = [edit(text, "", interval=moved).result for text in (defined, unknown)]
    assert [text.count(vtimezone("Europe/Berlin")) for text in found] == [1, 1]
    assert [text.count("BEGIN:VTIMEZONE") for text in found] == [1, 1]


def test_what_goes_into_a_zone_of_utc_has_no_tzid_and_needs_no_definition() -> None:
    text = body("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261202")
    before = fields_of(text, "")
    moved = replace(before, interval=Interval(utc(12, 2, 12), utc(12, 2, 14)))
    after = patch(text, "", before, moved, ZoneInfo("Etc/UTC"), ZONES, NOW)
    assert "DTSTART:20261202T120000Z\r\n" in after
    assert "VTIMEZONE" not in after


def test_an_event_of_an_unfinished_zone_hour_is_rendered_with_its_definition() -> None:
    """It begins in the second of two equal hours, and ends after them."""
    starts = at("2027-10-31T01:30")
    made = EventFields("Night", Interval(starts, starts + timedelta(hours=2)))
    text = render("uid-1", made, Written("CONFIRMED", "https://x/1", ""), BERLIN, NOW)
    assert "DTSTART:20271031T013000Z\r\nDTEND;TZID=Europe/Berlin:20271031T043000" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert occurrence(text) == made


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("month", [1, 7])
def test_a_new_event_reads_back_as_what_it_was_made_from(zone: str, month: int) -> None:
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


@pytest.mark.parametrize("line", ["SUMMARY_X:keep me", "SUMMARY.X:keep me", "SUMMARY=keep me"])
def test_a_line_whose_name_only_begins_like_ours_stays(line: str) -> None:
    text = body("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", line, "SUMMARY:Lunch")
    assert line in edit(text, "", title="Brunch").result


def test_notes_of_a_copy_that_somebody_made_of_our_event_keep_what_stands_under_the_line() -> None:
    text = body(
        "DTSTART:20261201T090000Z",
        "DTEND:20261201T100000Z",
        "DESCRIPTION:hm\\n\\n— Referins —\\nBob\\, 0123",
    )
    assert "DESCRIPTION:ring\\n\\n— Referins —\\nBob\\, 0123" in edit(text, "", notes="ring").result


def test_a_sequence_of_thousands_of_digits_begins_anew() -> None:
    text = body("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", f"SEQUENCE:{'9' * 5000}")
    assert "SEQUENCE:1\r\n" in edit(text, "", title="Brunch").result


def test_both_ends_of_a_floating_event_have_one_form_where_only_utc_can_say_one_of_them() -> None:
    text = body("DTSTART:20261201T090000", "DTEND:20261201T100000")
    # The second 02:30 in Berlin, to 03:30.
    after = Interval(utc(10, 25, 1, 30), utc(10, 25, 2, 30))
    result = edit(text, "", interval=after).result
    assert "DTSTART:20261025T013000Z\r\nDTEND:20261025T023000Z" in result
