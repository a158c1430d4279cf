"""Which events take time away, since when, and what of their texts is people's own (D9, D11)."""

from dataclasses import replace

import pytest

from icloud_sync.core.ical.parse import find_occurrence, parse
from icloud_sync.core.values import Blocking, Occurrence
from tests.core.bodies import WINDOW, ZONES, body, override, utc

TIMED = "DTSTART:20261201T110000Z"
ALL_DAY = "DTSTART;VALUE=DATE:20261201"
MINE = Blocking(owner=frozenset({"me@example.com", "also@example.com"}))
STRICT = replace(MINE, unanswered=False)


def only(*lines: str, blocking: Blocking = MINE) -> Occurrence:
    (found,) = parse(body(*lines), WINDOW, ZONES, blocking).occurrences
    return found


def invited(answer: str, address: str = "me@example.com") -> str:
    said = f";PARTSTAT={answer}" if answer else ""
    return f"ATTENDEE{said};CN=Me:mailto:{address}"


@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        ([TIMED], True),
        ([TIMED, "TRANSP:OPAQUE"], True),
        ([TIMED, "TRANSP:transparent"], False),
        ([TIMED, "STATUS:CANCELLED"], False),
        ([TIMED, "STATUS:TENTATIVE"], True),
        ([ALL_DAY], True),
        ([ALL_DAY, "TRANSP:TRANSPARENT"], False),
    ],
)
def test_free_and_cancelled_events_take_no_time_away(lines: list[str], busy: bool) -> None:
    assert only(*lines).is_busy == busy


@pytest.mark.parametrize(
    ("lines", "busy"),
    [
        ([ALL_DAY, "TRANSP:TRANSPARENT"], True),
        ([TIMED, "TRANSP:TRANSPARENT"], False),
        ([ALL_DAY, "TRANSP:TRANSPARENT", "STATUS:CANCELLED"], False),
        ([ALL_DAY, "TRANSP:TRANSPARENT", invited("DECLINED")], False),
    ],
)
def test_free_all_day_events_block_where_staff_chose_it(lines: list[str], busy: bool) -> None:
    assert only(*lines, blocking=replace(MINE, free_all_day=True)).is_busy == busy


@pytest.mark.parametrize(
    ("answers", "busy", "busy_if_strict"),
    [
        ([invited("ACCEPTED")], True, True),
        ([invited("TENTATIVE")], True, True),
        ([invited("DECLINED")], False, False),
        ([invited("NEEDS-ACTION")], True, False),
        ([invited("")], True, False),  # RFC 5545, 3.2.12: not answered
        ([invited("DECLINED", "her@example.com")], True, True),
        ([invited("DECLINED", "ME@example.com")], False, False),
        ([invited("DECLINED"), invited("ACCEPTED", "also@example.com")], True, True),
        ([invited("DECLINED"), invited("NEEDS-ACTION", "also@example.com")], True, False),
    ],
)
def test_an_invitation_blocks_by_the_owners_own_answer(
    answers: list[str], busy: bool, busy_if_strict: bool
) -> None:
    assert only(TIMED, *answers).is_busy == busy
    assert only(TIMED, *answers, blocking=STRICT).is_busy == busy_if_strict


def test_one_declined_occurrence_of_a_series_is_free_and_the_others_are_not() -> None:
    declined = override(
        "RECURRENCE-ID:20261202T110000Z", "DTSTART:20261202T110000Z", invited("DECLINED")
    )
    text = body(TIMED, "RRULE:FREQ=DAILY;COUNT=3", invited("ACCEPTED"), more=declined)
    found = parse(text, WINDOW, ZONES, MINE).occurrences
    assert [one.is_busy for one in found] == [True, False, True]
    one = find_occurrence(text, "20261202T110000Z", ZONES, MINE)
    assert one is not None
    assert not one.is_busy


def test_travel_time_moves_when_it_starts_to_block_and_never_when_it_starts() -> None:
    lines = (TIMED, "DTEND:20261201T120000Z", "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M")
    with_travel = only(*lines)
    assert with_travel.busy_from == utc(12, 1, 10, 30)
    assert with_travel.fields.interval.starts_at == utc(12, 1, 11)
    without = only(*lines, blocking=replace(MINE, travel=False))
    assert without == replace(with_travel, busy_from=None)
    assert only(TIMED).busy_from is None


def test_the_line_of_our_own_and_what_stands_below_it_are_no_notes() -> None:
    found = only(TIMED, "DESCRIPTION:Bring a hat\\n\\n— Referins —\\nAnna\\, 0151")
    assert found.fields.notes == "Bring a hat"


@pytest.mark.parametrize("line", ["ATTENDEE:mailto:a@example.com", "ORGANIZER:mailto:a@b.example"])
def test_a_series_has_guests_where_any_of_its_occurrences_has(line: str) -> None:
    party = override("RECURRENCE-ID:20261202T110000Z", "DTSTART:20261202T110000Z", line)
    series = (TIMED, "RRULE:FREQ=DAILY;COUNT=3")
    assert parse(body(*series, more=party), WINDOW, ZONES).has_guests
    assert not parse(body(*series), WINDOW, ZONES).has_guests
