"""The test event, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure, cause_of, failed
from icloud_sync.core.verdicts.spelling import spell
from icloud_sync.core.verdicts.values import Step, Verdict, good, note, trouble

TITLE = "Referins test event"
CHANGED = "Referins test event changed"
LENGTH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Probe:
    """`starts_at`: in the past, so that no device reminds anybody of it."""

    uid: str
    collection_href: str
    starts_at: datetime

    @property
    def href(self) -> str:
        return f"{self.collection_href}{self.uid}.ics"


def body_of(probe: Probe, title: str, sequence: int, now: datetime) -> str:
    """One free event in UTC: no guests, no alarm, nothing that mails anybody (D7)."""
    stamp, ends_at = f"{now:%Y%m%dT%H%M%SZ}", probe.starts_at + LENGTH
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Referins//iCloud doctor//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VEVENT",
        f"UID:{probe.uid}",
        f"DTSTAMP:{stamp}",
        f"CREATED:{stamp}",
        f"LAST-MODIFIED:{stamp}",
        f"SEQUENCE:{sequence}",
        f"DTSTART:{probe.starts_at:%Y%m%dT%H%M%SZ}",
        f"DTEND:{ends_at:%Y%m%dT%H%M%SZ}",
        f"SUMMARY:{title}",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(lines)


@dataclass(frozen=True, slots=True)
class Written:
    """`done`: what was answered with yes, in order. `came_back`: the change was read back.
    `is_left`: it may still be there."""

    probe: Probe
    name: str
    host: str
    done: tuple[str, ...]
    failure: Failure | None = None
    came_back: bool = True
    is_left: bool = False

    @property
    def seen(self) -> str:
        done = f"Done: {', '.join(self.done) or 'nothing'}."
        return f"{done} {self.failure.seen}" if self.failure else done


def judge(written: Written) -> Verdict:
    name, host, failure = written.name, written.host, written.failure
    if written.is_left:
        day = spell(written.probe.starts_at)
        return trouble(Step.WRITE, Cause.LEFT_BEHIND, written.seen, name=name, title=TITLE, day=day)
    if failure and is_refusal(failure):
        return trouble(Step.WRITE, Cause.WRITE_REFUSED, written.seen, host=host, name=name)
    if failure:
        return failed(Step.WRITE, failure)
    if not written.came_back:
        return note(Step.WRITE, Cause.NOT_AS_WRITTEN, written.seen)
    return good(
        Step.WRITE, f"An event was written, changed, read and deleted in “{name}”.", written.seen
    )


def is_refusal(failure: Failure) -> bool:
    """Of the event itself: to a PUT, 404 is one too (icloud-behaviour.md, 6.8)."""
    return cause_of(failure) in (Cause.REFUSED, Cause.NOT_CALDAV)
