"""How often an event repeats: the phone's few choices, and the RRULE they mean."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from icloud_standin.occurrences import between
from icloud_standin.phone.times import Moment

NEVER, AS_IT_IS = "never", "as it is"
CHOICES = {
    NEVER: "Never",
    "daily": "Every day",
    "weekly": "Every week",
    "fortnightly": "Every two weeks",
    "monthly": "Every month",
    "yearly": "Every year",
}
RULES = {
    "daily": {"FREQ": "DAILY"},
    "weekly": {"FREQ": "WEEKLY"},
    "fortnightly": {"FREQ": "WEEKLY", "INTERVAL": "2"},
    "monthly": {"FREQ": "MONTHLY"},
    "yearly": {"FREQ": "YEARLY"},
}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def rule_of(choice: str, until: date | None, starts: Moment, zone: ZoneInfo) -> str:
    """The RRULE's value; "" for never. `until` is the last day, the owner's."""
    if choice == NEVER:
        return ""
    parts = dict(RULES[choice])
    if parts["FREQ"] == "WEEKLY":
        parts["BYDAY"] = WEEKDAYS[starts.weekday()]  # without it Apple may not repeat (6.10)
    if until and isinstance(starts, datetime):
        last = datetime.combine(until, time(23, 59, 59), zone).astimezone(UTC)
        parts["UNTIL"] = f"{last:%Y%m%dT%H%M%SZ}"
    elif until:
        parts["UNTIL"] = f"{until:%Y%m%d}"
    return written(parts)


def choice_of(rule: str, starts: Moment, zone: ZoneInfo) -> tuple[str, str]:
    """What the phone shows for a rule: its choice, and the last day or ""."""
    if not rule:
        return NEVER, ""
    parts = read(rule)
    until = _last_day(parts.pop("UNTIL", ""), zone)
    parts.pop("WKST", None)
    if parts.get("INTERVAL") == "1":
        parts.pop("INTERVAL")
    if parts.get("FREQ") == "WEEKLY" and parts.get("BYDAY") == WEEKDAYS[starts.weekday()]:
        parts.pop("BYDAY")
    if parts.get("FREQ") == "MONTHLY" and parts.get("BYMONTHDAY") == str(starts.day):
        parts.pop("BYMONTHDAY")
    found = (choice for choice, meant in RULES.items() if meant == parts)
    return next(found, AS_IT_IS), until


def read(rule: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in rule.split(";") if part)
    return {name.upper(): value.upper() for name, _, value in pairs}


def written(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def count_before(rule: str, first: datetime, before: datetime) -> int:
    """How many times a rule fires from `first` on and before a moment, both in wall time."""
    event = ("BEGIN:VEVENT", "UID:1", f"DTSTART:{first:%Y%m%dT%H%M%S}", f"RRULE:{rule}")
    lines = ("BEGIN:VCALENDAR", *event, "END:VEVENT", "END:VCALENDAR", "")
    fired = between("\r\n".join(lines).encode(), first, before)
    return sum(1 for each in fired if each.start < before)


def _last_day(until: str, zone: ZoneInfo) -> str:
    if not until:
        return ""
    if until.endswith("Z"):
        moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return moment.astimezone(zone).date().isoformat()
    return f"{until[:4]}-{until[4:6]}-{until[6:8]}"
