"""`manage.py icloud_doctor`: why does it not sync? Looks, and changes nothing."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from icloud_sync.connecting import ConnectError
from icloud_sync.connecting.account import normalize_password
from icloud_sync.core.verdicts.values import Verdict
from icloud_sync.doctor import Report, examine, examine_account, examine_machine
from icloud_sync.doctor.bundle import write_bundle
from icloud_sync.doctor.report import beginning, ending, facts_of, facts_typed, spelled
from icloud_sync.management.commands.icloud_connect import PASSWORD_VARIABLE, read_password
from icloud_sync.models import ICloudConnection

CANNOT = 2
MACHINE = "This machine"


@dataclass
class Examination:
    """What is told about, and the verdicts as they come."""

    report: Report
    verdicts: Iterator[Verdict]
    connection: ICloudConnection | None = None


class Command(BaseCommand):
    help = (
        "Examines a connection; or an account that is not connected yet, by --apple-id; or "
        "without either this machine and every live connection. Says what is most likely the "
        "matter and what to do. Changes nothing. Exit status: 0 all well, 1 something needs "
        "attention, 2 not everything could be tried."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", nargs="?", type=int, metavar="CONNECTION_ID")
        parser.add_argument(
            "--apple-id",
            metavar="ID",
            help="examine this account before it is connected; its app-specific password comes "
            f"from {PASSWORD_VARIABLE} or from a prompt, and is stored nowhere",
        )
        parser.add_argument("--server", metavar="URL", help="with --apple-id; left out: Apple's")
        parser.add_argument(
            "--write",
            action="store_true",
            help="also write a test event into the calendar for new events, change it, read it "
            "back and delete it",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document, for scripts")
        parser.add_argument(
            "--bundle",
            type=Path,
            metavar="FILE",
            help="also write a zip for support: no password, no notes, no guests",
        )
        parser.add_argument(
            "--with-titles",
            action="store_true",
            help="leave titles of events and names of calendars readable in the bundle",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_nonsense(options)
        found = begin(options)
        self.tell(found.report, found.verdicts, as_json=options["json"])
        if options["bundle"]:
            self.bundle(found.report, found.connection, options)
        if found.report.exit_code:
            sys.exit(found.report.exit_code)

    def tell(self, report: Report, verdicts: Iterator[Verdict], *, as_json: bool) -> None:
        """Each step as soon as it is judged; for scripts all at once."""
        if not as_json:
            self.say(beginning(report))
        for verdict in verdicts:
            report.verdicts.append(verdict)
            if not as_json:
                self.say(spelled(verdict))
        if as_json:
            self.stdout.write(json.dumps(report.as_dict(), indent=2, ensure_ascii=False))
        else:
            self.say(ending(report))

    def say(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.stdout.write(line)
        self.stdout.flush()

    def bundle(
        self, report: Report, connection: ICloudConnection | None, options: dict[str, Any]
    ) -> None:
        path = options["bundle"]
        try:
            write_bundle(path, report, connection, with_titles=options["with_titles"])
        except OSError as error:
            raise CommandError(
                f"The bundle cannot be written: {error.strerror or error}.", returncode=CANNOT
            ) from error
        self.stderr.write(f"Support bundle: {path}")


# --- What does not go together ------------------------------------------------------------


def refuse_nonsense(options: dict[str, Any]) -> None:
    pk, apple_id, bundle = options["connection"], options["apple_id"], options["bundle"]
    for sentence, is_so in (
        ("--write needs a CONNECTION_ID.", options["write"] and pk is None),
        ("--server goes with --apple-id.", options["server"] and apple_id is None),
        ("Give a CONNECTION_ID or --apple-id, not both.", apple_id is not None and pk is not None),
        ("--apple-id needs an address.", apple_id is not None and not apple_id.strip()),
        ("--bundle is of a connection or of this machine.", bundle and apple_id is not None),
        ("--with-titles goes with --bundle.", options["with_titles"] and not bundle),
        (f"{bundle} exists already.", bundle and bundle.exists()),
    ):
        if is_so:
            raise CommandError(sentence, returncode=CANNOT)


# --- What is examined ---------------------------------------------------------------------


def begin(options: dict[str, Any]) -> Examination:
    now = timezone.now()
    if options["apple_id"] is not None:
        return begin_account(options["apple_id"], options["server"] or "")
    if options["connection"] is None:
        return Examination(Report(MACHINE, now), examine_machine())
    try:
        connection = find_connection(options["connection"])
        about = f"Connection {connection.pk}, {connection}"
        report = Report(about, now, facts_of(connection))
    except DatabaseError as error:
        raise CommandError(
            "The database cannot be used. Examine the machine: icloud_doctor", returncode=CANNOT
        ) from error
    return Examination(report, examine(connection, write=options["write"]), connection)


@sensitive_variables("password")
def begin_account(apple_id: str, server_url: str) -> Examination:
    try:
        password = normalize_password(read_password())
    except ConnectError as error:
        raise CommandError(error.sentence, returncode=CANNOT) from error
    if not password:
        raise CommandError("There is no password to try.", returncode=CANNOT)
    try:
        facts = facts_typed(apple_id, password)
    except DatabaseError:
        facts = {}  # the account can be asked all the same
    report = Report(f"The account {apple_id}, not stored", timezone.now(), facts)
    return Examination(report, examine_account(apple_id, password, server_url))


def find_connection(pk: int) -> ICloudConnection:
    connection = ICloudConnection.objects.select_related("user").filter(pk=pk).first()
    if connection is None:
        raise CommandError(f"There is no connection {pk}.", returncode=CANNOT)
    if not connection.is_live:
        raise CommandError(
            f"Connection {pk} is disconnected and its password is wiped. Connect the account "
            "again.",
            returncode=CANNOT,
        )
    return connection
