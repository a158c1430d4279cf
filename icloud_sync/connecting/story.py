"""What staff did with a connection, in the sync log, so that support can read it there."""

from typing import Any

from calendars.models import User
from icloud_sync import synclog
from icloud_sync.models import ICloudConnection
from icloud_sync.synclog import Outcome


def tell(
    connection: ICloudConnection, action: str, message: str, actor: User | None, **about: Any
) -> None:
    """The name stands in the message too, and so outlives its user. `about`: what it was done
    to, as an entry has it."""
    by = f" By {actor}." if actor else ""
    synclog.tell(connection, action, Outcome.DONE, f"{message}{by}", actor=actor, **about)


def counted(number: int, noun: str) -> str:
    """ "1 appointment", "2 appointments"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
