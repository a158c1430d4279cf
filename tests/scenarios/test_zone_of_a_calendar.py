"""D11: an event that iCloud made all-day keeps its DATE form, wherever its calendar moves."""

import re
from datetime import timedelta

from tests.factories import CalendarFactory
from tests.scenarios.world import World, at, event

A_DAY = timedelta(days=1)


def test_d11_a_calendar_that_changes_its_zone_rewrites_no_all_day_event(apple: World) -> None:
    calendar = CalendarFactory(time_zone="Europe/Berlin")
    appointment = apple.book(calendar, title="Fair")
    apple.settle()
    href, day = apple.href("Fair"), at(9).date()
    body = apple.account.phone.get(href)
    for name, value in (("DTSTART", day), ("DTEND", day + A_DAY)):
        body = re.sub(rf"{name};TZID=[^\r]*", f"{name};VALUE=DATE:{value:%Y%m%d}", body)
    apple.account.phone.put(href.rpartition("/")[2], body)
    apple.settle()
    before = apple.appointments()
    calendar.time_zone = "America/New_York"
    calendar.save()
    apple.settle()
    assert (apple.remote(), apple.appointments()) == ([event("Fair", day, day + A_DAY)], before)

    apple.account.phone.edit(href, "SUMMARY:Fair", "SUMMARY:Big fair")
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.starts_at) == ("Big fair", before[0]["starts"])

    appointment.location = "Hall 2"
    appointment.save()
    apple.settle()
    assert apple.remote() == [event("Big fair", day, day + A_DAY, place="Hall 2")]
