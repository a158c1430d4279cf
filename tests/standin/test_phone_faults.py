"""The phone's page of faults: every switch, its sentence, and a way back."""

import re

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from icloud_standin.switches import Switches
from tests.standin.conftest import Client


@pytest.fixture
def faults(account: StandInAccount) -> str:
    return f"/phone/{account.dsid}/faults"


def switches_on(page: bytes) -> list[str]:
    return re.findall(r'<div class="switch[^>]* id="(\w+)"', page.decode())


def test_every_page_shows_what_can_be_turned_there_with_both_sentences(
    phone: Client, account: StandInAccount, faults: str
) -> None:
    table = Switches.table()
    everybody = phone("GET", "/phone/faults").body
    of_account = phone("GET", faults).body
    of_home = phone("GET", f"{faults}?calendar=home").body
    assert switches_on(everybody) == list(table)
    assert switches_on(of_account) == [n for n, s in table.items() if s.level != "server"]
    assert switches_on(of_home) == [n for n, s in table.items() if s.level == "collection"]
    redirect = re.search(r'id="redirect">.*?id="', of_account.decode(), re.DOTALL)
    assert redirect
    assert "The generic host answers every request with this redirect." in redirect[0]
    assert "method, body and password are kept over the hop" in redirect[0]
    assert b"not as usual" not in of_account


def test_a_switch_is_turned_there_and_back(
    phone: Client, client: Client, account: StandInAccount, faults: str
) -> None:
    answer = phone.form(faults, switch="fault", value="429")
    assert (answer.status, answer.headers["Location"]) == (303, f"{faults}#fault")
    assert client.propfind("/", "displayname").status == 429
    page = phone("GET", faults).body.decode()
    assert re.search(r"Anna Berg, all calendars: not as usual.*?>fault</a>: 429<", page, re.DOTALL)
    assert "<strong>1 turned</strong>" in phone("GET", f"/phone/{account.dsid}/").body.decode()
    phone.form(faults, switch="fault", do="back")
    assert account.switches.turned == {}
    assert client.propfind("/", "displayname").status == 207


@pytest.mark.parametrize(
    ("switch", "text", "value"),
    [
        ("revoked_password", "on", True),
        ("insert_dtstamp", "off", False),
        ("slow_body", "1.5", 1.5),
        ("stale_reads", " 3 ", 3),
        ("throttle_seconds", "60", 60),
        ("throttle_seconds", "", None),
        ("renamed", "Nouveau é", "Nouveau é"),
        ("redirect", "", ""),
    ],
)
def test_a_field_is_read_as_its_switch_takes_it(
    phone: Client, account: StandInAccount, faults: str, switch: str, text: str, value: object
) -> None:
    assert phone.form(faults, switch=switch, value=text).status == 303
    assert account.switches.turned == {switch: value}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"switch": "stale_reads", "value": "many"}, "takes a whole number, not “many”."),
        ({"switch": "redirect", "value": "999"}, "redirect takes one of"),
        ({"switch": "unknown_user", "value": "403"}, "is turned for the server"),
        ({"switch": "nothing", "value": ""}, "There is no switch nothing."),
        ({"do": "dance"}, "Nothing here does dance."),
    ],
)
def test_what_cannot_be_turned_is_said_on_the_page(
    phone: Client, account: StandInAccount, faults: str, fields: dict[str, str], sentence: str
) -> None:
    answer = phone.form(faults, **fields)
    assert (answer.status, account.switches.turned) == (400, {})
    assert sentence in answer.body.decode()


def test_one_calendar_and_everybody_have_pages_of_their_own(
    phone: Client, standin: StandIn, account: StandInAccount, faults: str
) -> None:
    home = f"{faults}?calendar=home"
    answer = phone.form(home, switch="ghosts", value="one")
    assert answer.headers["Location"] == f"{home}#ghosts"
    phone.form("/phone/faults", switch="fault", value="503")
    phone.form(faults, switch="ghosts", value="all")
    assert account.switches_of("home").turned == {"ghosts": "one"}
    assert account.switches.turned == {"ghosts": "all"}
    assert standin.switches.turned == {"fault": "503"}
    page = phone("GET", f"{faults}?calendar=work").body.decode()
    assert "ghosts</a>: all (from a wider setting)" in page
    for address in (home, faults, "/phone/faults"):
        phone.form(address, do="everything back")
    assert account.switches_of("home").in_force == {}


def test_the_page_counts_and_has_buttons_for_what_happens_once(
    phone: Client, client: Client, account: StandInAccount, home: str, faults: str
) -> None:
    token = client.sync(home).find("D:sync-token")
    assert b"Requests so far: 1 REPORT." in phone("GET", faults).body
    phone.form(faults, do="forget requests")
    assert b"Requests so far: none." in phone("GET", faults).body
    phone.form(f"{faults}?calendar=home", do="expire tokens")
    assert client.sync(home, token).status == 403
    phone.form(f"{faults}?calendar=home", do="seed", set="times")
    assert len(account.resources()) == 7


def test_no_other_site_turns_a_switch_here(
    phone: Client, account: StandInAccount, faults: str
) -> None:
    posted = b"switch=revoked_password&value=on"
    assert phone("POST", faults, posted, Origin="http://evil.example").status == 403
    assert account.switches.turned == {}
