"""Which zone a TZID means (RFC 5545, 3.2.19): a name somebody knows, else what the body says,
else nothing at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from icloud_sync.core.ical.definitions import MOST_RULES
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.tzids import MOST_OWN, TimeZones

FOUR_HOURS = timedelta(hours=4)


def definition(tzid: str, *more: str) -> list[str]:
    """Of a zone that is always four hours ahead."""
    offsets = ["TZOFFSETFROM:+0400", "TZOFFSETTO:+0400"]
    observance = ["BEGIN:STANDARD", "DTSTART:19700101T000000", *offsets, "END:STANDARD"]
    return [f"TZID:{tzid}", *more, *observance]


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/BERLIN", "Europe/Berlin"),
        ("US/Eastern", "US/Eastern"),
        ("GMT Standard Time", "Europe/London"),
        ("w. europe standard time", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/Europe/Vienna", "Europe/Vienna"),
        ("/mozilla.org/20070129_1/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("/citadel.org/20190914_1/Japan", "Japan"),
    ],
)
def test_a_name_of_ianas_or_of_windows_is_that_zone_even_where_the_body_says_other(
    tzid: str, name: str
) -> None:
    assert TimeZones([]).zone(tzid) == ZoneInfo(name)
    assert TimeZones([definition(tzid)]).zone(tzid) == ZoneInfo(name)


@pytest.mark.parametrize("tzid", ["EST", "MST", "HST", "est"])
def test_an_abbreviation_means_what_the_body_defines_before_ianas_old_offset(tzid: str) -> None:
    summer = datetime(2026, 7, 1, tzinfo=TimeZones([definition(tzid)]).zone(tzid))
    assert summer.utcoffset() == FOUR_HOURS
    assert TimeZones([]).zone(tzid) == ZoneInfo(tzid.upper())


@pytest.mark.parametrize("tzid", ["UTC", "Etc/UTC", "Z", "utc", "/citadel.org/20190914_1/UTC"])
def test_utc_has_many_names(tzid: str) -> None:
    assert datetime(2026, 7, 1, tzinfo=TimeZones([]).zone(tzid)).utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("tzid", "written"),
    [
        ("Custom", "Custom"),
        ("(UTC+01:00) Amsterdam, Berlin", "(UTC+01:00) Amsterdam\\, Berlin"),
        ("Nowhere/Berlin", "Nowhere/Berlin"),
        ("Екатеринбург", " Екатеринбург "),
        ("localtime", "localtime"),
        ("", ""),
    ],
)
def test_a_name_of_nobodys_means_what_the_body_defines(tzid: str, written: str) -> None:
    zone = TimeZones([definition("Another"), definition(written)]).zone(tzid)
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == FOUR_HOURS


def test_a_definition_may_say_which_place_it_is_about() -> None:
    zones = TimeZones([definition("Custom", "X-LIC-LOCATION:Europe/Berlin")])
    assert zones.zone("Custom") == ZoneInfo("Europe/Berlin")


def test_of_two_definitions_of_one_name_the_first_counts() -> None:
    other = [line.replace("+0400", "+0500") for line in definition("Custom")]
    zone = TimeZones([definition("Custom"), other]).zone("Custom")
    assert datetime(2026, 7, 1, tzinfo=zone).utcoffset() == FOUR_HOURS


@pytest.mark.parametrize(
    "tzid",
    ["Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "localtime", "right/UTC", ""]
    + ["Europe/Berlin\x00", "Europe/Berlin/" * 50],
)
def test_a_name_that_means_nothing_is_refused_and_never_utc_or_floating(tzid: str) -> None:
    with pytest.raises(UnreadableResource, match=r"^The time zone “.{0,60}” is unknown\.$"):
        TimeZones([definition("Another")]).zone(tzid)


def test_nobody_needs_more_zones_of_their_own_than_these() -> None:
    zones = TimeZones([definition(f"Custom {number}") for number in range(MOST_OWN + 1)])
    for number in range(MOST_OWN):
        zones.zone(f"Custom {number}")
    with pytest.raises(UnreadableResource, match="It has more than 10 time zones of its own"):
        zones.zone(f"Custom {MOST_OWN}")


def test_all_the_zones_of_a_body_together_have_no_more_rules_than_these() -> None:
    """Each is walked through two hundred years."""
    rules = (MOST_RULES // 2) * ["RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"]
    zones = TimeZones([definition(f"Custom {number}", *rules) for number in range(3)])
    assert [zones.zone(f"Custom {number}") for number in range(2)]
    with pytest.raises(UnreadableResource, match="Its time zones have too many rules"):
        zones.zone("Custom 2")


def test_utc_itself_is_one_and_the_same() -> None:
    assert TimeZones([]).zone("Etc/UTC") is UTC
