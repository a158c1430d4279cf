import sys
from typing import Any

from django.core.management.base import BaseCommand

from referins.demo.run import run


class Command(BaseCommand):
    help = "Runs the whole product with a local iCloud and example data, until Ctrl-C."
    requires_system_checks: list[str] = []  # its own database and settings come later

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(run())
