"""One occurrence edited, taken out and put back: one override or one EXDATE, in the form the
series is written in, and the series itself as it was."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence, parse
from icloud_sync.core.ical.patch import exclude, is_alone, patch, put_back, restore
from icloud_sync.core.ical.render import Written
from icloud_sync.core.values import EventFields, Interval, Window
from tests.core.bodies import BERLIN, NOW, ZONES, body, override, utc, without_zones
from tests.core.edits import Edit, as_sent, check, check_reading, edit, fields_of, later, the_others

# 9 to 10 in Berlin on 1 to 4 December 2026.
DAILY = (
    "DTSTART;TZID=Europe/Berlin:20261201T090000",
    "DTEND;TZID=Europe/Berlin:20261201T100000",
    "RRULE:FREQ=DAILY;COUNT=4",
    "SUMMARY:Standup",
)
SERIES = body(*DAILY)
SECOND, THIRD = "20261202T080000Z", "20261203T080000Z"


def added(before: str, after: str) -> list[str]:
    """The lines that came, where none went: they stand together, right after the last event."""
    before = as_sent(before)
    place = before.rindex("END:VEVENT\r\n") + len("END:VEVENT\r\n")
    assert after.startswith(before[:place])
    assert after.endswith(before[place:])
    return after[place : len(after) - len(before) + place].splitlines()


def line_of(text: str, name: str) -> str:
    [found] = [line for line in without_zones(text).splitlines() if line.startswith(name)]
    return found


# --- One override -----------------------------------------------------------------------


def test_a_moved_occurrence_is_a_full_copy_of_its_series_after_the_last_event() -> None:
    rest = ("X-APPLE-TRAVEL-DURATION:PT30M", "ATTACH;MANAGED-ID=7:https://example.com/f")
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "END:VALARM")
    dates = ("EXDATE:20261204T080000Z", "RDATE:20261210T080000Z", "EXRULE:FREQ=YEARLY;BYMONTH=7")
    series = body(*DAILY, *dates, *rest, *alarm)
    moved = Interval(utc(12, 2, 12), utc(12, 2, 14))
    done = edit(series, SECOND, interval=moved)
    check(done)
    assert added(series, done.result) == [
        "BEGIN:VEVENT",
        "UID:one",
        "DTSTAMP:20261122T120000Z",
        "DTSTART;TZID=Europe/Berlin:20261202T130000",
        "DTEND;TZID=Europe/Berlin:20261202T150000",
        "SUMMARY:Standup",
        *rest,
        "LAST-MODIFIED:20261122T120000Z",
        "SEQUENCE:1",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261202T090000",
        *alarm,
        "END:VEVENT",
    ]


@pytest.mark.parametrize(
    ("start", "rid", "named"),
    [
        (";TZID=Europe/Berlin:20261201T090000", SECOND, ";TZID=Europe/Berlin:20261202T090000"),
        (';TZID="Europe/Berlin":20261201T090000', SECOND, ";TZID=Europe/Berlin:20261202T090000"),
        (
            ";TZID=/example.com/Europe/Berlin:20261201T090000",
            SECOND,
            ";TZID=/example.com/Europe/Berlin:20261202T090000",
        ),
        (
            ";TZID=W. Europe Standard Time:20261201T090000",
            SECOND,
            ";TZID=W. Europe Standard Time:20261202T090000",
        ),
        (":20261201T080000Z", SECOND, ":20261202T080000Z"),
        (":20261201T090000", "20261202T090000", ":20261202T090000"),
        (";VALUE=DATE:20261201", "20261202", ";VALUE=DATE:20261202"),
        (":20261201", "20261202", ";VALUE=DATE:20261202"),
    ],
)
def test_an_occurrence_is_named_in_the_form_of_the_series_start(
    start: str, rid: str, named: str
) -> None:
    series = body(f"DTSTART{start}", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Standup")
    done = edit(series, rid, title="Long")
    check(done)
    assert line_of(done.result, "RECURRENCE-ID") == f"RECURRENCE-ID{named}"
    out = exclude(series, rid, ZONES, NOW)
    assert line_of(out, "EXDATE") == f"EXDATE{named}"
    assert the_others(out, done) == the_others(series, done)


@pytest.mark.parametrize(
    "named",
    [
        ";TZID=Europe/Berlin:20261202T090000",
        ":20261202T080000Z",
        ";TZID=Asia/Tokyo:20261202T170000",
        ":20261202T090000",
        ";VALUE=DATE:20261202",
    ],
)
def test_an_override_that_is_there_is_edited_in_whatever_form_it_names_its_occurrence(
    named: str,
) -> None:
    times = ("DTSTART:20261202T120000Z", "DTEND:20261202T130000Z")
    series = body(*DAILY, more=override(f"RECURRENCE-ID{named}", *times, "SUMMARY:Late"))
    done = edit(series, SECOND, title="Later", interval=Interval(utc(12, 2, 13), utc(12, 2, 15)))
    check(done)
    assert done.result.count("BEGIN:VEVENT") == 2
    assert f"RECURRENCE-ID{named}\r\n" in done.result
    assert "DTSTART:20261202T130000Z\r\nDTEND:20261202T150000Z\r\nSUMMARY:Later" in done.result
    out = exclude(series, SECOND, ZONES, NOW)
    assert out.count("BEGIN:VEVENT") == 1
    assert line_of(out, "EXDATE") == "EXDATE;TZID=Europe/Berlin:20261202T090000"


THIRD_IS_LATE = ("RECURRENCE-ID:20261203T080000Z", "DTSTART:20261203T150000Z", "DURATION:PT1H")
FROM_THIRD = (
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261203T080000Z",
    "DTSTART:20261203T120000Z",
    "DURATION:PT1H",
)
# From the second on an hour later, and called otherwise.
CHANGED_FROM_SECOND = body(
    *DAILY,
    more=override(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261202T090000",
        "DTSTART;TZID=Europe/Berlin:20261202T100000",
        "DTEND;TZID=Europe/Berlin:20261202T110000",
        "SUMMARY:Later",
    ),
)


def test_an_occurrence_of_a_series_changed_from_there_on_gets_its_own_copy_of_the_change() -> None:
    done = edit(CHANGED_FROM_SECOND, THIRD, location="Room 2")
    check(done)
    new = added(CHANGED_FROM_SECOND, done.result)
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261203T090000" in new
    assert "DTSTART;TZID=Europe/Berlin:20261203T100000" in new
    assert {"SUMMARY:Later", "LOCATION:Room 2"} <= set(new)


def ranges(text: str) -> list[str]:
    """The beginnings of all that reaches on."""
    found = lines.split(text)
    events = (found[begin:end] for begin, end in lines.events(found))
    return [
        f"{line.value} at {lines.find(event, 'DTSTART').text.partition(':')[2]}"
        for event in events
        if (line := lines.find(event, "RECURRENCE-ID")) and "RANGE" in line.params
    ]


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (CHANGED_FROM_SECOND, ["20261203T090000 at 20261203T100000"]),
        (CHANGED_FROM_SECOND.replace(";COUNT=4", ""), ["20261203T090000 at 20261203T100000"]),
        # What comes next has its own say; or a range of its own begins there.
        (
            CHANGED_FROM_SECOND.replace("END:VCAL", override(*THIRD_IS_LATE) + "\r\nEND:VCAL"),
            ["20261204T090000 at 20261204T100000"],
        ),
    ],
)
def test_where_a_series_changes_from_there_on_its_first_is_edited_or_taken_out_alone(
    text: str, begins: list[str]
) -> None:
    """The change begins with the next that it is about: of two events that name the same
    occurrence nobody could say which one counts."""
    before = fields_of(text, SECOND)
    after = replace(before, title="Only today")
    done = Edit(text, SECOND, before, after, set(), edited(text, SECOND, after))
    check_reading(done)
    assert ranges(done.result) == begins
    assert line_count(done.result, "RECURRENCE-ID;TZID=Europe/Berlin:20261202T090000") == 1
    assert edited(done.result, SECOND, after) == done.result
    out = exclude(text, SECOND, ZONES, NOW)
    assert (ranges(out), the_others(out, done)) == (begins, the_others(text, done))
    assert find_occurrence(out, SECOND, ZONES) is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (CHANGED_FROM_SECOND.replace("=4", "=2"), 0),
        (CHANGED_FROM_SECOND.replace("END:VCAL", override(*FROM_THIRD) + "\r\nEND:VCAL"), 1),
    ],
)
def test_a_change_from_there_on_that_is_about_no_other_is_edited_in_place_and_goes_as_a_whole(
    text: str, left: int
) -> None:
    before = fields_of(text, SECOND)
    after = replace(before, title="Only today")
    done = Edit(text, SECOND, before, after, set(), edited(text, SECOND, after))
    check_reading(done)
    assert ranges(done.result) == ranges(text)
    assert done.result.count("BEGIN:VEVENT") == text.count("BEGIN:VEVENT")
    assert len(ranges(exclude(text, SECOND, ZONES, NOW))) == left


def edited(text: str, rid: str, after: EventFields) -> str:
    return patch(text, rid, fields_of(text, rid), after, BERLIN, ZONES, NOW)


def line_count(text: str, line: str) -> int:
    return text.splitlines().count(line)


def test_a_change_from_there_on_that_lasts_over_a_change_of_clocks_keeps_its_length() -> None:
    """Five hours from 23:00: in the night of 28 March they end at 05:00."""
    text = body(
        "DTSTART;TZID=Europe/Berlin:20270326T200000",
        "DTEND;TZID=Europe/Berlin:20270326T210000",
        "RRULE:FREQ=DAILY;COUNT=4",
        more=override(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20270326T200000",
            "DTSTART;TZID=Europe/Berlin:20270326T230000",
            "DTEND;TZID=Europe/Berlin:20270327T040000",
            "SUMMARY:Night",
        ),
    )
    first = "20270326T190000Z"
    done = Edit(
        text,
        first,
        fields_of(text, first),
        replace(fields_of(text, first), title="X"),
        set(),
        edited(text, first, replace(fields_of(text, first), title="X")),
    )
    check_reading(done)
    assert ranges(done.result) == ["20270327T200000 at 20270327T230000"]
    assert "DTEND;TZID=Europe/Berlin:20270328T050000\r\n" in done.result


@pytest.mark.parametrize(
    ("dates", "rid", "named"),
    [
        ("RDATE:20261210T170000Z", "20261210T170000Z", ";TZID=Europe/Berlin:20261210T180000"),
        (
            "RDATE;VALUE=PERIOD:20261210T170000Z/PT3H",
            "20261210T170000Z",
            ";TZID=Europe/Berlin:20261210T180000",
        ),
        # The second 02:30 of that night: on the wall it has the name of the first.
        ("RDATE:20271031T013000Z", "20271031T013000Z", ":20271031T013000Z"),
    ],
)
def test_an_occurrence_that_is_only_listed_is_edited_and_taken_out_like_any_other(
    dates: str, rid: str, named: str
) -> None:
    series = body(*DAILY, dates)
    done = edit(series, rid, title="Extra")
    check(done)
    assert line_of(done.result, "RECURRENCE-ID") == f"RECURRENCE-ID{named}"
    out = exclude(series, rid, ZONES, NOW)
    assert (line_of(out, "EXDATE"), line_of(out, "RDATE")) == (f"EXDATE{named}", dates)
    assert the_others(out, done) == the_others(series, done)
    assert the_others(restore(out, rid, ZONES, NOW), done) == the_others(series, done)


def test_an_occurrence_of_the_second_of_two_series_in_one_resource_copies_the_second() -> None:
    second = (
        "DTSTART:20261201T150000Z",
        "DTEND:20261201T160000Z",
        "RRULE:FREQ=DAILY;COUNT=3",
        "SUMMARY:Tea",
    )
    series = body(*DAILY, more=override(*second))
    done = edit(series, "20261202T150000Z", location="Kitchen")
    check(done)
    new = added(series, done.result)
    assert {"RECURRENCE-ID:20261202T150000Z", "SUMMARY:Tea", "LOCATION:Kitchen"} <= set(new)
    out = exclude(series, "20261202T150000Z", ZONES, NOW)
    assert the_others(out, done) == the_others(series, done)
    assert out.index("EXDATE") > out.index("SUMMARY:Tea")


# At 02:30 each night: on 28 March there is none, on 31 October there are two.
NIGHTLY = body(
    "DTSTART;TZID=Europe/Berlin:20270326T023000",
    "DTEND;TZID=Europe/Berlin:20270326T033000",
    "RRULE:FREQ=DAILY",
    "SUMMARY:Backup",
)


@pytest.mark.parametrize(
    ("rid", "day", "start"),
    [
        ("20270328T013000Z", "20270328", "T033000"),
        ("20271031T003000Z", "20271031", "T023000"),
        ("20270327T013000Z", "20270327", "T023000"),
    ],
)
def test_in_the_hour_that_is_missing_or_comes_twice_the_occurrence_keeps_its_wall_time_as_name(
    rid: str, day: str, start: str
) -> None:
    done = edit(NIGHTLY, rid, title="Long backup")
    check(done)
    new = added(NIGHTLY, done.result)
    assert f"RECURRENCE-ID;TZID=Europe/Berlin:{day}T023000" in new
    assert f"DTSTART;TZID=Europe/Berlin:{day}{start}" in new
    out = exclude(NIGHTLY, rid, ZONES, NOW)
    assert line_of(out, "EXDATE") == f"EXDATE;TZID=Europe/Berlin:{day}T023000"
    assert the_others(out, done) == the_others(NIGHTLY, done)


def test_an_occurrence_moved_to_the_second_of_two_equal_wall_times_says_so_in_utc() -> None:
    second = datetime.fromisoformat("2027-10-31T01:30:00+00:00")
    done = edit(NIGHTLY, "20271031T003000Z", interval=Interval(second, second + timedelta(hours=1)))
    check(done)
    new = added(NIGHTLY, done.result)
    assert "DTSTART:20271031T013000Z" in new
    assert "DTEND;TZID=Europe/Berlin:20271031T033000" in new


def test_one_day_of_an_all_day_series_given_a_time_brings_the_definition_of_its_zone() -> None:
    series = body("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Away")
    before = fields_of(series, "20261202")
    timed = replace(before, interval=Interval(utc(12, 2, 9), utc(12, 2, 17)))
    after = patch(series, "20261202", before, timed, BERLIN, ZONES, NOW)
    assert "RECURRENCE-ID;VALUE=DATE:20261202\r\n" in after
    assert "DTSTART;TZID=Europe/Berlin:20261202T100000\r\n" in after
    assert after.index("BEGIN:VTIMEZONE") < after.index("BEGIN:VEVENT")
    assert after.count("BEGIN:VTIMEZONE") == 1
    assert fields_of(after, "20261202") == timed
    back = patch(after, "20261202", timed, before, BERLIN, ZONES, NOW)
    assert fields_of(back, "20261202") == before


def test_an_occurrence_that_the_resource_does_not_hold_is_no_edit() -> None:
    before = fields_of(SERIES, SECOND)
    with pytest.raises(UnreadableResource, match="not in it"):
        patch(SERIES, "20261224T080000Z", before, replace(before, title="X"), BERLIN, ZONES, NOW)


# --- Taken out --------------------------------------------------------------------------


def test_taking_one_out_adds_one_line_to_the_series_and_changes_its_stamps_alone() -> None:
    series = body(*DAILY, "EXDATE;TZID=Europe/Berlin:20261201T090000", "X-ONE:1\n  2", "SEQUENCE:4")
    out = exclude(series, SECOND, ZONES, NOW)
    was, now = series.splitlines(), without_zones(out).splitlines()
    assert sorted(set(now) - set(was)) == [
        "DTSTAMP:20261122T120000Z",
        "EXDATE;TZID=Europe/Berlin:20261202T090000",
        "LAST-MODIFIED:20261122T120000Z",
        "SEQUENCE:5",
    ]
    assert sorted(set(was) - set(now)) == ["DTSTAMP:20260101T000000Z", "SEQUENCE:4"]


def test_an_override_that_no_series_makes_goes_without_a_trace() -> None:
    series = body(
        *DAILY, more=override("RECURRENCE-ID:20261224T080000Z", "DTSTART:20261224T080000Z")
    )
    assert exclude(series, "20261224T080000Z", ZONES, NOW) == as_sent(SERIES)


TWO_EVENTS = body(
    "DTSTART:20261202T080000Z",
    "DTEND:20261202T090000Z",
    "SUMMARY:One",
    more=override("DTSTART:20261204T080000Z", "DTEND:20261204T090000Z", "SUMMARY:Other"),
)


def test_events_that_share_a_uid_and_are_no_series_are_left_to_people() -> None:
    """An override or an EXDATE would mean nothing, and a start changes what its event is
    known by."""
    with pytest.raises(UnreadableResource, match="share one UID"):
        edit(TWO_EVENTS, SECOND, title="First")
    with pytest.raises(UnreadableResource, match="share one UID"):
        exclude(TWO_EVENTS, SECOND, ZONES, NOW)


AN_HOUR = "DURATION:PT1H"
ONLY_SECOND = ("RECURRENCE-ID:20261202T080000Z", "DTSTART:20261202T080000Z", AN_HOUR)
ONLY_THIRD = ("RECURRENCE-ID:20261203T080000Z", "DTSTART:20261203T080000Z", AN_HOUR)
INVITED = body(*ONLY_THIRD, more=override(*ONLY_SECOND))


@pytest.mark.parametrize(
    ("text", "is_last"),
    [
        (SERIES, False),
        (SERIES.replace("COUNT=4", "COUNT=1"), False),  # its only one is another
        (SERIES.replace(";COUNT=4", ""), False),
        (SERIES.replace(";COUNT=4", ";UNTIL=99991231T000000Z"), False),  # too many to count
        (body(*DAILY, "EXDATE:20261201T080000Z,20261203T080000Z,20261204T080000Z"), True),
        (body(*DAILY, "EXDATE:20261201T080000Z,20261203T080000Z"), False),
        (body(*ONLY_SECOND), True),
        (INVITED, False),
    ],
)
def test_the_resource_goes_with_the_last_that_it_holds(text: str, is_last: bool) -> None:
    assert is_alone(text, SECOND, ZONES) is is_last


def test_of_an_invitation_to_single_occurrences_that_one_event_goes() -> None:
    assert exclude(INVITED, SECOND, ZONES, NOW) == as_sent(body(*ONLY_THIRD))


def test_the_series_itself_says_when_it_ends_once_an_override_is_sent_with_it() -> None:
    """iCloud takes no event without an end, whichever of the resource it is."""
    text = body("SEQUENCE:0", "DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY;COUNT=3", "X-LAST:1")
    done = edit(text, "20261202", title="Away")
    check(done)
    assert done.result.startswith(
        text.replace("X-LAST:1", "X-LAST:1\r\nDTEND;VALUE=DATE:20261202")[
            : -len("END:VCALENDAR\r\n")
        ]
    )


# --- Put back ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exdates", "left"),
    [
        (["EXDATE;TZID=Europe/Berlin:20261202T090000"], []),
        (["EXDATE:20261202T080000Z"], []),
        (["EXDATE;TZID=Asia/Tokyo:20261202T170000"], []),
        (["EXDATE:20261202T090000"], []),
        (["EXDATE;VALUE=DATE:20261202"], []),
        (["exdate;x-a=1:20261203T080000Z,20261202T080000Z"], ["exdate;x-a=1:20261203T080000Z"]),
        (
            ["EXDATE:20261203T080000Z", "EXDATE:20261202T080000Z", "EXDATE:20261202T080000Z"],
            ["EXDATE:20261203T080000Z"],
        ),
    ],
)
def test_putting_back_takes_out_that_value_alone(exdates: list[str], left: list[str]) -> None:
    out = body(*DAILY, *exdates)
    back = restore(out, SECOND, ZONES, NOW)
    assert [line for line in back.splitlines() if line.upper().startswith("EXDATE")] == left
    assert fields_of(back, SECOND) == fields_of(SERIES, SECOND)
    assert "RDATE" not in back


def test_a_day_taken_out_as_a_whole_gives_back_the_one_that_is_asked_for() -> None:
    series = body("DTSTART:20261201T080000Z", "RRULE:FREQ=HOURLY;COUNT=72", "SUMMARY:Bell")
    out = series.replace("SUMMARY", "EXDATE;VALUE=DATE:20261202\r\nSUMMARY")
    done = edit(series, SECOND, title="Bell")
    back = restore(out, SECOND, ZONES, NOW)
    assert the_others(back, done) == the_others(out, done)
    assert fields_of(back, SECOND) == fields_of(series, SECOND)


FIELDS = replace(
    fields_of(SERIES, SECOND), title="Ours", interval=Interval(utc(12, 2, 12), utc(12, 2, 13))
)
WRITTEN = Written("CONFIRMED", "https://x/1", "Anna")


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        (body(*DAILY, "EXDATE:20261202T080000Z"), []),
        (SERIES.replace("COUNT=4", "COUNT=1"), ["RDATE;TZID=Europe/Berlin:20261202T090000"]),
        (SERIES.replace("DAILY", "MONTHLY"), ["RDATE;TZID=Europe/Berlin:20261202T090000"]),
        (
            SERIES.replace("COUNT=4", "COUNT=1\r\nEXDATE:20261202T080000Z"),
            ["RDATE;TZID=Europe/Berlin:20261202T090000"],
        ),
    ],
)
def test_what_is_put_back_says_what_we_say_also_where_the_rule_makes_it_no_more(
    text: str, extra: list[str]
) -> None:
    done = edit(SERIES, SECOND, title="Ours")
    back = put_back(text, SECOND, FIELDS, BERLIN, ZONES, NOW, WRITTEN)
    assert fields_of(back, SECOND) == FIELDS
    assert the_others(back, done) == the_others(text, done)
    assert back.count("BEGIN:VEVENT") == 2
    assert {"STATUS:CONFIRMED", "URL:https://x/1", "DESCRIPTION:— Referins —\\nAnna"} <= set(
        back.splitlines()
    )
    assert [line for line in back.splitlines() if line.startswith(("RDATE", "EXDATE"))] == extra


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (body("DTSTART;VALUE=DATE:20261201", "RRULE:FREQ=DAILY"), "no longer the one"),
        (
            body(*DAILY, "EXRULE:FREQ=DAILY;INTERVAL=2;COUNT=2", "EXRULE:FREQ=DAILY"),
            "leaves it out",
        ),
    ],
)
def test_what_the_series_can_no_longer_hold_is_left_to_people(text: str, why: str) -> None:
    with pytest.raises(UnreadableResource, match=why):
        put_back(text, SECOND, FIELDS, BERLIN, ZONES, NOW, WRITTEN)


def test_a_series_in_a_zone_of_somebody_elses_keeps_its_definition() -> None:
    definition = "\r\n".join(
        ["BEGIN:VTIMEZONE", "TZID:Ours", "BEGIN:STANDARD", "DTSTART:20000101T000000"]
        + ["TZOFFSETFROM:+0500", "TZOFFSETTO:+0500", "END:STANDARD", "END:VTIMEZONE", ""]
    )
    series = body("DTSTART;TZID=Ours:20261201T090000", "RRULE:FREQ=DAILY;COUNT=3")
    series = series.replace("BEGIN:VEVENT", f"{definition}BEGIN:VEVENT", 1)
    done = edit(series, "20261202T040000Z", interval=Interval(utc(12, 2, 6), utc(12, 2, 7)))
    check(done)
    assert "DTSTART;TZID=Ours:20261202T110000\r\n" in done.result
    assert done.result.count("BEGIN:VTIMEZONE") == 1


def test_later_edits_of_several_occurrences_each_leave_the_others_alone() -> None:
    text = SERIES
    for rid in (SECOND, THIRD, SECOND):
        done = edit(text, rid, interval=later(fields_of(text, rid).interval))
        check(done)
        text = done.result
    assert text.count("BEGIN:VEVENT") == 3
    assert fields_of(text, "20261201T080000Z") == fields_of(SERIES, "20261201T080000Z")


def test_a_floating_series_of_a_calendar_that_says_its_zone_is_put_back_by_that_zone() -> None:
    text = body("DTSTART:20261201T090000", "DTEND:20261201T100000", "RRULE:FREQ=DAILY;COUNT=3")
    text = text.replace("VERSION:2.0", "VERSION:2.0\r\nX-WR-TIMEZONE:America/New_York")
    done = edit(text, "20261202T090000", interval=Interval(utc(12, 2, 20), utc(12, 2, 21)))
    check(done)
    assert fields_of(text, "20261202T090000").interval.starts_at == datetime(
        2026, 12, 2, 9, tzinfo=ZoneInfo("America/New_York")
    )
    assert "DTSTART:20261202T150000" in added(text, done.result)


def test_of_a_day_that_was_taken_out_as_a_whole_one_start_comes_back_alone() -> None:
    """Each other one of that day has an EXDATE of its own, all written at once."""
    series = body(
        "DTSTART:20261201T000000Z",
        "DTEND:20261201T003000Z",
        "RRULE:FREQ=HOURLY;UNTIL=20261203T000000Z",
        "EXDATE;VALUE=DATE:20261202",
        "SEQUENCE:4",
    )
    back = restore(series, SECOND, ZONES, NOW)
    day = Window(utc(12, 2), utc(12, 2, 23, 59))
    assert [one.recurrence_id for one in parse(back, day, ZONES).occurrences] == [SECOND]
    assert line_of(back, "SEQUENCE") == "SEQUENCE:5"


def test_an_occurrence_from_before_its_series_begins_is_left_to_whoever_asks_for_it() -> None:
    """DTSTART is the first of its set: beside an RDATE before it some would read that alone."""
    series = body(*DAILY).replace("20261201", "20261205")
    with pytest.raises(UnreadableResource, match="no longer the one"):
        put_back(series, SECOND, FIELDS, BERLIN, ZONES, NOW, WRITTEN)
    alone = body("DTSTART:20261205T080000Z", "DTEND:20261205T090000Z")
    with pytest.raises(UnreadableResource, match="no longer the one"):
        put_back(alone, SECOND, FIELDS, BERLIN, ZONES, NOW, WRITTEN)


def test_a_range_without_an_end_has_one_after_its_start_once_it_steps_aside() -> None:
    text = CHANGED_FROM_SECOND.replace("DTEND;TZID=Europe/Berlin:20261202T110000\r\n", "")
    after = replace(fields_of(text, SECOND), title="y")
    assert "DTEND;TZID=Europe/Berlin:20261203T100000\r\n" in edited(text, SECOND, after)
