"""`manage.py icloud_doctor`: what it prints, how it ends, and what its bundle keeps back."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from calendars.models import Attendee
from icloud_sync import heartbeat, leases
from icloud_sync.core.verdicts.values import Step, Verdict, good
from icloud_sync.doctor import visit
from icloud_sync.doctor.redact import Veil, account_paths
from icloud_sync.fields import encrypt
from icloud_sync.management.commands import icloud_doctor
from icloud_sync.models import (
    Heartbeat,
    ICloudConnection,
    Outage,
    OutboxEntry,
    SyncLogEntry,
    SyncRun,
)
from icloud_sync.schedules import sync_schedules
from tests.factories import AppointmentFactory, ContactFactory, ICloudConnectionFactory
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server

PASSWORD_CANARY = "canary-pass-word-aaaa"
NOTES_CANARY = "canarynotes"
GUEST_CANARY = "canaryguest"
TITLE_CANARY = "canarytitle"
PLACE_CANARY = "canaryplace"


@pytest.fixture
def apple(standin: Server, db: None) -> World:
    world = connected(standin.new_account())
    ICloudConnection.objects.update(last_success_at=timezone.now())
    return world


@pytest.fixture
def working(settings: Any, db: None) -> None:
    """A machine with nothing the matter: its server answers, its worker runs."""
    settings.PUBLIC_URL = "https://referins.example.com"
    settings.ALLOWED_HOSTS = ["referins.example.com"]
    settings.DEBUG = False
    sync_schedules()
    heartbeat.beat("here:7", timezone.now())


def run(*arguments: str) -> tuple[int, str]:
    """The exit status and what was printed."""
    out = io.StringIO()
    try:
        call_command("icloud_doctor", *arguments, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


# --- A connection ---------------------------------------------------------------------


def test_a_healthy_connection_is_told_step_by_step_and_ends_with_0(apple: World) -> None:
    code, said = run(str(apple.connection.pk))
    assert code == 0
    assert said.startswith(f"Connection {apple.connection.pk}, {apple.connection}, examined ")
    assert "      State: Connected since " in said
    marks = [line[:6].strip() for line in said.splitlines() if line[:6].strip()]
    assert marks == ["Connec", *["ok"] * 9, "In sho"]
    assert said.endswith("In short: All is well.\n")


def test_trouble_ends_with_1_and_says_the_next_step(apple: World) -> None:
    apple.account.standin.switches.revoked_password = True
    code, said = run(str(apple.connection.pk))
    assert code == 1
    assert "\n!!    Sign-in: The password worked until " in said
    assert "\n      Next: Ask the user for a new app-specific password" in said
    assert "\n--    Principal: Not tried, because it needs: Sign-in.\n" in said


def test_a_running_sync_ends_with_2(apple: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visit, "WAIT_FOR_SYNC", 0.0)
    with leases.hold(apple.connection.pk):
        code, said = run(str(apple.connection.pk))
    assert code == 2
    assert "A sync of this account is running" in said


def test_for_scripts_it_is_one_document(apple: World) -> None:
    code, said = run(str(apple.connection.pk), "--json", "--write")
    told = json.loads(said)
    assert (code, told["exit_code"], told["summary"]) == (0, 0, "All is well.")
    assert told["steps"][0] == {
        "step": "address",
        "grade": "good",
        "likely": told["steps"][0]["likely"],
        "seen": told["steps"][0]["seen"],
        "could_be": "",
        "next_step": "",
        "cause": None,
        "subject": "",
        "stops": False,
        "heading": "Address and TLS",
    }
    assert [one["step"] for one in told["steps"]][-1] == "write"


def test_each_step_is_printed_as_soon_as_it_is_there(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, printed = io.StringIO(), []

    def examine(connection: ICloudConnection, write: bool) -> Iterator[Verdict]:
        for _ in range(3):
            printed.append(out.getvalue().count("ok    Clock: fine"))
            yield good(Step.CLOCK, "fine")

    monkeypatch.setattr(icloud_doctor, "examine", examine)
    call_command("icloud_doctor", str(apple.connection.pk), stdout=out)
    assert printed == [0, 1, 2]


def test_a_name_cannot_steer_the_terminal(apple: World) -> None:
    apple.connection.collections.filter(role="target").update(
        name="Home\x1b[2J\r\nok    All is well", href="/gone/"
    )
    said = run(str(apple.connection.pk))[1]
    assert "\x1b" not in said
    assert "\nok    All is well" not in said


def test_a_server_that_is_known_to_be_down_is_told_first(apple: World) -> None:
    now = timezone.now()
    Outage.objects.create(
        server=apple.connection.server_url, reason="503", since=now, next_probe_at=now
    )
    assert (
        f"\n      Server down since: {now:%Y-%m-%d %H:%M} UTC\n" in run(str(apple.connection.pk))[1]
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["99"], "There is no connection 99."),
        (["--write"], "--write needs a CONNECTION_ID."),
        (["--with-titles"], "--with-titles goes with --bundle."),
    ],
)
def test_what_it_cannot_do_ends_with_2(db: None, arguments: list[str], says: str) -> None:
    with pytest.raises(CommandError, match=says) as refused:
        run(*arguments)
    assert refused.value.returncode == 2


def test_a_disconnected_connection_cannot_be_examined(db: None) -> None:
    connection = ICloudConnectionFactory(status="disconnected")
    with pytest.raises(CommandError, match="is disconnected") as refused:
        run(str(connection.pk))
    assert refused.value.returncode == 2


# --- This machine ---------------------------------------------------------------------


def heading(world: World) -> str:
    return f"Connection {world.connection.pk}, {world.connection}"


def test_a_machine_with_nothing_the_matter(working: None, apple: World, settings: Any) -> None:
    settings.ICLOUD_SERVER_URL = apple.account.server_url
    code, said = run()
    assert (code, said.count("\nok")) == (0, 7)
    assert (
        f"ok    Connection {apple.connection.pk}, {apple.connection}: The account answers" in said
    )


def test_the_server_s_address_is_reached_without_a_password(
    working: None, apple: World, settings: Any
) -> None:
    settings.ICLOUD_SERVER_URL = apple.account.server_url
    ICloudConnection.objects.update(status="paused")
    code, said = run()
    assert [one.authorized for one in apple.account.wire.requests] == [False]
    assert (code, "It was paused by staff" in said) == (0, True)


def test_a_connection_in_trouble_is_named_with_its_cause(working: None, apple: World) -> None:
    apple.account.standin.switches.revoked_password = True
    code, said = run()
    assert code == 1
    assert (
        f"!!    Connection {apple.connection.pk}, {apple.connection}: The password worked" in said
    )


def test_connections_that_wait_for_a_password_are_not_asked(working: None, apple: World) -> None:
    ICloudConnection.objects.update(status="needs_password")
    assert run()[0] == 1
    assert apple.account.wire.requests == []


def test_a_connection_being_synced_is_no_trouble(
    working: None, apple: World, settings: Any
) -> None:
    settings.ICLOUD_SERVER_URL = apple.account.server_url
    with leases.hold(apple.connection.pk):
        code, said = run()
    assert (code, "It is being synced right now." in said) == (0, True)


def test_a_connection_that_was_not_synced_for_hours_is_overdue(working: None, apple: World) -> None:
    ICloudConnection.objects.update(last_success_at=timezone.now() - timedelta(hours=5))
    code, said = run()
    assert (code, "The account answers, but was last synced" in said) == (1, True)


def test_without_a_worker_its_last_sign_of_life_is_told(working: None) -> None:
    last = timezone.now() - timedelta(minutes=10)
    Heartbeat.objects.update(beat_at=last)
    code, said = run()
    assert code == 1
    assert f"the last sign of life is from {last:%Y-%m-%d %H:%M} UTC" in said


def test_a_worker_whose_queue_runs_no_periodic_task_is_told_apart(working: None) -> None:
    Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=10))
    code, said = run()
    assert (code, "its queue runs no periodic task since" in said) == (1, True)


def test_without_schedules_the_worker_was_never_started(working: None) -> None:
    Schedule.objects.all().delete()
    said = run()[1]
    assert "The periodic tasks are not set up" in said
    assert "--    Worker: Not tried, because it needs: Task queue." in said


def test_a_queue_that_grows_says_that_the_workers_are_behind(working: None) -> None:
    OrmQ.objects.bulk_create(
        OrmQ(key="referins", payload="", lock=timezone.now()) for _ in range(101)
    )
    assert "The workers are behind: 101 tasks wait." in run()[1]


def test_a_queue_that_cannot_be_reached(working: None, settings: Any) -> None:
    def down() -> Any:
        raise ConnectionError("redis://:canary@localhost")

    settings.REDIS_URL = "redis://:canary@localhost"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("icloud_sync.doctor.machine.get_broker", down)
        code, said = run()
    assert (code, "The task queue cannot be reached" in said) == (1, True)
    assert "canary" not in said


def test_passwords_that_no_key_opens_are_counted(working: None, settings: Any) -> None:
    ICloudConnectionFactory.create_batch(2, status="paused")
    newer, old = "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q=", settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [newer, *old]
    assert "2 of the stored passwords still need an older key" in run()[1]
    settings.FIELD_ENCRYPTION_KEYS = [newer]
    assert "2 of the stored passwords cannot be opened" in run()[1]


def test_a_database_that_is_down_is_told_and_the_rest_is_not_tried(
    working: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*args: Any) -> Any:
        raise DatabaseError("connection refused\nIs the server running?")

    monkeypatch.setattr("icloud_sync.doctor.machine.MigrationExecutor", down)
    code, said = run()
    assert code == 1
    assert "!!    Database: The database cannot be used" in said
    assert "      Seen: connection refused\n" in said
    assert "--    Task queue: Not tried, because it needs: Database." in said


def test_as_a_process_it_ends_with_its_number_and_no_traceback(tmp_path: Path) -> None:
    """A database that was never migrated: the machine is examined all the same."""
    own = {"DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3", "ALLOWED_HOSTS": "localhost"}
    environment = os.environ | own

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "icloud_doctor", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    path = tmp_path / "bundle.zip"
    whole, one, nonsense = manage("--json", "--bundle", str(path)), manage("1"), manage("first")
    assert (whole.returncode, one.returncode, nonsense.returncode) == (1, 2, 2)
    assert "Traceback" not in whole.stderr + one.stderr + nonsense.stderr
    assert json.loads(whole.stdout)["summary"].startswith("Database: The database is not up to")
    assert "Database: The database is not up to" in unpack(path)["report.txt"]
    assert one.stderr == (
        "CommandError: The database cannot be used. Examine the machine: icloud_doctor\n"
    )


# --- The support bundle ---------------------------------------------------------------


@pytest.fixture
def telling(apple: World) -> World:
    """An account, a log and an outbox full of what is nobody's business."""
    contact = ContactFactory(name=GUEST_CANARY, email=f"{GUEST_CANARY}@example.com")
    appointment = AppointmentFactory(
        host=apple.user, title=TITLE_CANARY, notes=NOTES_CANARY, location=PLACE_CANARY
    )
    Attendee.objects.create(appointment=appointment, contact=contact)
    body = vevent(
        f"{GUEST_CANARY}-lunch",
        TITLE_CANARY,
        at(12),
        at(13),
        f"DESCRIPTION:{NOTES_CANARY}",
        f"LOCATION:{PLACE_CANARY}",
        f"ATTENDEE:mailto:{GUEST_CANARY}@example.com",
    )
    apple.account.phone.put("lunch.ics", body)
    broken = f"BEGIN:VCALENDAR\r\nATTENDEE:{GUEST_CANARY}\r\nEND:VCALENDAR\r\n"
    apple.account.phone.put(f"{TITLE_CANARY}.ics", broken)
    apple.account.standin.add_collection(f"{TITLE_CANARY} “private”")
    apple.sync()
    values = {"title": TITLE_CANARY, "notes": NOTES_CANARY, "location": PLACE_CANARY}
    SyncLogEntry.objects.create(
        connection=apple.connection,
        direction="push",
        action="update",
        outcome="failed",
        message=f"not sent “{TITLE_CANARY}” with {PASSWORD_CANARY} ” {TITLE_CANARY}”",
        before=values | {"starts_at": "2026-11-24T09:30:00+00:00"},
        after=[NOTES_CANARY],
    )
    SyncRun.objects.create(
        connection=apple.connection,
        direction="push",
        started_at=timezone.now(),
        error=f"Authorization: Basic {PASSWORD_CANARY}",
    )
    OutboxEntry.objects.create(
        connection=apple.connection,
        kind="slot",
        object_id=1,
        not_before=timezone.now(),
        last_error=f"{PASSWORD_CANARY} did not do",
    )
    ICloudConnection.objects.update(
        app_password=encrypt(PASSWORD_CANARY), status_reason=f"{PASSWORD_CANARY} was refused"
    )
    return apple


def unpack(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


def test_the_bundle_holds_what_support_needs_and_nothing_private(
    telling: World, tmp_path: Path, settings: Any
) -> None:
    path = tmp_path / "bundle.zip"
    assert run(str(telling.connection.pk), "--bundle", str(path))[0] == 1
    files = unpack(path)
    assert sorted(files) == [
        "README.txt",
        "connections.json",
        "log.json",
        "machine.json",
        "report.json",
        "report.txt",
    ]
    everything = "\n".join(files.values())
    found = [
        canary
        for canary in [
            PASSWORD_CANARY,
            NOTES_CANARY,
            GUEST_CANARY,
            TITLE_CANARY,
            PLACE_CANARY,
            "Authorization: Basic c",
            telling.account.username,
            telling.account.standin.dsid,
            settings.SECRET_KEY,
            settings.FIELD_ENCRYPTION_KEYS[0],
            "fer1:",
        ]
        if canary in everything
    ]
    assert found == []
    (connection,) = json.loads(files["connections.json"])
    assert connection["outbox"] == {"waiting": 1}
    assert connection["resources"]["needs_attention"] == 1
    assert [one["role"] for one in connection["collections"]].count("target") == 1
    log = json.loads(files["log.json"])
    assert log[0]["message"] == "not sent “…”"
    assert log[0]["before"] == {"starts_at": "2026-11-24T09:30:00+00:00"}
    assert json.loads(files["machine.json"])["settings"]["DEBUG"] is settings.DEBUG


def test_with_titles_the_titles_are_readable_and_nothing_else(
    telling: World, tmp_path: Path
) -> None:
    path = tmp_path / "bundle.zip"
    run(str(telling.connection.pk), "--bundle", str(path), "--with-titles")
    files = unpack(path)
    everything = "\n".join(files.values())
    assert TITLE_CANARY in files["log.json"]
    hidden = [PASSWORD_CANARY, NOTES_CANARY, PLACE_CANARY, GUEST_CANARY, telling.account.username]
    assert [canary for canary in hidden if canary in everything] == []


def test_a_title_that_goes_over_two_lines_of_the_report_is_hidden_too(
    apple: World, tmp_path: Path
) -> None:
    apple.connection.collections.filter(role="target").update(
        name=f"A name {'of many words ' * 20} {TITLE_CANARY}", href="/nowhere/"
    )
    path = tmp_path / "bundle.zip"
    run(str(apple.connection.pk), "--bundle", str(path))
    assert TITLE_CANARY not in unpack(path)["report.txt"]


def test_only_its_owner_may_read_the_bundle_and_no_file_is_overwritten(
    apple: World, tmp_path: Path
) -> None:
    path = tmp_path / "bundle.zip"
    run(str(apple.connection.pk), "--bundle", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists already"):
        run(str(apple.connection.pk), "--bundle", str(path))
    with pytest.raises(CommandError, match="No such file or directory"):
        run(str(apple.connection.pk), "--bundle", str(tmp_path / "no" / "where.zip"))


def test_the_machine_s_bundle_has_every_live_connection(
    working: None, apple: World, tmp_path: Path
) -> None:
    ICloudConnectionFactory(status="disconnected")
    path = tmp_path / "bundle.zip"
    run("--bundle", str(path))
    found = json.loads(unpack(path)["connections.json"])
    assert [one["id"] for one in found] == [apple.connection.pk]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("changed “A” and “B”, done", "changed “…”, done"),
        ("at /1234567/calendars/home/", "at /…/calendars/home/"),
        ("/1234567/calendars/w/dentist%20at%209.ics?", "/…/calendars/w/….ics?"),
        (
            "/c/11111111-2222-4333-8444-555555555555.ics",
            "/c/11111111-2222-4333-8444-555555555555.ics",
        ),
        ("/anna%40example.com/home/ and /anna@example.com/x/", "/…/home/ and /…/x/"),
        ("anna.b+c@mail.example.com wrote", "a…@mail.example.com wrote"),
        ("it is geheim.", "it is [removed]."),
    ],
)
def test_what_the_veil_hides(words: str, shown: str) -> None:
    veil = Veil(frozenset({"geheim"}), account_paths(["/anna%40example.com/principal/"]))
    assert veil.text(words) == shown
