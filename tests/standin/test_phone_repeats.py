"""How often an event repeats, as a person chooses it on the phone."""

import re

import pytest

from icloud_standin.account import StandInAccount
from tests.standin.conftest import Client, event
from tests.standin.phone_forms import DAY, FORM, event_path, lines_of, only_body, without_marks

THIRD = "20261215T090000Z"


@pytest.mark.parametrize(
    ("repeat", "until", "rule"),
    [
        ("daily", "", "FREQ=DAILY"),
        ("weekly", "", "FREQ=WEEKLY;BYDAY=TU"),
        ("fortnightly", "2027-01-31", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270131T225959Z"),
        ("monthly", "2027-06-30", "FREQ=MONTHLY;UNTIL=20270630T215959Z"),
        ("yearly", "", "FREQ=YEARLY"),
    ],
)
def test_an_event_repeats_as_it_was_chosen_and_the_form_shows_it(
    phone: Client, account: StandInAccount, repeat: str, until: str, rule: str
) -> None:
    phone.form(f"/phone/{account.dsid}/new", **FORM, repeat=repeat, until=until)
    ((href, body),) = account.resources().items()
    assert lines_of(body, "RRULE") == [f"RRULE:{rule}"]
    page = phone("GET", event_path(account, href, f"{DAY.replace('-', '')}T090000Z")).body.decode()
    assert re.findall(r'value="(\w+)" selected>Every', page) == [repeat]
    assert f'name="until" value="{until}"' in page


def test_a_whole_day_repeats_until_a_date(phone: Client, account: StandInAccount) -> None:
    fields = FORM | {"all_day": "on", "repeat": "daily", "until": "2026-12-05"}
    phone.form(f"/phone/{account.dsid}/new", **fields)
    assert lines_of(only_body(account), "RRULE") == ["RRULE:FREQ=DAILY;UNTIL=20261205"]


def test_an_event_begins_to_repeat_and_stops_again(phone: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event())
    phone.form(event_path(account, href), **FORM, repeat="weekly")
    repeating = only_body(account)
    assert lines_of(repeating, "RRULE") == ["RRULE:FREQ=WEEKLY;BYDAY=TU"]
    form = FORM | {"date": "2026-12-15", "repeat": "never", "action": "save-all"}
    assert phone.form(event_path(account, href, THIRD), **form).status == 303
    assert without_marks(only_body(account)) == without_marks(event())


def test_a_rule_the_phone_has_no_word_for_stays(phone: Client, account: StandInAccount) -> None:
    body = event("odd", "RRULE:FREQ=MONTHLY;BYDAY=1TU;COUNT=4")
    href = account.put("odd.ics", body)
    page = phone("GET", event_path(account, href, f"{DAY.replace('-', '')}T090000Z")).body.decode()
    assert re.findall(r"selected>([^<]+)</option>\n<option value=.never", page) == ["As it is now"]
    form = FORM | {"title": "New", "repeat": "as it is", "action": "save-all"}
    phone.form(event_path(account, href, f"{DAY.replace('-', '')}T090000Z"), **form)
    assert without_marks(only_body(account)) == without_marks(body.replace("Meeting", "New"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"repeat": "now and then"}, "Please choose how often it repeats."),
        ({"repeat": "daily", "until": "2026-11-30"}, "is before the event"),
        ({"repeat": "daily", "until": "never"}, "Please choose a date."),
    ],
)
def test_a_repetition_that_cannot_be_is_said(
    phone: Client, account: StandInAccount, fields: dict[str, str], sentence: str
) -> None:
    answer = phone.form(f"/phone/{account.dsid}/new", **(FORM | fields))
    assert (answer.status, account.resources()) == (400, {})
    assert sentence in answer.body.decode()
