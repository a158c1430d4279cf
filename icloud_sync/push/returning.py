"""What we took out of iCloud goes there again, as the log kept it (D6). It is an event of
iCloud's, not one of ours: it brings its Blocked Slot, once what was sent is taken in."""

import uuid
from datetime import datetime
from functools import partial

from icloud_sync.core.ical.returning import occurrence, whole
from icloud_sync.models import RemoteResource
from icloud_sync.push.objects import Subject
from icloud_sync.push.record import agreed_unless_stored, record, store
from icloud_sync.session import Session

State = RemoteResource.State


def return_event(subject: Subject, session: Session, now: datetime) -> None:
    """Its slot comes with it, once what was sent is taken in."""
    resource, entry = subject.resource, subject.returning
    if resource is None or entry is None:
        raise ValueError("nothing to put back")
    body = whole(entry.body, resource.uid, subject.zones_today, now)
    with agreed_unless_stored(resource, session):
        resource.base, resource.agreed_zone = body, subject.connection.user.time_zone
        resource.etag = resource.own_base = resource.dates_zone = ""
        resource.reconsider_at = now
        resource.state, resource.state_reason = State.PENDING, ""
        store(resource, session)
        etag = session.remote.create(resource.href, body)
    record(resource, etag, body, session, partial(subject.done, "put back"))


def return_occurrence(subject: Subject, session: Session, now: datetime) -> None:
    resource, wanted = subject.resource, subject.fields()
    if resource is None:
        raise ValueError("no series to put an occurrence into")
    rid, zone, zones = subject.recurrence_id, subject.zone, subject.zones
    body = occurrence(resource.base, rid, wanted, zone, zones, now)
    etag = session.remote.update(resource.href, body, resource.etag)
    resource.reconsider_at = now
    record(resource, etag, body, session, partial(subject.done, "put back"))


def take_new_identity(resource: RemoteResource) -> None:
    """The server will not have the old UID, whose event it deleted, again (6.6). Committed
    before the next request. Not one of those we minted for appointments: it stays theirs."""
    resource.uid = str(uuid.uuid4())
    resource.href = f"{resource.collection.href}{resource.uid}.ics"
    resource.save(update_fields=["uid", "href"])
