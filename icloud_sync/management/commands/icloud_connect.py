"""Connects a user's iCloud account from the command line."""

import os
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from calendars.models import Calendar, User
from icloud_sync.connecting import ConnectError, connect, count_to_push, look
from icloud_sync.models import ICloudConnection, RemoteCollection

PASSWORD_VARIABLE = "ICLOUD_APP_PASSWORD"


class Command(BaseCommand):
    help = (
        "Connects a user's iCloud account: checks the password live, lists the calendars and "
        f"stores the connection. The app-specific password comes from {PASSWORD_VARIABLE} or "
        "from a prompt."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="whose calendar it is")
        parser.add_argument("--apple-id", required=True, help="the address used at Apple")
        parser.add_argument("--server", default="", help="left out: Apple's own")
        parser.add_argument(
            "--write-to", metavar="NAME", help="the iCloud calendar new events go to"
        )
        parser.add_argument(
            "--calendar",
            metavar="NAME",
            action="append",
            default=[],
            help="serve this Referins calendar only; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["username"])
        chosen = [find_calendar(name) for name in options["calendar"]]
        try:
            connection = self.connect(user, chosen, read_password(), options)
        except ConnectError as error:
            raise CommandError("\n".join(error.sentences)) from error
        self.say(connection, chosen)

    @sensitive_variables("password")
    def connect(
        self, user: User, chosen: list[Calendar], password: str, options: dict[str, Any]
    ) -> ICloudConnection:
        apple_id, server = options["apple_id"], options["server"]
        target = None
        if name := options["write_to"]:
            target = look(apple_id, password, server).find_named(name).href
        return connect(
            user, apple_id, password, server_url=server, target_href=target, calendars=chosen
        )

    def say(self, connection: ICloudConnection, chosen: list[Calendar]) -> None:
        for collection in connection.collections.all():
            self.stdout.write(f"  {collection}: {used_for(collection)}")
        ids = [calendar.pk for calendar in chosen]
        number = count_to_push(connection.user, connection.serves, ids, timezone.now())
        served = ", ".join(map(str, chosen)) or "all calendars the user is host in"
        self.stdout.write(
            f"Connected {connection.apple_id} for {connection.user}, serving {served}. "
            f"Appointments that will be sent: {number}."
        )


def find_user(username: str) -> User:
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist as error:
        raise CommandError(f"There is no user “{username}”.") from error


def find_calendar(name: str) -> Calendar:
    found = list(Calendar.objects.filter(name=name)[:2])
    if len(found) == 1:
        return found[0]
    some = "Several calendars are" if found else "No calendar is"
    raise CommandError(f"{some} called “{name}”. The name must be that of one calendar exactly.")


def read_password() -> str:
    """Raises ConnectError where there is no terminal to ask at."""
    try:
        return os.environ.get(PASSWORD_VARIABLE) or getpass("App-specific password: ")
    except EOFError as error:
        raise ConnectError(
            f"There is nobody to ask for the password: set {PASSWORD_VARIABLE}.", "password"
        ) from error


def used_for(collection: RemoteCollection) -> str:
    read_only = "" if collection.can_write else " (read-only in iCloud)"
    return f"{collection.get_role_display()}{read_only}"
