"""Real calendars of other projects, read from the folder ICAL_CORPUS names.

They carry their own licences, so they are not in this repository; without the folder there
is nothing to collect.
"""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from tests.core.bodies import WINDOW, ZONES

FOLDER = os.environ.get("ICAL_CORPUS", "")
FILES = sorted(Path(FOLDER).rglob("*.ics")) if FOLDER else []

if not FILES:
    __test__ = False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_calendar_is_kept_line_by_line_and_read_or_set_aside(path: Path) -> None:
    body = path.read_bytes().decode("utf-8", "replace")
    physical = lines.LINE_END.split(body.removesuffix("\n").removesuffix("\r"))
    assert lines.join(lines.split(body)) == "".join(f"{line}\r\n" for line in physical)
    with suppress(UnreadableResource):
        assert parse(body, WINDOW, ZONES).uid
