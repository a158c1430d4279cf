import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.utils import DatabaseError

from calendars.models import User
from referins.demo import icloud
from referins.demo.people import STAFF, USERS, logins
from referins.demo.seed import seed


class Command(BaseCommand):
    help = (
        "Makes the demo's example rows, once, and connects one user to the local iCloud "
        "stand-in where that is running."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = os.environ.get("STANDIN_PORT", "8001")
        parser.add_argument(
            "--standin",
            default=f"http://localhost:{port}/",
            metavar="URL",
            help="Where the stand-in answers. Default: %(default)s",
        )

        parser.add_argument(
            "--standin-was",
            type=int,
            metavar="PORT",
            help="The stand-in's port last time, where it is another one now.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            refuse_real_data()
            made = seed()
        except DatabaseError as error:
            raise CommandError(f"{error}. Run first: manage.py migrate") from error
        self.stdout.write("Example rows made." if made else "The example rows are there already.")
        if settings.ICLOUD_SYNC_ENABLED:
            if options["standin_was"]:
                icloud.follow(options["standin_was"], options["standin"])
            self.stdout.write(icloud.connect(options["standin"]))
        self.stdout.write("Logins:")
        for line in logins(icloud.connected()):
            self.stdout.write(f"  {line}")


def refuse_real_data() -> None:
    """The logins have a well-known password."""
    ours = [STAFF, *(person.username for person in USERS)]
    if not settings.DEBUG and User.objects.exclude(username__in=ours).exists():
        raise CommandError(
            "This database has users of its own, and seed_demo makes logins with a password "
            "that everybody knows. Use an empty database, or set DEBUG=on if you mean it."
        )
