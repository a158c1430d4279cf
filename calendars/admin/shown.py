"""How the lists show times and states."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from calendars.wallclock import DAY


def time_span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> SafeString:
    """Tue 24 Nov 2026, 10:00 – 11:00, with the zone in small print."""
    starts, ends = starts_at.astimezone(zone), ends_at.astimezone(zone)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{day(ends)}, {ends:%H:%M}"
    return format_html(
        '<time datetime="{}">{}, {} – {}</time> <small class="quiet">{}</small>',
        starts_at.isoformat(),
        day(starts),
        f"{starts:%H:%M}",
        until,
        zone.key,
    )


def date_span(first: date, end: date) -> SafeString:
    """The last date is exclusive, as an all-day slot stores it."""
    last = end - DAY
    shown = day(first) if last == first else f"{day(first)} – {day(last)}"
    return format_html('{} <small class="quiet">all day</small>', shown)


def day(moment: date) -> str:
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def mark(kind: str, label: str) -> SafeString:
    """A state as a small word of its own; colour only supports it."""
    return format_html('<span class="mark mark-{}">{}</span>', kind, label)
