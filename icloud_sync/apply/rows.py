"""The rows that a batch of resources concerns, read once and locked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from calendars.models import Appointment, BlockedSlot
from icloud_sync.apply.write import Writer
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import (
    ICloudConnection,
    MintedUid,
    OutboxEntry,
    RemoteCollection,
    RemoteResource,
)
from icloud_sync.snapshots import (
    query_appointments,
    slots_of_resources,
)

State = RemoteResource.State


@dataclass
class Rows:
    """The rows a batch concerns, read once."""

    resources: dict[str, RemoteResource]
    appointments: dict[int, Appointment]
    slots: dict[int, list[BlockedSlot]] = field(default_factory=dict)
    # By `source_ref`: edits and deletions of slots that iCloud has not been told of, and of
    # these the deletions.
    waiting: set[str] = field(default_factory=set)
    deleted_here: set[str] = field(default_factory=set)
    minted: dict[str, int] = field(default_factory=dict)  # UIDs we made -> appointment


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
    rows: Rows, writer: Writer, collection: RemoteCollection, uids: Mapping[str, str]
) -> None:
    """A row for each resource not seen before; our own events are recognised by the UIDs
    we made and find their appointment again (D16). `uids`: by href."""
    new = {href: uid for href, uid in uids.items() if href not in rows.resources}
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
            resource.agreed_zone, resource.dates_zone = before.agreed_zone, before.dates_zone


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
    rows.waiting = set(waiting.values_list("source_ref", flat=True))
    rows.deleted_here = rows.waiting - known
