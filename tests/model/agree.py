"""Do both sides agree, and is nothing lost? Asked at quiet points (Q1, Q3-Q7, Q10, D8, D9)."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import ICloudConnection, MintedUid, OutboxEntry, RemoteResource
from tests.model.bodies import Body, Seen, interval
from tests.model.found import in_log, in_rows, on_server
from tests.model.ledger import FIELDS
from tests.model.server import ModelAccount
from tests.model.world import World

OUT = ("cancelled", "invalid")
# As the settings have it (D10).
BACK, AHEAD = timedelta(days=30), timedelta(days=548)


def seen(row: Appointment | BlockedSlot) -> Seen:
    return Seen(row.title, interval(row.starts_at, row.ends_at), row.location, row.notes)


def check_agreement(world: World) -> None:
    minted = dict(MintedUid.objects.values_list("uid", "appointment_id"))
    for connection in ICloudConnection.objects.select_related("user"):
        account = world.account_named(connection.apple_id)
        check_copies(world, connection, account)
        check_slots(connection, account.bodies(ignored=False), minted)
    check_nothing_lost(world)
    check_winners(world)
    check_words(world)


# --- Appointments and their copies ------------------------------------------------------


def check_copies(world: World, connection: ICloudConnection, account: ModelAccount) -> None:
    there = {body.uid: (href, body) for href, body in account.bodies(ignored=False).items()}
    copies = {one.appointment_id: one for one in connection.resources.all()}
    parked = set(connection.outbox.filter(kind="appointment").values_list("object_id", flat=True))
    for row in Appointment.objects.select_related("calendar").prefetch_related("hosts"):
        if row.calendar.type == "simple":
            continue  # R2: neither told nor followed
        is_host = connection.user in row.hosts.all()
        copy = copies.get(row.pk)
        found = there.get(copy.uid) if copy else None
        if is_host and row.status not in OUT:
            check_wanted(world, connection, row, copy, found, row.pk in parked)
        elif found and copy and row.pk not in parked:
            check_taken_out(row, copy, found[1])


def check_wanted(
    world: World,
    connection: ICloudConnection,
    row: Appointment,
    copy: RemoteResource | None,
    found: tuple[str, Body] | None,
    is_parked: bool,
) -> None:
    deletion = copy and world.phones.deleted.get((connection.apple_id, copy.uid))
    touched = world.told.touches[row.pk]
    if copy is None:
        is_over = row.ends_at < timezone.now()
        assert is_over or is_parked, f"Q4: appointment {row.pk} never arrived"
    elif found is None:
        assert deletion, f"Q4: appointment {row.pk} is not there, and nobody deleted it"
        edits = world.told.edits[row.pk]
        not_since = not deletion.appointment or edits == deletion.edits or is_parked
        assert not_since, f"D4: appointment {row.pk} was edited since, and is not back"
    else:
        if deletion and deletion.in_step and deletion.touches == touched:
            raise AssertionError(f"R6: appointment {row.pk} came back, and nobody changed it")
        check_copy(row, copy, found[1], is_parked)


def check_copy(row: Appointment, copy: RemoteResource, body: Body, is_parked: bool) -> None:
    """Q1. Where it may not be written, a person is told (D7, D17)."""
    if copy.own_occurrence_gone:
        return
    own = [
        one for start, one in body.occurrences().items() if body.rid_of(start) == rid(copy, body)
    ]
    assert own, f"Q1: {body.uid} lacks the occurrence {copy.recurrence_id!r}"
    assert is_parked or own[0] == seen(row), f"Q1: {seen(row)} here, {own[0]} there"


def rid(copy: RemoteResource, body: Body) -> str:
    return copy.recurrence_id if body.count else ""


def check_taken_out(row: Appointment, copy: RemoteResource, body: Body) -> None:
    """D2, D3: of a series its occurrence alone goes."""
    gone = copy.own_occurrence_gone and (body.count or copy.recurrence_id)
    assert gone, f"D2, D3: appointment {row.pk} ({row.status}) is still in iCloud: {body.uid}"


# --- Blocked Slots ----------------------------------------------------------------------


def check_slots(
    connection: ICloudConnection, bodies: dict[str, Body], minted: dict[str, int]
) -> None:
    """Q3, Q6: each occurrence is one slot, each slot one occurrence."""
    resources = {one.href: one for one in connection.resources.all()}
    left_alone = set(not_followed(connection)) | set(parked_slots(connection))
    expected: dict[int, Counter[Seen]] = {}
    for href, body in bodies.items():
        resource = resources.get(href)
        assert resource, f"Q3: nothing is known of {href}"
        if resource.pk not in left_alone:
            expected[resource.pk] = Counter(others(resource, body, minted))
    actual: dict[int, Counter[Seen]] = {}
    slots = BlockedSlot.objects.filter(user=connection.user, origin="icloud")
    for slot in slots.filter(removed_at_source_at=None):
        ref = parse_source_ref(slot.source_ref)
        assert ref, f"Q3: slot {slot.pk} comes from nowhere"
        if ref.resource_id not in left_alone:
            actual.setdefault(ref.resource_id, Counter())[seen(slot)] += 1
    told = {pk: found for pk, found in expected.items() if found}
    assert actual == told, f"Q3: slots {actual}, in iCloud {told}"


def others(resource: RemoteResource, body: Body, minted: dict[str, int]) -> Iterator[Seen]:
    """Of our own events those occurrences that are nobody's appointment (D13)."""
    ours = body.uid in minted
    if ours and not body.count and not resource.own_occurrence_gone:
        return
    own = None
    if ours and not resource.own_occurrence_gone:
        own = resource.recurrence_id
    now = timezone.now()
    for start, one in body.occurrences().items():
        begins, ends = one.interval
        inside = begins < (now + AHEAD).isoformat() and ends >= (now - BACK).isoformat()
        if body.rid_of(start) != own and inside:
            yield one


def not_followed(connection: ICloudConnection) -> Iterator[int]:
    """R2, D19: what of a Simple calendar's lies there is let be."""
    simple = Appointment.objects.filter(calendar__type="simple")
    yield from connection.resources.filter(appointment__in=simple).values_list("pk", flat=True)


def parked_slots(connection: ICloudConnection) -> Iterator[int]:
    """What a person must look at: it may not be written there (D7)."""
    for ref in connection.outbox.filter(kind="slot").values_list("source_ref", flat=True):
        if parsed := parse_source_ref(ref):
            yield parsed.resource_id


# --- Values -----------------------------------------------------------------------------


def check_nothing_lost(world: World) -> None:
    """Q5."""
    lost = world.ledger.owed - in_rows() - on_server(world.server)
    lost = lost - in_log() if lost else lost
    assert not lost, f"Q5: lost without a word: {sorted(map(str, lost))}"


def check_winners(world: World) -> None:
    """D8: Referins wins for appointments, iCloud for slots; a value gives way only to one
    that was typed by somebody who saw it."""
    for row in Appointment.objects.all():
        for field in FIELDS:
            typed = world.told.latest.get((row.pk, field))
            now = getattr(seen(row), field)
            kept = typed is None or world.ledger.comes_from(now, typed)
            assert kept, f"D8: appointment {row.pk} shows {now!r}, {typed!r} was typed here"
    uids = dict(RemoteResource.objects.values_list("pk", "uid"))
    minted = set(MintedUid.objects.values_list("uid", flat=True))
    for slot in BlockedSlot.objects.filter(origin="icloud", removed_at_source_at=None):
        ref = parse_source_ref(slot.source_ref)
        uid = uids.get(ref.resource_id, "") if ref else ""
        if uid in world.phones.series or uid in minted:
            continue
        for field in FIELDS:
            typed = world.phones.latest.get((uid, field))
            now = getattr(seen(slot), field)
            kept = typed is None or world.ledger.comes_from(now, typed)
            assert kept, f"D8: slot {slot.pk} shows {now!r}, {typed!r} was typed in iCloud"


def check_words(world: World) -> None:
    """D9: a person's word on a slot stands."""
    for pk, is_busy in BlockedSlot.objects.values_list("pk", "is_busy"):
        said = world.told.busy.get(pk, is_busy)
        assert said == is_busy, f"D9: slot {pk} is busy: {is_busy}, a person said {said}"


__all__ = ["OutboxEntry", "check_agreement"]
