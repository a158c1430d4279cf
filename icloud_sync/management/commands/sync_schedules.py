from typing import Any

from django.core.management.base import BaseCommand

from icloud_sync.schedules import sync_schedules


class Command(BaseCommand):
    help = "Makes the periodic tasks in the database agree with icloud_sync/schedules.py."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(sync_schedules())
