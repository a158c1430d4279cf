"""What a phone does to an event that repeats: one occurrence, this and future ones, all."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from icloud_standin.content_lines import Component, Line, parse, splice
from icloud_standin.phone.edits import Editing, Edits, required
from icloud_standin.phone.rules import count_before, read, written
from icloud_standin.phone.times import Moment, naive, same_form, shifted

ONLY_OF_A_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
SIBLINGS = "X-CALENDARSERVER-RECURRENCE-SET"


class Series(Editing):
    def add_override(self, recurrence_id: datetime, starts: Moment, ends: Moment) -> None:
        """A full copy of the master for one occurrence, as Apple writes it (section 8)."""
        master = self._master()
        start_line = required(master, "DTSTART")
        identity = self._naming("RECURRENCE-ID", start_line, recurrence_id)
        edits = self._remove(master, *ONLY_OF_A_SERIES) + self._times(master, starts, ends)
        edits.append((start_line.end, start_line.end, identity))
        piece = self.body[master.start : master.stop]
        moved = [(start - master.start, end - master.start, text) for start, end, text in edits]
        self.body = splice(self.body, [(master.stop, master.stop, splice(piece, moved))])

    def exclude(self, recurrence_id: datetime) -> None:
        """Take one occurrence out: its override gone, an EXDATE on the master if there is one."""
        override = self.event(recurrence_id)
        if override:
            self.body = splice(self.body, [(override.start, override.stop, b"")])
        master = self.event()
        if master:
            start_line = required(master, "DTSTART")
            excluded = self._naming("EXDATE", start_line, recurrence_id)
            self._apply(master, [(start_line.end, start_line.end, excluded)])

    @property
    def is_empty(self) -> bool:
        return not self._events()

    @property
    def rule(self) -> str:
        master = self.event()
        return master.value("RRULE") if master else ""

    def starts(self) -> Moment:
        return self._moment(required(self._master(), "DTSTART"))

    def starts_with(self, recurrence_id: datetime) -> bool:
        """Also where there is no master: nothing comes before what is all there is."""
        master = self.event()
        return not master or self._instant(required(master, "DTSTART")) == recurrence_id

    def set_rule(self, rule: str) -> None:
        """Another rule; without any, only the first occurrence stays."""
        master = self._master()
        edits = self._set(master, "RRULE", rule)
        if not rule:
            edits = self._remove(master, *ONLY_OF_A_SERIES) + self._without(lambda _: True)
        self._apply(master, edits)

    def shift(self, delta: timedelta) -> None:
        """Everything that names an occurrence by its start moves with the series."""
        edits = []
        for event in self._events():
            for line in event.lines:
                if line.name in ("EXDATE", "RDATE", "RECURRENCE-ID") and "/" not in line.value:
                    moved = f"{line.name}{line.parameters}:{shifted(line.value, delta)}"
                    edits.append((line.start, line.end, self._line(moved)))
        self.body = splice(self.body, edits)

    def end_before(self, recurrence_id: datetime) -> None:
        """This occurrence and all later ones go."""
        master = self._master()
        parts = {k: v for k, v in read(self.rule).items() if k not in ("COUNT", "UNTIL")}
        parts["UNTIL"] = self._last_moment(required(master, "DTSTART"), recurrence_id)
        edits = self._set(master, "RRULE", written(parts)) if self.rule else []
        edits += self._without(lambda moment: moment >= recurrence_id)
        edits += self._dates_without(master, lambda moment: moment >= recurrence_id)
        self._apply(master, edits)

    def begin_at(self, recurrence_id: datetime, uid: str) -> None:
        """This occurrence and all later ones are all there is, under a UID of their own."""
        master = self._master()
        start_line = required(master, "DTSTART")
        first = parse_line(self._naming("DTSTART", start_line, recurrence_id))
        parts = read(self.rule)
        if "COUNT" in parts:
            passed = count_before(self.rule, naive(start_line.value), naive(first))
            parts["COUNT"] = str(int(parts["COUNT"]) - passed)
        delta = naive(first) - naive(start_line.value)
        edits = self._set(master, "RRULE", written(parts))
        for line in master.lines:
            if line.name in ("DTSTART", "DTEND"):
                moved = f"{line.name}{line.parameters}:{shifted(line.value, delta)}"
                edits.append((line.start, line.end, self._line(moved)))
        edits += self._without(lambda moment: moment < recurrence_id)
        edits += self._dates_without(master, lambda moment: moment < recurrence_id)
        self.body = splice(self.body, edits)
        self._set_everywhere("UID", "", uid)

    def relate(self, identity: str) -> None:
        """Both halves of a split name the same set (section 8)."""
        self._set_everywhere("RELATED-TO", f";RELTYPE={SIBLINGS}", identity)

    def _events(self) -> list[Component]:
        return parse(self.body).named("VEVENT")

    def _master(self) -> Component:
        master = self.event()
        if master is None:
            raise ValueError("this series has no master here")
        return master

    def _naming(self, name: str, start_line: Line, recurrence_id: datetime) -> bytes:
        """An occurrence is named in exactly the form of the series' DTSTART."""
        local = recurrence_id.astimezone(self.zone)
        moment = local.date() if start_line.is_date else local
        return self._line(same_form(name, start_line, moment, self.zone))

    def _last_moment(self, start_line: Line, recurrence_id: datetime) -> str:
        """An UNTIL that leaves this occurrence out."""
        if start_line.is_date:
            day = recurrence_id.astimezone(self.zone).date() - timedelta(days=1)
            return f"{day:%Y%m%d}"
        last = recurrence_id - timedelta(seconds=1)
        floats = not start_line.parameter("TZID") and not start_line.value.endswith("Z")
        if floats:
            return f"{last.astimezone(self.zone):%Y%m%dT%H%M%S}"
        return f"{last.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def _without(self, condition: Callable[[datetime], bool]) -> Edits:
        """Overrides of occurrences that fulfil it are cut out."""
        named = ((event, event.line("RECURRENCE-ID")) for event in self._events())
        return [
            (event.start, event.stop, b"")
            for event, line in named
            if line and condition(self._instant(line))
        ]

    def _dates_without(self, master: Component, condition: Callable[[datetime], bool]) -> Edits:
        """EXDATE and RDATE lose the values that fulfil it."""
        edits: Edits = []
        for line in master.lines:
            if line.name in ("EXDATE", "RDATE") and "/" not in line.value:
                kept = [v.value for v in _values(line) if not condition(self._instant(v))]
                text = self._line(f"{line.name}{line.parameters}:{','.join(kept)}")
                edits.append((line.start, line.end, text if kept else b""))
        return edits

    def _set_everywhere(self, name: str, parameters: str, value: str) -> None:
        text = self._line(f"{name}{parameters}:{value}")
        edits = []
        for event in self._events():
            known = (x for x in event.lines if (x.name, x.parameters) == (name, parameters))
            line = next(known, None)
            end = event.lines[-1].end
            edits.append((line.start, line.end, text) if line else (end, end, text))
        self.body = splice(self.body, edits)


def parse_line(line: bytes) -> str:
    """The value of a line just written."""
    return line.decode().strip().rpartition(":")[2]


def _values(line: Line) -> Iterator[Line]:
    for value in line.value.split(","):
        yield Line(line.name, line.parameters, value, line.start, line.end)
