"""`manage.py icloud_standin`: a local iCloud with Apple's manners, for the demo."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from icloud_standin.server import PortBusy, StandIn


class Command(BaseCommand):
    help = "Run the local iCloud stand-in: a CalDAV server and a phone page. Ctrl-C stops it."
    requires_system_checks: list[str] = []  # it has nothing to do with the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--data", help="File that keeps accounts and events between starts.")
        parser.add_argument("--time-zone", default="UTC", help="Of phones that name none.")
        parser.add_argument(
            "--account",
            action="append",
            default=[],
            metavar="APPLE_ID:PASSWORD[:NAME[:TIME_ZONE]]",
            help="An account that exists from the start; may be given several times.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [self._account(text) for text in options["account"]]
        self._check_zone(options["time_zone"])
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        try:
            standin = StandIn(
                options["port"], options["data"], time_zone=options["time_zone"]
            ).start()
        except PortBusy as error:
            raise CommandError(str(error)) from error
        try:
            for account in accounts:
                standin.add_account(*account)
            self.stdout.write(
                f"The stand-in answers at {standin.url}, its phone page at "
                f"{standin.url}phone/. Ctrl-C stops it."
            )
            self.stdout.flush()
            stopped.wait()
        finally:
            standin.stop()

    def _account(self, text: str) -> list[str]:
        """What `StandIn.add_account` takes, in its order."""
        parts = text.split(":")
        if "@" not in parts[0] or len(parts) not in (2, 3, 4) or not parts[1]:
            raise CommandError(
                f"--account {parts[0]}: write APPLE_ID:PASSWORD, or "
                "APPLE_ID:PASSWORD:NAME:TIME_ZONE."
            )
        if len(parts) == 4:
            self._check_zone(parts[3])
        return parts

    def _check_zone(self, name: str) -> None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(f"There is no time zone {name}: try Europe/Berlin.") from error
