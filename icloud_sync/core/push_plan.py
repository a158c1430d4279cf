"""What must be sent to iCloud for one object, if anything. Values in, one action out."""

from dataclasses import dataclass
from enum import StrEnum

from icloud_sync.core.merge import changed_fields
from icloud_sync.core.values import EventFields


class Reason(StrEnum):
    """Why nothing is sent. Each is a sentence's end: "nothing sent: …"."""

    KIND_NOT_SYNCED = "Simple calendars do not sync with iCloud"
    NOT_SERVED = "this connection does not serve the calendar"
    ALREADY_SAME = "iCloud has it already"
    NOTHING_THERE = "there is nothing of it in iCloud"
    NOT_FROM_ICLOUD = "the slot does not come from iCloud"
    DELETED_IN_ICLOUD = "it was deleted in iCloud"
    GUESTS = "guests added in iCloud, not updated there"
    READ_ONLY = "iCloud does not let us write to this calendar"
    UNREADABLE = "the event in iCloud cannot be read"
    OCCURRENCE_GONE = "its occurrence was taken out of the series in iCloud"
    LEFT_THERE = "somebody decided that it stays in iCloud"
    FROZEN = "both sides keep changing it"
    NOT_READ = "its calendar in iCloud is not read any more"
    NO_PLACE = "nothing is known of its place in iCloud any more"
    SERIES_GONE = "its series is not in iCloud any more"


# What a person can do about it.
ADVICE = {
    Reason.READ_ONLY: (
        "Ask its owner for the right to change it, or choose another calendar for new events; "
        "then have it tried again."
    ),
    Reason.FROZEN: (
        "Find out which program undoes the other's changes; then let it go on, in the list of "
        "resources."
    ),
}


class CopyStatus(StrEnum):
    """What we know of a resource in iCloud."""

    PENDING = "pending"  # identity minted, answer to the PUT not known
    PRESENT = "present"
    DELETED = "deleted"  # by somebody in iCloud
    REMOVED = "removed"  # by us
    OCCURRENCE_GONE = "occurrence gone"  # the series is there, the appointment's own is not
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Copy:
    """A resource. `base`: the fields last agreed for the occurrence that is meant, None
    where there is no such occurrence or no base; of one that iCloud took out of its series,
    from before. `is_alone`: the resource holds this occurrence and no other. `left_there`: a
    person decided that it stays, whatever becomes of the appointment. `is_frozen`: both sides
    kept rewriting it (core/loop.py)."""

    href: str
    etag: str
    status: CopyStatus
    base: EventFields | None
    written_digest: str = ""
    recurrence_id: str = ""
    has_guests: bool = False
    can_write: bool = True
    is_alone: bool = False
    left_there: bool = False
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an appointment should look like in iCloud; `digest` of what only we write."""

    fields: EventFields
    digest: str


@dataclass(frozen=True, slots=True)
class Create:
    """PUT with If-None-Match: *. `afresh`: no identity has been minted for it yet."""

    afresh: bool


@dataclass(frozen=True, slots=True)
class Update:
    """PUT of the patched base with If-Match."""

    changed: tuple[str, ...]
    rewrite_ours: bool = False


@dataclass(frozen=True, slots=True)
class Exclude:
    """Take one occurrence out of the series (an EXDATE)."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """Put the appointment's own occurrence into the series again that it was taken out of."""


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE with If-Match."""


@dataclass(frozen=True, slots=True)
class DeleteWhenBack:
    """One occurrence was deleted here while iCloud had its series; now iCloud has none. Should
    the series come back, this one goes (D6). A single event that comes back is a new one (R8)."""


@dataclass(frozen=True, slots=True)
class Read:
    """GET first: we do not know which version is there, and never write blindly."""


@dataclass(frozen=True, slots=True)
class Skip:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Park:
    """A person must look."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Return:
    """PUT of the body that the log kept of an event we deleted, with If-None-Match: *."""


@dataclass(frozen=True, slots=True)
class ReturnOccurrence:
    """The same of one occurrence that we took out of its series, which is still there."""


Action = (
    Create
    | Update
    | Exclude
    | PutBack
    | Delete
    | DeleteWhenBack
    | Return
    | ReturnOccurrence
    | Read
    | Skip
    | Park
)


def plan_appointment(wanted: Wanted | None, copy: Copy | None, can_create: bool = True) -> Action:
    """`wanted` None: the appointment does not belong in this account (cancelled, another
    host, deleted here). `can_create`: we may write where it would come to lie."""
    action = bring_in(wanted, copy) if wanted else take_out(copy)
    if isinstance(action, Create) and not can_create:
        return Park(Reason.READ_ONLY)
    return action


def bring_in(wanted: Wanted, copy: Copy | None) -> Action:
    if copy is None:
        return Create(afresh=True)
    if copy.status is CopyStatus.UNREADABLE:
        return Park(Reason.UNREADABLE)
    if copy.status is CopyStatus.OCCURRENCE_GONE:
        return put_back(wanted, copy)
    if copy.status is CopyStatus.DELETED:
        # R6: deleted there, untouched here: leave it. Changed here since: put it back (D4),
        # as one event, also where a series of it was deleted.
        return Create(afresh=False) if differs(wanted, copy) else Skip(Reason.DELETED_IN_ICLOUD)
    if copy.status is CopyStatus.PENDING and copy.base is not None:
        # Sent once, answer unknown. A second body would take the first one's place as what
        # both sides compare with, and an edit made here since would look like one there.
        return Read()
    if copy.status in (CopyStatus.PENDING, CopyStatus.REMOVED):
        return Create(afresh=False)
    return bring_up_to_date(wanted, copy)


def bring_up_to_date(wanted: Wanted, copy: Copy) -> Action:
    if not differs(wanted, copy):
        return Skip(Reason.ALREADY_SAME)
    if copy.base is None:
        return Park(Reason.UNREADABLE)
    return refuse_write(copy) or Update(
        changed_fields(copy.base, wanted.fields),
        rewrite_ours=wanted.digest != copy.written_digest,
    )


def put_back(wanted: Wanted, copy: Copy) -> Action:
    """Its occurrence is out of the series. Where it was us, there is nothing to compare with:
    it was cancelled, and is wanted again (D2)."""
    if not differs(wanted, copy):
        return Skip(Reason.OCCURRENCE_GONE)
    return refuse_write(copy) or PutBack()


def differs(wanted: Wanted, copy: Copy) -> bool:
    return (
        copy.base is None
        or wanted.digest != copy.written_digest
        or bool(changed_fields(copy.base, wanted.fields))
    )


def take_out(copy: Copy | None) -> Action:
    out = (CopyStatus.REMOVED, CopyStatus.DELETED, CopyStatus.OCCURRENCE_GONE)
    if copy is None or copy.status in out:
        return Skip(Reason.NOTHING_THERE)
    if copy.status is CopyStatus.UNREADABLE:
        return Park(Reason.UNREADABLE)
    if copy.status is CopyStatus.PENDING and copy.base is None:
        return Skip(Reason.NOTHING_THERE)  # it never arrived
    if copy.left_there:
        return Skip(Reason.LEFT_THERE)  # D21
    if refused := refuse_write(copy):
        return refused
    return take(copy)


def take(copy: Copy) -> Action:
    """Of a series only the one occurrence goes (D2, D6)."""
    return Exclude() if copy.recurrence_id and not copy.is_alone else Delete()


def plan_slot(fields: EventFields | None, copy: Copy | None) -> Action:
    """A slot that came from iCloud; `fields` None: it was deleted in Referins (D6)."""
    if copy is None:
        return Skip(Reason.NOT_FROM_ICLOUD)
    if copy.status is CopyStatus.DELETED and fields is None and copy.recurrence_id:
        return DeleteWhenBack()
    if copy.status in (CopyStatus.DELETED, CopyStatus.REMOVED):
        return Skip(Reason.DELETED_IN_ICLOUD)
    if copy.status is CopyStatus.UNREADABLE:
        return Park(Reason.UNREADABLE)
    if copy.base is None:
        return Skip(Reason.OCCURRENCE_GONE if copy.recurrence_id else Reason.NOTHING_THERE)
    if fields is None:
        return refuse_write(copy) or take(copy)
    changed = changed_fields(copy.base, fields)
    if not changed:
        return Skip(Reason.ALREADY_SAME)
    return refuse_write(copy) or Update(changed)


def refuse_write(copy: Copy) -> Action | None:
    if copy.has_guests:
        return Park(Reason.GUESTS)  # Apple would mail them (D7)
    if not copy.can_write:
        return Park(Reason.READ_ONLY)
    if copy.is_frozen:
        return Park(Reason.FROZEN)
    return None if copy.etag else Read()
