"""The phone page: what a person does there, and that nothing else changes."""

import re
from urllib.parse import quote

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.standin.conftest import Client, event
from tests.standin.phone_forms import DAY, FORM, SERIES, event_path, only_body, without_marks

RICH = event(
    "one",
    "LOCATION;LANGUAGE=de:Old place",
    "X-APPLE-STRUCTURED-LOCATION;VALUE=URI:geo:1,2",
    'X-ODD;P="a;b":  kept \U0001f389 ',
    "DESCRIPTION:One\\, two",
    "SEQUENCE:3",
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT5M\r\nEND:VALARM",
)
BERLIN = event("one").replace(
    "DTSTART:20261201T090000Z", "DTSTART;TZID=Europe/Berlin:20261201T100000"
)


def test_with_one_account_the_page_opens_its_agenda(phone: Client, account: StandInAccount) -> None:
    assert phone("GET", "/phone/").headers["Location"] == f"/phone/{account.dsid}/"
    page = phone("GET", f"/phone/{account.dsid}/").body.decode()
    assert "Local stand-in" in page
    assert "Anna Berg" in page


def test_with_several_accounts_one_chooses(phone: Client, standin: StandIn) -> None:
    standin.add_account("ben@example.com", name="Ben <script>")
    page = phone("GET", "/phone/").body.decode()
    assert "anna@example.com" in page
    assert "Ben &lt;script&gt;" in page


def test_the_agenda_shows_events_escaped_and_marks_the_repeating(
    phone: Client, account: StandInAccount
) -> None:
    account.put("one.ics", event("one", "LOCATION:Room <2>"))
    account.put("series.ics", SERIES.replace("Meeting", "Yoga"), collection="work")
    page = phone("GET", f"/phone/{account.dsid}/?from={DAY}").body.decode()
    days = re.findall(r"</h2>(.*?)</section>", page, re.DOTALL)
    shown = [re.findall(r"<strong>(.*?)</strong>( <span title=\"Repeats)?", day) for day in days]
    repeats = ' <span title="Repeats'
    assert len(shown) == 14
    assert [(number, day) for number, day in enumerate(shown) if day] == [
        (0, [("Meeting", ""), ("Yoga", repeats)]),
        (7, [("Yoga", repeats)]),
    ]
    assert "Room &lt;2&gt;" in page


def test_one_body_nobody_can_read_is_counted_and_hides_nothing(
    phone: Client, account: StandInAccount
) -> None:
    account.put("odd.ics", event("odd").replace("DTSTART:20261201T090000Z", "DTSTART:soon"))
    account.put("one.ics", event())
    page = phone("GET", f"/phone/{account.dsid}/?from={DAY}").body.decode()
    assert "<strong>Meeting</strong>" in page
    assert "1 event here cannot be read" in page


def test_adding_an_event_stores_it_as_a_phone_does(phone: Client, account: StandInAccount) -> None:
    fields = FORM | {
        "title": "Zahnarzt; 2",
        "place": "Ulm, Mitte",
        "notes": "a\r\nb",
        "calendar": "work",
    }
    answer = phone.form(f"/phone/{account.dsid}/new", **fields)
    assert (answer.status, answer.headers["Location"]) == (
        303,
        f"/phone/{account.dsid}/?from={DAY}",
    )
    body = only_body(account, "work")
    inside = without_marks(body[body.index("BEGIN:VEVENT") :]).split("\r\n")
    assert [line for line in inside if not line.startswith("UID:")] == [
        "BEGIN:VEVENT",
        "DTSTART;TZID=Europe/Berlin:20261201T100000",
        "DTEND;TZID=Europe/Berlin:20261201T110000",
        "SUMMARY:Zahnarzt\\; 2",
        "LOCATION:Ulm\\, Mitte",
        "DESCRIPTION:a\\nb",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    assert "TZID:Europe/Berlin" in body


def test_an_added_event_would_pass_apples_own_checks(
    phone: Client, client: Client, account: StandInAccount
) -> None:
    phone.form(f"/phone/{account.dsid}/new", **FORM, repeat="weekly")
    ((href, body),) = account.resources().items()
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU\r\n" in body
    assert client("PUT", href, body).status == 204


def test_an_all_day_event_ends_exclusively(phone: Client, account: StandInAccount) -> None:
    fields = FORM | {"all_day": "on", "end_date": "2026-12-03", "start": "", "end": ""}
    phone.form(f"/phone/{account.dsid}/new", **fields)
    body = only_body(account)
    assert "DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261204\r\n" in body


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "Please give the event a title."),
        ({"end": "09:00"}, "The event ends before it starts."),
        ({"date": "soon"}, "Please choose a date."),
        ({"start": ""}, "Please choose when it starts and ends"),
        ({"calendar": "holidays"}, "Please choose one of your calendars."),
    ],
)
def test_a_mistake_is_said_and_nothing_is_stored(
    phone: Client, account: StandInAccount, fields: dict[str, str], sentence: str
) -> None:
    answer = phone.form(f"/phone/{account.dsid}/new", **(FORM | fields))
    assert (answer.status, account.resources()) == (400, {})
    assert sentence in answer.body.decode()


def test_an_edit_of_the_title_changes_nothing_else(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", RICH)
    form = FORM | {"title": "Other", "place": "Old place", "notes": "One, two"}
    assert phone.form(event_path(account, href), **form).status == 303
    changed = only_body(account)
    assert without_marks(changed) == without_marks(RICH.replace("SUMMARY:Meeting", "SUMMARY:Other"))
    assert "SEQUENCE:4\r\n" in changed
    assert "LAST-MODIFIED:" in changed
    assert "DTSTAMP:20261101T080000Z" not in changed


def test_an_edit_of_the_place_takes_its_restatement_along(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("one.ics", RICH)
    phone.form(event_path(account, href), **(FORM | {"place": "New", "notes": "One, two"}))
    wanted = RICH.replace("LOCATION;LANGUAGE=de:Old place", "LOCATION;LANGUAGE=de:New")
    wanted = wanted.replace("X-APPLE-STRUCTURED-LOCATION;VALUE=URI:geo:1,2\r\n", "")
    assert without_marks(only_body(account)) == without_marks(wanted)


def test_an_edit_of_the_time_keeps_the_zones_the_event_has(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("one.ics", BERLIN)
    phone.form(event_path(account, href), **(FORM | {"start": "12:30", "end": "13:00"}))
    wanted = BERLIN.replace("20261201T100000\r", "20261201T123000\r")
    wanted = wanted.replace("DTEND:20261201T100000Z", "DTEND:20261201T120000Z")
    assert without_marks(only_body(account)) == without_marks(wanted)


def test_saving_without_a_change_writes_nothing(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", RICH)
    etag = account.etag(href)
    phone.form(event_path(account, href), **(FORM | {"place": "Old place", "notes": "One, two"}))
    assert (account.etag(href), only_body(account)) == (etag, RICH)


def test_an_event_moves_to_another_calendar_with_its_body(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("one.ics", event())
    phone.form(event_path(account, href), **FORM, calendar="work")
    assert account.resources() == {}
    assert account.resources("work") == {f"{account.collection('work').href}one.ics": event()}


def test_an_event_is_deleted(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event())
    account.put("two.ics", event("two"))
    assert phone.form(event_path(account, href), action="delete").status == 303
    assert list(account.resources().values()) == [event("two")]


def test_a_read_only_calendar_stays_as_it_is(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event(), collection="holidays")
    page = phone("GET", event_path(account, href)).body.decode()
    assert "for reading only" in page
    assert phone.form(event_path(account, href), action="delete").status == 400
    assert account.resources("holidays") == {href: event()}


def test_other_sites_cannot_use_the_page(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event())
    path = event_path(account, href)
    assert phone("POST", path, b"action=delete", Origin="http://evil.example").status == 403
    assert phone("GET", "/phone/", Host="evil.example").status == 403
    assert list(account.resources()) == [href]


def test_what_is_not_there_is_said_plainly(phone: Client, account: StandInAccount) -> None:
    gone = phone("GET", event_path(account, f"{account.collection('home').href}no.ics"))
    assert (gone.status, b"not there any more" in gone.body) == (400, True)
    assert phone("GET", f"/phone/{account.dsid}/nothing").status == 404
    assert phone("GET", f"/phone/{quote('<b>')}/").status == 404


def test_a_change_made_on_the_phone_reaches_a_sync_report(
    phone: Client, client: Client, account: StandInAccount, home: str
) -> None:
    href = account.put("one.ics", event())
    token = client.sync(home).find("D:sync-token")
    phone.form(event_path(account, href), **(FORM | {"title": "Other"}))
    assert client.sync(home, token).hrefs == [home, href]


def test_a_phone_lives_in_its_owners_time_zone(phone: Client, standin: StandIn) -> None:
    ben = standin.add_account("ben@example.com", time_zone="America/New_York")
    ben.put("one.ics", event())
    page = phone("GET", f"/phone/{ben.dsid}/?from={DAY}").body.decode()
    assert "times in America/New_York" in page
    assert re.findall(r'class="time">(.*?)<small>(.*?)</small>', page) == [("04:00", "05:00")]
