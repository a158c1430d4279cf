"""What we may write to, asked when a write was refused without a word about why."""

from django.db import transaction

from icloud_sync.models import RemoteCollection, RemoteResource
from icloud_sync.remote.errors import Refused, ResourceNotFound, UnreadableAnswer
from icloud_sync.session import Session


def learn_rights(session: Session) -> None:
    """One request for all calendars of the account. What is not said stays as it was known."""
    try:
        infos = session.remote.list_collections()
    except (Refused, ResourceNotFound, UnreadableAnswer):
        return
    said = {info.href: info.can_write for info in infos}
    for row in session.connection.collections.filter(href__in=said):
        if row.can_write != said[row.href]:
            note(session, row, said[row.href])


def note(session: Session, row: RemoteCollection, can_write: bool) -> None:
    """Its slots will say so, once what is stored is looked at again (window.py)."""
    with transaction.atomic():
        session.lease.check()
        session.connection.collections.filter(pk=row.pk).update(can_write=can_write)
        stored = row.resources.filter(state=RemoteResource.State.SYNCED)
        stored.update(reconsider_at=session.clock())
