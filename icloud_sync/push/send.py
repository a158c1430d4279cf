"""One action of a push plan, carried out and recorded. Every PUT and DELETE carries a
precondition, and the identity of a new event is stored before its first request."""

import uuid
from contextlib import suppress
from datetime import datetime
from functools import partial

from django.db import transaction

from icloud_sync.core.history import OUT_OF_SERIES, TOOK_OUT
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.patch import exclude, patch
from icloud_sync.core.ical.patch import put_back as put_back_in
from icloud_sync.core.ical.render import render
from icloud_sync.core.merge import Side
from icloud_sync.core.push_plan import (
    Action,
    Create,
    Delete,
    Exclude,
    PutBack,
    Return,
    ReturnOccurrence,
    Update,
)
from icloud_sync.guards.quarrels import note
from icloud_sync.models import MintedUid, RemoteCollection, RemoteResource
from icloud_sync.push.objects import Subject, is_homeless, target_of
from icloud_sync.push.record import agreed_unless_stored, record, store
from icloud_sync.push.returning import return_event, return_occurrence
from icloud_sync.remote.errors import ResourceNotFound
from icloud_sync.session import Session

State = RemoteResource.State


# What an action that writes is called in the log, once it is done.
VERBS = ("created", "updated", OUT_OF_SERIES, "put back", TOOK_OUT)


class NoTarget(Exception):
    """The connection has no collection to write new events to."""


def send(action: Action, subject: Subject, session: Session, now: datetime) -> None:
    """Carry out an action that writes, and tell with what verb it is done."""
    match action:
        case Create():
            create(action, subject, session, now)
        case Update():
            update(action, subject, session, now)
        case Exclude():
            take_out_occurrence(subject, session, now)
        case PutBack():
            put_back(subject, session, now)
        case Delete():
            delete(subject, session)
        case Return():
            return_event(subject, session, now)
        case ReturnOccurrence():
            return_occurrence(subject, session, now)
        case _:
            raise ValueError(f"nothing to send for {action}")


def create(action: Create, subject: Subject, session: Session, now: datetime) -> None:
    resource = subject.resource = subject.resource or mint(subject, session)
    if is_homeless(resource):
        move_to_target(resource, subject)
    was = resource.state in (State.DELETED_IN_ICLOUD, State.REMOVED)
    with agreed_unless_stored(resource, session):
        prepare(subject, resource, session, now)
        etag = session.remote.create(resource.href, resource.base)
    verb = "put back" if was and not action.afresh else "created"
    record(resource, etag, resource.base, session, partial(subject.done, verb))


def mint(subject: Subject, session: Session) -> RemoteResource:
    """UID and href, committed before the first request, so that a crash after the server
    said yes ends in "it is already there and it is mine"."""
    target = need_target(subject)
    uid = str(uuid.uuid4())
    with transaction.atomic():
        session.lease.check()
        MintedUid.objects.create(uid=uid, appointment_id=subject.entry.object_id)
        return RemoteResource.objects.create(
            connection=subject.connection,
            collection=target,
            href=f"{target.href}{uid}.ics",
            uid=uid,
            appointment_id=subject.entry.object_id,
        )


def need_target(subject: Subject) -> RemoteCollection:
    target = target_of(subject.connection)
    if target is None:
        raise NoTarget("Choose one of the account's calendars to write new events to.")
    return target


def move_to_target(resource: RemoteResource, subject: Subject) -> None:
    """Its UID stays."""
    target = need_target(subject)
    if resource.collection_id != target.pk:
        resource.collection, resource.href = target, f"{target.href}{resource.uid}.ics"
        resource.save(update_fields=["collection", "href"])


def prepare(subject: Subject, resource: RemoteResource, session: Session, now: datetime) -> None:
    """The body we are about to send becomes the base at once: when the answer is lost,
    what is found there later is compared with what we sent."""
    fields, ours = subject.fields(), subject.written
    if fields is None or ours is None:
        raise ValueError("only an appointment is created in iCloud")
    resource.base = render(resource.uid, fields, ours, subject.zone, now)
    resource.written_digest = ours.digest
    resource.agreed_zone = subject.connection.user.time_zone
    resource.etag, resource.recurrence_id = "", ""
    # What was known of an earlier event at this place is not true of this one.
    resource.own_occurrence_gone = resource.has_guests = resource.is_recurring = False
    resource.own_base = resource.dates_zone = ""
    resource.reconsider_at = None
    resource.state, resource.state_reason = State.PENDING, ""
    store(resource, session)


def update(action: Update, subject: Subject, session: Session, now: datetime) -> None:
    resource = subject.resource
    if resource is None:
        raise ValueError("an update needs a resource")
    body, ours = updated_body(action, subject, now), subject.written
    if writes_time_anew(action, subject):
        resource.agreed_zone = subject.connection.user.time_zone
    etag = session.remote.update(resource.href, body, resource.etag)
    if ours:
        resource.written_digest = ours.digest
    subject.quarrel = note(resource, Side.OURS, subject.name, now)
    record(resource, etag, body, session, partial(subject.done, "updated"))


def updated_body(action: Update, subject: Subject, now: datetime) -> str:
    resource, fields, base = subject.resource, subject.fields(), subject.base()
    if resource is None or fields is None or base is None:
        raise ValueError("an update needs a resource, a base and fields")
    return patch(
        resource.base,
        subject.recurrence_id,
        base,
        fields,
        subject.zone,
        subject.zones_today if writes_time_anew(action, subject) else subject.zones,
        now,
        subject.written if action.rewrite_ours or "notes" in action.changed else None,
        keeps_dates=subject.is_appointment,
    )


def writes_time_anew(action: Update, subject: Subject) -> bool:
    """The event's one time, and so as it is meant today."""
    return "interval" in action.changed and not subject.recurrence_id


def take_out_occurrence(subject: Subject, session: Session, now: datetime) -> None:
    resource = subject.resource
    if resource is None:
        raise ValueError("nothing to take an occurrence out of")
    body = exclude(resource.base, subject.recurrence_id, subject.zones, now)
    etag = session.remote.update(resource.href, body, resource.etag)
    if subject.is_appointment:
        # The other occurrences live on; and it was us: wanted again, it comes back (D2).
        resource.own_occurrence_gone, resource.own_base = True, ""
    record(resource, etag, body, session, partial(subject.done, OUT_OF_SERIES))


def leave_series(subject: Subject) -> None:
    """It cannot hold the appointment any more: it goes on without it, as somebody's series
    (D13), and the appointment gets an event of its own (D2, D4)."""
    if subject.resource:
        RemoteResource.objects.filter(pk=subject.resource.pk).update(appointment=None)
    subject.resource, subject.recurrence_id = None, ""


def put_back(subject: Subject, session: Session, now: datetime) -> None:
    resource, fields, ours = subject.resource, subject.fields(), subject.written
    if resource is None or fields is None or ours is None:
        raise ValueError("only an appointment is put back into its series")
    try:
        body = put_back_in(
            resource.base, subject.recurrence_id, fields, subject.zone, subject.zones, now, ours
        )
    except UnreadableResource:
        leave_series(subject)
        create(Create(afresh=True), subject, session, now)
        return
    etag = session.remote.update(resource.href, body, resource.etag)
    resource.written_digest = ours.digest
    resource.own_occurrence_gone, resource.own_base = False, ""
    record(resource, etag, body, session, partial(subject.done, "put back"))


def delete(subject: Subject, session: Session) -> None:
    resource = subject.resource
    if resource is None:
        raise ValueError("nothing to delete")
    with suppress(ResourceNotFound):  # gone already: just what was wanted
        session.remote.delete(resource.href, resource.etag)
    taken_out(subject, session)


def taken_out(subject: Subject, session: Session) -> None:
    if resource := subject.resource:
        resource.state, resource.etag = State.REMOVED, ""
        store(resource, session, partial(subject.done, TOOK_OUT))
