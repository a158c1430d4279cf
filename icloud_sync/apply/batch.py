"""A batch of fetched resources: read the rows they concern, decide, write; one short
transaction, no request inside. Where a batch fails, each resource has its own."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from calendars.models import Appointment, BlockedSlot
from icloud_sync.apply.write import Writer
from icloud_sync.core.ical.parse import UnreadableResource, parse
from icloud_sync.core.pull_plan import (
    GUESTS,
    READ_ONLY,
    Action,
    CopyState,
    SlotState,
    plan_copy,
    plan_orphan,
    plan_slots,
    rekey,
)
from icloud_sync.core.refs import SourceRef, parse_source_ref
from icloud_sync.core.values import Fetched, Occurrence, ParsedResource, Window
from icloud_sync.models import (
    ICloudConnection,
    MintedUid,
    OutboxEntry,
    RemoteCollection,
    RemoteResource,
)
from icloud_sync.snapshots import (
    appointment_fields,
    belongs,
    current_window,
    query_appointments,
    refusal,
    slot_fields,
    slots_of_resources,
    zones_for,
)
from icloud_sync.synclog import Journal, Outcome

log = logging.getLogger(__name__)
State = RemoteResource.State
# How far an occurrence may have been moved from where its appointment is.
OWN_MARGIN = timedelta(days=31)


@dataclass
class Rows:
    """The rows a batch concerns, read once."""

    resources: dict[str, RemoteResource]
    appointments: dict[int, Appointment]
    slots: dict[int, list[BlockedSlot]] = field(default_factory=dict)
    deleted_here: set[str] = field(default_factory=set)
    minted: dict[str, int] = field(default_factory=dict)  # UIDs we made -> appointment


def absorb(
    connection: ICloudConnection,
    collection: RemoteCollection,
    fetched: Sequence[Fetched],
    now: datetime,
    journal: Journal,
    moved: Mapping[str, int] | None = None,
) -> None:
    """`moved`: href -> pk of the resource that lay elsewhere until now (D17)."""
    run = journal.run
    try:
        with transaction.atomic():
            absorb_batch(connection, collection, fetched, now, journal, moved or {})
    except Exception:
        journal.run = run  # a run begun in the batch was rolled back with it
        if len(fetched) == 1:
            log.exception("resource set aside in connection %s", connection.pk)
            set_aside(connection, collection, fetched[0], "It could not be stored.", journal)
            return
        for one in fetched:  # one poisoned event stops only itself
            absorb(connection, collection, [one], now, journal, moved)


def absorb_batch(
    connection: ICloudConnection,
    collection: RemoteCollection,
    fetched: Sequence[Fetched],
    now: datetime,
    journal: Journal,
    moved: Mapping[str, int],
) -> None:
    writer = Writer(connection, now, journal)
    follow_moves(connection, collection, moved)
    rows = read_rows(connection, [one.href for one in fetched])
    readable: list[tuple[Fetched, ParsedResource]] = []
    for one in fetched:
        try:
            readable.append((one, read(one.body, rows.resources.get(one.href), rows, writer)))
        except UnreadableResource as error:
            set_aside(connection, collection, one, str(error), journal)
    rows.minted = minted(parsed.uid for _, parsed in readable)
    add_new(rows, writer, collection, readable)
    read_slots(rows, connection)
    for one, parsed in readable:
        resource = rows.resources[one.href]
        if decide(resource, parsed, rows, writer):
            writer.agree(resource, one, parsed)
    writer.flush()


def read(body: str, resource: RemoteResource | None, rows: Rows, writer: Writer) -> ParsedResource:
    appointment = rows.appointments.get(resource.appointment_id or 0) if resource else None
    zones = zones_for(writer.connection, appointment)
    return parse(body, window_for(appointment, writer.now), zones)


def window_for(appointment: Appointment | None, now: datetime) -> Window:
    """Wide enough for the appointment's own occurrence: one that has passed is not gone."""
    window = current_window(now)
    if appointment is None:
        return window
    start, end = appointment.starts_at - OWN_MARGIN, appointment.ends_at + OWN_MARGIN
    return Window(min(window.starts_at, start), max(window.ends_at, end))


def follow_moves(
    connection: ICloudConnection, collection: RemoteCollection, moved: Mapping[str, int]
) -> None:
    for href, pk in moved.items():
        connection.resources.filter(href=href).exclude(pk=pk).delete()
        connection.resources.filter(pk=pk).update(
            href=href, collection=collection, etag="", state=State.SYNCED, state_reason=""
        )


def read_rows(connection: ICloudConnection, hrefs: Sequence[str]) -> Rows:
    resources = {
        resource.href: resource
        for resource in connection.resources.filter(href__in=hrefs).select_related("collection")
    }
    ids = [one.appointment_id for one in resources.values() if one.appointment_id]
    return Rows(resources, {one.pk: one for one in lock(ids)})


def lock(ids: Sequence[int]) -> Sequence[Appointment]:
    """Nobody edits them between our reading and our writing (SQLite locks by itself)."""
    if not ids:
        return []
    list(Appointment.objects.select_for_update().filter(pk__in=ids).values_list("pk"))
    return list(query_appointments(ids))


def add_new(
    rows: Rows,
    writer: Writer,
    collection: RemoteCollection,
    readable: Sequence[tuple[Fetched, ParsedResource]],
) -> None:
    """A row for each resource not seen before; our own events are recognised by the UIDs
    we made and find their appointment again (D16)."""
    new = {one.href: parsed.uid for one, parsed in readable if one.href not in rows.resources}
    if not new:
        return
    own = {uid: rows.minted[uid] for uid in new.values() if uid in rows.minted}
    found = adoptable(writer.connection, own)
    made = [
        RemoteResource(
            connection=writer.connection,
            collection=collection,
            href=href,
            uid=uid,
            state=State.SYNCED,
            appointment_id=take_from(found, own.get(uid)),
        )
        for href, uid in new.items()
    ]
    remember_agreed([resource for resource in made if resource.appointment_id], writer.connection)
    RemoteResource.objects.bulk_create(made)
    rows.resources |= {resource.href: resource for resource in made}
    rows.appointments |= {
        one.pk: one for one in lock([r.appointment_id for r in made if r.appointment_id])
    }


def minted(uids: Iterable[str]) -> dict[str, int]:
    known = MintedUid.objects.filter(uid__in=list(uids))
    return dict(known.values_list("uid", "appointment_id"))


def remember_agreed(found_again: Sequence[RemoteResource], connection: ICloudConnection) -> None:
    """What this user's earlier connection last agreed on still tells who changed what since."""
    if not found_again:
        return
    earlier = RemoteResource.objects.filter(
        connection__user=connection.user_id, uid__in=[one.uid for one in found_again]
    ).exclude(connection=connection)
    known = {(one.uid, one.appointment_id): one for one in earlier.order_by("pk")}
    for resource in found_again:
        if before := known.get((resource.uid, resource.appointment_id)):
            resource.base, resource.written_digest = before.base, before.written_digest
            resource.recurrence_id = before.recurrence_id


def adoptable(connection: ICloudConnection, own: Mapping[str, int]) -> set[int]:
    """Appointments of these UIDs that this user hosts and that have no copy here yet."""
    if not own:
        return set()
    hosted = Appointment.objects.filter(pk__in=own.values(), hosts=connection.user_id)
    missing = hosted.exclude(icloud_copies__connection=connection)
    return set(missing.values_list("pk", flat=True))


def take_from(found: set[int], appointment_id: int | None) -> int | None:
    """Each appointment is found once; a second event with its UID is nobody's copy."""
    if appointment_id not in found:
        return None
    found.discard(appointment_id)
    return appointment_id


def read_slots(rows: Rows, connection: ICloudConnection) -> None:
    ids = [resource.pk for resource in rows.resources.values()]
    for slot in slots_of_resources(connection.user_id, ids).select_for_update():
        ref = parse_source_ref(slot.source_ref)
        if ref:
            rows.slots.setdefault(ref.resource_id, []).append(slot)
    waiting = OutboxEntry.objects.filter(connection=connection, kind=OutboxEntry.Kind.SLOT)
    known = {slot.source_ref for slots in rows.slots.values() for slot in slots}
    rows.deleted_here = set(waiting.values_list("source_ref", flat=True)) - known


def decide(resource: RemoteResource, parsed: ParsedResource, rows: Rows, writer: Writer) -> bool:
    """Plan one resource and hand the actions to the writer. False: not ours to follow
    now, and so nothing was agreed either."""
    base = base_of(resource, rows, writer)
    appointment = rows.appointments.get(resource.appointment_id or 0)
    if appointment is None:
        if parsed.uid in rows.minted:  # one of ours is never a slot (R8, D16)
            writer.take_orphan(plan_orphan(resource.appointment_id, base, parsed), resource)
        else:
            plan_others(resource, list(parsed.occurrences), parsed, base, rows, writer)
        return True
    if refusal(appointment.calendar, writer.connection):
        return False  # R2, D19: neither told nor followed until it is served again
    actions, own = plan_copy(copy_state(appointment, resource, writer), base, parsed)
    writer.take(actions, resource, appointment)
    if parsed.is_recurring:
        others = [one for one in parsed.occurrences if one is not own]
        plan_others(resource, others, parsed, base, rows, writer)
    elif rows.slots.get(resource.pk):
        plan_others(resource, [], parsed, base, rows, writer)  # no series any more
    return True


def plan_others(
    resource: RemoteResource,
    others: list[Occurrence],
    parsed: ParsedResource,
    base: ParsedResource | None,
    rows: Rows,
    writer: Writer,
) -> None:
    slots = {slot_rid(slot): slot for slot in rows.slots.get(resource.pk, [])}
    states = {rid: slot_state(slot) for rid, slot in slots.items()}
    states, renamed = rekey(states, others)
    if renamed:
        writer.rekey(resource, *renamed)
    prefix = str(SourceRef(resource.pk, ""))
    agreed = {one.recurrence_id: one.fields for one in (base.occurrences if base else ())}
    if renamed and "" in agreed:
        agreed[renamed[1]] = agreed[""]
    reason = read_only_reason(parsed, resource)
    actions: list[Action] = plan_slots(
        others,
        states,
        agreed,
        current_window(writer.now),
        reason,
        frozenset(ref.removeprefix(prefix) for ref in rows.deleted_here if ref.startswith(prefix)),
    )
    by_pk = {slot.pk: slot for slot in slots.values()}
    writer.take_slots(actions, resource, by_pk, reason)


def read_only_reason(parsed: ParsedResource, resource: RemoteResource) -> str:
    if parsed.has_guests:
        return GUESTS
    return "" if resource.collection.can_write else READ_ONLY


def base_of(resource: RemoteResource, rows: Rows, writer: Writer) -> ParsedResource | None:
    """What was agreed; None where there is nothing to compare with."""
    if not resource.base:
        return None
    try:
        return read(resource.base, resource, rows, writer)
    except UnreadableResource:
        return None


def copy_state(appointment: Appointment, resource: RemoteResource, writer: Writer) -> CopyState:
    return CopyState(
        appointment.pk,
        appointment_fields(appointment),
        belongs(appointment, writer.connection),
        resource.recurrence_id,
    )


def slot_rid(slot: BlockedSlot) -> str:
    ref = parse_source_ref(slot.source_ref)
    return ref.recurrence_id if ref else ""


def slot_state(slot: BlockedSlot) -> SlotState:
    return SlotState(
        slot.pk,
        slot_fields(slot),
        slot.is_busy,
        slot.read_only_reason,
        slot.removed_at_source_at is not None,
    )


def set_aside(
    connection: ICloudConnection,
    collection: RemoteCollection,
    one: Fetched,
    reason: str,
    journal: Journal,
) -> None:
    """Kept with its body and its error; looked at again when it changes."""
    resource, _ = RemoteResource.objects.update_or_create(
        connection=connection,
        href=one.href,
        defaults={
            "collection": collection,
            "etag": one.etag,
            "base": one.body,
            "state": State.NEEDS_ATTENTION,
            "state_reason": reason[:500],
        },
    )
    journal.write(
        "set aside", Outcome.NEEDS_ATTENTION, f"set aside {one.href}: {reason}", resource=resource
    )


def absorb_removed(
    connection: ICloudConnection, hrefs: Sequence[str], now: datetime, journal: Journal
) -> None:
    """The server says these are gone, and a second look agreed. Nothing of ours goes with
    them: a copy and its slots are marked, and stay (R6, R12)."""
    with transaction.atomic():
        writer = Writer(connection, now, journal)
        gone = connection.resources.filter(href__in=hrefs).exclude(
            state__in=(State.DELETED_IN_ICLOUD, State.REMOVED)
        )
        for resource in gone:
            writer.mark_deleted(resource)
        writer.flush()


def reconsider(
    connection: ICloudConnection,
    resources: Sequence[RemoteResource],
    now: datetime,
    journal: Journal,
) -> None:
    """Plan stored bodies again, with no request: the window has moved (D10)."""
    for resource in resources:
        stored = Fetched(resource.href, resource.etag, resource.base)
        absorb(connection, resource.collection, [stored], now, journal)
