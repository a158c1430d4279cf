"""`manage.py icloud_connect`: what it prints, and how it refuses."""

import io
import os
import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from icloud_sync.connecting import account as account_module
from icloud_sync.core.policy import SIMPLE_REFUSED
from icloud_sync.models import ICloudConnection
from tests.factories import AppointmentFactory, CalendarFactory, UserFactory
from tests.icloud_sync.accounts import PASSWORD, AppleAccount

APPLE_ID = "anna@icloud.example"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> AppleAccount:
    account = AppleAccount()
    monkeypatch.setattr(account_module, "open_remote", account.open)
    monkeypatch.setenv("ICLOUD_APP_PASSWORD", PASSWORD)
    return account


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("icloud_connect", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_it_connects_and_says_what_it_found_and_what_will_be_sent(account: AppleAccount) -> None:
    AppointmentFactory(host=UserFactory(username="anna"))
    assert run("anna", "--apple-id", APPLE_ID, "--write-to", "work") == (
        "  Holidays: Events come in, edits go back (read-only in iCloud)\n"
        "  Home: Events come in, edits go back\n"
        "  Work: New events go here, edits go back\n"
        "Connected anna@icloud.example for anna, serving all calendars the user is host in. "
        "Appointments that will be sent: 1.\n"
    )


@pytest.mark.django_db
def test_it_serves_the_calendars_named(account: AppleAccount) -> None:
    anna = UserFactory(username="anna")
    AppointmentFactory(host=anna)
    AppointmentFactory(host=anna, calendar=CalendarFactory(name="Massage"))
    said = run("anna", "--apple-id", APPLE_ID, "--calendar", "Massage")
    assert said.endswith("serving Massage. Appointments that will be sent: 1.\n")
    connection = ICloudConnection.objects.get()
    assert list(connection.calendars.values_list("name", flat=True)) == ["Massage"]


@pytest.mark.django_db
def test_without_the_variable_it_asks_for_the_password(
    account: AppleAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    from icloud_sync.management.commands import icloud_connect

    monkeypatch.delenv("ICLOUD_APP_PASSWORD")
    monkeypatch.setattr(icloud_connect, "getpass", lambda prompt: PASSWORD)
    UserFactory(username="anna")
    run("anna", "--apple-id", APPLE_ID)
    assert ICloudConnection.objects.get().app_password == PASSWORD


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nobody"], "There is no user “nobody”."),
        (["anna", "--write-to", "Garden"], "The account has no calendar “Garden”."),
        (["anna", "--write-to", "Holidays"], "“Holidays” is read-only in iCloud"),
        (["anna", "--calendar", "Plain"], SIMPLE_REFUSED),
        (["anna", "--calendar", "None"], "No calendar is called “None”."),
        (["anna", "--server", "https://caldav.example.com/"], "did not accept"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(
    account: AppleAccount, arguments: list[str], says: str
) -> None:
    UserFactory(username="anna")
    CalendarFactory(name="Plain", type="simple")
    if "--server" in arguments:
        account.password = "another"
    with pytest.raises(CommandError) as refused:
        run(*arguments, "--apple-id", APPLE_ID)
    assert says in str(refused.value)
    assert not ICloudConnection.objects.exists()


@pytest.mark.django_db
def test_a_password_is_no_argument() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        run("anna", "--apple-id", APPLE_ID, "--password", PASSWORD)


def test_the_process_ends_with_1_and_no_traceback(tmp_path: Any) -> None:
    """A host that is on no list: refused before anything is sent."""
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "ICLOUD_APP_PASSWORD": PASSWORD,
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=environment,
            capture_output=True,
            text=True,
        )

    assert manage("migrate", "-v0").returncode == 0
    script = "from calendars.models import User; User.objects.create(username='anna')"
    assert manage("shell", "-v0", "-c", script).returncode == 0
    done = manage("icloud_connect", "anna", "--apple-id", APPLE_ID, "--server", "https://nope.test")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == (
        "CommandError: nope.test is not on the list of hosts that may see a password: it is "
        "neither Apple's nor named in ICLOUD_ALLOWED_HOSTS."
    )
    assert done.stderr.splitlines()[-1].startswith("Next: If the host is yours, add its name to")
    assert PASSWORD not in done.stderr
