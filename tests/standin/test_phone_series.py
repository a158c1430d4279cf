"""Events that repeat, on the phone: one occurrence, this and future ones, all."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.occurrences import between
from icloud_standin.phone.series import Series
from tests.standin.conftest import Client, event
from tests.standin.phone_forms import (
    DAY,
    FORM,
    SERIES,
    event_path,
    lines_of,
    only_body,
    without_marks,
)

TUESDAYS = event("tuesdays", "RRULE:FREQ=WEEKLY;COUNT=6;BYDAY=TU", "EXDATE:20261222T090000Z")
OVERRIDE = event("tuesdays", "RECURRENCE-ID:20261229T090000Z", end="DTEND:20261229T140000Z")
THIRD = "20261215T090000Z"


def with_override(body: str) -> str:
    """The series, with its fifth occurrence renamed."""
    override = OVERRIDE[OVERRIDE.index("BEGIN:VEVENT") : OVERRIDE.index("END:VCALENDAR")]
    override = override.replace("20261201T09", "20261229T13").replace("Meeting", "Other")
    return body.replace("END:VCALENDAR", f"{override}END:VCALENDAR")


def occurrences(account: StandInAccount) -> list[tuple[str, str]]:
    """Start and title of all there are within a year."""
    span = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)
    found = [
        (f"{each.start:%m-%d %H:%M}", str(each["SUMMARY"]))
        for body in account.resources().values()
        for each in between(body.encode(), *span)
    ]
    return sorted(found, key=lambda each: (each[0] < "11", each))


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


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_an_edit_keeps_the_line_ends_the_body_has(ending: str, account: StandInAccount) -> None:
    body = SERIES.replace("\r\n", ending).encode()
    editing = Series(body, ZoneInfo("UTC"), datetime(2026, 12, 1, tzinfo=UTC))
    editing.exclude(datetime(2026, 12, 8, 9, tzinfo=UTC))
    lines = editing.body.decode().split(ending)
    assert "EXDATE:20261208T090000Z" in lines
    assert ("\r" in editing.body.decode().replace("\r\n", "")) is False
    assert (b"\r\n" in editing.body) is (ending == "\r\n")


def test_a_series_moves_to_another_weekday_when_that_is_chosen(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("series.ics", with_override(TUESDAYS))
    form = FORM | {"date": "2026-12-17", "repeat": "weekly", "action": "save-all"}
    assert phone.form(event_path(account, href, THIRD), **form).status == 303
    body = only_body(account)
    assert lines_of(body, "RRULE") == ["RRULE:FREQ=WEEKLY;BYDAY=TH"]
    assert lines_of(body, "EXDATE", "RECURRENCE-ID") == [
        "EXDATE:20261224T090000Z",
        "RECURRENCE-ID:20261231T090000Z",
    ]


def test_this_and_future_events_are_deleted_by_an_end(
    phone: Client, account: StandInAccount
) -> None:
    href = account.put("series.ics", with_override(TUESDAYS))
    before = occurrences(account)
    assert phone.form(event_path(account, href, THIRD), action="delete-future").status == 303
    assert occurrences(account) == before[:2]
    body = only_body(account)
    assert lines_of(body, "RRULE") == ["RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261215T085959Z"]
    assert lines_of(body, "EXDATE", "RECURRENCE-ID") == []


@pytest.mark.parametrize("action", ["delete-future", "delete-all"])
def test_from_the_first_on_is_all_of_it(
    phone: Client, account: StandInAccount, action: str
) -> None:
    href = account.put("series.ics", with_override(TUESDAYS))
    phone.form(event_path(account, href, "20261201T090000Z"), action=action)
    assert account.resources() == {}


def test_this_and_future_events_become_a_series_of_their_own(
    phone: Client, account: StandInAccount, client: Client
) -> None:
    href = account.put("series.ics", with_override(TUESDAYS))
    before = occurrences(account)
    starts = ["12-01 09:00", "12-08 09:00", "12-15 09:00", "12-29 13:00", "01-05 09:00"]
    assert [start for start, _ in before] == starts
    form = FORM | {"title": "New", "date": "2026-12-15", "start": "12:00", "end": "13:00"}
    phone.form(event_path(account, href, THIRD), **(form | {"action": "save-future"}))
    assert occurrences(account) == [
        *before[:2],
        ("12-15 11:00", "New"),
        ("12-29 13:00", "Other"),
        ("01-05 11:00", "New"),
    ]
    past = account.resources().pop(href)
    (future,) = (body for each, body in account.resources().items() if each != href)
    (uid,) = set(lines_of(future, "UID"))
    related = f"RELATED-TO;RELTYPE=X-CALENDARSERVER-RECURRENCE-SET:{uid.removeprefix('UID:')}"
    assert lines_of(past.replace("\r\n ", ""), "UID", "RELATED-TO") == ["UID:tuesdays", related]
    assert lines_of(future.replace("\r\n ", ""), "RELATED-TO") == [related, related]
    assert lines_of(future, "RRULE", "EXDATE") == [
        "RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=TU",
        "EXDATE:20261222T110000Z",
    ]
    assert [client("PUT", each, body).status for each, body in account.resources().items()] == [
        204,
        204,
    ]


def test_a_split_alone_changes_no_occurrence(phone: Client, account: StandInAccount) -> None:
    body = with_override(TUESDAYS).encode()
    before = occurrences_of(body)
    past, future = (Series(body, ZoneInfo("UTC"), datetime(2026, 12, 1, tzinfo=UTC)) for _ in "ab")
    at = datetime(2026, 12, 15, 9, tzinfo=UTC)
    past.end_before(at)
    future.begin_at(at, "two")
    assert sorted([*occurrences_of(past.body), *occurrences_of(future.body)]) == before


def occurrences_of(body: bytes) -> list[tuple[datetime, str]]:
    span = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)
    return sorted((each.start, str(each["SUMMARY"])) for each in between(body, *span))


def test_one_meeting_of_somebody_elses_series_is_changed_and_deleted_alone(
    phone: Client, account: StandInAccount
) -> None:
    account.seed("series", first=date(2026, 12, 1))
    href = f"{account.collection('home').href}orphan-override.ics"
    path = event_path(account, href, "20261209T090000Z")
    form = FORM | {"date": "2026-12-09", "start": "12:00", "end": "13:00"}
    refused = phone.form(path, **(form | {"action": "save-all"}))
    assert (refused.status, b"change this event only" in refused.body) == (400, True)
    assert phone.form(path, **form).status == 303
    changed = lines_of(account.resources()[href], "DTSTART")[-1]  # after the zone's own
    assert changed == "DTSTART;TZID=Europe/Berlin:20261209T120000"
    assert phone.form(path, action="delete").status == 303
    assert href not in account.resources()


def test_a_series_in_outlooks_zone_is_named_in_outlooks_zone(
    phone: Client, account: StandInAccount
) -> None:
    zone = ";TZID=W. Europe Standard Time"
    body = event("series", "RRULE:FREQ=WEEKLY;BYDAY=TU", end="DURATION:PT1H")
    body = body.replace("DTSTART:20261201T090000Z", f"DTSTART{zone}:20261201T100000")
    href = account.put("series.ics", body)
    phone.form(event_path(account, href, "20261208T090000Z"), action="delete")
    assert lines_of(only_body(account), "EXDATE") == [f"EXDATE{zone}:20261208T100000"]
