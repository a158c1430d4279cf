"""What takes time away (D9): three switches, and the owner's time zone. What is stored is
looked at again with no request; a person's own word on a slot stands beside them."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from calendars.models import User
from icloud_sync import outbox
from icloud_sync.connecting.choices import stop_who_works_on
from icloud_sync.connecting.keep import refuse_disconnected, sync_soon
from icloud_sync.connecting.story import tell
from icloud_sync.models import ICloudConnection, RemoteResource

SWITCHES = ("free_all_day_blocks", "unanswered_blocks", "travel_blocks", "frees_deleted")


def set_blocking(
    connection: ICloudConnection, switches: Mapping[str, bool], *, actor: User | None = None
) -> None:
    """`switches`: some of SWITCHES."""
    refuse_disconnected(connection)
    with transaction.atomic():
        for name, switched_on in switches.items():
            setattr(connection, name, switched_on)
        connection.save(update_fields=list(switches))
        look_again(connection, connection.resources.all())
        tell(connection, "choose what blocks", message(switches), actor)


def message(switches: Mapping[str, bool]) -> str:
    labels = {field.name: field.verbose_name for field in ICloudConnection._meta.fields}
    said = [f"{labels[name]}: {'on' if on else 'off'}" for name, on in switches.items()]
    return f"What takes time away: {', '.join(said)}."


def follow_zone(user: User) -> None:
    """A time without a zone means another moment now (D11); an appointment stays."""
    for connection in outbox.live(ICloudConnection.objects.filter(user=user)):
        known = connection.resources.filter(appointment=None).exclude(agreed_zone="")
        stale = known.exclude(agreed_zone=user.time_zone)
        if stale.exists():
            look_again(connection, stale)


def look_again(connection: ICloudConnection, resources: QuerySet[RemoteResource]) -> None:
    """Whoever works on the connection read what was said before: it stops, and a new run
    looks at these."""
    stop_who_works_on(connection)
    stored = resources.filter(state=RemoteResource.State.SYNCED)
    stored.update(reconsider_at=timezone.now())
    sync_soon(connection)
