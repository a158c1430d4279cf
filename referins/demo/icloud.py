"""The demo's iCloud side: what the connected user's phone already holds, and connecting."""

from datetime import date, timedelta
from urllib.parse import urlsplit, urlunsplit

from calendars.models import User
from icloud_sync import connecting
from icloud_sync.connecting.account import open_remote
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.errors import RemoteError
from referins.demo.people import CONNECTED
from referins.demo.seed import SAT, THU, TUE, WED, this_monday


def connect(server_url: str) -> str:
    """Connects the demo's connected user, once; what was done, or why not, as a sentence.

    A connection that somebody ended or changed since is left as it is.
    """
    user = User.objects.get(username=CONNECTED.username)
    if user.icloud_connections.exists():
        return f"{CONNECTED.full_name} was connected before."
    try:
        put_phone_events(server_url)
        made = connecting.connect(
            user, CONNECTED.apple_id, CONNECTED.app_password, server_url=server_url
        )
    except (connecting.ConnectError, RemoteError) as error:
        return f"No iCloud connection was made: {error}"
    return f"{CONNECTED.full_name} is connected, {made.outbox.count()} appointments to send."


def connected() -> set[str]:
    """Usernames."""
    live = ICloudConnection.objects.exclude(status=ICloudConnection.Status.DISCONNECTED)
    return set(live.values_list("user__username", flat=True))


def put_phone_events(server_url: str) -> None:
    """Events that were in iCloud before Referins came; they arrive as Blocked Slots."""
    with open_remote(server_url, CONNECTED.apple_id, CONNECTED.app_password) as remote:
        home = next(info for info in remote.list_collections() if info.can_write)
        there = {member.href for member in remote.list_members(home.href)}
        for name, body in phone_events(this_monday(CONNECTED.time_zone)).items():
            href = f"{home.href}{name}.ics"
            if href not in there:
                remote.create(href, body)


def phone_events(monday: date) -> dict[str, str]:
    """An ordinary one, one of every week, and an all-day one, in this week and the next."""
    fair = monday + timedelta(days=SAT)
    dentist, parents = monday + timedelta(days=THU), monday + timedelta(days=7 + WED)
    running = monday + timedelta(days=TUE)
    return {
        "dentist": event("dentist", "Dentist", *span(dentist, "150000", "154500")),
        "parents": event("parents", "Parents' evening", *span(parents, "190000", "203000")),
        "running": event(
            "running", "Running group", *span(running, "180000", "190000"), "RRULE:FREQ=WEEKLY"
        ),
        "book-fair": event(
            "book-fair",
            "Book fair",
            f"DTSTART;VALUE=DATE:{fair:%Y%m%d}",
            f"DTEND;VALUE=DATE:{fair + timedelta(days=1):%Y%m%d}",
            "TRANSP:TRANSPARENT",
        ),
    }


def span(day: date, start: str, end: str) -> tuple[str, str]:
    zone = CONNECTED.time_zone
    return (
        f"DTSTART;TZID={zone}:{day:%Y%m%d}T{start}",
        f"DTEND;TZID={zone}:{day:%Y%m%d}T{end}",
    )


def event(name: str, title: str, *lines: str) -> str:
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Example//Phone//EN",
            *BERLIN,
            "BEGIN:VEVENT",
            f"UID:demo-{name}@icloud.example",
            "DTSTAMP:20260101T000000Z",
            f"SUMMARY:{title}",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        )
    )


BERLIN = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Berlin",
    "BEGIN:DAYLIGHT",
    "DTSTART:19810329T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19961027T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def follow(old_port: int, server_url: str) -> None:
    """The stand-in moved to another port: its connections go with it."""
    new_port = urlsplit(server_url).port
    if new_port is None or new_port == old_port:
        return
    for connection in ICloudConnection.objects.all():
        connection.server_url = with_port(connection.server_url, old_port, new_port)
        connection.home_url = with_port(connection.home_url, old_port, new_port)
        connection.save(update_fields=["server_url", "home_url"])


def with_port(url: str, old_port: int, new_port: int) -> str:
    parts = urlsplit(url)
    if parts.hostname not in ("localhost", "127.0.0.1") or parts.port != old_port:
        return url
    return urlunsplit(parts._replace(netloc=f"{parts.hostname}:{new_port}"))
