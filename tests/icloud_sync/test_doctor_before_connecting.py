"""`manage.py icloud_doctor --apple-id`: an account examined before anything of it is stored."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from icloud_sync.connecting import connect
from icloud_sync.management.commands import icloud_connect, icloud_doctor
from icloud_sync.models import ICloudConnection, RemoteCollection, SyncLogEntry
from tests.factories import UserFactory
from tests.servers import Account, Server

PASSWORD = "wxyz-wxyz-wxyz-wxyz"


@pytest.fixture
def account(standin: Server, db: None, monkeypatch: pytest.MonkeyPatch) -> Account:
    account = standin.new_account()
    account.standin.add_collection("Holidays", kind="read-only")
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", account.password)
    return account


def run(account: Account, *arguments: str) -> tuple[int, str]:
    """The exit status and what was printed."""
    out = io.StringIO()
    where = ["--apple-id", account.username, "--server", account.server_url]
    try:
        call_command("icloud_doctor", *where, *arguments, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_an_account_that_can_be_connected_is_told_step_by_step(account: Account) -> None:
    code, said = run(account)
    lines = said.splitlines()
    assert code == 0
    assert lines[0].startswith(f"The account {account.username}, not stored, examined ")
    assert lines[1] == "      Password: not of the form of an app-specific one"
    marked = [line for line in lines if line.startswith("ok ")]
    assert [line[6:].partition(":")[0] for line in marked] == [
        "Address and TLS",
        "Sign-in",
        "Principal",
        "Calendar home",
        "Calendars and rights",
        "Clock",
        "Answer times",
    ]
    assert "ok    Calendars and rights: New events can be written to “Home”.\n" in said
    seen = " ".join(said.split())
    assert "“Home”: can be written to" in seen
    assert "“Holidays”: read-only in iCloud" in seen
    assert lines[-1] == "In short: All is well."


def test_nothing_is_stored_and_nothing_is_written(account: Account) -> None:
    run(account)
    rows = (ICloudConnection.objects, RemoteCollection.objects, SyncLogEntry.objects)
    assert [one.count() for one in rows] == [0, 0, 0]
    assert {one.method for one in account.wire.requests} == {"PROPFIND"}
    assert [one.authorized for one in account.wire.requests][:2] == [False, True]


def test_without_the_variable_it_asks_for_the_password_and_shows_it_nowhere(
    account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return f"  {PASSWORD.upper()} "

    monkeypatch.delenv("ICLOUD_APP_PASSWORD")
    monkeypatch.setattr(icloud_connect, "getpass", getpass)
    with caplog.at_level(logging.DEBUG):
        code, said = run(account)
    assert asked == ["App-specific password: "]
    assert code == 1
    assert "      Password: of the form of an app-specific one\n" in said
    assert "!!    Sign-in: The app-specific password has the right form but is most likely" in said
    for told in (said.lower(), caplog.text.lower()):
        assert PASSWORD not in told
        assert PASSWORD.replace("-", "") not in told


def test_a_password_is_no_argument(account: Account) -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        run(account, f"--password={PASSWORD}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["3", "--apple-id", "anna@example.com"], "Give a CONNECTION_ID or --apple-id, not both."),
        (["--apple-id", " "], "--apple-id needs an address."),
        (["--server", "https://caldav.icloud.com/"], "--server goes with --apple-id."),
        (["--apple-id", "anna@example.com", "--write"], "--write needs a CONNECTION_ID."),
        (["--apple-id", "a@example.com", "--bundle", "x.zip"], "--bundle is of a connection or"),
    ],
)
def test_what_does_not_go_together_ends_with_2(arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says) as refused:
        call_command("icloud_doctor", *arguments)
    assert refused.value.returncode == 2


def test_without_a_password_nothing_is_asked(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", "\N{ZERO WIDTH SPACE} ")
    with pytest.raises(CommandError, match="There is no password to try") as refused:
        run(account)
    assert (refused.value.returncode, account.wire.requests) == (2, [])


def test_without_a_terminal_it_says_where_the_password_may_come_from(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.delenv("ICLOUD_APP_PASSWORD")
    monkeypatch.setattr(icloud_connect, "getpass", nobody)
    with pytest.raises(CommandError, match="set ICLOUD_APP_PASSWORD") as refused:
        run(account)
    assert refused.value.returncode == 2


def test_an_account_that_is_connected_already_is_named(account: Account) -> None:
    user = UserFactory(username="anna")
    row = connect(user, account.username, account.password, server_url=account.server_url)
    said = run(account)[1]
    assert f"      Connected already: connection {row.pk}, anna ({account.username})\n" in said


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("nonsense", "“nonsense” is not the address of a server."),
        ("https://calendar.example.com/", "calendar.example.com is not on the list of hosts"),
    ],
)
def test_an_address_that_is_none_is_a_finding(account: Account, server: str, says: str) -> None:
    account.server_url = server
    code, said = run(account)
    assert code == 1
    assert f"In short: Address and TLS: {says}" in said


def test_an_account_with_nowhere_to_write_is_told_before_it_is_connected(account: Account) -> None:
    for collection in account.standin.collections:
        if collection.displayname != "Holidays":
            account.standin.remove_collection(collection.name)
    said = run(account)[1]
    assert "In short: Calendars and rights: Every calendar of this account is read-only" in said
    assert "Next: Ask the user to make a calendar of their own in iCloud, then try again." in said


def test_a_database_that_is_down_does_not_keep_it_from_asking(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any) -> Any:
        raise DatabaseError("no such table")

    monkeypatch.setattr(icloud_doctor, "facts_typed", down)
    code, said = run(account)
    assert (code, said.splitlines()[1]) == (0, "")


def test_as_a_process_it_needs_no_tables_and_shows_no_password(
    account: Account, tmp_path: Path
) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "ICLOUD_APP_PASSWORD": PASSWORD.replace("-", ""),
        "ICLOUD_ALLOWED_HOSTS": "127.0.0.1,localhost",
    }
    done = subprocess.run(
        [
            *(sys.executable, "manage.py", "icloud_doctor", "--apple-id", account.username),
            *("--server", account.server_url),
        ],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "In short: Sign-in: The app-specific password has the right form but is" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    assert PASSWORD.replace("-", "") not in done.stdout + done.stderr
