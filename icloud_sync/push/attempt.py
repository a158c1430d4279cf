"""One row of the outbox tried: plan and send; where iCloud turns out to hold another version,
take that in and plan once more."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from icloud_sync import outbox
from icloud_sync.apply import absorb
from icloud_sync.apply.twins import follow_twin
from icloud_sync.core.merge import WORDS
from icloud_sync.core.push_plan import (
    ADVICE,
    Action,
    Create,
    Delete,
    DeleteWhenBack,
    Exclude,
    Park,
    Read,
    Reason,
    Skip,
    Update,
)
from icloud_sync.core.retry import LATE_ENOUGH
from icloud_sync.core.values import Fetched
from icloud_sync.guards.deletes import hold_back
from icloud_sync.models import RemoteResource
from icloud_sync.push.objects import NOTHING_TO_TELL, Subject
from icloud_sync.push.send import send
from icloud_sync.remote.errors import (
    PreconditionFailed,
    Refused,
    ResourceNotFound,
    UidConflict,
    WriteOutcomeUnknown,
)
from icloud_sync.session import Session
from icloud_sync.synclog import Journal, Outcome

State = RemoteResource.State
NO_VERSION = "iCloud does not say which version of the event it holds."
OLD_VERSION = "iCloud still shows the version before our last one."
NOWHERE = "iCloud refuses to store this event, though nothing is at its address (412)."


class HeldBack(Exception):
    """It waits for a person, with many others (D21)."""


class Parked(Exception):
    """The plan itself says that a person must look."""


@dataclass
class Attempt:
    """`again`: the second one in this run, after a look at all of the account. Of the two, the
    first has had the one retry (icloud-behaviour 6.2). `creates`: what was sent last was to
    be stored anew."""

    subject: Subject
    session: Session
    journal: Journal
    now: datetime
    again: bool
    creates: bool = False

    def make(self) -> bool:
        """Whether iCloud took a write; False: nothing need be sent. Raises what went wrong."""
        self.subject.come_to_life()
        action = self.plan()
        try:
            return self.carry_out(action)
        except PreconditionFailed as error:
            self.look_what_is_there(error)
            if self.again:
                raise
            return self.carry_out(self.subject.plan(self.now))
        except WriteOutcomeUnknown:
            # Looked at now, it cannot be taken for an edit made there once more is typed
            # here. A server that does not answer this either has trouble of its own.
            with suppress(PreconditionFailed, ResourceNotFound, Refused):
                self.refresh()
            raise

    def plan(self) -> Action:
        """With what must be known first."""
        action = self.subject.plan(self.now)
        put_back = isinstance(action, Create) and not action.afresh
        if isinstance(action, Read):
            self.refresh()
        elif not (put_back and self.follow_twin()):
            return action
        action = self.subject.plan(self.now)
        if isinstance(action, Read):
            raise PreconditionFailed(NO_VERSION)
        return action

    def carry_out(self, action: Action) -> bool:
        if isinstance(action, Skip):
            self.note_skipped(action.reason)
            return False
        if isinstance(action, DeleteWhenBack):
            self.remember_deletion()
            self.note_skipped(Reason.DELETED_IN_ICLOUD)
            return False
        if isinstance(action, Park):
            raise Parked(sentence_of(action.reason))
        if isinstance(action, Read):
            raise PreconditionFailed(NO_VERSION)
        self.creates = isinstance(action, Create)
        if isinstance(action, Delete | Exclude) and self.is_held_back():
            raise HeldBack
        verb = send(action, self.subject, self.session, self.now)
        self.tell(verb, Outcome.DONE, f"{verb} the event of {self.name}{said(action)}")
        if self.subject.quarrel:
            self.tell("freeze", Outcome.NEEDS_ATTENTION, self.subject.quarrel)
        return True

    def is_held_back(self) -> bool:
        entry, connection = self.subject.entry, self.session.connection
        return hold_back(entry, connection, self.now, self.journal)

    # --- What is there --------------------------------------------------------------------

    def look_what_is_there(self, error: PreconditionFailed) -> None:
        """Taken in as a pull would. Raises UidConflict where something is said to be in the
        way of a new event, and nothing is at its address (6.6)."""
        in_the_way = self.creates and error.status == 412
        try:
            is_there = self.refresh()
        except ResourceNotFound:
            if not in_the_way:
                raise
            is_there = False
        if in_the_way and not is_there:
            raise UidConflict(NOWHERE, 412) from error

    def refresh(self) -> bool:
        """Read the resource as it is now, and take it in as a pull would. False: it was never
        stored. Raises ResourceNotFound where it was: gone or moved, only a complete listing
        can say."""
        resource = self.subject.resource
        if resource is None:
            return False
        try:
            fetched = self.fetch(resource)
        except ResourceNotFound:
            if resource.state != State.PENDING:
                raise
            # Without a base the plan creates it, or has nothing to take out.
            self.write(resource, base="")
            self.subject.reread()
            return False
        collection = resource.collection
        absorb(self.session.connection, collection, [fetched], self.now, self.journal)
        outbox.take_over(self.subject.entry)
        self.subject.reread()
        return True

    def fetch(self, resource: RemoteResource) -> Fetched:
        is_late = self.subject.entry.attempts >= LATE_ENOUGH
        try:
            fetched = self.session.remote.get(resource.href)
        except Refused as error:
            if is_late:
                raise
            # A read that is refused may be throttling (icloud-behaviour 9.2).
            raise PreconditionFailed(error.message, error.status) from error
        if resource.is_behind(fetched.etag) and not is_late:
            raise PreconditionFailed(OLD_VERSION)
        return fetched

    def follow_twin(self) -> bool:
        resource = self.subject.resource
        if not resource or not follow_twin(self.session, resource, self.now, self.journal):
            return False
        outbox.take_over(self.subject.entry)
        self.subject.reread()
        return True

    # --- What is told ---------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.subject.full_name

    def remember_deletion(self) -> None:
        if resource := self.subject.resource:
            known = {self.subject.recurrence_id: self.subject.entry.object_id}
            self.write(resource, deleted_here=resource.deleted_here | known)

    def write(self, resource: RemoteResource, **values: object) -> None:
        """What iCloud said, while the connection is ours."""
        with transaction.atomic():
            self.session.lease.check()
            RemoteResource.objects.filter(pk=resource.pk).update(**values)

    def note_skipped(self, reason: Reason) -> None:
        if reason not in NOTHING_TO_TELL:
            self.tell("skip", Outcome.SKIPPED, f"{self.name}: nothing sent, {reason}")

    def tell(self, action: str, outcome: str, message: str) -> None:
        subject = self.subject
        self.journal.write(action, outcome, message, resource=subject.resource, **subject.ids)


def said(action: Action) -> str:
    """What an update changed, for the log."""
    if not isinstance(action, Update):
        return ""
    words = [WORDS.get(name, name) for name in action.changed]
    words += ["what only Referins writes"] if action.rewrite_ours else []
    return f": {', '.join(words)}"


def sentence_of(reason: Reason) -> str:
    first = reason[0] if reason.startswith("iCloud") else reason[0].upper()
    return f"{first}{reason[1:]}. {ADVICE.get(reason, '')}".strip()
