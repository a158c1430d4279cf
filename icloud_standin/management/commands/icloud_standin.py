"""`manage.py icloud_standin`: a local iCloud with Apple's manners, for the demo."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from icloud_standin.server import PortBusy, StandIn


class Command(BaseCommand):
    help = "Run the local iCloud stand-in: a CalDAV server and a phone page. Ctrl-C stops it."
    requires_system_checks: list[str] = []  # it has nothing to do with the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--data", help="File that keeps accounts and events between starts.")
        parser.add_argument("--time-zone", default="UTC", help="The phone's, Europe/Berlin say.")
        parser.add_argument(
            "--account",
            action="append",
            default=[],
            metavar="APPLE_ID:PASSWORD[:NAME]",
            help="An account that exists from the start; may be given several times.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [self._account(text) for text in options["account"]]
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        try:
            standin = StandIn(
                options["port"], options["data"], time_zone=options["time_zone"]
            ).start()
        except PortBusy as error:
            raise CommandError(str(error)) from error
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(f"--time-zone {options['time_zone']}: no such zone.") from error
        try:
            for apple_id, password, name in accounts:
                standin.add_account(apple_id, password, name)
            self.stdout.write(
                f"The stand-in answers at {standin.url}, its phone page at "
                f"{standin.url}phone/. Ctrl-C stops it."
            )
            self.stdout.flush()
            stopped.wait()
        finally:
            standin.stop()

    def _account(self, text: str) -> tuple[str, str, str]:
        apple_id, _, rest = text.partition(":")
        password, _, name = rest.partition(":")
        if "@" not in apple_id or not password:
            raise CommandError(f"--account {apple_id or text}: write APPLE_ID:PASSWORD.")
        return apple_id, password, name
