"""A VTIMEZONE is a zone as it stands there: before its first change, in gaps, in hours that
come twice, and far away from today (RFC 5545, 3.3.5 and 3.6.5)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical import definitions
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.zones import changes

HOUR = timedelta(hours=1)


def observance(kind: str, start: str, before: str, after: str, *more: str) -> list[str]:
    times = [f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}"]
    return [f"BEGIN:{kind}", *times, *more, f"END:{kind}"]


def yearly(month: int, day: str, *until: str) -> str:
    return ";".join([f"RRULE:FREQ=YEARLY;BYMONTH={month};BYDAY={day}", *until])


WRITTEN = {
    "Europe/Berlin": [
        *observance("DAYLIGHT", "19810329T020000", "+0100", "+0200", yearly(3, "-1SU")),
        *observance(
            "STANDARD",
            "19810927T030000",
            "+0200",
            "+0100",
            yearly(9, "-1SU", "UNTIL=19950924T010000Z"),
        ),
        *observance("STANDARD", "19961027T030000", "+0200", "+0100", yearly(10, "-1SU")),
    ],
    "America/New_York": [
        *observance(
            "DAYLIGHT",
            "19870405T020000",
            "-0500",
            "-0400",
            yearly(4, "1SU", "UNTIL=20060402T070000Z"),
        ),
        *observance(
            "STANDARD",
            "19671029T020000",
            "-0400",
            "-0500",
            yearly(10, "-1SU", "UNTIL=20061029T060000Z"),
        ),
        *observance("DAYLIGHT", "20070311T020000", "-0500", "-0400", yearly(3, "2SU")),
        *observance("STANDARD", "20071104T020000", "-0400", "-0500", yearly(11, "1SU")),
    ],
    "Australia/Lord_Howe": [
        *observance("STANDARD", "20080406T020000", "+1100", "+1030", yearly(4, "1SU")),
        *observance("DAYLIGHT", "20081005T020000", "+1030", "+1100", yearly(10, "1SU")),
    ],
    # Daylight saving below the standard time, in winter.
    "Europe/Dublin": [
        *observance("STANDARD", "19810329T010000", "+0000", "+0100", yearly(3, "-1SU")),
        *observance("DAYLIGHT", "19961027T020000", "+0100", "+0000", yearly(10, "-1SU")),
    ],
}


def around_changes(zone: ZoneInfo, years: range) -> Iterator[datetime]:
    """Instants, each half an hour from a few hours before every change to as long after it."""
    for year in years:
        first = datetime(year, 1, 1, tzinfo=UTC)
        for moment, _ in changes(zone, first, first.replace(year=year + 1)):
            yield from (moment + HOUR / 2 * step for step in range(-8, 9))


@pytest.mark.parametrize("years", [range(1998, 2010), range(2026, 2039), range(2590, 2604)])
@pytest.mark.parametrize("name", WRITTEN)
def test_rules_give_the_same_wall_times_and_instants_as_the_zone_itself(
    name: str, years: range
) -> None:
    known, defined = ZoneInfo(name), definitions.zone(name, WRITTEN[name])
    first = 2009 if name == "Australia/Lord_Howe" else years.start
    for instant in around_changes(known, range(max(first, years.start), years.stop)):
        local, other = instant.astimezone(known), instant.astimezone(defined)
        assert (other.replace(tzinfo=None), other.fold) == (local.replace(tzinfo=None), local.fold)
        for wall in (local, local.replace(fold=1), local.replace(fold=0), local + HOUR):
            assert wall.replace(tzinfo=defined).utcoffset() == wall.utcoffset()


def test_a_rule_that_has_ended_made_its_last_change_at_that_very_instant() -> None:
    zone = definitions.zone("Berlin", WRITTEN["Europe/Berlin"])
    octobers = [datetime(year, 10, 15, tzinfo=zone) for year in (1994, 1995, 1996)]
    assert [moment.utcoffset() for moment in octobers] == [HOUR, HOUR, 2 * HOUR]


def test_the_time_before_the_first_change_has_the_offset_it_changed_from() -> None:
    zone = definitions.zone("Berlin", WRITTEN["Europe/Berlin"])
    assert datetime(1950, 7, 1, tzinfo=zone).utcoffset() == HOUR


def test_a_zone_without_daylight_never_changes() -> None:
    fixed = observance("STANDARD", "19700101T000000", "+053000", "+053000")
    zone = definitions.zone("Fixed", fixed)
    moments = [datetime(year, month, 1, tzinfo=zone) for year in (1960, 2026) for month in (1, 7)]
    assert {moment.utcoffset() for moment in moments} == {5.5 * HOUR}


def test_changes_may_be_listed_and_some_definitions_begin_with_the_first_year_of_all() -> None:
    winter = "RDATE:20261025T030000,20271031T030000"
    zone = definitions.zone(
        "Listed",
        observance("STANDARD", "00010101T000000", "+1000", "+0100", winter)
        + observance("DAYLIGHT", "20260329T020000", "+0100", "+0200", "RDATE:,20270328T020000"),
    )
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7, 12)]
    assert offsets == [HOUR, 2 * HOUR, HOUR]
    assert datetime(2027, 3, 28, 2, 30, tzinfo=zone).utcoffset() == HOUR


def test_a_definition_is_worked_out_once() -> None:
    lines = WRITTEN["Europe/Berlin"]
    assert definitions.zone("Once", lines) is definitions.zone("Once", list(lines))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "It has no offset."),
        (observance("STANDARD", "19700101T000000", "+2500", "+0100"), "“+2500” is no offset."),
        (observance("STANDARD", "1970", "+0100", "+0100"), "“1970” is no date or time."),
        (["BEGIN:STANDARD", "TZOFFSETTO:+0100", "END:STANDARD"], "TZOFFSETFROM is missing."),
        (
            observance("STANDARD", "19700101T000000", "+0100", "+0200", "RRULE:FREQ=SECONDLY"),
            "It changes too often.",
        ),
        (
            observance(
                "STANDARD", "19700101T000000", "+0100", "+0200", "RRULE:FREQ=YEARLY;BYDAY=MO"
            ),
            "It changes too often.",
        ),
        (["X:" + 70_000 * "x"], "It is too long."),
    ],
)
def test_what_defines_nothing_is_refused_with_the_reason(lines: list[str], why: str) -> None:
    with pytest.raises(UnreadableResource) as refused:
        definitions.zone("Odd\n\x00Zone", lines)
    assert str(refused.value) == (
        f"What it says about the time zone “Odd Zone” cannot be read. {why}"
    )
