"""An event that both sides kept rewriting was frozen; a person lets it go on."""

from django.db import transaction
from django.db.models import QuerySet

from calendars.models import User
from icloud_sync import outbox
from icloud_sync.connecting.story import tell
from icloud_sync.core.refs import resource_prefix
from icloud_sync.models import OutboxEntry, RemoteResource

Kind = OutboxEntry.Kind


@transaction.atomic
def let_go_on(resources: QuerySet[RemoteResource], *, actor: User | None = None) -> int:
    """What waited for this is tried again. Returns how many events."""
    frozen = list(resources.exclude(frozen_at=None).select_related("connection"))
    for resource in frozen:
        RemoteResource.objects.filter(pk=resource.pk).update(frozen_at=None, writes=[])
        prefix = resource_prefix(resource.pk)
        about = {"kind": Kind.SLOT, "source_ref__startswith": prefix}
        if resource.appointment_id:
            copy = {"kind": Kind.APPOINTMENT, "object_id": resource.appointment_id}
            outbox.try_parked_again(resource.connection_id, **copy)
        outbox.try_parked_again(resource.connection_id, **about)
        message = f"{resource.uid} may be changed again."
        ids = {"resource": resource, "appointment_id": resource.appointment_id}
        tell(resource.connection, "let go on", message, actor, **ids)
    return len(frozen)
