"""`manage.py icloud_standin`: a local iCloud with Apple's manners, for the demo."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from icloud_standin.server import PortBusy, StandIn

SOMEBODY = ("anna@icloud.example", None, "Anna Weber")


class Command(BaseCommand):
    help = "Run the local iCloud stand-in: a CalDAV server and a phone page. Ctrl-C stops it."
    requires_system_checks: list[str] = []  # it has nothing to do with the database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument(
            "--path",
            "--data",
            dest="path",
            help="File that keeps accounts and events between starts. Default: in memory.",
        )
        parser.add_argument("--time-zone", default="UTC", help="Of phones that name none.")
        parser.add_argument(
            "--account",
            action="append",
            default=[],
            metavar="APPLE_ID:PASSWORD[:NAME[:TIME_ZONE]]",
            help="An account that exists from the start; may be given several times. "
            "Without any, there is one to try.",
        )
        parser.add_argument(
            "--stop-after", type=float, metavar="SECONDS", help="End by itself, for scripts."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [self._account(text) for text in options["account"]]
        self._check_zone(options["time_zone"])
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        try:
            standin = StandIn(
                options["port"], options["path"], time_zone=options["time_zone"]
            ).start()
        except PortBusy as error:
            raise CommandError(str(error)) from error
        try:
            for account in accounts:
                standin.add_account(*account)
            if not standin.accounts:
                standin.add_account(*SOMEBODY)
            self.stdout.write(welcome(standin))
            self.stdout.flush()
            stopped.wait(options["stop_after"])
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


def welcome(standin: StandIn) -> str:
    control = f"{standin.url}control/"
    accounts = [f"  {each.apple_id}   {each.app_password}" for each in standin.accounts]
    first = f"{control}{standin.accounts[0].apple_id}/"
    return "\n".join(
        [
            f"The stand-in answers at {standin.url}, its phone page at {standin.url}phone/. "
            "Ctrl-C stops it.",
            "",
            f"  Clients start at     {standin.url}",
            f"  and are led to       {standin.partition_url}",
            f"  Phone and faults     {standin.url}phone/",
            f"  Control, as JSON     {control}",
            "",
            "Apple ID and app-specific password:",
            *accounts,
            "",
            "Turn a switch, look at all of them, turn them back:",
            "  curl -H 'Content-Type: application/json' -d '{\"throttle_seconds\": 5}' " + first,
            f"  curl {control}",
            f"  curl -X DELETE {first}",
        ]
    )
