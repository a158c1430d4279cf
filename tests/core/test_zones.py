"""The VTIMEZONE we write says what the zone does, whoever reads it and however far ahead."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Timezone

from icloud_sync.core.ical import definitions, lines
from icloud_sync.core.ical.zones import changes, vtimezone

FROM, TO = datetime(1990, 1, 2, tzinfo=UTC), datetime(2061, 1, 1, tzinfo=UTC)
NAMES = [
    "Europe/Berlin",
    "Europe/Dublin",  # winter is the time that is out of the ordinary
    "Europe/Moscow",  # has changed its mind
    "America/New_York",
    "America/Santiago",  # the first Sunday from the second on
    "America/Nuuk",  # the day before the last Sunday
    "America/Sao_Paulo",  # gave it up
    "Africa/Casablanca",  # by the moon
    "Asia/Kolkata",
    "Asia/Jerusalem",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Apia",  # left a day out
    "Pacific/Chatham",
    "Etc/GMT+5",
]


def moments(zone: ZoneInfo) -> Iterator[datetime]:
    """On both sides of every change, and twice a year."""
    for moment, _ in changes(zone, FROM, TO):
        for away in (-90_000, -7200, -1, 0, 1, 3700, 90_000):
            yield moment + timedelta(seconds=away)
    for year in range(FROM.year + 1, TO.year):
        yield datetime(year, 1, 15, 12, tzinfo=UTC)
        yield datetime(year, 7, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
def test_read_as_it_is_defined_it_agrees_with_the_zone_at_every_instant(name: str) -> None:
    zone = ZoneInfo(name)
    texts = [line.text for line in lines.split(vtimezone(name))]
    said = definitions.zone(name, texts[1:-1])
    wrong = [
        moment
        for moment in moments(zone)
        if moment.astimezone(said).replace(tzinfo=None)
        != moment.astimezone(zone).replace(tzinfo=None)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_another_library_reads_the_same_from_it(name: str) -> None:
    """On wall times that come once: that library knows no other."""
    zone = ZoneInfo(name)
    said = Timezone.from_ical(vtimezone(name)).to_tz(lookup_tzid=False)
    wrong = []
    for moment in moments(zone):
        wall = moment.astimezone(zone).replace(tzinfo=None)
        offsets = {wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        # It ends with the year 2037, as its rules without an end do.
        if wall.year < 2037 and len(offsets) == 1:
            wrong += [wall] if wall.replace(tzinfo=said).utcoffset() not in offsets else []
    assert wrong == []


def test_a_zone_with_a_rule_is_written_in_few_lines() -> None:
    assert len(vtimezone("Europe/Berlin").splitlines()) == 30
    assert "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n" in vtimezone("Europe/Berlin")
