"""What was deleted in iCloud goes there again, unchanged as it is (D4)."""

from icloud_sync.core.refs import calendar_ref
from icloud_sync.models import OutboxEntry, RemoteResource
from icloud_sync.outbox.enqueue import enqueue


def put_back(resource: RemoteResource) -> None:
    """The copy of an appointment, or its own occurrence of a series (D13). As there is nothing
    there to compare with, the plan creates it, under the identity it had."""
    rows = RemoteResource.objects.filter(pk=resource.pk)
    if resource.state == RemoteResource.State.DELETED_IN_ICLOUD:
        rows.update(state=RemoteResource.State.REMOVED, state_reason="", settled_at=None)
    else:
        rows.update(own_base="", settled_at=None)
    appointment = resource.appointment
    if appointment is not None:
        ref = calendar_ref(appointment.calendar_id)
        enqueue(resource.connection_id, OutboxEntry.Kind.APPOINTMENT, appointment.pk, ref)
