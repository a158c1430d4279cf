"""The VTIMEZONE we write says what the zone does, to the minute, around each change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Timezone

from icloud_sync.core.ical.zones import changes, vtimezone

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]


@pytest.mark.parametrize("name", [*ZONES, "Asia/Kolkata", "Europe/Dublin", "Pacific/Apia"])
def test_it_agrees_with_the_zone_on_both_sides_of_every_change(name: str) -> None:
    zone = ZoneInfo(name)
    written = Timezone.from_ical(vtimezone(name, 2026)).to_tz(lookup_tzid=False)
    first, last = datetime(2025, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC)
    moments = [moment for moment, _ in changes(zone, first, last)] or [first]
    for moment in moments:
        for away in (-7200, -1, 3700, 86_400):
            local = (moment + timedelta(seconds=away)).astimezone(zone)
            naive = local.replace(tzinfo=None)
            if local.fold == 0 and zone.utcoffset(naive) == zone.utcoffset(naive.replace(fold=1)):
                assert naive.replace(tzinfo=written).utcoffset() == local.utcoffset(), naive
