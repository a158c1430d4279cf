from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.utils import DatabaseError

from icloud_sync.schedules import sync_schedules
from icloud_sync.worker import Supervisor


class Command(BaseCommand):
    help = (
        "Runs the background tasks: a django-q2 cluster that is started afresh whenever one "
        "of its processes dies. SIGTERM or Ctrl-C lets running tasks finish, within a bound."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--stop-within",
            type=float,
            default=25.0,
            metavar="SECONDS",
            help="How long running tasks may take to finish when told to stop (25).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(sync_schedules())
        except DatabaseError as error:
            raise CommandError(
                f"The database cannot be used yet: {error}. "
                "Check DATABASE_URL and run: manage.py migrate"
            ) from error
        Supervisor(stop_within=options["stop_within"]).run()
