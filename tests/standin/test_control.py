"""The control address: what other processes see and turn while the stand-in runs."""

import json
from typing import Any

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from icloud_standin.switches import Switches
from tests.standin.conftest import Client, event

JSON = {"Content_Type": "application/json"}


class Control:
    def __init__(self, port: int) -> None:
        self.client = Client(port, "", "", host="localhost")

    def __call__(self, method: str, path: str, given: Any = None, **headers: str) -> Any:
        """Status and what it says."""
        body = b"" if given is None else json.dumps(given).encode()
        answer = self.client(method, f"/control/{path}", body, **(JSON | headers))
        return answer.status, json.loads(answer.body or b"null")


@pytest.fixture
def control(standin: StandIn) -> Control:
    return Control(standin.port)


def test_the_first_page_shows_the_whole_table_and_the_accounts(
    control: Control, account: StandInAccount, standin: StandIn
) -> None:
    status, shown = control("GET", "")
    assert status == 200
    assert [row["name"] for row in shown["switches"]] == list(Switches.table())
    assert shown["switches"][3] == {
        "name": "redirect",
        "number": "S3",
        "group": "Hosts and passwords",
        "does": "The generic host answers every request with this redirect.",
        "watch": "Nothing changes: method, body and password are kept over the hop.",
        "takes": 'one of "", 301, 302, 307, 308',
        "choices": ["", "301", "302", "307", "308"],
        "default": "",
        "level": "account",
    }
    assert shown["accounts"] == [
        {
            "apple_id": "anna@example.com",
            "name": "Anna Berg",
            "address": "/control/anna@example.com/",
        }
    ]
    assert shown["hosts"]["generic"] == standin.url.rstrip("/")


def test_an_accounts_switches_are_turned_and_turned_back(
    control: Control, account: StandInAccount, client: Client
) -> None:
    wanted = {"throttle_seconds": 7, "revoked_password": True}
    status, shown = control("POST", "anna@example.com/", wanted)
    assert (status, shown["turned"]) == (200, wanted)
    assert client.propfind("/", "displayname").status == 503
    assert control("POST", account.dsid, {"throttle_seconds": None})[1]["turned"] == {
        "revoked_password": True
    }
    assert client.propfind("/", "displayname").status == 401
    assert control("DELETE", "anna@example.com/")[1]["turned"] == {}
    assert client.propfind("/", "displayname").status == 207


def test_a_calendar_has_switches_of_its_own_under_those_of_its_account_and_of_everybody(
    control: Control, account: StandInAccount
) -> None:
    control("POST", "", {"ghosts": "one", "unknown_user": "403"})
    control("POST", "anna@example.com/", {"expired_token": "410"})
    _, home = control("POST", "anna@example.com/home/", {"expired_token": "412"})
    _, work = control("GET", "anna@example.com/Work/")
    assert (home["turned"], work["turned"]) == ({"expired_token": "412"}, {})
    everybody = {"ghosts": "one", "unknown_user": "403"}
    assert home["in_force"] == everybody | {"expired_token": "412"}
    assert work["in_force"] == everybody | {"expired_token": "410"}


@pytest.mark.parametrize(
    ("path", "given", "status", "sentence"),
    [
        ("anna@example.com/", {"redirct": "301"}, 400, "There is no switch redirct."),
        (
            "anna@example.com/",
            {"revoked_password": True, "redirect": 301},
            400,
            'redirect takes one of "", 301, 302, 307, 308, not 301.',
        ),
        ("anna@example.com/", ["redirect"], 400, 'Write an object: {"redirect": "307"}.'),
        ("ben@example.com/", {}, 404, "There is no account ben@example.com."),
        (
            "anna@example.com/no/",
            {},
            404,
            "anna@example.com has no calendar no, only Home, Work, Family, Holidays, Reminders, "
            "inbox, outbox, notification.",
        ),
        ("anna@example.com/", {"do": "dance"}, 404, "Nothing here does dance."),
        (
            "anna@example.com/",
            {"do": "seed", "set": "weeds"},
            400,
            "There is no set weeds, only series, times, texts, invitations, names, calendars, "
            "everything.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_turned(
    control: Control, account: StandInAccount, path: str, given: Any, status: int, sentence: str
) -> None:
    assert control("POST", path, given) == (status, {"error": sentence})
    assert control("GET", "anna@example.com/")[1]["turned"] == {}


def test_an_account_shows_what_it_was_asked_until_that_is_forgotten(
    control: Control, account: StandInAccount, client: Client, home: str
) -> None:
    client.propfind(home, "displayname")
    client("PUT", f"{home}a.ics", event("a", "ATTENDEE:mailto:guest@example.com"))
    client.propfind(home, "displayname")
    _, shown = control("GET", "anna@example.com/")
    assert shown["requests"]["total"] == 3
    assert shown["requests"]["by_method"] == {"PROPFIND": 2, "PUT": 1} == account.request_counts
    assert shown["requests"]["latest"][1] == {
        "method": "PUT",
        "path": f"{home}a.ics",
        "status": 201,
        "authorized": True,
    }
    assert shown["mails"] == [
        {"method": "PUT", "href": f"{home}a.ics", "attendees": ["mailto:guest@example.com"]}
    ]
    _, shown = control("POST", "anna@example.com/", {"do": "forget_requests"})
    assert shown["requests"] == {"total": 0, "by_method": {}, "latest": []}


def test_tokens_expire_and_seeds_are_planted_on_demand(
    control: Control, account: StandInAccount, client: Client, home: str
) -> None:
    token = client.sync(home).find("D:sync-token")
    control("POST", "anna@example.com/home/", {"do": "expire_tokens"})
    assert client.sync(home, token).status == 403
    _, shown = control("POST", "anna@example.com/work/", {"do": "seed", "set": "series"})
    assert shown["resources"] == list(account.resources("work"))
    assert len(shown["resources"]) == 7


def test_no_other_site_turns_a_switch(control: Control, account: StandInAccount) -> None:
    given = json.dumps({"revoked_password": True}).encode()
    path = "/control/anna@example.com/"
    answers = [
        control.client("POST", path, given, Origin="http://evil.example", **JSON),
        control.client("GET", path, Host="evil.example"),
        control.client("POST", path, given, Content_Type="text/plain"),
        control.client("DELETE", path, Origin="http://evil.example"),
        control.client("PUT", path),
    ]
    assert [answer.status for answer in answers] == [403, 403, 415, 403, 405]
    assert account.switches.turned == {}
