"""An event's text as a device reads and edits it. Nothing here is the engine's: it is the
oracle that the engine's own reader is compared with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
FOLD = re.compile(r"\r?\n[ \t]")
MARKER = "— Referins —"
# What a write of ours may change (D11); everything else is the iCloud side's (Q9).
OWNED = {
    "SUMMARY",
    "LOCATION",
    "DESCRIPTION",
    "DTSTART",
    "DTEND",
    "STATUS",
    "URL",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SEQUENCE",
    "CREATED",
    "EXDATE",
    "RECURRENCE-ID",
    "RRULE",
    "TRANSP",
}
Interval = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """An occurrence as people see it. `interval`: instants, of an all-day event midnights."""

    title: str
    interval: Interval
    location: str = ""
    notes: str = ""


@dataclass
class Event:
    """One VEVENT: its lines, unfolded, without BEGIN and END."""

    lines: list[str] = field(default_factory=list)

    def named(self, name: str) -> Iterator[int]:
        depth = 0
        for number, line in enumerate(self.lines):
            depth += line.startswith("BEGIN:") - line.startswith("END:")
            if not depth and re.match(rf"{name}[;:]", line):
                yield number

    def line(self, name: str) -> str:
        return next((self.lines[number] for number in self.named(name)), "")

    def value(self, name: str) -> str:
        return self.line(name).partition(":")[2]

    def write(self, name: str, rest: str | None) -> None:
        """`rest`: what stands after the name, its colon included; None takes the line out."""
        for number in reversed(list(self.named(name))):
            del self.lines[number]
        if rest is not None:
            self.lines.append(name + rest)

    @property
    def rid(self) -> str:
        return self.value("RECURRENCE-ID")

    @property
    def is_all_day(self) -> bool:
        return "VALUE=DATE:" in self.line("DTSTART")

    @property
    def start(self) -> datetime:
        return moment(self.line("DTSTART"))

    @property
    def end(self) -> datetime:
        return moment(self.line("DTEND"))

    def unowned(self) -> set[str]:
        return {line for line in self.lines if re.split("[;:]", line)[0] not in OWNED}

    def seen(self, start: datetime | None = None) -> Seen:
        begins = start or self.start
        return Seen(
            plain(self.value("SUMMARY")),
            interval(begins, begins + (self.end - self.start)),
            plain(self.value("LOCATION")),
            plain(notes_of(self.value("DESCRIPTION"))),
        )


def plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda one: "\n" if one[1] in "nN" else one[1], text)


def notes_of(description: str) -> str:
    return description.partition(MARKER)[0].removesuffix("\\n\\n").removesuffix("\\n")


def block_after(description: str) -> str:
    return "\\n\\n" + MARKER + description.partition(MARKER)[2] if MARKER in description else ""


def moment(line: str) -> datetime:
    value = line.rpartition(":")[2]
    if "T" not in value:
        day = datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007
        return midnight(day)
    wall = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if value.endswith("Z"):
        return wall.replace(tzinfo=UTC)
    zone = re.search(r"TZID=([^:;]+)", line)
    return wall.replace(tzinfo=ZoneInfo(zone[1]) if zone else BERLIN).astimezone(UTC)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)


def interval(starts_at: datetime, ends_at: datetime) -> Interval:
    return starts_at.astimezone(UTC).isoformat(), ends_at.astimezone(UTC).isoformat()


def spell(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


@dataclass
class Body:
    """A resource: what stands before its events, its events, what stands after them."""

    head: list[str]
    events: list[Event]
    tail: list[str]

    @classmethod
    def read(cls, text: str) -> "Body":
        head, events, tail = [], [], []
        inside: Event | None = None
        for line in FOLD.sub("", text).splitlines():
            if line == "BEGIN:VEVENT":
                inside = Event()
            elif line == "END:VEVENT" and inside:
                events.append(inside)
                inside = None
            elif inside:
                inside.lines.append(line)
            else:
                (tail if events else head).append(line)
        return cls(head, events, tail)

    def text(self) -> str:
        lines = list(self.head)
        for event in self.events:
            lines += ["BEGIN:VEVENT", *event.lines, "END:VEVENT"]
        return "\r\n".join([*lines, *self.tail, ""])

    @property
    def uid(self) -> str:
        return self.events[0].value("UID")

    @property
    def master(self) -> Event:
        return next(one for one in self.events if not one.rid)

    @property
    def overrides(self) -> dict[datetime, Event]:
        return {moment(one.line("RECURRENCE-ID")): one for one in self.events if one.rid}

    @property
    def count(self) -> int:
        """How often the event comes; 0: it does not repeat."""
        rule = self.master.value("RRULE")
        return int(rule.partition("COUNT=")[2]) if rule else 0

    @property
    def has_guests(self) -> bool:
        return any(list(one.named("ATTENDEE")) for one in self.events)

    def starts(self) -> list[datetime]:
        """Each occurrence's original start; the rules of our phones are daily ones."""
        first = self.master.start
        gone = {
            moment("DTSTART" + self.master.lines[number].removeprefix("EXDATE"))
            for number in self.master.named("EXDATE")
        }
        days = (first.astimezone(BERLIN) + timedelta(days=n) for n in range(self.count or 1))
        return [day.astimezone(UTC) for day in days if day.astimezone(UTC) not in gone]

    def occurrences(self) -> dict[datetime, Seen]:
        changed = self.overrides
        return {
            start: changed[start].seen() if start in changed else self.master.seen(start)
            for start in self.starts()
        }

    def rid_of(self, start: datetime) -> str:
        """As our `source_ref` names it."""
        if not self.count:
            return ""
        if self.master.is_all_day:
            return start.astimezone(BERLIN).strftime("%Y%m%d")
        return spell(start)

    def values(self) -> set[str | Interval]:
        """All that people would miss."""
        found: set[str | Interval] = set()
        for one in [*self.occurrences().values(), *(event.seen() for event in self.events)]:
            found |= {one.title, one.interval, one.location, one.notes}
        return found - {""}


def new_event(uid: str, title: str, when: tuple[datetime, datetime], own: str) -> Body:
    """As a device makes one; `own`: what only iCloud knows of it."""
    lines = [
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART:{spell(when[0])}",
        f"DTEND:{spell(when[1])}",
        f"SUMMARY:{title}",
        f"X-APPLE-OWN:{own}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        f"DESCRIPTION:{own}",
        "END:VALARM",
    ]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Apple Inc.//iOS 18.0//EN"]
    return Body(head, [Event(lines)], ["END:VCALENDAR"])
