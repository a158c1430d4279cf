"""Calendars of other programs, planted in the stand-in's store and synced: every file ends as
slots, or as *needs attention* with a reason. The folder is ICAL_CORPUS's, where it is set, and
always the odd ones of our own."""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine
from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from icloud_sync.core.pull_plan import overlaps
from icloud_sync.core.refs import parse_source_ref
from icloud_sync.models import RemoteResource
from icloud_sync.snapshots import current_window, zones_for
from tests.scenarios.world import World

OWN = Path(__file__).parent.parent / "core" / "odd"
FOLDERS = [OWN, *filter(None, [os.environ.get("ICAL_CORPUS", "")])]
FILES = sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.ics"))
# When most of them were written.
THEN = datetime(2014, 6, 1, tzinfo=UTC)
DAYS_BACK = 3 * 365


def planted(apple: World) -> dict[str, str]:
    """href -> name of the file."""
    put = apple.account.phone.put
    bodies = [path.read_bytes().decode("utf-8", "replace") for path in FILES]
    return {
        put(f"{number}.ics", body): path.name
        for number, (path, body) in enumerate(zip(FILES, bodies, strict=True))
    }


def expected(apple: World, body: str) -> int | str:
    """How many slots, or why none."""
    now = timezone.now()
    window, zones = current_window(now), zones_for(apple.connection, None)
    try:
        found = parse(body, window, zones).occurrences
    except UnreadableResource as error:
        return str(error)[:500]
    return sum(overlaps(one.fields, window) for one in found)


def outcomes() -> dict[str, int | str]:
    """What became of each resource: the number of its slots, or why a person must look."""
    refs = [
        parse_source_ref(ref) for ref in BlockedSlot.objects.values_list("source_ref", flat=True)
    ]
    slots = Counter(ref.resource_id for ref in refs if ref)
    return {
        one.href: one.state_reason
        if one.state == RemoteResource.State.NEEDS_ATTENTION
        else slots[one.pk]
        for one in RemoteResource.objects.all()
    }


@time_machine.travel(THEN)
def test_every_file_of_other_programs_ends_as_slots_or_as_needs_attention_with_a_reason(
    apple: World, settings: Any
) -> None:
    settings.ICLOUD_WINDOW_DAYS_BACK = DAYS_BACK
    files = planted(apple)
    apple.sync()
    found = outcomes()
    assert {files[href]: found.get(href) for href in files} == {
        files[href]: expected(apple, apple.account.phone.get(href)) for href in files
    }
    assert not [reason for reason in found.values() if reason == ""]
    apple.settle()
