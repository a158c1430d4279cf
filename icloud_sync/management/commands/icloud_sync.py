"""`manage.py icloud_sync`: push and pull here and now, no worker needed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from icloud_sync import lost_keys
from icloud_sync.models import ICloudConnection
from icloud_sync.sync import SyncResult, sync


class Command(BaseCommand):
    help = "Push and pull here and now. Exit status 1 when something failed in this run."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--connection", type=int, metavar="ID", help="only this one")
        parser.add_argument("--push", action="store_true", help="only to iCloud")
        parser.add_argument("--pull", action="store_true", help="only from iCloud")
        parser.add_argument("--full", action="store_true", help="compare every etag")

    def handle(self, *args: Any, **options: Any) -> None:
        both = options["push"] == options["pull"]
        results = [
            self.sync_one(
                connection,
                push=both or options["push"],
                pull_too=both or options["pull"],
                full=options["full"],
            )
            for connection in self.chosen(options["connection"])
        ]
        failures = sum(result.failed or result.busy for result in results)
        pushed = sum(result.pushes.sent for result in results)
        read = sum(result.pulled.read for result in results if result.pulled)
        self.stdout.write(
            f"{len(results)} connections: {pushed} pushed, {read} read, {failures} failed."
        )
        if failures:
            raise CommandError("Something failed; the sync log in the admin says what.")

    def chosen(self, pk: int | None) -> list[ICloudConnection]:
        lost_keys.find_again(timezone.now())
        live = ICloudConnection.objects.select_related("user")
        if pk is None:
            may = (ICloudConnection.Status.CONNECTED, ICloudConnection.Status.DEGRADED)
            return list(live.filter(status__in=may))
        found = live.filter(pk=pk).first()
        if found is None:
            raise CommandError(f"There is no connection {pk}.")
        if not found.may_sync:
            raise CommandError(
                f"Connection {pk} is {found.get_status_display().lower()}"
                f"{': ' + found.status_reason if found.status_reason else ''}. Nothing was done."
            )
        return [found]

    def sync_one(self, connection: ICloudConnection, **what: bool) -> SyncResult:
        bar = tqdm(desc=str(connection), unit="", leave=False, disable=None)

        def show(doing: str, done: int, of: int) -> None:
            bar.set_postfix_str(doing, refresh=False)
            bar.total, bar.n = of, done
            bar.refresh()

        result = sync(connection.pk, progress=show, **what)
        bar.close()
        if result.failed or result.busy:
            self.stderr.write(f"{connection}: {result}")
            for trouble in result.pulled.troubles if result.pulled else ():
                self.stderr.write(f"  {trouble}")
        return result
