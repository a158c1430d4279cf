"""What the sync log keeps of a write: the fields on either side, the body it replaced or deleted,
and why an event goes."""

from typing import Any

from icloud_sync.core.history import RECURRENCE_ID, as_json
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import find_occurrence
from icloud_sync.core.merge import WORDS
from icloud_sync.core.policy import stays_in_icloud
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
from icloud_sync.core.values import Occurrence
from icloud_sync.push.objects import Subject
from icloud_sync.snapshots import blocking_of


def kept(action: Action, subject: Subject) -> dict[str, Any]:
    """For the log; asked before the write, which changes what the subject knows."""
    resource, fields = subject.resource, subject.fields()
    if isinstance(action, Create | Return):
        return {"after": as_json(fields) if fields else None}
    found: dict[str, Any] = {}
    if not isinstance(action, PutBack | ReturnOccurrence):
        found["before"] = before(subject, is_removal=isinstance(action, Delete | Exclude))
    if not isinstance(action, Delete | Exclude):
        found["after"] = as_json(fields) if fields else None
    if resource:
        found |= {"body": resource.base, "etag": resource.etag}
    return found


def before(subject: Subject, is_removal: bool) -> dict[str, Any] | None:
    """As last agreed. Of a slot that goes, all that it takes to have it again."""
    base = subject.base()
    if base is None:
        return None
    if subject.is_appointment or not is_removal:
        return as_json(base)
    one = occurrence(subject)
    told = as_json(base, one.is_busy if one else None)
    return {**told, RECURRENCE_ID: subject.recurrence_id} if subject.recurrence_id else told


def occurrence(subject: Subject) -> Occurrence | None:
    """With whether it takes time (D9)."""
    resource, blocking = subject.resource, blocking_of(subject.connection)
    if resource is None:
        return None
    try:
        return find_occurrence(resource.base, subject.recurrence_id, subject.zones, blocking)
    except UnreadableResource:
        return None


def said(action: Action, subject: Subject) -> str:
    """The end of the message: what an update changed, or why an event goes."""
    if isinstance(action, Delete | Exclude):
        return f": {why_it_goes(subject)}"
    if not isinstance(action, Update):
        return ""
    words = [WORDS.get(name, name) for name in action.changed]
    words += ["what only Referins writes"] if action.rewrite_ours else []
    return f": {', '.join(words)}"


def why_it_goes(subject: Subject) -> str:
    appointment = subject.appointment
    if appointment is None:
        return "it was deleted in Referins"
    if not stays_in_icloud(appointment.status):
        return f"it is {appointment.get_status_display().lower()}"
    if subject.connection.user not in appointment.hosts.all():
        return f"{subject.connection.user} is no host of it any more"
    return "staff asked for it to be taken out"
