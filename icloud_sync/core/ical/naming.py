"""Which occurrence each override of a resource means, by its canonical recurrence-id.

One look at each series for all overrides together, however many there are: where a look is
needed at all, it is a walk from the start of the series.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from icloud_sync.core.ical.document import Moment
from icloud_sync.core.ical.recurrence_ids import name_of
from icloud_sync.core.ical.recurrence_set import MARGIN, RecurrenceSet, moved
from icloud_sync.core.values import Zones


def names(
    sets: Sequence[RecurrenceSet], moments: Mapping[int, Moment], zones: Zones
) -> dict[int, str]:
    """`moments`: each override's RECURRENCE-ID, by its place in the body."""
    if not moments or not sets:  # without a series: invited to single occurrences
        return {index: name_of(moment, moment, zones) for index, moment in moments.items()}
    walls = [moment.wall for moment in moments.values()]
    first, last = moved(min(walls), -MARGIN), moved(max(walls), MARGIN)
    looks = [Look(each, first, last) for each in sets]
    return {index: chosen(moment, looks) for index, moment in moments.items()}


def chosen(moment: Moment, looks: Sequence["Look"]) -> str:
    """Of several series the one that has this start, rather one written in the same form."""
    if len(looks) == 1:
        return looks[0].name(moment)
    likely = sorted(looks, key=lambda look: look.of.start.is_date != moment.is_date)
    found = [(look, look.name(moment)) for look in likely]
    return next((name for look, name in found if name in look.held), found[0][1])


class Look:
    """A series from the first to the last start that an override may mean."""

    def __init__(self, of: RecurrenceSet, first: datetime, last: datetime) -> None:
        self.of, self.first, self.last = of, first, last

    def name(self, moment: Moment) -> str:
        if not self.of.means_day(moment):
            return self.of.name_of(moment)
        return self.days.get(moment.wall.date()) or self.of.name_on_day(moment)

    @cached_property
    def days(self) -> dict[date, str]:
        """The first start of each day, taken out or not."""
        made = self.of.made(self.first, self.last)
        return {made[name].date(): name for name in sorted(made, reverse=True)}

    @cached_property
    def held(self) -> dict[str, datetime]:
        return self.of.starts(self.first, self.last)
