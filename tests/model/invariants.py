"""What must hold after every step, and on every request (failure-cases 3.2, I1-I10)."""

from collections import Counter

from calendars.models import Appointment, BlockedSlot, Contact
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import ICloudConnection, MintedUid, RemoteResource
from tests.model.bodies import Body, Seen
from tests.model.database import in_transaction
from tests.model.here import as_it_is
from tests.model.server import Asked, ModelAccount
from tests.model.world import World

MAY_WRITE = ("connected", "degraded")


# --- On the wire ------------------------------------------------------------------------


def check_request(world: World, account: ModelAccount, asked: Asked) -> None:
    assert not in_transaction(), f"a transaction is open while we wait for {asked}"
    if not asked.is_write:
        return
    check_precondition(account, asked)
    status = ICloudConnection.objects.values_list("status", flat=True).get(
        apple_id=account.username
    )
    assert status in MAY_WRITE, f"I1: a write for a connection that is {status}: {asked}"
    check_what_is_written(account, asked)


def check_precondition(account: ModelAccount, asked: Asked) -> None:
    """I2. A create has If-None-Match: *, the interface sees to that."""
    if asked.verb != "create":
        assert asked.etag, f"I2: no etag: {asked}"
        assert (asked.href, asked.etag) in account.shown, f"I2: an etag never read: {asked}"


def check_what_is_written(account: ModelAccount, asked: Asked) -> None:
    stored = account.collection_of(asked.href).resources.get(asked.href)
    before = Body.read(stored.body) if stored else None
    body = Body.read(asked.body) if asked.body else before
    if body is None:
        return
    assert "SUMMARY:block" not in asked.body, f"I1, R7: a Blocked Slot of ours is sent: {asked}"
    check_no_simple_calendar(before, body, asked)
    if asked.verb == "update" and before and stored and stored.etag == asked.etag:
        lost = unowned(before) - unowned(body)
        assert not lost, f"Q9: {lost} of {body.uid} would be gone"
        guests = before.has_guests or body.has_guests
        assert not guests, f"D7: an event with guests is written: {asked}"


def check_no_simple_calendar(before: Body | None, body: Body, asked: Asked) -> None:
    """I1. Where somebody made a series of it, the others are Blocked Slots from iCloud (D13),
    and those may be changed (R10) as long as the appointment's own is not."""
    concerned = MintedUid.objects.filter(uid=body.uid).values("appointment_id")
    simple = Appointment.objects.filter(pk__in=concerned, calendar__type="simple")
    for row in simple:
        own = RemoteResource.objects.get(appointment=row, uid=body.uid).recurrence_id
        same = before and own and own_one(before, own) == own_one(body, own)
        assert same, f"I1, R2: a Simple calendar's appointment is written: {asked}"


def own_one(body: Body, rid: str) -> Seen | None:
    found = (one for start, one in body.occurrences().items() if body.rid_of(start) == rid)
    return next(found, None)


def unowned(body: Body) -> set[str]:
    return {line for event in body.events for line in event.unowned()}


# --- After every step -------------------------------------------------------------------


def check_always(world: World) -> None:
    statuses = dict(Appointment.objects.values_list("pk", "status"))
    assert statuses == world.told.statuses, f"I3: {statuses}, not {world.told.statuses}"
    ours = BlockedSlot.objects.filter(origin="referins")
    blocks = {row.pk: as_it_is(row) for row in ours}
    assert blocks == world.told.blocks, f"R7: {blocks}, not {world.told.blocks}"
    assert Contact.objects.count() == 1, "I4, R11: a contact was made"
    assert world.grumble.mistakes == [], "a mistake of our own: " + world.grumble.mistakes[0]
    check_slots_stay(world)
    check_links(world)


def check_slots_stay(world: World) -> None:
    """R12: only people here, and changes of a series there, take slots away."""
    refs = dict(BlockedSlot.objects.filter(origin="icloud").values_list("pk", "source_ref"))
    gone = {uid for pk, uid in world.told.slots.items() if pk not in refs}
    assert gone <= world.phones.series, f"I3, R12: slots of {gone} are gone"
    uids = dict(RemoteResource.objects.values_list("pk", "uid"))
    parsed = {pk: parse_source_ref(ref) for pk, ref in refs.items()}
    world.told.slots = {pk: uids.get(ref.resource_id, "") for pk, ref in parsed.items() if ref}


def check_links(world: World) -> None:
    """I6 in what is read: of a twin in an ignored collection only the server could tell us,
    and a lax one does not (D17)."""
    minted = set(MintedUid.objects.values_list("uid", flat=True))
    for name in world.server.accounts:
        account = world.account_named(name)
        there = Counter(body.uid for body in account.bodies(ignored=False).values())
        twins = {uid for uid, number in there.items() if number > 1} & account.ours & minted
        assert not twins, f"I6: {twins} are there twice"
        foreign = {uid for uid in there if uid.startswith("minted-")} & account.ours - minted
        assert not foreign, f"I7: no link was committed for {foreign}"
