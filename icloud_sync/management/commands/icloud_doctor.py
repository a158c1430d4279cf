"""`manage.py icloud_doctor`: why does it not sync? Looks, and changes nothing."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from icloud_sync.core.verdicts.values import Verdict
from icloud_sync.doctor import Report, examine, examine_machine
from icloud_sync.doctor.bundle import write_bundle
from icloud_sync.doctor.report import beginning, ending, facts_of, spelled
from icloud_sync.models import ICloudConnection

CANNOT = 2


class Command(BaseCommand):
    help = (
        "Examines a connection, or without one this machine and every live connection, and says "
        "what is most likely the matter and what to do. Changes nothing. Exit status: 0 all "
        "well, 1 something needs attention, 2 not everything could be tried."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", nargs="?", type=int, metavar="CONNECTION_ID")
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
        try:
            connection = find_connection(options["connection"])
            report = begin(connection)
        except DatabaseError as error:
            if options["connection"] is not None:
                raise CommandError(
                    "The database cannot be used. Examine the machine: icloud_doctor",
                    returncode=CANNOT,
                ) from error
            connection, report = None, Report("This machine", timezone.now())
        verdicts = examine(connection, write=options["write"]) if connection else examine_machine()
        self.tell(report, verdicts, as_json=options["json"])
        if options["bundle"]:
            self.bundle(report, connection, options)
        if report.exit_code:
            sys.exit(report.exit_code)

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

    def say(self, lines: Any) -> None:
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


def refuse_nonsense(options: dict[str, Any]) -> None:
    if options["write"] and options["connection"] is None:
        raise CommandError("--write needs a CONNECTION_ID.", returncode=CANNOT)
    if options["with_titles"] and not options["bundle"]:
        raise CommandError("--with-titles goes with --bundle.", returncode=CANNOT)
    if options["bundle"] and options["bundle"].exists():
        raise CommandError(f"{options['bundle']} exists already.", returncode=CANNOT)


def find_connection(pk: int | None) -> ICloudConnection | None:
    if pk is None:
        return None
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


def begin(connection: ICloudConnection | None) -> Report:
    now = timezone.now()
    if connection is None:
        return Report("This machine", now)
    return Report(f"Connection {connection.pk}, {connection}", now, facts_of(connection))
