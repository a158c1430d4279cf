"""One row of the outbox tried: plan and send; where iCloud turns out to hold another version,
take that in and plan once more."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from icloud_sync import outbox
from icloud_sync.apply import absorb
from icloud_sync.apply.twins import follow_twin
from icloud_sync.core.failed_write import MAYBE_ELSEWHERE
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
    Return,
    ReturnOccurrence,
    Skip,
)
from icloud_sync.core.retry import LATE_ENOUGH
from icloud_sync.core.values import Fetched
from icloud_sync.guards.deletes import hold_back
from icloud_sync.models import RemoteResource
from icloud_sync.push.objects import NOTHING_TO_TELL, Subject
from icloud_sync.push.returning import take_new_identity
from icloud_sync.push.send import send, taken_out
from icloud_sync.push.told import before, kept, said
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
        try:
            return self.make_as_it_is()
        except Refused as error:
            if not self.may_be_another(error):
                raise
        return self.carry_out(self.subject.plan(self.now))

    def may_be_another(self, error: Refused) -> bool:
        """Refused, though all of the account was looked at, and the event that comes back is
        nowhere: then it comes as a new one (6.6)."""
        resource, refused = self.subject.resource, isinstance(error, UidConflict)
        refused = refused or (error.status in MAYBE_ELSEWHERE and not error.precondition)
        if not (self.again and refused and resource and self.subject.returning):
            return False
        take_new_identity(resource)
        return True

    def make_as_it_is(self) -> bool:
        self.subject.come_to_life()
        action = self.plan()
        try:
            return self.carry_out_and_look(action)
        except PreconditionFailed as error:
            self.look_what_is_there(error)
            if self.again:
                raise
            return self.carry_out_and_look(self.subject.plan(self.now))

    def carry_out_and_look(self, action: Action) -> bool:
        try:
            return self.carry_out(action)
        except WriteOutcomeUnknown:
            # Looked at now, it cannot be taken for an edit made there once more is typed
            # here. A server that does not answer this either has trouble of its own.
            if self.is_there() or not isinstance(action, Delete):
                raise
            taken_out(self.subject, self.session)
            return True

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
            self.leave_unserved(action.reason)
            return False
        if isinstance(action, DeleteWhenBack):
            self.remember_deletion()
            self.note_skipped(Reason.DELETED_IN_ICLOUD)
            return False
        if isinstance(action, Park):
            raise Parked(sentence_of(action.reason))
        if isinstance(action, Read):
            raise PreconditionFailed(NO_VERSION)
        self.creates = isinstance(action, Create | Return)
        if isinstance(action, Delete | Exclude) and self.is_held_back():
            raise HeldBack
        self.send(action)
        if self.subject.quarrel:
            self.tell("freeze", Outcome.NEEDS_ATTENTION, self.subject.quarrel)
        if isinstance(action, Return | ReturnOccurrence):
            self.take_in()
        return True

    def send(self, action: Action) -> None:
        """The log has it in the transaction that records it: a run that was begun there is
        gone with it where that fails."""
        run, about = self.journal.run, kept(action, self.subject)
        self.subject.done = partial(self.tell_done, said(action, self.subject), about)
        try:
            send(action, self.subject, self.session, self.now)
        except BaseException:
            self.journal.run = run
            raise

    def take_in(self) -> None:
        """What was just sent, as if a pull had found it: it brings its Blocked Slot."""
        if resource := self.subject.resource:
            sent = Fetched(resource.href, resource.etag, resource.base)
            collection = resource.collection
            absorb(self.session.connection, collection, [sent], self.now, self.journal)

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

    def is_there(self) -> bool:
        try:
            with suppress(PreconditionFailed, Refused):
                return self.refresh()
        except ResourceNotFound:
            return False
        return True

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

    def leave_unserved(self, reason: Reason) -> None:
        """Its appointment is gone, and with this row goes what is known of its calendar."""
        subject = self.subject
        unserved = reason in (Reason.KIND_NOT_SYNCED, Reason.NOT_SERVED)
        if unserved and subject.resource and subject.appointment is None:
            self.write(subject.resource, left_there=True)

    def note_skipped(self, reason: Reason) -> None:
        if reason not in NOTHING_TO_TELL:
            subject = self.subject
            is_deleted = not subject.is_appointment and subject.slot is None
            about = {"before": before(subject, is_removal=True)} if is_deleted else {}
            self.tell("skip", Outcome.SKIPPED, f"{self.name}: nothing sent, {reason}", **about)

    def tell_done(self, how: str, about: dict[str, Any], verb: str) -> None:
        self.tell(verb, Outcome.DONE, f"{verb} the event of {self.name}{how}", **about)

    def tell(self, action: str, outcome: str, message: str, **about: Any) -> None:
        ids, resource = self.subject.ids, self.subject.resource
        self.journal.write(action, outcome, message, resource=resource, **ids, **about)


def sentence_of(reason: Reason) -> str:
    first = reason[0] if reason.startswith("iCloud") else reason[0].upper()
    return f"{first}{reason[1:]}. {ADVICE.get(reason, '')}".strip()
