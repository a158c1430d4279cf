"""A batch of fetched resources: read them, lock the rows they concern, decide, write; one
short transaction, no request inside. Where a batch fails, each resource has its own."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from icloud_sync import outbox
from icloud_sync.apply.bodies import Bodies, read_ahead, storable
from icloud_sync.apply.decide import decide
from icloud_sync.apply.replaced import give_way
from icloud_sync.apply.rows import add_new, minted, read_rows, read_slots
from icloud_sync.apply.splits import keep_what_was_said
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.document import Document, UnreadableResource
from icloud_sync.core.values import Fetched
from icloud_sync.leases import LeaseLost
from icloud_sync.models import (
    ICloudConnection,
    OutboxEntry,
    RemoteCollection,
    RemoteResource,
)
from icloud_sync.synclog import Journal, Outcome

log = logging.getLogger(__name__)
Kind, State = OutboxEntry.Kind, RemoteResource.State
BATCH = 50


def absorb(
    connection: ICloudConnection,
    collection: RemoteCollection,
    fetched: Sequence[Fetched],
    now: datetime,
    journal: Journal,
    moved: Mapping[str, int] | None = None,
    bodies: Bodies | None = None,
) -> None:
    """`moved`: href -> pk of the resource that lay elsewhere until now (D17). `bodies`:
    those that were read already."""
    run, moved = journal.run, moved or {}
    bodies = bodies or read_ahead(connection, fetched, moved)
    try:
        with transaction.atomic():
            journal.lease.check()
            absorb_batch(connection, collection, fetched, now, journal, moved, bodies)
    except LeaseLost:
        journal.run = run
        raise
    except (OperationalError, InterfaceError):
        journal.run = run  # a run begun in the batch was rolled back with it
        raise  # the database's trouble, not the event's: the token waits
    except Exception:
        journal.run = run
        if len(fetched) == 1:
            log.exception("resource set aside in connection %s", connection.pk)
            follow_moves(connection, collection, moved)
            # Without its etag, so that the next look at the collection reads it again.
            unstored = replace(fetched[0], etag="")
            set_aside(connection, collection, unstored, "It could not be stored.", journal)
            return
        for one in fetched:  # one poisoned event stops only itself
            own = {one.href: moved[one.href]} if one.href in moved else {}
            absorb(connection, collection, [one], now, journal, own, bodies)


def absorb_batch(
    connection: ICloudConnection,
    collection: RemoteCollection,
    fetched: Sequence[Fetched],
    now: datetime,
    journal: Journal,
    moved: Mapping[str, int],
    bodies: Bodies,
) -> None:
    writer = Writer(connection, now, journal)
    follow_moves(connection, collection, moved)
    rows = read_rows(connection, [one.href for one in fetched])
    give_way(rows, writer, fetched)
    readable: list[tuple[Fetched, Document]] = []
    for one in fetched:
        try:
            readable.append((one, bodies.document(one.body)))
        except UnreadableResource as error:
            set_aside(connection, collection, one, str(error), journal)
    rows.minted = minted(document.uid for _, document in readable)
    add_new(rows, writer, collection, {one.href: document.uid for one, document in readable})
    read_slots(rows, connection)
    for one, document in readable:
        resource = rows.resources[one.href]
        try:
            parsed = decide(resource, document, rows, writer, bodies)
        except UnreadableResource as error:
            set_aside(connection, collection, one, str(error), journal)
            continue
        if parsed:
            appointment = rows.appointments.get(resource.appointment_id or 0)
            writer.agree(resource, one, parsed, appointment)
        else:
            writer.put_off(resource)
    keep_what_was_said(writer)
    writer.flush()


def follow_moves(
    connection: ICloudConnection, collection: RemoteCollection, moved: Mapping[str, int]
) -> None:
    for href, pk in moved.items():
        connection.resources.filter(href=href).exclude(pk=pk).delete()
        connection.resources.filter(pk=pk).update(
            href=href, collection=collection, etag="", state=State.SYNCED, state_reason=""
        )
    moved_copies = connection.resources.filter(pk__in=moved.values(), appointment__isnull=False)
    for appointment_id in moved_copies.values_list("appointment_id", flat=True):
        outbox.try_parked_again(connection.pk, kind=Kind.APPOINTMENT, object_id=appointment_id)


def set_aside(
    connection: ICloudConnection,
    collection: RemoteCollection,
    one: Fetched,
    reason: str,
    journal: Journal,
) -> None:
    """Kept with its body and its error, beside the base: nothing of it was agreed. Looked
    at again when it changes, and once in a while. Said once."""
    fresh = {
        "collection": collection,
        "etag": one.etag,
        "unread_body": storable(one.body),
        "state": State.NEEDS_ATTENTION,
        "state_reason": storable(reason)[:500],
    }
    known = connection.resources.filter(href=one.href).first()
    resource, _ = RemoteResource.objects.update_or_create(
        connection=connection, href=one.href, defaults=fresh
    )
    told = ("unread_body", "state", "state_reason")
    if known and all(getattr(known, name) == fresh[name] for name in told):
        return
    message = f"set aside {one.href}: {storable(reason)}"
    about = {"resource": resource, "appointment_id": resource.appointment_id}
    journal.write("set aside", Outcome.NEEDS_ATTENTION, message, **about)


def absorb_removed(
    connection: ICloudConnection,
    hrefs: Sequence[str],
    now: datetime,
    journal: Journal,
    frees: bool | None = None,
) -> None:
    """The server says these are gone, and a second look agreed. Nothing of ours goes with
    them: a copy and its slots are marked, and stay (R6, R12). `frees`: whether the slots take
    no time any more; None: as the connection's switch says (D5)."""
    frees = connection.frees_deleted if frees is None else frees
    with transaction.atomic():
        journal.lease.check()
        writer = Writer(connection, now, journal)
        gone = connection.resources.filter(href__in=hrefs).exclude(
            state__in=(State.DELETED_IN_ICLOUD, State.REMOVED, State.PENDING)
        )
        for resource in gone:
            writer.mark_deleted(resource, frees=frees)
        writer.flush()


def reconsider(
    connection: ICloudConnection,
    resources: Iterable[RemoteResource],
    now: datetime,
    journal: Journal,
) -> None:
    """Plan stored bodies again, with no request: the window has moved (D10), or what takes
    time away is another thing now (D9)."""
    stored: dict[RemoteCollection, list[Fetched]] = {}
    for one in resources:
        stored.setdefault(one.collection, []).append(Fetched(one.href, one.etag, one.base))
    for collection, bodies in stored.items():
        for start in range(0, len(bodies), BATCH):
            journal.lease.renew()
            absorb(connection, collection, bodies[start : start + BATCH], now, journal)
