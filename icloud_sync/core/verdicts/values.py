"""What a check-up looks at, and what it says about each: plain values, no rows, no network."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from icloud_sync.core.verdicts.account_words import ACCOUNT_WORDS
from icloud_sync.core.verdicts.causes import Cause, Words
from icloud_sync.core.verdicts.machine_words import MACHINE_WORDS
from icloud_sync.core.verdicts.means import STORED, Means
from icloud_sync.core.verdicts.server_words import SERVER_WORDS

CAUSES: dict[Cause, Words] = SERVER_WORDS | ACCOUNT_WORDS | MACHINE_WORDS


class Step(StrEnum):
    """In the order they are tried: an account's, then the machine's own."""

    ADDRESS = "address"
    SIGN_IN = "sign_in"
    PRINCIPAL = "principal"
    HOME = "home"
    COLLECTIONS = "collections"
    READ = "read"
    TOKENS = "tokens"
    CLOCK = "clock"
    LATENCY = "latency"
    WRITE = "write"
    SETTINGS = "settings"
    KEYS = "keys"
    DATABASE = "database"
    QUEUE = "queue"
    WORKER = "worker"
    CONNECTION = "connection"

    @property
    def heading(self) -> str:
        return HEADINGS[self]


HEADINGS = {
    Step.ADDRESS: "Address and TLS",
    Step.SIGN_IN: "Sign-in",
    Step.PRINCIPAL: "Principal",
    Step.HOME: "Calendar home",
    Step.COLLECTIONS: "Calendars and rights",
    Step.READ: "Reading events",
    Step.TOKENS: "Sync-tokens",
    Step.CLOCK: "Clock",
    Step.LATENCY: "Answer times",
    Step.WRITE: "Test event",
    Step.SETTINGS: "Settings",
    Step.KEYS: "Encryption keys",
    Step.DATABASE: "Database",
    Step.QUEUE: "Task queue",
    Step.WORKER: "Worker",
    Step.CONNECTION: "Connection",
}

# What a step needs to have gone well before it; a step that fails stops these.
NEEDS = {
    Step.SIGN_IN: Step.ADDRESS,
    Step.PRINCIPAL: Step.SIGN_IN,
    Step.HOME: Step.PRINCIPAL,
    Step.COLLECTIONS: Step.HOME,
    Step.READ: Step.COLLECTIONS,
    Step.TOKENS: Step.READ,
    Step.CLOCK: Step.ADDRESS,
    Step.LATENCY: Step.HOME,
    Step.WRITE: Step.COLLECTIONS,
    Step.QUEUE: Step.DATABASE,
    Step.WORKER: Step.QUEUE,
    Step.KEYS: Step.DATABASE,
}


class Grade(StrEnum):
    GOOD = "good"
    NOTE = "note"  # worth knowing; nobody has to do anything
    TROUBLE = "needs attention"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One step, judged. `likely` is one sentence: that it went well, or the most likely
    cause why not. `subject` names what the step looked at where it has several."""

    step: Step
    grade: Grade
    likely: str
    seen: str = ""
    could_be: str = ""
    next_step: str = ""
    cause: Cause | None = None
    subject: str = ""
    # The step's answer is of no use to those that need it.
    stops: bool = False

    @property
    def heading(self) -> str:
        return f"{self.step.heading} {self.subject}".strip()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"heading": self.heading}


def good(step: Step, likely: str, seen: str = "", subject: str = "") -> Verdict:
    return Verdict(step, Grade.GOOD, likely, seen, subject=subject)


def note(step: Step, cause: Cause, seen: str, **about: Any) -> Verdict:
    return blame(step, cause, seen, Grade.NOTE, **about)


def trouble(step: Step, cause: Cause, seen: str, *, stops: bool = True, **about: Any) -> Verdict:
    return blame(step, cause, seen, Grade.TROUBLE, stops, **about)


def blame(
    step: Step,
    cause: Cause,
    seen: str,
    grade: Grade,
    stops: bool = False,
    means: Means = STORED,
    **about: Any,
) -> Verdict:
    """`about`: what the table's words have a `{…}` for."""
    words, about = CAUSES[cause], means.as_words() | about
    return Verdict(
        step,
        grade,
        words.likely.format(**about),
        seen,
        words.could_be.format(**about),
        words.next_step.format(**about),
        cause,
        stops=stops,
    )


def explained(verdict: Verdict) -> list[tuple[str, str]]:
    """Name and words of what stands under a verdict, in the order to be read."""
    parts = [
        ("Seen", verdict.seen),
        ("Could also be", verdict.could_be),
        ("Next", verdict.next_step),
    ]
    return [(name, words) for name, words in parts if words]


def not_tried(step: Step, because: Step) -> Verdict:
    return Verdict(step, Grade.NOT_TRIED, f"Not tried, because it needs: {because.heading}.")


def exit_code(verdicts: list[Verdict]) -> int:
    """0 all well, 1 something needs attention, 2 not all could be tried."""
    grades = {verdict.grade for verdict in verdicts}
    if Grade.TROUBLE in grades:
        return 1
    return 2 if Grade.NOT_TRIED in grades or not verdicts else 0


def summary(verdicts: list[Verdict]) -> str:
    """The whole in short: the first trouble's sentence, as the others follow from it."""
    troubles = [verdict for verdict in verdicts if verdict.grade is Grade.TROUBLE]
    if troubles:
        return f"{troubles[0].heading}: {troubles[0].likely}"
    left_out = [verdict for verdict in verdicts if verdict.grade is Grade.NOT_TRIED]
    if left_out or not verdicts:
        return left_out[0].likely if left_out else "Nothing was looked at."
    notes = [verdict for verdict in verdicts if verdict.grade is Grade.NOTE]
    known = f" Worth knowing: {notes[0].likely}" if notes else ""
    return f"All is well.{known}"
