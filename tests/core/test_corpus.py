"""Real calendars of other projects, read from the folder ICAL_CORPUS names.

They carry their own licences, so they are not in this repository; without the folder there
is nothing to collect.
"""

import os
import re
from pathlib import Path

import pytest

from icloud_sync.core.ical import lines
from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from tests.core.bodies import WINDOW, ZONES

# Of words that a person understands: no name of an error, no code.
SENTENCE = re.compile(r"[A-Z“](?!\w*(Error|Exception)\b)[^<>{}]{10,200}\.")
FOLDER = os.environ.get("ICAL_CORPUS", "")
FILES = sorted(Path(FOLDER).rglob("*.ics")) if FOLDER else []

if not FILES:
    __test__ = False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_calendar_is_kept_line_by_line(path: Path) -> None:
    body = path.read_bytes().decode("utf-8", "replace")
    physical = lines.LINE_END.split(body.removesuffix("\n").removesuffix("\r"))
    assert lines.join(lines.split(body)) == "".join(f"{line}\r\n" for line in physical)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_real_calendar_is_read_or_set_aside_with_a_sentence(path: Path) -> None:
    try:
        said = parse(path.read_bytes().decode("utf-8", "replace"), WINDOW, ZONES).uid
    except UnreadableResource as reason:
        said = SENTENCE.fullmatch(str(reason))
    assert said
