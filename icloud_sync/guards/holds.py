"""What a guard holds back, as rows: one that waits a connection and kind, told once."""

from collections.abc import Collection

from django.db import transaction

from icloud_sync.guards.mail import mail_staff
from icloud_sync.models import Hold, ICloudConnection, RemoteResource
from icloud_sync.synclog import Journal, Outcome

Kind, State = Hold.Kind, Hold.State


def waiting(
    connection: ICloudConnection, kind: str, resource: RemoteResource | None = None
) -> Hold | None:
    holds = Hold.objects.filter(connection=connection, kind=kind, state=State.WAITING)
    return (holds.filter(resource=resource) if resource else holds).first()


def names_of(hold: Hold | None) -> list[str]:
    return [str(name) for name in hold.what] if hold else []


@transaction.atomic
def keep_waiting(
    connection: ICloudConnection,
    kind: str,
    held: Collection[str],
    of: int,
    message: str,
    journal: Journal,
    resource: RemoteResource | None = None,
) -> Hold:
    """A new hold is told in the log and by mail; one that waits already is brought up to date."""
    hold = waiting(connection, kind, resource)
    known = names_of(hold)
    values = {"number": len(held), "of": of, "what": sorted(held), "message": message}
    if hold is None:
        hold = Hold.objects.create(connection=connection, kind=kind, resource=resource, **values)
        journal.write("hold back", Outcome.NEEDS_ATTENTION, message, resource=resource)
        mail_staff(f"Held back: {connection}", message, hold)
    elif sorted(held) != sorted(known):
        Hold.objects.filter(pk=hold.pk).update(**values)
    return hold


def no_longer(
    connection: ICloudConnection,
    kind: str,
    journal: Journal,
    resource: RemoteResource | None = None,
) -> None:
    """It is not so any more: nobody need decide."""
    hold = waiting(connection, kind, resource)
    if hold:
        Hold.objects.filter(pk=hold.pk, state=State.WAITING).update(state=State.OVER)
        journal.write("let go", Outcome.DONE, f"No longer so: {hold.message}", resource=resource)
