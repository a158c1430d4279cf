"""What the phone does to the store when a button is pressed."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icloud_standin.content_lines import Component
from icloud_standin.phone.agenda import Occurrence
from icloud_standin.phone.edits import Details, Editing, apart, as_date, new_body
from icloud_standin.phone.forms import Mistake
from icloud_standin.rows import Collection, Resource
from icloud_standin.store import Store


class Phone:
    def __init__(self, store: Store, zone: ZoneInfo, now: datetime) -> None:
        self.store, self.zone, self.now = store, zone, now

    def add(self, collection: Collection, details: Details, weekly: bool) -> Resource:
        uid = str(uuid.uuid4()).upper()
        body = new_body(details, uid, self.zone, self.now, weekly)
        return self.store.put(collection, f"{uid}.ics", uid, body)

    def edit(
        self, resource: Resource, occurrence: Occurrence, after: Details, whole_series: bool
    ) -> None:
        if after == occurrence.details:
            return  # a phone sends nothing either
        editing = self._editing(resource)
        if not occurrence.recurrence_id:
            editing.change(_there(editing.event()), occurrence.details, after)
        elif whole_series:
            self._edit_series(editing, occurrence.details, after)
        else:
            self._edit_one(editing, occurrence, after)
        self._store(resource, editing)

    def take_out(self, resource: Resource, occurrence: Occurrence) -> None:
        """Delete one occurrence of a series."""
        editing = self._editing(resource)
        _there(editing.event())
        editing.exclude(_instant(occurrence))
        self._store(resource, editing)

    def _edit_one(self, editing: Editing, occurrence: Occurrence, after: Details) -> None:
        at, before = _instant(occurrence), occurrence.details
        if editing.event(at) is None:
            editing.add_override(at, before.starts, before.ends)
        editing.change(_there(editing.event(at)), before, after)

    def _edit_series(self, editing: Editing, before: Details, after: Details) -> None:
        master = _there(editing.event())
        starts = editing.master_start()
        if isinstance(before.starts, datetime) != isinstance(after.starts, datetime):
            raise Mistake("A series stays all-day or timed: change this event only.")
        if as_date(before.starts) != as_date(after.starts):
            raise Mistake("A whole series stays on its day: move this event only.")
        delta = apart(after.starts, before.starts)
        old = replace(before, starts=starts, ends=starts + _length(before))
        new = replace(after, starts=starts + delta, ends=starts + delta + _length(after))
        editing.change(master, old, new)
        if delta:
            editing.shift_series(delta)

    def _editing(self, resource: Resource) -> Editing:
        return Editing(resource.body or b"", self.zone, self.now)

    def _store(self, resource: Resource, editing: Editing) -> None:
        self.store.put(resource.collection, resource.name, resource.uid, editing.body)


def _length(details: Details) -> timedelta:
    return apart(details.ends, details.starts)


def _instant(occurrence: Occurrence) -> datetime:
    moment = datetime.strptime(occurrence.recurrence_id, "%Y%m%dT%H%M%SZ")  # noqa: DTZ007
    return moment.replace(tzinfo=UTC)


def _there(event: Component | None) -> Component:
    if event is None:
        raise Mistake("This event was changed elsewhere. Go back and open it again.")
    return event
