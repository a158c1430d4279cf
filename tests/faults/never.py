"""What Apple refuses or takes amiss, and what therefore is never asked: the switches whose row is
that nothing happens. A busy day is lived through with all of them at their strictest, and the
stand-in's own records are searched for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from calendars.models import BlockedSlot
from icloud_standin.content_lines import Component, UnparseableError, parse
from icloud_standin.messages import RecordedRequest
from tests.scenarios.world import World, at, vevent

Asked = Callable[[RecordedRequest], bool]
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
STAMPS = ("DTSTAMP", "CREATED", "LAST-MODIFIED")
GUESTS = (
    "ORGANIZER:mailto:boss@example.com",
    "ATTENDEE:mailto:boss@example.com",
    "ATTENDEE:mailto:guest@example.com",
)


@dataclass(frozen=True)
class Never:
    """`strictest`: what the switch is turned to. `asked`: whether a request is one of those."""

    switch: str
    strictest: Any
    asked: Asked

    def __str__(self) -> str:
        return self.switch

    def found(self, account: Any) -> list[str]:
        """What it was asked all the same, and whom it wrote to."""
        mails = account.outgoing_mail if self.switch == "mails_guests" else []
        asked = [f"{one.method} {one.path}" for one in account.requests if self.asked(one)]
        return asked + [str(mail) for mail in mails]


def written(request: RecordedRequest) -> Component | None:
    """The body of a PUT; None for other requests, and for what is no iCalendar."""
    try:
        return parse(request.body) if request.method == "PUT" else None
    except UnparseableError:
        return None


def events(request: RecordedRequest) -> Iterator[Component]:
    calendar = written(request)
    yield from calendar.named("VEVENT") if calendar else ()


def in_a_report(*words: bytes) -> Asked:
    return lambda one: one.method == "REPORT" and any(word in one.body for word in words)


def says_nobody(one: RecordedRequest) -> bool:
    return not one.headers.get("user-agent")


def careless(one: RecordedRequest) -> bool:
    return one.status == 400


def endless(one: RecordedRequest) -> bool:
    return any(not (e.line("DTEND") or e.line("DURATION")) for e in events(one))


def odd(one: RecordedRequest) -> bool:
    """What iCloud is known to refuse for what stands in it (6.9 to 6.11)."""
    calendar = written(one)
    if calendar is None:
        return False
    stamps = [line for e in events(one) for line in e.lines if line.name in STAMPS]
    statuses = [e.value("STATUS") for e in events(one)]
    return bool(
        calendar.line("METHOD")
        or {child.name for child in calendar.children} - {"VEVENT", "VTIMEZONE"}
        or any(not line.value.endswith("Z") for line in stamps)
        or any(status != status.upper() for status in statuses)
        or len({e.value("UID") for e in events(one)}) != 1
    )


def no_calendar(one: RecordedRequest) -> bool:
    return one.method == "PUT" and written(one) is None


def of_another_type(one: RecordedRequest) -> bool:
    kind = one.headers.get("content-type", "").partition(";")[0]
    return one.method == "PUT" and kind != "text/calendar"


def oddly_named(one: RecordedRequest) -> bool:
    """A new href; others were there before, and are what they are."""
    is_new = one.method == "PUT" and one.headers.get("if-none-match") == "*"
    return is_new and not PLAIN.issuperset(one.path.rpartition("/")[2])


def series_without_sequence(one: RecordedRequest) -> bool:
    repeating = [e for e in events(one) if e.line("RRULE") or e.line("RECURRENCE-ID")]
    return any(not e.line("SEQUENCE") for e in repeating)


def about_a_meeting(one: RecordedRequest) -> bool:
    return one.method in ("PUT", "DELETE") and "meeting" in one.path


NEVER = [
    Never("user_agent_needed", True, says_nobody),
    Never("strict_requests", True, careless),
    Never("uid_filter", "412", in_a_report(b"prop-filter")),
    Never("sync_limit", "507", in_a_report(b"<D:limit", b"<limit")),
    Never("returns_touching", True, in_a_report(b"time-range")),
    Never("old_ranges", "403", in_a_report(b"time-range")),
    Never("expand", "nothing", in_a_report(b"expand")),
    Never("if_match_star_backwards", True, lambda one: one.headers.get("if-match") == "*"),
    Never("no_end", "404", endless),
    Never("refused_body", "415", odd),
    Never("unparseable", "valid-calendar-data", no_calendar),
    Never("content_type_needed", True, of_another_type),
    Never("odd_names_refused", True, oddly_named),
    Never("series_need_sequence", True, series_without_sequence),
    Never("mails_guests", True, about_a_meeting),
    Never("invitations_closed", True, about_a_meeting),
    Never("move", "412", lambda one: one.method == "MOVE"),
]


def live_a_busy_day(world: World) -> None:
    """Everything that makes us write: events of either side made, changed, cancelled, moved,
    deleted, made a series of, and given guests; series; what other programs left behind."""
    for row in NEVER:
        world.account.standin.switches.turn(row.switch, row.strictest)
    there(world)
    haircut, shave, cancelled = (
        world.book(title=title, starts_at=at(hour))
        for title, hour in (("Haircut", 8), ("Shave", 9), ("Perm", 10))
    )
    world.sync()
    here(world)
    haircut.title, cancelled.status = "Cut", "cancelled"
    phone = world.account.phone
    phone.edit(world.href("Shave"), "END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT")
    phone.move(world.href("Haircut"), world.account.standin.collection("work").href)
    for each in (haircut, cancelled):
        each.save()
    world.sync()
    shave.title = "Shave twice"
    shave.save()
    world.account.standin.expire_tokens("home")
    for _ in range(2):
        world.connection.outbox.update(not_before=at(0, days=-1))
        world.sync()


def there(world: World) -> None:
    """On the phone, and by programs with less care than Apple asks of others."""
    put, day = world.account.phone.put, at(12).date()
    local, mixed = "CREATED:20260101T000000", "STATUS:Confirmed"
    careless = vevent("careless", "Careless", day, day, local, mixed)
    put("careless.ics", careless.replace(f"DTEND;VALUE=DATE:{day:%Y%m%d}\r\n", ""))
    series = vevent("series", "Yoga", at(7), at(8), "RRULE:FREQ=DAILY;COUNT=6")
    series = series.replace("SEQUENCE:0\r\n", "").replace("VERSION", "METHOD:PUBLISH\r\nVERSION")
    put("series.ics", series)
    put("lunch%40example.com.ics", vevent("lunch", "Lunch", at(12), at(13)))
    put("tea.ics", vevent("tea", "Tea", at(16), at(17)))
    put("meeting.ics", vevent("meeting", "Meeting", at(14), at(15), *GUESTS))


def here(world: World) -> None:
    """Whatever a page would refuse: what is saved all the same is not sent."""
    for title in ("Careless", "Lunch", "Meeting"):
        slot = BlockedSlot.objects.get(title=title)
        slot.title, slot.location = f"{title}!", "Room 2"
        slot.save()
    BlockedSlot.objects.get(title="Tea").delete()
    second, third = BlockedSlot.objects.filter(title="Yoga").order_by("starts_at")[1:3]
    second.title = "Yoga outside"
    second.save()
    third.delete()
