"""What a test can turn on for one account while the server runs."""

import http.client

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn
from tests.standin.conftest import Client, event


def test_a_write_can_be_answered_without_its_etag(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.switches.put_without_etag = True
    answer = client("PUT", f"{home}one.ics", event())
    assert (answer.status, answer.headers.get("ETag")) == (201, None)


def test_throttling_is_a_503_with_retry_after(client: Client, account: StandInAccount) -> None:
    account.switches.throttle_seconds = 7
    answer = client.propfind("/", "displayname")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")


def test_everything_can_be_refused_with_500(client: Client, account: StandInAccount) -> None:
    account.switches.refuse_everything = True
    assert client.propfind("/", "displayname").status == 500


def test_a_sign_in_page_can_stand_in_the_way(client: Client, account: StandInAccount) -> None:
    account.switches.html_answer = True
    answer = client.propfind("/", "displayname")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")


def test_listings_can_lose_their_members_or_everything(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.put("one.ics", event())
    account.switches.empty_listing = "members"
    assert client.propfind(home, "getetag", depth="1").hrefs == [home]
    assert client.sync(home).hrefs == [home]
    account.switches.empty_listing = "all"
    assert client.propfind(home, "getetag", depth="1").hrefs == []


def test_the_connection_can_break_after_a_write_was_stored(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.switches.drop_after_write = 1
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        client("PUT", f"{home}one.ics", event())
    assert account.resources() == {f"{home}one.ics": event()}
    assert client("PUT", f"{home}two.ics", event("two")).status == 201


def test_switches_of_one_account_leave_the_others_alone(
    standin: StandIn, client: Client, account: StandInAccount
) -> None:
    ben = standin.add_account("ben@example.com")
    ben.switches.refuse_everything = True
    assert client.propfind("/", "displayname").status == 207
