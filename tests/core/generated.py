"""Series nobody chose: a dozen zones, every form of time, EXDATE, RDATE and overrides."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from icloud_sync.core.ical.zones import vtimezone
from tests.core.bodies import body, override

# With and without daylight saving, half and quarter hours, changes at midnight (Beirut),
# by half an hour (Lord Howe).
PLACES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Sao_Paulo",
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
RULES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE",
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;BYMONTHDAY=-1,15",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU",
)
FORMS = ("zoned", "zoned", "zoned", "utc", "floating", "date")
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """`walls`: what the rule makes first of all, naive, by DTSTART's clock."""

    form: str
    zone: ZoneInfo
    walls: tuple[datetime, ...]
    text: str

    @property
    def start(self) -> datetime:
        return self.walls[0]

    @property
    def spelled(self) -> "Spelling":
        return Spelling(self.form, self.zone)


def made(number: int) -> Made:
    dice = Random(number)
    zone = ZoneInfo(PLACES[number % len(PLACES)])
    form = dice.choice(FORMS)
    rule = dice.choice(RULES)
    walls = tuple(islice(rrulestr(rule, dtstart=first_start(dice, form)), 60))
    # In step with its rule, for there the libraries agree with the RFC.
    walls = tuple(islice(rrulestr(rule, dtstart=walls[0]), 60))
    spelled = Spelling(form, zone)
    last = dice.choice((60, dice.randint(5, 40)))
    lines = [spelled.line("DTSTART", walls[0]), *length(dice, spelled, walls[0])]
    lines.append(f"RRULE:{rule}{end(dice, spelled, walls, last)}")
    # What the rule makes is not added again, and what is taken out not changed: there the
    # libraries differ.
    dealt = dice.sample(walls[:last], 5)
    taken_out, moved = dealt[: dice.randint(0, 3)], dealt[dice.randint(3, 5) :]
    added = {wall + 5 * DAY for wall in walls[: dice.randint(0, 2)]} - set(walls)
    lines += [spelled.line("EXDATE", wall, dice) for wall in taken_out]
    lines += [spelled.line("RDATE", wall) for wall in sorted(added)]
    overrides = [changed(dice, spelled, wall) for wall in moved]
    text = body(*lines, "SUMMARY:Master", more="\n".join(overrides))
    defined = vtimezone(zone.key)
    return Made(form, zone, walls, text.replace("BEGIN:VEVENT", f"{defined}BEGIN:VEVENT", 1))


def first_start(dice: Random, form: str) -> datetime:
    day = datetime(2025, 1, 1) + dice.randint(0, 500) * DAY  # noqa: DTZ001
    if form == "date":
        return day
    # Never where clocks change: there ical.js differs.
    return day.replace(hour=dice.choice((5, 9, 13, 18, 21)), minute=dice.choice((0, 30)))


def length(dice: Random, spelled: "Spelling", start: datetime) -> list[str]:
    if spelled.form == "date":
        return [spelled.line("DTEND", start + dice.randint(1, 3) * DAY)]
    if dice.random() < 0.3:
        return [f"DURATION:{dice.choice(('PT30M', 'PT8H', 'P1D', 'P1DT2H'))}"]
    return [spelled.line("DTEND", start + timedelta(minutes=dice.choice((0, 30, 60, 500, 1500))))]


def end(dice: Random, spelled: "Spelling", walls: tuple[datetime, ...], last: int) -> str:
    if last == len(walls):
        return ""
    return dice.choice((f";COUNT={last}", f";UNTIL={spelled.until(walls[last - 1])}"))


def changed(dice: Random, spelled: "Spelling", wall: datetime) -> str:
    step = DAY if spelled.form == "date" else timedelta(minutes=30)
    start = wall + dice.randint(-3, 3) * step
    reaches_on = dice.random() < 0.15
    return override(
        spelled.line("RECURRENCE-ID", wall, None if reaches_on else dice).replace(
            "RECURRENCE-ID", f"RECURRENCE-ID{';RANGE=THISANDFUTURE' if reaches_on else ''}", 1
        ),
        spelled.line("DTSTART", start),
        spelled.line("DTEND", start + 2 * step),
        "SUMMARY:Changed",
    )


@dataclass(frozen=True)
class Spelling:
    form: str
    zone: ZoneInfo

    def line(self, name: str, wall: datetime, dice: Random | None = None) -> str:
        """With dice: maybe in UTC or in another zone."""
        written = {"date": ";VALUE=DATE", "zoned": f";TZID={self.zone.key}"}
        if dice and self.form in ("zoned", "utc") and dice.random() < 0.4:
            return f"{name}:{self.in_utc(wall)}"
        stamp = wall.strftime("%Y%m%d" if self.form == "date" else "%Y%m%dT%H%M%S")
        return f"{name}{written.get(self.form, '')}:{stamp}{'Z' if self.form == 'utc' else ''}"

    def until(self, wall: datetime) -> str:
        if self.form in ("zoned", "utc"):
            return self.in_utc(wall)
        return self.line("", wall).partition(":")[2]

    def in_utc(self, wall: datetime) -> str:
        zone = self.zone if self.form == "zoned" else UTC
        return wall.replace(tzinfo=zone).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
