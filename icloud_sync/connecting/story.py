"""What staff did with a connection, in the sync log, so that support can read it there."""

from calendars.models import User
from icloud_sync.models import ICloudConnection, SyncLogEntry


def tell(connection: ICloudConnection, action: str, message: str, actor: User | None) -> None:
    SyncLogEntry.objects.create(
        connection=connection,
        direction=SyncLogEntry.Direction.PULL,
        action=action,
        outcome=SyncLogEntry.Outcome.DONE,
        message=f"{message}{f' By {actor}.' if actor else ''}",
    )


def counted(number: int, noun: str) -> str:
    """ "1 appointment", "2 appointments"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
