"""This machine's check-up: from what was seen to what it means."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.spelling import counted, spell
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, good, note, trouble

MOST_SKEW_SECONDS = 5.0
MISSED = timedelta(minutes=3)  # the periodic task is due each minute
MOST_WAITING = 100
LOCAL = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Settings:
    """`refused`: why the server's address may not see a password, "" where it may."""

    debug: bool
    allowed_hosts: int
    public_url: str
    public_host: str
    server_host: str
    refused: str = ""


def settings(seen: Settings) -> Verdict:
    debug = "on" if seen.debug else "off"
    words = f"Server {seen.server_host}, PUBLIC_URL {seen.public_url}, DEBUG {debug}."
    if seen.refused:
        return trouble(Step.SETTINGS, Cause.NOT_ALLOWED, seen.refused, host=seen.server_host)
    if not seen.allowed_hosts and not seen.debug:
        return trouble(Step.SETTINGS, Cause.NO_HOSTS, words)
    if seen.debug:
        return note(Step.SETTINGS, Cause.DEBUG_ON, words)
    if seen.public_host in LOCAL:
        return note(Step.SETTINGS, Cause.LINKS_LEAD_NOWHERE, words, url=seen.public_url)
    return good(Step.SETTINGS, "The settings can work.", words)


@dataclass(frozen=True, slots=True)
class Database:
    """`unapplied`: migrations that have not run; `skew`: our clock less the database's."""

    kind: str
    unapplied: int
    skew: float


def database(seen: Database) -> Verdict:
    words = f"{seen.kind}, {counted(seen.unapplied, 'migration')} to run."
    if seen.unapplied:
        return trouble(Step.DATABASE, Cause.NOT_MIGRATED, words)
    if abs(seen.skew) > MOST_SKEW_SECONDS:
        seconds = f"{abs(seen.skew):.0f}"
        return trouble(Step.DATABASE, Cause.CLOCKS_DIFFER, words, stops=False, seconds=seconds)
    return good(Step.DATABASE, "The database answers and is up to date.", words)


@dataclass(frozen=True, slots=True)
class Keys:
    """Of the `stored` passwords: how many no key opens, how many only an older one."""

    stored: int
    lost: int
    old: int


def keys(seen: Keys) -> Verdict:
    words = f"{counted(seen.stored, 'stored password')}."
    if seen.lost:
        return trouble(Step.KEYS, Cause.KEYS_LOST, words, number=seen.lost)
    if seen.old:
        return note(Step.KEYS, Cause.OLD_KEY_NEEDED, words, number=seen.old)
    return good(Step.KEYS, "Every stored password can be opened.", words)


@dataclass(frozen=True, slots=True)
class Queue:
    """`missing`: periodic tasks that are not scheduled."""

    kind: str
    waiting: int
    missing: int


def queue(seen: Queue) -> Verdict:
    words = f"In {seen.kind}, {counted(seen.waiting, 'task')} waiting."
    if seen.missing:
        return trouble(Step.QUEUE, Cause.NO_SCHEDULES, words)
    return good(Step.QUEUE, "The task queue answers.", words)


@dataclass(frozen=True, slots=True)
class Worker:
    """`is_alive`: it was heard of within the last minute; `beat_at`: when last. `due_at`: when
    the task that runs each minute is to run next."""

    is_alive: bool
    beat_at: datetime | None
    due_at: datetime
    now: datetime
    waiting: int


def worker(seen: Worker) -> Verdict:
    words = (
        f"A worker was last heard of: {spell(seen.beat_at)}. The task of each minute is due at "
        f"{spell(seen.due_at)}; now {spell(seen.now)}."
    )
    if not seen.is_alive:
        heard = f"the last sign of life is from {spell(seen.beat_at)}"
        last = heard if seen.beat_at else "none was ever heard of"
        return trouble(Step.WORKER, Cause.NO_WORKER, words, last=last)
    if seen.now - seen.due_at > MISSED:
        since = spell(seen.due_at)
        return trouble(Step.WORKER, Cause.SCHEDULES_STUCK, words, stops=False, since=since)
    if seen.waiting > MOST_WAITING:
        return trouble(Step.WORKER, Cause.BEHIND, words, stops=False, number=seen.waiting)
    return good(Step.WORKER, "A worker is running.", words)


# --- A connection at a glance -------------------------------------------------------------

ORDER = [Grade.TROUBLE, Grade.NOT_TRIED, Grade.NOTE, Grade.GOOD]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the database knows of a connection. `status` as in ICloudConnection.Status;
    `overdue`: it has not been synced for longer than it should ever take."""

    subject: str
    pk: int
    status: str
    since: datetime
    last_success: datetime | None
    is_overdue: bool


def without_asking(standing: Standing) -> Verdict | None:
    """Of those that a person stopped, or must help, the server is not asked."""
    seen = f"Last success: {spell(standing.last_success)}."
    since = spell(standing.since)
    if standing.status == "needs_password":
        return about(
            standing,
            trouble(Step.CONNECTION, Cause.NEEDS_PASSWORD, seen, since=since, pk=standing.pk),
        )
    if standing.status == "paused":
        return about(standing, note(Step.CONNECTION, Cause.PAUSED, seen))
    return None


def at_a_glance(standing: Standing, verdicts: list[Verdict]) -> Verdict:
    """The worst of an account's steps stands for it."""
    worst = min(verdicts, key=lambda one: ORDER.index(one.grade))
    last = spell(standing.last_success)
    if worst.cause is Cause.BUSY:
        return about(standing, note(Step.CONNECTION, Cause.SYNCING, f"Last success: {last}."))
    if worst.grade is Grade.GOOD and standing.is_overdue:
        seen = f"{worst.likely} Last success: {last}."
        return about(standing, trouble(Step.CONNECTION, Cause.OVERDUE, seen, since=last))
    if worst.grade is Grade.GOOD:
        words = "The account answers, and its calendars are there."
        return about(standing, good(Step.CONNECTION, words, f"Last success: {last}."))
    return about(standing, worst)


def about(standing: Standing, verdict: Verdict) -> Verdict:
    return replace(verdict, step=Step.CONNECTION, subject=standing.subject)
