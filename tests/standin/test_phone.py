"""The phone page: what a person does there, and that nothing else changes."""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.phone.series import Series
from icloud_standin.server import StandIn
from tests.standin.conftest import Client, event

DAY = "2026-12-01"
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
SERIES = event("series", "RRULE:FREQ=WEEKLY;BYDAY=TU", "EXDATE:20261215T090000Z")
FORM = {
    "title": "Meeting",
    "date": DAY,
    "start": "10:00",
    "end": "11:00",
    "place": "",
    "notes": "",
    "end_date": "",
    "action": "save",
}


@pytest.fixture
def phone(standin: StandIn, account: StandInAccount) -> Client:
    return Client(standin.port, "", "", host="localhost")


def event_path(account: StandInAccount, href: str, at: str = "") -> str:
    return f"/phone/{account.dsid}/event?{urlencode({'href': href, 'at': at})}"


def without_marks(body: str) -> str:
    """A body without what every edit renews."""
    return re.sub(r"(DTSTAMP|LAST-MODIFIED|SEQUENCE|CREATED):\w+\r\n", "", body)


def only_body(account: StandInAccount, collection: str = "home") -> str:
    (body,) = account.resources(collection).values()
    return body


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


def test_one_of_a_series_is_changed_by_an_override(phone: Client, account: StandInAccount) -> None:
    href = account.put("series.ics", SERIES)
    path = event_path(account, href, "20261208T090000Z")
    phone.form(path, **(FORM | {"date": "2026-12-08", "start": "14:00", "end": "15:00"}))
    body = only_body(account)
    assert without_marks(body).startswith(without_marks(SERIES)[: -len("END:VCALENDAR\r\n")])
    override = without_marks(body)[without_marks(body).rindex("BEGIN:VEVENT") :]
    assert override == (
        "BEGIN:VEVENT\r\nUID:series\r\nDTSTART:20261208T130000Z\r\n"
        "RECURRENCE-ID:20261208T090000Z\r\nDTEND:20261208T140000Z\r\nSUMMARY:Meeting\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def test_a_second_change_of_the_same_occurrence_uses_its_override(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("series.ics", SERIES)
    path = event_path(account, href, "20261208T090000Z")
    for title in ("First", "Second"):
        phone.form(path, **(FORM | {"date": "2026-12-08", "title": title}))
    body = only_body(account)
    assert re.findall(r"SUMMARY:(\w+)", body) == ["Meeting", "Second"]


def test_one_of_a_series_is_deleted_by_an_exdate(phone: Client, account: StandInAccount) -> None:
    href = account.put("series.ics", SERIES)
    phone.form(event_path(account, href, "20261208T090000Z"), action="delete", date=DAY)
    wanted = SERIES.replace(
        "DTSTART:20261201T090000Z\r\n", "DTSTART:20261201T090000Z\r\nEXDATE:20261208T090000Z\r\n"
    )
    assert without_marks(only_body(account)) == without_marks(wanted)


def test_an_all_day_series_loses_one_day_by_a_date(phone: Client, account: StandInAccount) -> None:
    days = (
        SERIES.replace("DTSTART:20261201T090000Z", "DTSTART;VALUE=DATE:20261201")
        .replace("DTEND:20261201T100000Z", "DTEND;VALUE=DATE:20261202")
        .replace("EXDATE:20261215T090000Z\r\n", "")
    )
    href = account.put("series.ics", days)
    # Local midnight in Berlin is 23:00 UTC of the day before.
    answer = phone.form(event_path(account, href, "20261207T230000Z"), action="delete", date=DAY)
    assert answer.status == 303
    assert "EXDATE;VALUE=DATE:20261208\r\n" in only_body(account)


def test_a_whole_series_changes_its_time_and_its_exceptions_follow(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("series.ics", SERIES)
    form = FORM | {"date": "2026-12-08", "start": "11:00", "end": "12:30", "action": "save-all"}
    assert phone.form(event_path(account, href, "20261208T090000Z"), **form).status == 303
    wanted = SERIES.replace("T100000Z", "T113000Z").replace("T090000Z", "T100000Z")
    assert without_marks(only_body(account)) == without_marks(wanted)


def test_a_whole_series_does_not_move_to_another_day(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("series.ics", SERIES)
    form = FORM | {"date": "2026-12-09", "action": "save-all"}
    answer = phone.form(event_path(account, href, "20261208T090000Z"), **form)
    assert (answer.status, only_body(account)) == (400, SERIES)
    assert "This series stays on its days" in answer.body.decode()


def test_a_whole_series_is_deleted(phone: Client, account: StandInAccount) -> None:
    href = account.put("series.ics", SERIES)
    phone.form(event_path(account, href, "20261208T090000Z"), action="delete-all", date=DAY)
    assert account.resources() == {}


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


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_an_edit_keeps_the_line_ends_the_body_has(ending: str, account: StandInAccount) -> None:
    body = SERIES.replace("\r\n", ending).encode()
    editing = Series(body, ZoneInfo("UTC"), datetime(2026, 12, 1, tzinfo=UTC))
    editing.exclude(datetime(2026, 12, 8, 9, tzinfo=UTC))
    lines = editing.body.decode().split(ending)
    assert "EXDATE:20261208T090000Z" in lines
    assert ("\r" in editing.body.decode().replace("\r\n", "")) is False
    assert (b"\r\n" in editing.body) is (ending == "\r\n")


def test_a_phone_lives_in_its_owners_time_zone(phone: Client, standin: StandIn) -> None:
    ben = standin.add_account("ben@example.com", time_zone="America/New_York")
    ben.put("one.ics", event())
    page = phone("GET", f"/phone/{ben.dsid}/?from={DAY}").body.decode()
    assert "times in America/New_York" in page
    assert re.findall(r'class="time">(.*?)<small>(.*?)</small>', page) == [("04:00", "05:00")]
