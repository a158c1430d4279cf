"""Connecting under each fault: the sentence that is true, nothing stored, nothing written,
and the password to nobody it does not belong to."""

from typing import Any

import pytest

from icloud_sync.connecting import ConnectError, connect
from icloud_sync.models import ICloudConnection
from tests.factories import UserFactory
from tests.servers import Account, Server
from tests.wire import WRITES, Drop

pytestmark = pytest.mark.django_db

ODD = "an answer that cannot be understood"
SAYS: list[tuple[str, dict[str, Any], str]] = [
    ("503", {"fault": "503"}, "This says nothing about the password"),
    ("503 and Retry-After", {"throttle_seconds": 30}, "This says nothing about the password"),
    ("429", {"fault": "429"}, "This says nothing about the password"),
    ("500", {"refuse_everything": True}, "This says nothing about the password"),
    ("lost connections", {"fault": "reset"}, "most likely the network is unsteady"),
    ("a sign-in page", {"html_answer": True}, "most likely a captive portal"),
    ("broken XML", {"broken_xml": True}, ODD),
    ("a revoked password", {"revoked_password": True}, "did not accept this Apple ID"),
    ("403", {"fault": "403"}, "did not accept this Apple ID"),
    ("a foreign home", {"home_set": "foreign"}, "sent on to a foreign host"),
    (
        "a redirect to a foreign host",
        {"redirect": "307", "redirect_to": "foreign"},
        "sent on to a foreign host: most likely by a captive portal",
    ),
    ("a redirect in a circle", {"redirect": "307", "redirect_to": "itself"}, ODD),
    ("a listing of nothing", {"empty_listing": "all"}, ODD),
    ("no calendars", {"empty_listing": "members"}, "no calendar that holds events"),
]


@pytest.fixture
def account(standin: Server) -> Account:
    return standin.new_account()


def attempt(account: Account) -> ICloudConnection:
    return connect(UserFactory(), account.username, account.password, server_url=account.server_url)


@pytest.mark.parametrize(("switches", "says"), [s[1:] for s in SAYS], ids=[s[0] for s in SAYS])
def test_each_fault_has_its_sentence_and_the_next_try_succeeds(
    account: Account, switches: dict[str, Any], says: str
) -> None:
    for name, value in switches.items():
        account.standin.switches.turn(name, value)
    with pytest.raises(ConnectError) as caught:
        attempt(account)
    assert says in caught.value.sentence
    assert ("password" in caught.value.field) == ("did not accept" in says)
    assert not ICloudConnection.objects.exists()
    account.standin.switches.reset()
    assert attempt(account).status == "connected"
    assert [one for one in account.wire.ever if one.method in WRITES] == []


def test_an_unknown_apple_id_that_is_answered_403_is_told_as_one(
    standin: Any, account: Account
) -> None:
    standin.standin.switches.unknown_user = "403"
    account.username, account.password = "nobody@example.com", "abcd-efgh-ijkl-mnop"
    with pytest.raises(ConnectError, match="knows no Apple account called nobody@exam") as caught:
        attempt(account)
    assert caught.value.field == "apple_id"
    standin.standin.switches.reset()


@pytest.mark.parametrize("switch", ["301", "302", "307", "308"])
def test_a_redirect_on_the_way_costs_nobody_the_connection(account: Account, switch: str) -> None:
    account.standin.switches.redirect = switch
    assert attempt(account).status == "connected"


def test_a_server_that_is_not_there_is_not_a_wrong_password(account: Account) -> None:
    account.wire.faults.append(lambda exchange: Drop.BEFORE)
    with pytest.raises(ConnectError, match="most likely the network is unsteady"):
        attempt(account)
