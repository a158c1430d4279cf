"""A body taken apart: its lines, and for each event the lines' span and the reading."""

from datetime import datetime

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import STRANGERS, Event, Moment, UnreadableResource
from icloud_sync.core.ical.forms import sayable
from icloud_sync.core.ical.lines import Line
from icloud_sync.core.ical.patch.acceptance import acceptable, without_method
from icloud_sync.core.ical.patch.definitions import defined
from icloud_sync.core.ical.patch.times import with_end
from icloud_sync.core.ical.read import read
from icloud_sync.core.ical.recurrence_set import RecurrenceSet
from icloud_sync.core.ical.series import Series
from icloud_sync.core.values import Zones


class Body:
    """`zones.floating`: what a floating time means in this body."""

    def __init__(self, body: str, zones: Zones) -> None:
        self.lines = lines.split(body)
        self.spans = lines.events(self.lines)
        self.document = read(body)
        if self.document.has_strangers:
            raise UnreadableResource(f"{STRANGERS} Change them in iCloud.")
        self.series = Series(self.document, zones)
        self.zones = self.series.zones

    def component(self, event: Event) -> list[Line]:
        begin, end = self.spans[event.index]
        return self.lines[begin:end]

    def rebuilt(
        self, changes: dict[int, list[Line]], added: list[Line], now: datetime
    ) -> list[Line]:
        """All lines, with some events replaced (by nothing: removed), and one added after
        the last; put right where iCloud would not take them."""
        floating, repeats = self.zones.floating, self.document.is_recurring
        out: list[Line] = []
        at = 0
        for event, (begin, end) in zip(self.document.events, self.spans, strict=True):
            component = changes.get(event.index, self.lines[begin:end])
            out += self.lines[at:begin]
            if component:
                out += acceptable(with_end(component, event), floating, now, repeats)
            at = end
        if added:
            out += acceptable(added, floating, now, repeats)
        return defined(without_method(out + self.lines[at:]))

    def says(self, rid: str) -> tuple[Event, bool]:
        """The event that says what this occurrence looks like, and whether it says it of no
        other one: an override of its own, or an event that does not recur."""
        own = self.own(rid)
        if own:
            return own[-1], True
        found = self.series.find(rid)
        if found is None:
            raise UnreadableResource("The occurrence to change is not in it.")
        return found.event, not rid

    def own(self, rid: str) -> list[Event]:
        """Its overrides, in whatever form they name it; more than one by mistake only."""
        named = [one for one in self.document.overrides if self.series.name_of(one) == rid]
        return [one for one in named if not one.this_and_future]

    def original_start(self, rid: str, event: Event) -> Moment:
        """As its master would write it; of one that no master makes, as it is written."""
        starts = [start for _, start in self.holding(rid)]
        return starts[0] if starts else event.recurrence_id or event.start

    def holding(self, rid: str) -> list[tuple[RecurrenceSet, Moment]]:
        """The masters that make this occurrence, each with its original start as the master
        would write it."""
        found = ((each, each.find(rid)) for each in self.series.sets)
        return [(each, self.start(each, wall)) for each, wall in found if wall is not None]

    def start(self, of: RecurrenceSet, wall: datetime) -> Moment:
        return sayable(of.start.at(wall), self.zones.floating)
