"""The ten causes that people meet most, each come by as they would: typed wrongly when they
connect, or broken afterwards. Nothing is planted; the real commands say what is the matter,
in one sentence."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from calendars.models import User
from icloud_standin.listening import Handler
from icloud_standin.server import StandIn
from icloud_sync.connecting import ConnectError, update_password
from icloud_sync.models import ICloudConnection
from icloud_sync.sync import sync
from tests.factories import UserFactory

ADD = "/admin/icloud_sync/icloudconnection/add/"
APPLE_ID = "anna@example.com"
PASSWORD = "abcd-efgh-ijkl-mnop"
MISTYPED = "abcd-efgh-ijkl-mnpo"
ORDINARY = "Summer2026!"

WRONG = (
    f"The app-specific password has the right form but is most likely wrong: mistyped, or made "
    f"for another Apple account than {APPLE_ID}."
)
ORDINARY_ONE = (
    "The password looks like the ordinary Apple Account password, which never works here: an "
    "app-specific one has the form xxxx-xxxx-xxxx-xxxx."
)
AN_ALIAS = (
    "{} looks like an alias, not like the address the user signs in with at account.apple.com."
)
MAYBE_AN_ALIAS = (
    "Most likely the password was mistyped, or {} is an alias and not the address the user signs "
    "in with at account.apple.com: at icloud.com an address may be either."
)
UNKNOWN = (
    "The server most likely knows no Apple account called {}: it is misspelt, or not the address "
    "the user signs in with."
)
PORTAL = (
    "Something in between answers in place of {host}: most likely a captive portal, a network "
    "that wants a sign-in first."
)


@dataclass
class Apple:
    """The stand-in with one account; `host` as verdicts name it."""

    standin: StandIn
    account: Any

    @property
    def host(self) -> str:
        return f"localhost:{self.standin.port}"


@pytest.fixture
def apple(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Apple]:
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", PASSWORD)
    standin = StandIn(port=0)
    standin.start()
    account = standin.add_account(APPLE_ID, PASSWORD)
    yield Apple(standin, account)
    standin.stop()


@pytest.fixture
def connected(apple: Apple) -> ICloudConnection:
    """By the command, and synced once."""
    UserFactory(username="anna")
    icloud_connect(apple)
    connection = ICloudConnection.objects.get()
    assert not sync(connection.pk).failed
    return connection


def icloud_connect(apple: Apple, apple_id: str = APPLE_ID) -> list[str]:
    """What it says when it refuses, line by line; nothing where it connects."""
    where = ["--apple-id", apple_id, "--server", apple.standin.url]
    try:
        call_command("icloud_connect", "anna", *where, stdout=io.StringIO())
    except CommandError as refused:
        return str(refused).splitlines()
    return []


def icloud_doctor(*arguments: str) -> str:
    """The verdict in one sentence; more than one is none."""
    told = examined(*arguments)
    heading, _, sentence = told["summary"].partition(": ")
    troubles = [one for one in told["steps"] if one["grade"] == "needs attention"]
    assert troubles[0]["heading"] == heading
    assert troubles[0]["likely"] == sentence
    assert told["exit_code"] == 1
    assert troubles[0]["seen"]
    assert troubles[0]["next_step"]
    return str(sentence)


def examined(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("icloud_doctor", *arguments, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def before_connecting(apple: Apple, apple_id: str = APPLE_ID) -> str:
    return icloud_doctor("--apple-id", apple_id, "--server", apple.standin.url)


def told_by_the_form(apple: Apple, apple_id: str, password: str) -> list[str]:
    """The errors on the first page of connecting, whichever field they stand at."""
    typed = {"apple_id": apple_id, "password": password, "server_url": apple.standin.url}
    form = post(ADD, {"user": User.objects.get(username="anna").pk, **typed}).context["form"]
    assert set(form.errors) <= {"apple_id", "password"}
    return [sentence for errors in form.errors.values() for sentence in errors]


def post(page: str, typed: dict[str, Any]) -> Any:
    staff = Client()
    staff.force_login(User.objects.filter(is_superuser=True).first() or boss())
    shown = staff.post(page, typed)
    assert typed["password"] not in shown.content.decode()
    return shown


def boss() -> Any:
    return UserFactory(username="boss", is_staff=True, is_superuser=True)


# --- A sign-in that was refused: 1 wrong password, 2 ordinary password, 3 alias -----------

TYPED = [
    ("wrong password", APPLE_ID, MISTYPED, WRONG),
    ("ordinary password", APPLE_ID, ORDINARY, ORDINARY_ONE),
    ("alias at me.com", "anna@me.com", PASSWORD, AN_ALIAS.format("anna@me.com")),
    ("alias at mac.com", "anna@mac.com", PASSWORD, AN_ALIAS.format("anna@mac.com")),
    (
        "hidden address",
        "x7@privaterelay.appleid.com",
        PASSWORD,
        AN_ALIAS.format("x7@privaterelay.appleid.com"),
    ),
    ("alias at icloud.com", "a.w@icloud.com", PASSWORD, MAYBE_AN_ALIAS.format("a.w@icloud.com")),
    ("ordinary, at icloud.com", "anna@icloud.com", ORDINARY, ORDINARY_ONE),
]


@pytest.mark.parametrize(
    ("apple_id", "password", "sentence"), [one[1:] for one in TYPED], ids=[one[0] for one in TYPED]
)
def test_a_sign_in_that_is_refused_is_told_alike_by_both_commands(
    apple: Apple, monkeypatch: pytest.MonkeyPatch, apple_id: str, password: str, sentence: str
) -> None:
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", password)
    UserFactory(username="anna")
    said = icloud_connect(apple, apple_id)
    assert said[0] == sentence
    assert [line.partition(":")[0] for line in said[1:]] == ["Seen", "Could also be", "Next"]
    assert said[1].startswith("Seen: The server did not accept this Apple ID and password.")
    assert said[3].startswith("Next: Ask the user ")
    assert "isconnect" not in said[3]  # there is nothing to disconnect
    assert before_connecting(apple, apple_id) == sentence
    assert told_by_the_form(apple, apple_id, password) == said
    assert not ICloudConnection.objects.exists()


@pytest.mark.parametrize(
    ("apple_id", "sentence"),
    [
        ("nobody@example.com", UNKNOWN.format("nobody@example.com")),
        ("anna@icloud.com", AN_ALIAS.format("anna@icloud.com")),
    ],
)
def test_a_user_name_that_is_answered_403_is_one_nobody_knows(
    apple: Apple, apple_id: str, sentence: str
) -> None:
    apple.standin.switches.unknown_user = "403"
    UserFactory(username="anna")
    assert icloud_connect(apple, apple_id)[0] == sentence
    assert before_connecting(apple, apple_id) == sentence


def test_a_password_mistyped_for_a_primary_address_at_icloud_com_is_not_called_an_alias_alone(
    apple: Apple, monkeypatch: pytest.MonkeyPatch
) -> None:
    apple.standin.add_account("anna@icloud.com", PASSWORD)
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", MISTYPED)
    said = before_connecting(apple, "anna@icloud.com")
    assert said.startswith("Most likely the password was mistyped, or anna@icloud.com is an alias")


@pytest.mark.parametrize(
    ("typed", "sentence"), [(MISTYPED, WRONG), (ORDINARY, ORDINARY_ONE), (PASSWORD, None)]
)
def test_a_new_password_that_is_refused_is_told_the_same_way(
    apple: Apple, connected: ICloudConnection, typed: str, sentence: str | None
) -> None:
    """The last: the one that was revoked, typed once more."""
    apple.account.switches.revoked_password = True
    with pytest.raises(ConnectError) as refused:
        update_password(connected, typed)
    said = refused.value.sentences
    page = f"/admin/icloud_sync/icloudconnection/{connected.pk}/password/"
    assert post(page, {"password": typed}).context["form"].errors == {"password": said}
    connected.refresh_from_db()
    until = f"{connected.last_success_at:%Y-%m-%d %H:%M} UTC"
    assert said[0] == sentence or said[0].startswith(f"The password worked until {until}")
    assert said[-1].endswith("and type that here.")
    assert refused.value.field == "password"


# --- 4 a password that was revoked ---------------------------------------------------------


@pytest.mark.parametrize("has_synced", [False, True])
def test_a_revoked_password(apple: Apple, has_synced: bool) -> None:
    UserFactory(username="anna")
    icloud_connect(apple)
    connection = ICloudConnection.objects.get()
    if has_synced:
        sync(connection.pk)
        connection.refresh_from_db()
    apple.account.switches.revoked_password = True
    until = connection.last_success_at or connection.created_at
    sentence = (
        f"The password worked until {until:%Y-%m-%d %H:%M} UTC and does not any more: most likely "
        "it was revoked, alone or by a change of the Apple Account password."
    )
    assert icloud_doctor(str(connection.pk)) == sentence
    assert sync(connection.pk).failed  # and once the sync has found out, too
    assert icloud_doctor(str(connection.pk)) == sentence


# --- 5 no network --------------------------------------------------------------------------


def no_network(*args: Any, **kwargs: Any) -> Any:
    raise socket.gaierror(-3, "Temporary failure in name resolution")


def test_no_network(
    apple: Apple, connected: ICloudConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    sentence = "The name {} cannot be looked up: most likely this machine has no network."
    assert icloud_doctor(str(connected.pk)) == sentence.format(apple.host)
    apples_own = ["--apple-id", APPLE_ID, "--server", "https://caldav.icloud.com/"]
    assert icloud_doctor(*apples_own) == sentence.format("caldav.icloud.com")
    UserFactory(username="ben")
    with pytest.raises(CommandError) as refused:
        call_command("icloud_connect", "ben", *apples_own)
    assert str(refused.value).splitlines()[0] == sentence.format("caldav.icloud.com")


def test_no_way_to_the_server(apple: Apple, connected: ICloudConnection) -> None:
    host = apple.host
    apple.standin.stop()
    assert icloud_doctor(str(connected.pk)) == (
        f"{host} cannot be reached from this machine: most likely the network or a firewall in "
        "between lets nothing through."
    )


# --- 6 a captive portal --------------------------------------------------------------------


def test_a_captive_portal(apple: Apple, connected: ICloudConnection) -> None:
    apple.standin.switches.html_answer = True
    sentence = PORTAL.format(host=apple.host)
    assert icloud_doctor(str(connected.pk)) == sentence
    assert before_connecting(apple) == sentence
    ICloudConnection.objects.all().delete()
    said = icloud_connect(apple)
    assert said[0] == sentence
    assert said[-1].startswith("Next: Open a web page from this machine's network, sign in there")


# --- 7 a read-only calendar, 8 a calendar that is gone -------------------------------------


def test_a_calendar_that_became_read_only(apple: Apple, connected: ICloudConnection) -> None:
    target = connected.collections.get(role="target")
    apple.account.switches_of(target.href.rstrip("/").rpartition("/")[2]).read_only = True
    assert icloud_doctor(str(connected.pk)) == (
        f"New events cannot be written, because “{target}” is read-only in iCloud: most likely it "
        "is shared with the user without the right to edit."
    )


@pytest.mark.parametrize("withdraw", ["deleted", "404", "unlisted"])
def test_a_calendar_that_is_gone(apple: Apple, connected: ICloudConnection, withdraw: str) -> None:
    target = connected.collections.get(role="target")
    name = target.href.rstrip("/").rpartition("/")[2]
    if withdraw == "deleted":
        apple.account.remove_collection(name)
    else:
        apple.account.switches_of(name).withdrawn = withdraw
    sentence = (
        f"The calendar that new events go to, “{target}”, is not in the account any more: most "
        "likely it was deleted in iCloud, or is shared no longer."
    )
    assert icloud_doctor(str(connected.pk)) == sentence
    sync(connected.pk)
    assert icloud_doctor(str(connected.pk)) == sentence


# --- 9 throttled ---------------------------------------------------------------------------

BUSY: list[tuple[str, Callable[[Any], None]]] = [
    ("429", lambda switches: setattr(switches, "fault", "429")),
    ("503", lambda switches: setattr(switches, "fault", "503")),
    ("503 and Retry-After", lambda switches: setattr(switches, "throttle_seconds", 600)),
]


@pytest.mark.parametrize("throttle", [one[1] for one in BUSY], ids=[one[0] for one in BUSY])
@pytest.mark.parametrize("whom", ["the account", "everybody"])
def test_throttled(apple: Apple, connected: ICloudConnection, throttle: Any, whom: str) -> None:
    throttle((apple.account if whom == "the account" else apple.standin).switches)
    beginning = f"{apple.host} is throttling us: it was asked too much and wants to be left alone "
    assert icloud_doctor(str(connected.pk)).startswith(beginning)
    assert before_connecting(apple).startswith(beginning)
    ICloudConnection.objects.all().delete()
    said = icloud_connect(apple)
    assert said[0].startswith(beginning)
    assert "This says nothing about the password" in said[2]


# --- 10 the clock --------------------------------------------------------------------------


def test_a_clock_that_is_wrong(
    apple: Apple, connected: ICloudConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As seen from a machine that is three hours ahead."""
    monkeypatch.setattr(
        Handler, "date_time_string", lambda *_: formatdate(time() - 3 * 3600 - 5, usegmt=True)
    )
    sentence = (
        "This machine's clock is most likely wrong: it is 3 hours ahead of the clock of "
        f"{apple.host}."
    )
    assert icloud_doctor(str(connected.pk)) == sentence
    assert before_connecting(apple) == sentence


def test_with_nothing_the_matter_nothing_is_said(apple: Apple, connected: ICloudConnection) -> None:
    assert examined(str(connected.pk))["summary"] == "All is well."
    told = examined("--apple-id", APPLE_ID, "--server", apple.standin.url)
    assert told["summary"] == "All is well."
    assert [one["step"] for one in told["steps"]] == [
        "address",
        "sign_in",
        "principal",
        "home",
        "collections",
        "clock",
        "latency",
    ]
