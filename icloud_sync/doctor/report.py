"""An examination as something to print, to keep and to hand on."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.views.decorators.debug import sensitive_variables

from icloud_sync.connecting.account import normalize_apple_id
from icloud_sync.core.app_password import is_app_specific
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.spelling import spell
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, exit_code, explained, summary
from icloud_sync.models import ICloudConnection, Outage, OutboxEntry, RemoteResource

MARKS = {Grade.GOOD: "ok", Grade.NOTE: "note", Grade.TROUBLE: "!!", Grade.NOT_TRIED: "--"}
WIDTH = 98
MARGIN = " " * 6


@dataclass
class Report:
    """`facts`: what is known without asking anybody, by name."""

    about: str
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return exit_code(self.verdicts)

    @property
    def summary(self) -> str:
        return summary(self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "at": self.at.isoformat(),
            "exit_code": self.exit_code,
            "summary": self.summary,
            "facts": self.facts,
            "steps": [verdict.as_dict() for verdict in self.verdicts],
        }

    def as_text(self) -> str:
        lines = [*beginning(self), *(line for one in self.verdicts for line in spelled(one))]
        return "\n".join([*lines, *ending(self), ""])


def from_dict(kept: dict[str, Any]) -> Report:
    """The other way round of `as_dict`."""
    verdicts = [
        Verdict(
            step=Step(one["step"]),
            grade=Grade(one["grade"]),
            likely=one["likely"],
            seen=one["seen"],
            could_be=one["could_be"],
            next_step=one["next_step"],
            cause=Cause(one["cause"]) if one["cause"] else None,
            subject=one["subject"],
            stops=one["stops"],
        )
        for one in kept["steps"]
    ]
    return Report(kept["about"], datetime.fromisoformat(kept["at"]), kept["facts"], verdicts)


def beginning(report: Report) -> list[str]:
    facts = [printable(f"{MARGIN}{name}: {value}") for name, value in report.facts.items()]
    return [printable(f"{report.about}, examined {spell(report.at)}"), *facts, ""]


def ending(report: Report) -> list[str]:
    return ["", printable(f"In short: {report.summary}")]


def spelled(verdict: Verdict) -> Iterator[str]:
    """One step as lines; what went well needs no explanation."""
    yield from wrapped(f"{verdict.heading}: {verdict.likely}", f"{MARKS[verdict.grade]:<6}")
    for name, words in explained(verdict):
        yield from wrapped(f"{name}: {words}", MARGIN)


def wrapped(words: str, before: str) -> list[str]:
    return textwrap.wrap(
        printable(words),
        WIDTH,
        initial_indent=before,
        subsequent_indent=MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def printable(words: str) -> str:
    """A calendar's name may hold what would steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in words)


def facts_of(connection: ICloudConnection) -> dict[str, Any]:
    waiting, states = OutboxEntry.State, RemoteResource.State
    stuck = connection.outbox.filter(state=waiting.NEEDS_ATTENTION).count()
    troubled = connection.resources.filter(state=states.NEEDS_ATTENTION).count()
    outage = Outage.objects.filter(server=connection.server_url).first()
    return {
        "State": f"{connection.get_status_display()} since {spell(connection.status_since)}",
        **({"Why": connection.status_reason} if connection.status_reason else {}),
        **({"Server down since": spell(outage.since)} if outage else {}),
        "Last success": spell(connection.last_success_at),
        "Waiting to be sent": connection.outbox.filter(state=waiting.WAITING).count(),
        "Needs attention": stuck + troubled,
    }


@sensitive_variables("password")
def facts_typed(apple_id: str, password: str) -> dict[str, Any]:
    """Of an account that is to be connected; of the password its form alone."""
    found = ICloudConnection.objects.filter(apple_id__iexact=normalize_apple_id(apple_id))
    connected = found.exclude(status=ICloudConnection.Status.DISCONNECTED).first()
    form = "of the form" if is_app_specific(password) else "not of the form"
    return {
        "Password": f"{form} of an app-specific one",
        **({"Connected already": f"connection {connected.pk}, {connected}"} if connected else {}),
    }
