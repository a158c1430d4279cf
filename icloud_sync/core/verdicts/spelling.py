"""Numbers and times as people say them."""

from datetime import datetime, timedelta


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def spell(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def until(moment: datetime | None) -> str:
    return f"until {spell(moment)}" if moment else "for a while"


def span(time: timedelta) -> str:
    """The largest unit that fits: 3 hours, 1 minute."""
    seconds = int(time.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return counted(seconds // size, unit)
    return counted(seconds, "second")
