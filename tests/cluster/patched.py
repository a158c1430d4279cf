"""`manage.py` with constants of the product set to others, since a test cannot wait for minutes:
python -m tests.cluster.patched icloud_sync.worker.pulse.MISSED=2 -- worker"""

import importlib
import sys
from datetime import timedelta

import django
from django.core.management import execute_from_command_line


def patch(assignment: str) -> None:
    """A timedelta is given in seconds."""
    place, _, value = assignment.partition("=")
    module, _, name = place.rpartition(".")
    holder = importlib.import_module(module)
    present = getattr(holder, name)
    seconds = float(value)
    new = timedelta(seconds=seconds) if isinstance(present, timedelta) else type(present)(seconds)
    setattr(holder, name, new)


def main(arguments: list[str]) -> None:
    at = arguments.index("--")
    django.setup()
    for assignment in arguments[:at]:
        patch(assignment)
    execute_from_command_line(["manage.py", *arguments[at + 1 :]])


if __name__ == "__main__":
    main(sys.argv[1:])
