"""What iCloud refuses is put right in whatever we send, whoever wrote it; all else stays."""

from difflib import ndiff

import pytest

from tests.core.bodies import NOW, body, override
from tests.core.edits import as_sent

TIMES = ("DTSTART:20261201T080000Z", "DTEND:20261201T090000Z")
ZONED = "TZID=America/New_York"


def difference(text: str, sent: str) -> list[str]:
    return [line for line in ndiff(text.split("\r\n"), sent.split("\r\n")) if line[0] in "+-"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("STATUS:Confirmed", ["STATUS:CONFIRMED"]),
        ("STATUS;X-A=b:tentative", ["STATUS;X-A=b:TENTATIVE"]),
        ("CREATED:20261101T100000", ["CREATED:20261101T090000Z"]),
        (f"CREATED;{ZONED}:20261101T100000", ["CREATED:20261101T150000Z"]),
        ("LAST-MODIFIED;TZID=Atlantis:20261101T100000", ["LAST-MODIFIED:20261101T090000Z"]),
        ("LAST-MODIFIED:20261101", ["LAST-MODIFIED:20261031T230000Z"]),
        ("CREATED:yesterday", []),
        ("METHOD:PUBLISH", ["METHOD:PUBLISH"]),  # here it is nobody's business
    ],
)
def test_a_value_that_icloud_refuses_is_said_as_it_takes_it(wrong: str, right: list[str]) -> None:
    text = body(*TIMES, wrong, "X-AFTER:1")
    assert as_sent(text) == body(*TIMES, *right, "X-AFTER:1")


def test_what_is_right_stays_to_the_byte() -> None:
    alarm = ("BEGIN:VALARM", "ACTION:display", "STATUS:x", "DTSTAMP:x", "END:VALARM")
    text = body(*TIMES, "status:CONFIRMED", "transp:opaque", "CREATED:20261101T100000Z", *alarm)
    assert as_sent(text) == text


def test_a_method_makes_a_message_of_what_is_stored_and_goes() -> None:
    text = body(*TIMES).replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:PUBLISH\r\nX-A:1")
    assert difference(text, as_sent(text)) == ["- METHOD:PUBLISH"]


def test_each_event_of_a_series_has_a_sequence_and_one_that_stands_alone_needs_none() -> None:
    changed = override("RECURRENCE-ID:20261202T080000Z", *TIMES, "SEQUENCE:3")
    text = body(*TIMES, "RRULE:FREQ=DAILY", more=changed)
    assert difference(text, as_sent(text)) == ["+ SEQUENCE:0"]
    assert as_sent(body(*TIMES)) == body(*TIMES)


def test_of_two_dtstamps_the_one_that_is_stored_goes_back() -> None:
    """iCloud serves the time of serving before it."""
    text = body(*TIMES).replace("DTSTAMP:2026", "DTSTAMP:20261122T115900Z\r\nDTSTAMP:2026")
    assert as_sent(text) == body(*TIMES)


def test_an_event_without_a_dtstamp_gets_the_present_one() -> None:
    text = body(*TIMES).replace("DTSTAMP:20260101T000000Z\r\n", "")
    assert difference(text, as_sent(text)) == [f"+ DTSTAMP:{NOW:%Y%m%dT%H%M%SZ}"]
