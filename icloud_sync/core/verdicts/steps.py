"""An account's check-up, step by step: from what was seen to what it means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.means import Means
from icloud_sync.core.verdicts.spelling import counted, span, spell
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, blame, good, note, trouble

MOST_SKEW = timedelta(minutes=2)
SLOW_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A server answered. `ours` and `theirs`: the two clocks at that moment; None where it
    does not say."""

    host: str
    seen: str
    ours: datetime
    theirs: datetime | None


def address(reached: Reached) -> Verdict:
    return good(Step.ADDRESS, f"{reached.host} can be reached.", reached.seen)


def signed_in(is_marked_dead: bool, seen: str) -> Verdict:
    """`is_marked_dead`: the connection waits for a new password."""
    if is_marked_dead:
        return trouble(Step.SIGN_IN, Cause.MARKED_DEAD, seen, stops=False)
    return good(Step.SIGN_IN, "The server accepts the address and the password.", seen)


@dataclass(frozen=True, slots=True)
class Home:
    """Where the account is now, and where it was when we last looked; "" where unknown."""

    apple_id: str
    principal: str
    principal_before: str
    origin: str
    origin_before: str


def principal(home: Home, seen: str) -> Verdict:
    if home.principal_before not in ("", home.principal):
        return trouble(Step.PRINCIPAL, Cause.OTHER_ACCOUNT, seen, apple_id=home.apple_id)
    if not home.principal_before:
        return good(Step.PRINCIPAL, "The server says whose account it is.", seen)
    return good(Step.PRINCIPAL, "The account is the one that was connected.", seen)


def calendar_home(home: Home, seen: str) -> Verdict:
    if home.origin_before not in ("", home.origin):
        old, new = home.origin_before, home.origin
        return note(Step.HOME, Cause.PARTITION_MOVED, seen, old=old, new=new)
    if not home.origin_before:
        return good(Step.HOME, "The account has a place for calendars.", seen)
    return good(Step.HOME, "The account's calendars are where they were.", seen)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A collection as it is now, and its role here, "" for none yet. `is_there`: the account
    lists it."""

    name: str
    role: str
    is_there: bool = True
    can_write: bool = True


def collections(found: list[Calendar], number: int) -> Verdict:
    """`found`: those we use; `number`: how many the account has."""
    seen = f"{counted(number, 'calendar')} that hold events. " + ", ".join(map(describe, found))
    if not number:
        return trouble(Step.COLLECTIONS, Cause.NO_CALENDARS, seen)
    targets = [one for one in found if one.role == "target"]
    if not targets:
        return trouble(Step.COLLECTIONS, Cause.NO_TARGET, seen, stops=False)
    target = targets[0]
    if not target.is_there:
        return trouble(Step.COLLECTIONS, Cause.CALENDAR_GONE, seen, stops=False, name=target.name)
    if not target.can_write:
        return trouble(Step.COLLECTIONS, Cause.READ_ONLY, seen, stops=False, name=target.name)
    gone = [one for one in found if not one.is_there]
    if gone:
        return trouble(Step.COLLECTIONS, Cause.MIRRORED_GONE, seen, stops=False, name=gone[0].name)
    return good(Step.COLLECTIONS, f"New events can be written to “{target.name}”.", seen)


def offered(found: list[Calendar], means: Means) -> Verdict:
    """Of an account that is about to be connected: all of its calendars, and their rights."""
    seen = f"{counted(len(found), 'calendar')} that hold events. " + ", ".join(map(describe, found))
    if not found:
        return trouble(Step.COLLECTIONS, Cause.NO_CALENDARS, seen.strip(), means=means)
    writable = [one for one in found if one.can_write]
    if not writable:
        return trouble(Step.COLLECTIONS, Cause.NOWHERE_TO_WRITE, seen, stops=False, means=means)
    return good(Step.COLLECTIONS, f"New events can be written to “{writable[0].name}”.", seen)


def describe(one: Calendar) -> str:
    rights = "" if one.can_write else "read-only in iCloud"
    about = [one.role, rights if one.is_there else "not in the account"]
    words = ", ".join(each for each in about if each) or "can be written to"
    return f"“{one.name}”: {words}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Numbers of events. `looked_at` are a sample of those that are `listed`."""

    collections: int
    listed: int
    looked_at: int
    occurrences: int
    unreadable: int
    missing: int
    window: str


def reading(read: Reading, why_unreadable: str = "") -> Verdict:
    seen = (
        f"{counted(read.collections, 'calendar')} read, {counted(read.listed, 'event')} listed, "
        f"{read.looked_at} looked at: {counted(read.occurrences, 'occurrence')} in the window "
        f"({read.window}), {read.unreadable} unreadable, {read.missing} not given out."
    )
    if read.unreadable:
        seen = f"{seen} {why_unreadable}".strip()
        return trouble(Step.READ, Cause.UNREADABLE, seen, stops=False)
    if read.missing:
        return note(Step.READ, Cause.NOT_SERVED_YET, seen)
    return good(Step.READ, "Events can be listed, fetched and understood.", seen)


@dataclass(frozen=True, slots=True)
class Tokens:
    """`has_reports`: a token was given; `fresh_works`: and accepted. `stored_works`: the one
    of our last pull, None where there is none. `waiting`: changes since that pull."""

    host: str
    has_reports: bool
    fresh_works: bool = True
    stored_works: bool | None = None
    waiting: int = 0


def tokens(seen: Tokens) -> Verdict:
    if not seen.has_reports:
        words = "The server refuses a sync-collection report."
        return note(Step.TOKENS, Cause.NO_SYNC_REPORTS, words, host=seen.host)
    if not seen.fresh_works:
        words = "A token of a moment ago was refused."
        return trouble(Step.TOKENS, Cause.TOKEN_REFUSED, words, stops=False, host=seen.host)
    if seen.stored_works is False:
        words = "A new token is accepted, the one of our last look is refused."
        return note(Step.TOKENS, Cause.TOKEN_EXPIRED, words)
    stored = (
        "Nothing was read yet."
        if seen.stored_works is None
        else f"{counted(seen.waiting, 'change')} since the last look, our own among them."
    )
    return good(Step.TOKENS, "The server tells what changed since we last looked.", stored)


def clock(reached: Reached) -> Verdict:
    if reached.theirs is None:
        return note(Step.CLOCK, Cause.NO_CLOCK, "No Date header.", host=reached.host)
    skew = reached.ours - reached.theirs
    seen = f"Here {spell(reached.ours)}, there {spell(reached.theirs)}."
    if abs(skew) > MOST_SKEW:
        words = f"{span(abs(skew))} {'ahead of' if skew > timedelta(0) else 'behind'}"
        return trouble(
            Step.CLOCK, Cause.CLOCK_WRONG, seen, stops=False, skew=words, host=reached.host
        )
    return good(Step.CLOCK, "This machine's clock agrees with the server's.", seen)


def latency(host: str, seconds: list[float]) -> Verdict:
    middle = median(seconds)
    seen = f"Median of {len(seconds)} small requests: {middle * 1000:.0f} ms."
    if middle > SLOW_SECONDS:
        return note(Step.LATENCY, Cause.SLOW, seen, host=host)
    return good(Step.LATENCY, "The server answers quickly enough.", seen)


def out_of_time(step: Step, host: str, seconds: list[float], means: Means) -> Verdict:
    """`seconds`: how long the answers took that came before. Where they were slow, that is
    why the time was up."""
    if not seconds or median(seconds) <= SLOW_SECONDS:
        return blame(step, Cause.TIME_IS_UP, "", Grade.NOT_TRIED, means=means)
    seen = (
        f"The time for an examination was up before this was answered; {len(seconds)} answers "
        f"took {median(seconds):.1f} s at the median."
    )
    return blame(step, Cause.SLOW, seen, Grade.NOT_TRIED, means=means, host=host)
