"""What it means for an event that iCloud did not take it: another try, a look at the account
first, or a person. Values in, a verdict out, in words for staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from icloud_sync.core.retry import FEW, LATE_ENOUGH

NEED_PRIVILEGES = "need-privileges"
# To an event that was in iCloud and is put back, bare: most likely its UID lives elsewhere (6.6).
MAYBE_ELSEWHERE = (403, 409)
NO_REASON = (
    "iCloud refused this (403) and did not say why, though the calendar may be written to. It "
    "may be asking us to slow down: it is tried again."
)
TAKEN = "Something else is at each address that is chosen for this event."
HAS_CHANGED = "iCloud says that the event has changed since it was last read here."
NOT_SHOWN = "None of the calendars that are read here shows it."
BACK_AGAIN = (
    "Move it in iCloud into a calendar that is read here, or have the calendar it is in read "
    "(on the connection's page), and it is brought up to date. Or delete it there and have it "
    "tried again."
)
MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0 where there was none; `precondition`: the DAV:error element's name, or "";
    `said`: in a sentence."""

    status: int
    said: str
    precondition: str = ""


@dataclass(frozen=True, slots=True)
class Try:
    """What is known when the answer comes. `attempts`: before this one, failed for the event's
    own sake; after the first of them all of the account was read (`looked`), and iCloud took
    another write (`took_others`). `doubts`: writes in a row just before that it did not take,
    nobody knows why. `creates`: the event was to be stored anew; `put_back`: it had been in
    iCloud before. `ignored`: the names of the account's calendars that are not read."""

    attempts: int = 0
    looked: bool = False
    took_others: bool = False
    doubts: int = 0
    creates: bool = False
    put_back: bool = False
    can_write: bool = True
    ignored: Sequence[str] = ()

    @property
    def is_late(self) -> bool:
        return self.attempts >= LATE_ENOUGH


@dataclass(frozen=True, slots=True)
class Verdict:
    """`park`: a person must look, nothing more is tried by itself; else it is tried again.
    `look`: at the whole account before that. `doubt`: it may be the event or the server, and
    the next event will tell. `elsewhere`: it lies in another place of the account."""

    sentence: str
    park: bool = False
    look: bool = False
    doubt: bool = False
    elsewhere: bool = False


def judge_elsewhere(answer: Answer, tried: Try) -> Verdict:
    """Its UID lives at another href of the account: in a calendar that is read, a look at all
    of them finds it there and the link follows (D17)."""
    if tried.looked or tried.is_late:
        return Verdict(where_it_is(tried.ignored), park=True, elsewhere=True)
    return Verdict(answer.said, look=True)


def judge_changed(answer: Answer, tried: Try) -> Verdict:
    """The precondition did not hold, though we had just read what is there."""
    changed = TAKEN if tried.creates else HAS_CHANGED
    said = changed if answer.status == 412 else answer.said
    return Verdict(always(said, tried), park=True) if tried.is_late else Verdict(said)


def judge_missing(answer: Answer, tried: Try) -> Verdict:
    """Nothing is at its href: moved or deleted, only a look at all of the account can say."""
    if tried.is_late:
        return Verdict(always(answer.said, tried), park=True)
    return Verdict(answer.said, look=not tried.looked)


def judge_server(answer: Answer) -> Verdict:
    """It failed at this one: for as long as it likes, less and less often (D15)."""
    return Verdict(answer.said, doubt=True)


def judge_refused(answer: Answer, tried: Try, no_right: str) -> Verdict:
    """By the DAV:error element first, by what is known of the calendar, by the number last.
    `no_right`: the sentence for a calendar that we may not write to."""
    bare = not answer.precondition
    if answer.precondition == NEED_PRIVILEGES or not tried.can_write:
        return Verdict(no_right, park=True)
    if bare and tried.put_back and answer.status in MAYBE_ELSEWHERE and not tried.doubts:
        return judge_elsewhere(answer, tried)
    patience = FEW if tried.took_others else LATE_ENOUGH
    if bare and answer.status == 403 and tried.attempts < patience:
        return Verdict(NO_REASON, doubt=True)
    others = " and took others" if tried.took_others else ""
    sentence = f"iCloud refused this event{others}. {answer.said}"
    return Verdict(f"{sentence} Change the event, or have it tried again.", park=True)


def always(said: str, tried: Try) -> str:
    return (
        f"{said} So it was at each of {tried.attempts + 1} tries, and nothing more is tried by "
        "itself. Change the event in Referins or in iCloud, or have it tried again."
    )


def where_it_is(ignored: Sequence[str]) -> str:
    place = "This event is in another calendar of the account, "
    if not ignored:
        return f"{place}one that is not listed for us. {NOT_SHOWN} {BACK_AGAIN}"
    names = ", ".join(f"“{name}”" for name in ignored[:MOST_NAMES])
    which = "which is ignored here" if len(ignored) == 1 else "one of those ignored here"
    if len(ignored) == 1:
        return f"{place}probably {names}, {which}. {BACK_AGAIN}"
    names += " and others" if len(ignored) > MOST_NAMES else ""
    return f"{place}probably {which} ({names}). {BACK_AGAIN}"
