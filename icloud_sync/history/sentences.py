"""What the pages about restoring say, in words."""

from collections.abc import Iterable

from django.utils import timezone

from calendars.models import Appointment, BlockedSlot
from calendars.queries import live_appointments, overlapping
from icloud_sync.apply.warnings import overlap_warning
from icloud_sync.connecting.story import counted
from icloud_sync.core.history import BUSY, WORDS, Change, Version, Way
from icloud_sync.core.policy import SIMPLE_REFUSED, is_synced_type, stays_in_icloud
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.core.values import Interval
from icloud_sync.models import ICloudConnection, OutboxEntry, SyncLogEntry
from icloud_sync.outbox.enqueue import connections_concerned, live
from icloud_sync.snapshots import current_window

NOTHING = "This entry took nothing away: there is nothing to restore."
SAME = "It is so already: restoring would change nothing."
NOBODY = "The account it came from is no longer there, so nobody is left to restore it to."
STALE = "It was changed while you looked. This is what restoring would change now."
ON_ITS_WAY = "It is on its way into iCloud already."
NOT_TAKEN = "iCloud did not take it: {} Mend that, then have it tried again, in the outbox."
THERE = "The event is in iCloud already."
GONE = {
    "appointment": "{} is no longer in Referins, so there is nothing to restore this to.",
    "slot": "{} is no longer in Referins. Where sync took it away, restore it from the entry "
    "that tells of that.",
}
MERGED = (
    "Where it was changed there meanwhile, both changes are kept; of the same field {} wins, and "
    "the log keeps the other value."
)


def asked_for(row: OutboxEntry) -> str:
    if row.state == OutboxEntry.State.NEEDS_ATTENTION:
        return NOT_TAKEN.format(row.last_error)
    return ON_ITS_WAY


def in_icloud(entry: SyncLogEntry, way: Way, row: object, found: Iterable[Change], why: str) -> str:
    """What restoring does there. `why` not: see rows.why_not_back."""
    if way is Way.EVENT_BACK:
        name = entry.resource.collection if entry.resource else ""
        slot = "stays away: that was long ago" if has_passed(found) else "comes back"
        return f"The event goes into the calendar “{name}” again, and its Blocked Slot {slot}."
    if way is Way.SLOT_ANEW:
        because = f"The event cannot be put back: {why}. " if entry.body else ""
        return (
            f"Nothing. {because}It comes back as a Blocked Slot made in Referins that says the "
            "same, and such a slot never reaches iCloud."
        )
    if isinstance(row, Appointment):
        return of_appointment(row)
    return of_slot(row, {one.field for one in found}) if isinstance(row, BlockedSlot) else ""


def has_passed(found: Iterable[Change]) -> bool:
    """Out of the window, so that it brings no slot (D10)."""
    times = [one.then for one in found if isinstance(one.then, Interval)]
    return any(time.ends_at < current_window(timezone.now()).starts_at for time in times)


def of_appointment(appointment: Appointment) -> str:
    if not is_synced_type(appointment.calendar.type):
        return f"Nothing. {SIMPLE_REFUSED}"
    if not stays_in_icloud(appointment.status):
        status = appointment.get_status_display().lower()
        return f"Nothing: the appointment is {status}, and so not in iCloud."
    number = len(connections_concerned(appointment))
    if not number:
        return "Nothing: no connected account has this appointment."
    accounts = "one account" if number == 1 else f"{number} accounts"
    return f"The event is changed in {accounts}. {MERGED.format('Referins')}"


def of_slot(slot: BlockedSlot, fields: set[str]) -> str:
    if fields == {BUSY}:
        return "Nothing: whether a slot takes time stays in Referins."
    if slot.removed_at_source_at:
        return "Nothing: its event was deleted there."
    ref = parse_source_ref(slot.source_ref)
    if ref is None:
        return "Nothing: a Blocked Slot made in Referins never reaches iCloud."
    connections = ICloudConnection.objects.filter(resources=ref.resource_id)
    if not live(connections).exists():
        return "Nothing: the account is disconnected."
    return f"The event is changed there too. {MERGED.format('iCloud')}"


def overlap(entry: SyncLogEntry, row: object, found: Iterable[Change]) -> str:
    """The time that comes back may be taken by now (D12). "" where it is not, or stays."""
    times = [one.then for one in found if isinstance(one.then, Interval)]
    if not times:
        return ""
    if isinstance(row, Appointment):
        said = overlap_warning(row, times[0]).removeprefix("; warning: it overlaps ")
        return f"At that time there is by now: {said}." if said else ""
    user_id = entry.connection.user_id if entry.connection else None
    when = overlapping(times[0].starts_at, times[0].ends_at)
    itself = [row.pk] if isinstance(row, BlockedSlot) else []
    slots = BlockedSlot.objects.filter(when, user=user_id).exclude(pk__in=itself)
    numbers = {
        "appointment": live_appointments().filter(when, hosts=user_id).count(),
        "Blocked Slot": slots.count(),
    }
    there = " and ".join(counted(number, noun) for noun, number in numbers.items() if number)
    return f"At that time there is by now: {there}." if there else ""


def words(found: Iterable[Change]) -> str:
    return ", ".join(WORDS.get(one.field, one.field) for one in found)


def as_of(entry: SyncLogEntry, which: Version) -> str:
    """Which version, for the log."""
    when = f"{entry.created_at:%Y-%m-%d %H:%M} UTC"
    if which is Version.LOST:
        return f"as the other side had it in the conflict of {when}"
    return f"as it was before {when}"
