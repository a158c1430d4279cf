"""What ical.js, a reader of another family, makes of an event. It runs on Node (`make oracle`)."""

import json
import subprocess
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests import machine

HERE = Path(__file__).parent


def expand_with_icaljs(
    asked: Iterable[tuple[str, datetime, datetime]],
) -> list[list[date | datetime] | str]:
    """Of each (iCalendar text, first, last): the starts within [first, last], in order.

    Dates for an all-day event, naive times where the event floats, else aware UTC. What
    ical.js refuses is its sentence instead of a list. The bounds are naive for a floating or
    all-day event, else aware. One process answers them all, so ask for many at once. Skips
    the test where Node or ical.js is missing.
    """
    machine.need(machine.icaljs())
    lines = [
        json.dumps({"body": body, "first": iso(first), "last": iso(last)})
        for body, first, last in asked
    ]
    said = subprocess.run(
        ["node", "expand.mjs"],
        cwd=HERE,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [answer_of(json.loads(line)) for line in said.stdout.splitlines()]


def iso(bound: datetime) -> str:
    if bound.tzinfo is None:
        return bound.isoformat(timespec="seconds")
    return bound.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answer_of(line: dict[str, Any]) -> list[date | datetime] | str:
    if "error" in line:
        return str(line["error"])
    return [
        datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
        for text in line["starts"]
    ]
