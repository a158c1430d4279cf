"""What the phone does to the store when a button is pressed."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from icloud_standin.content_lines import Component
from icloud_standin.phone.agenda import Occurrence
from icloud_standin.phone.edits import Details, apart, as_date, new_body
from icloud_standin.phone.forms import Mistake
from icloud_standin.phone.series import Series
from icloud_standin.rows import Collection, Resource
from icloud_standin.store import Store

Scope = Literal["one", "future", "all"]


class Phone:
    def __init__(self, store: Store, zone: ZoneInfo, now: datetime) -> None:
        self.store, self.zone, self.now = store, zone, now

    def add(self, collection: Collection, details: Details, rule: str) -> Resource:
        uid = str(uuid.uuid4()).upper()
        body = new_body(details, uid, self.zone, self.now, rule)
        return self.store.put(collection, f"{uid}.ics", uid, body)

    def edit(
        self,
        resource: Resource,
        occurrence: Occurrence,
        after: Details,
        rule: str | None,
        scope: Scope,
    ) -> Resource:
        """`rule`: the RRULE from now on, None for the one there is. The resource it is in then."""
        if after == occurrence.details and rule is None:
            return resource  # a phone sends nothing either
        series, before = self._series(resource), occurrence.details
        if not occurrence.recurrence_id:
            series.change(_there(series.event()), before, after)
            if rule is not None:
                series.set_rule(rule)
        elif scope == "future" and not series.starts_with(_instant(occurrence)):
            return self._split(resource, occurrence, after, rule)
        elif scope == "one":
            self._edit_one(series, occurrence, after)
        else:
            self._edit_series(series, before, after, rule)
        return self._store(resource, series)

    def take_out(self, resource: Resource, occurrence: Occurrence, scope: Scope) -> None:
        """Delete one occurrence of a series, or it and all later ones."""
        if scope == "all":
            return self.store.delete(resource)
        series, at = self._series(resource), _instant(occurrence)
        if scope == "future" and series.starts_with(at):
            return self.store.delete(resource)
        if scope == "future":
            series.end_before(at)
        else:
            series.exclude(at)
        if series.is_empty:
            return self.store.delete(resource)
        self._store(resource, series)
        return None

    def _edit_one(self, series: Series, occurrence: Occurrence, after: Details) -> None:
        at, before = _instant(occurrence), occurrence.details
        if series.event(at) is None:
            series.add_override(at, before.starts, before.ends)
        series.change(_there(series.event(at)), before, after)

    def _edit_series(
        self, series: Series, before: Details, after: Details, rule: str | None
    ) -> None:
        master = _there(series.event())
        starts = series.starts()
        if isinstance(before.starts, datetime) != isinstance(after.starts, datetime):
            raise Mistake("A series stays all-day or timed: change this event only.")
        if as_date(before.starts) != as_date(after.starts) and rule is None:
            raise Mistake(
                "This series stays on its days: move this event only, or choose how it repeats."
            )
        delta = apart(after.starts, before.starts)
        old = replace(before, starts=starts, ends=starts + _length(before))
        new = replace(after, starts=starts + delta, ends=starts + delta + _length(after))
        series.change(master, old, new)
        if delta:
            series.shift(delta)
        if rule is not None:
            series.set_rule(rule)

    def _split(
        self, resource: Resource, occurrence: Occurrence, after: Details, rule: str | None
    ) -> Resource:
        """This and future ones become a series of their own, the two related (section 8)."""
        at, uid = _instant(occurrence), str(uuid.uuid4()).upper()
        past, future = self._series(resource), self._series(resource)
        past.end_before(at)
        future.begin_at(at, uid)
        self._edit_series(future, occurrence.details, after, rule)
        for half in (past, future):
            half.relate(uid)
        self._store(resource, past)
        return self.store.put(resource.collection, f"{uid}.ics", uid, future.body)

    def _series(self, resource: Resource) -> Series:
        return Series(resource.body or b"", self.zone, self.now)

    def _store(self, resource: Resource, series: Series) -> Resource:
        return self.store.put(resource.collection, resource.name, resource.uid, series.body)


def _length(details: Details) -> timedelta:
    return apart(details.ends, details.starts)


def _instant(occurrence: Occurrence) -> datetime:
    moment = datetime.strptime(occurrence.recurrence_id, "%Y%m%dT%H%M%SZ")  # noqa: DTZ007
    return moment.replace(tzinfo=UTC)


def _there(event: Component | None) -> Component:
    if event is None:
        raise Mistake("This is one meeting of somebody else's series: change this event only.")
    return event
