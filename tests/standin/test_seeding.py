"""S6, S20: the seeds are what Apple's clients leave behind, and the server takes them back."""

from datetime import date

import icalendar
import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.seeding import SETS, NoSuchSet
from tests.standin.conftest import Client

FIRST = date(2026, 12, 2)  # a Wednesday; the Monday is 30 November


def test_every_body_is_folded_readable_and_accepted_by_the_server(
    client: Client, account: StandInAccount
) -> None:
    account.seed("everything", first=FIRST)
    resources = account.resources()
    assert len(resources) == 29
    for href, body in resources.items():
        assert "{" not in body, href
        assert all(len(line) <= 75 for line in body.encode().split(b"\r\n")), href
        icalendar.Calendar.from_ical(body)
        assert client("PUT", href, body).status == 204, href


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("weekly", ["RECURRENCE-ID;TZID=Europe/Berlin:20261207T180000", "EXDATE;TZID="]),
        ("orphan-override", ["RECURRENCE-ID;TZID=Europe/Berlin:20261209T100000"]),
        ("split-after", ["RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:"]),
        ("floating", ["DTSTART:20261201T070000\r\n"]),
        ("all-day", ["DTSTART;VALUE=DATE:20261204\r\nDTEND;VALUE=DATE:20261205\r\n"]),
        ("two-zones", ["DTSTART;TZID=Europe/Berlin:", "DTEND;TZID=America/New_York:"]),
        ("windows-zone", ["DTSTART;TZID=W. Europe Standard Time:"]),
        ("freeassociation-zone", ["TZID=/freeassociation.sourceforge.net/Europe/Berlin:"]),
        ("scripts", ["🎂", "יום הולדת", "誕生日"]),
        ("free", ["TRANSP:TRANSPARENT"]),
        ("cancelled", ["STATUS:CANCELLED"]),
        ("alarms", ["BEGIN:VALARM"]),
        ("mine", ["ORGANIZER;CN=Me;EMAIL=anna@example.com:mailto:anna@example.com"]),
        ("theirs", ["ORGANIZER;CN=Boss:mailto:boss@example.com"]),
        ("Lunch%40example.com", ["SUMMARY:Odd name"]),
        ("0B7C2F4E-19AA-4F0C-9E55-7D1A3C5E9F10", ["SUMMARY:Odd name"]),
    ],
)
def test_the_kinds_that_matter_are_there(
    account: StandInAccount, home: str, name: str, lines: list[str]
) -> None:
    account.seed("everything", first=FIRST)
    unfolded = account.resources()[f"{home}{name}.ics"].replace("\r\n ", "")
    assert [line for line in lines if line not in unfolded] == []


def test_a_very_long_description_is_one_of_them(account: StandInAccount, home: str) -> None:
    account.seed("texts", first=FIRST)
    assert len(account.body(f"{home}very-long.ics")) > 200_000


def test_planting_twice_makes_no_twins_and_another_calendar_gets_its_own(
    account: StandInAccount, client: Client
) -> None:
    for collection in ("home", "home", "work"):
        account.seed("names", collection, FIRST)
    hrefs = [*account.resources("home"), *account.resources("work")]
    assert len(hrefs) == 8
    assert [client("PUT", href, account.body(href)).status for href in hrefs] == [204] * 8


def test_calendars_come_shared_under_their_owners_number_and_only_to_read(
    account: StandInAccount, client: Client
) -> None:
    account.seed("calendars")
    team, birthdays, webcal = (
        account.collection(name) for name in ("Team", "Birthdays", "Football (webcal)")
    )
    home = client.propfind(account.home_path, "resourcetype", depth="1")
    assert home.hrefs[-3:] == [team.href, birthdays.href, webcal.href]
    assert team.href.startswith("/10000000001/calendars/")
    account.seed("names", "Team")
    listed = client.propfind(team.href, "getetag", depth="1").hrefs
    assert listed == [team.href, *account.resources("Team")]
    assert client("GET", listed[1]).status == 200
    statuses = [
        client("DELETE", listed[1]).status,
        client("PUT", f"{birthdays.href}a.ics", "").status,
        client.propfind(team.href.replace("10000000001", account.dsid), "getetag").status,
        client.propfind("/10000000002/calendars/home/", "getetag").status,
    ]
    assert statuses == [204, 403, 404, 403]


def test_a_set_nobody_knows_is_an_error(account: StandInAccount) -> None:
    with pytest.raises(NoSuchSet, match="There is no set weeds, only series"):
        account.seed("weeds")
    assert account.resources() == {}
    assert len(SETS) == len(set(SETS))
