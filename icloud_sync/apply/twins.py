"""An event of ours that lies in the account twice: imported again, or moved while both places
were listed. One is the appointment's copy, the other nobody's; with the first one gone, the
link goes on to the second (D17)."""

from datetime import datetime

from icloud_sync.apply.batch import absorb
from icloud_sync.core.ical.uid import is_another
from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.remote.errors import Refused, ResourceNotFound, UnreadableAnswer
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome

State = RemoteResource.State


def follow_twin(
    session: Session, resource: RemoteResource, now: datetime, journal: Journal
) -> bool:
    """Whether there was one; then it was read, and is the copy from now on."""
    twin = twin_of(resource)
    if twin is None:
        return False
    try:
        fetched = session.remote.get(twin.href)
    except (ResourceNotFound, Refused, UnreadableAnswer):
        return False
    if is_another(fetched.body, resource.uid):
        return False  # not any more
    absorb(session.connection, twin.collection, [fetched], now, journal, {twin.href: resource.pk})
    journal.write(
        "follow",
        Outcome.DONE,
        f"the event of appointment {resource.appointment_id} is in the account a second time, "
        f"in “{twin.collection}”: that one is the appointment's from now on",
        resource=resource,
        appointment_id=resource.appointment_id,
    )
    return True


def twin_of(resource: RemoteResource) -> RemoteResource | None:
    if not resource.appointment_id or not resource.uid:
        return None
    others = RemoteResource.objects.filter(
        connection=resource.connection_id,
        uid=resource.uid,
        appointment=None,
        state=State.SYNCED,
    )
    read = others.exclude(collection__role=RemoteCollection.Role.IGNORED).exclude(pk=resource.pk)
    return read.select_related("collection").first()
