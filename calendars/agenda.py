"""Pure: values in, a week out, laid out as the page draws it.

Positions are names of CSS classes (`s` start row, `n` number of rows, `l1o2` the first of
two lanes, `c` column, `w` width), because a strict CSP forbids inline styles. They are
made once for all weeks (positions.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from calendars import lanes
from calendars.lanes import Placed, Span
from calendars.wallclock import DAY, Axis, start_of_day

DAYS_A_WEEK = 7
LEAST_ROWS = 2  # so that one line of text fits
MORNING, EVENING = (7, 0, 0), (20, 0, 0)  # shown even when nothing is there


@dataclass(frozen=True)
class Entry:
    """What a page shows of an appointment or of a Blocked Slot."""

    kind: str  # appointment, slot
    title: str
    starts_at: datetime
    ends_at: datetime
    # Set for an all-day entry, whose truth they are; the last is exclusive.
    dates: tuple[date, date] | None = None
    detail: str = ""
    source: str = ""
    is_free: bool = False
    is_off: bool = False
    is_removed: bool = False
    url: str = ""

    @property
    def is_bar(self) -> bool:
        return self.dates is not None or self.ends_at - self.starts_at >= DAY

    def days(self, zone: ZoneInfo) -> tuple[date, date]:
        """First day, and the day after the last."""
        if self.dates:
            return self.dates
        last_moment = max(self.starts_at, self.ends_at - timedelta(microseconds=1))
        return (
            self.starts_at.astimezone(zone).date(),
            last_moment.astimezone(zone).date() + DAY,
        )


@dataclass(frozen=True)
class Part:
    """What of an entry falls on one day, in the zone's time."""

    entry: Entry
    starts: datetime
    ends: datetime
    continues_before: bool
    continues_after: bool


@dataclass(frozen=True)
class Block:
    """A place in a day's column: one part, or those that did not fit (`+3 more`)."""

    parts: tuple[Part, ...]
    position: str

    @property
    def is_more(self) -> bool:
        return len(self.parts) > 1

    @property
    def part(self) -> Part:
        return self.parts[0]


@dataclass(frozen=True)
class Day:
    date: date
    column: str
    is_today: bool
    blocks: tuple[Block, ...]
    gaps: tuple[str, ...]
    now: str
    bars: int  # how many all-day entries cover this day

    @property
    def is_empty(self) -> bool:
        return not self.blocks and not self.bars


@dataclass(frozen=True)
class Bar:
    """An entry that covers whole days, across the columns it covers."""

    entry: Entry
    first: date
    last: date
    starts: datetime
    ends: datetime
    continues_before: bool
    continues_after: bool
    position: str


@dataclass(frozen=True)
class Hour:
    label: str
    is_second: bool
    position: str


@dataclass(frozen=True)
class Week:
    first: date
    days: tuple[Day, ...]
    bars: tuple[Bar, ...]
    hours: tuple[Hour, ...]

    @property
    def last(self) -> date:
        return self.first + timedelta(days=DAYS_A_WEEK - 1)

    @property
    def is_empty(self) -> bool:
        return all(day.is_empty for day in self.days)


@dataclass(frozen=True)
class View:
    """The rows of the axis that the page shows."""

    first: int
    end: int

    def position(self, first: int, end: int) -> str:
        first, end = max(first, self.first), min(end, self.end)
        return f"s{first - self.first + 1} n{end - first}"


def week(entries: Iterable[Entry], first: date, zone: ZoneInfo, now: datetime) -> Week:
    days = [first + timedelta(days=n) for n in range(DAYS_A_WEEK)]
    axis = Axis.of(days, zone)
    every = list(entries)
    bars = tuple(bars_of([entry for entry in every if entry.is_bar], first, zone))
    timed = [entry for entry in every if not entry.is_bar]
    spans = {day: [span_of(part, axis, day) for part in parts_on(day, timed, zone)] for day in days}
    view = view_of([span for of_day in spans.values() for span in of_day], axis)
    laid_out = tuple(day_of(day, n, spans[day], axis, view, now) for n, day in enumerate(days, 1))
    counted = tuple(with_bars(day, bars) for day in laid_out)
    return Week(first, counted, bars, tuple(hours_of(axis, view)))


def parts_on(day: date, entries: Iterable[Entry], zone: ZoneInfo) -> Iterator[Part]:
    dawn, dusk = start_of_day(day, zone), start_of_day(day + DAY, zone)
    for entry in entries:
        first, end = entry.days(zone)
        if first <= day < end and dawn < dusk:  # a zone can skip a whole day
            starts, ends = max(entry.starts_at, dawn), min(entry.ends_at, dusk)
            yield Part(
                entry,
                starts.astimezone(zone),
                ends.astimezone(zone),
                continues_before=entry.starts_at < dawn,
                continues_after=entry.ends_at > dusk,
            )


def span_of(part: Part, axis: Axis, day: date) -> Span[Part]:
    first = axis.row(part.starts, day)
    last_moment = max(part.starts, part.ends - timedelta(microseconds=1))
    end = max(axis.row(last_moment, day) + 1, first + LEAST_ROWS)
    overshoot = max(0, end - len(axis.marks))
    return Span(first - overshoot, end - overshoot, part)


def view_of(spans: list[Span[Part]], axis: Axis) -> View:
    """From morning to evening, and further where something is; whole hours."""
    hours = [row for row, mark in enumerate(axis.marks) if mark[1] == 0] + [len(axis.marks)]
    first = min([axis.marks.index(MORNING), *(span.first for span in spans)])
    end = max([axis.marks.index(EVENING), *(span.end for span in spans)])
    return View(max(row for row in hours if row <= first), min(row for row in hours if row >= end))


def day_of(
    day: date, number: int, spans: list[Span[Part]], axis: Axis, view: View, now: datetime
) -> Day:
    is_today = now.astimezone(axis.zone).date() == day
    row = axis.row(now, day) if is_today else -1
    return Day(
        date=day,
        column=f"c{number}",
        is_today=is_today,
        blocks=tuple(block_of(placed, view) for placed in lanes.place(spans)),
        gaps=tuple(
            view.position(start, start + length)
            for start, length in axis.gaps(day)
            if start < view.end and start + length > view.first
        ),
        now=view.position(row, row + 1) if view.first <= row < view.end else "",
        bars=0,
    )


def block_of(placed: Placed[Part], view: View) -> Block:
    first = min(span.first for span in placed.spans)
    end = max(span.end for span in placed.spans)
    lane = f"l{placed.lane + 1}o{placed.lanes}"
    parts = tuple(span.what for span in placed.spans)
    return Block(parts, f"{view.position(first, end)} {lane}")


def bars_of(entries: Iterable[Entry], first: date, zone: ZoneInfo) -> Iterator[Bar]:
    end = first + timedelta(days=DAYS_A_WEEK)
    for entry in sorted(entries, key=lambda entry: (entry.days(zone)[0], entry.title)):
        starts, stops = entry.days(zone)
        shown, shown_end = max(starts, first), min(stops, end)
        if shown < shown_end:
            yield Bar(
                entry,
                first=shown,
                last=shown_end - DAY,
                starts=entry.starts_at.astimezone(zone),
                ends=entry.ends_at.astimezone(zone),
                continues_before=starts < first,
                continues_after=stops > end,
                position=f"c{(shown - first).days + 1} w{(shown_end - shown).days}",
            )


def with_bars(day: Day, bars: Iterable[Bar]) -> Day:
    covering = sum(bar.first <= day.date <= bar.last for bar in bars)
    return Day(**{**day.__dict__, "bars": covering})


def hours_of(axis: Axis, view: View) -> Iterator[Hour]:
    full = [row for row, mark in enumerate(axis.marks) if mark[1] == 0]
    for row, following in zip(full, [*full[1:], len(axis.marks)], strict=True):
        if view.first <= row < view.end:
            hour, _, fold = axis.marks[row]
            yield Hour(f"{hour:02}:00", bool(fold), view.position(row, following))
