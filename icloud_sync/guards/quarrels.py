"""An event that both sides keep rewriting is frozen, and its last writers are named
(core/loop.py): two programs that undo each other's changes never tire."""

from datetime import datetime

from icloud_sync.core.ical.lines import unfold
from icloud_sync.core.loop import Write, as_rows, from_rows, is_quarrel, noted, sentence
from icloud_sync.core.merge import Side
from icloud_sync.models import RemoteResource

COLUMNS = ("writes", "frozen_at")


def note(resource: RemoteResource, side: Side, who: str, now: datetime) -> str:
    """On the row in hand, for whoever saves COLUMNS. Returns the sentence for the log where the
    event is frozen with this write, else ""."""
    writes = noted(from_rows(resource.writes), Write(now, side, who[:100]))
    resource.writes = as_rows(writes)
    if resource.frozen_at is not None or not is_quarrel(writes, now):
        return ""
    resource.frozen_at = now
    return sentence(writes)


def program_of(body: str) -> str:
    """What wrote it last, as it calls itself (PRODID; RFC 5545, 3.7.3)."""
    for text in unfold(body)[:20]:
        name, _, value = text.partition(":")
        if name.upper() == "PRODID":
            return value.strip()
    return "a program that does not say its name"
