"""What it means for an event that iCloud did not take it: one branch, one story."""

from dataclasses import replace

import pytest

from icloud_sync.core.failed_write import (
    HAS_CHANGED,
    NO_REASON,
    TAKEN,
    Answer,
    Try,
    Verdict,
    judge_changed,
    judge_elsewhere,
    judge_missing,
    judge_refused,
    judge_server,
    where_it_is,
)
from icloud_sync.core.retry import FEW, LATE_ENOUGH

NO_RIGHT = "We may not write there."
BARE = Answer(403, "It said no (403).")
FIRST, LATE = Try(), Try(attempts=LATE_ENOUGH)
RIGHTS = Verdict(NO_RIGHT, park=True)
PATIENT = Verdict(NO_REASON, doubt=True)
CHANGE = "Change the event, or have it tried again."


def parked(said: str, others: str = "") -> Verdict:
    return Verdict(f"iCloud refused this event{others}. {said} {CHANGE}", park=True)


REFUSED_ALONE = parked(BARE.said, " and took others")


@pytest.mark.parametrize(
    ("answer", "tried", "verdict"),
    [
        (replace(BARE, precondition="need-privileges"), FIRST, RIGHTS),
        (BARE, Try(can_write=False), RIGHTS),
        (Answer(400, "Bad."), Try(can_write=False), RIGHTS),
        (BARE, FIRST, PATIENT),
        (BARE, Try(attempts=LATE_ENOUGH - 1), PATIENT),
        (BARE, LATE, parked(BARE.said)),
        (BARE, Try(attempts=FEW - 1, took_others=True), PATIENT),
        (BARE, Try(attempts=FEW, took_others=True), REFUSED_ALONE),
        (Answer(403, "No.", "max-resource-size"), FIRST, parked("No.")),
        (Answer(400, "Bad."), FIRST, parked("Bad.")),
        (Answer(409, "Conflict."), FIRST, parked("Conflict.")),
        (Answer(507, "Full."), Try(took_others=True), parked("Full.", " and took others")),
    ],
)
def test_a_refusal_is_read_by_its_reason_then_by_what_is_known_then_by_its_number(
    answer: Answer, tried: Try, verdict: Verdict
) -> None:
    assert judge_refused(answer, tried, NO_RIGHT) == verdict


@pytest.mark.parametrize("status", [403, 409])
def test_an_event_that_is_put_back_and_refused_without_a_word_is_most_likely_elsewhere(
    status: int,
) -> None:
    answer, tried = Answer(status, "No."), Try(creates=True, put_back=True, ignored=("Private",))
    assert judge_refused(answer, tried, NO_RIGHT) == Verdict("No.", look=True)
    looked = replace(tried, looked=True)
    elsewhere = Verdict(where_it_is(["Private"]), park=True, elsewhere=True)
    assert judge_refused(answer, looked, NO_RIGHT) == elsewhere


def test_while_nothing_at_all_is_taken_an_event_that_is_put_back_is_not_elsewhere() -> None:
    tried = Try(creates=True, put_back=True, looked=True, doubts=1)
    assert judge_refused(BARE, tried, NO_RIGHT) == PATIENT


def test_a_uid_that_is_elsewhere_is_looked_for_once_and_then_told() -> None:
    answer = Answer(412, "It is elsewhere.", "no-uid-conflict")
    told = Verdict(where_it_is(()), park=True, elsewhere=True)
    assert judge_elsewhere(answer, FIRST) == Verdict("It is elsewhere.", look=True)
    assert judge_elsewhere(answer, Try(looked=True)) == told
    assert judge_elsewhere(answer, LATE) == told


@pytest.mark.parametrize(
    ("ignored", "says"),
    [
        ((), "one that is not listed for us. None of the calendars that are read here shows it."),
        (("A",), "probably “A”, which is ignored here."),
        (("A", "B"), "probably one of those ignored here (“A”, “B”)."),
        (("A", "B", "C", "D"), "probably one of those ignored here (“A”, “B”, “C” and others)."),
    ],
)
def test_where_an_event_is_is_said_by_name_as_far_as_that_helps(
    ignored: tuple[str, ...], says: str
) -> None:
    sentence = where_it_is(ignored)
    assert sentence.startswith(f"This event is in another calendar of the account, {says} Move it")
    assert len(sentence) < 500  # of the outbox's column


def test_a_precondition_that_does_not_hold_is_tried_for_a_while() -> None:
    answer, old = Answer(412, "Whatever the server says."), Answer(0, "It shows an old version.")
    assert judge_changed(answer, FIRST) == Verdict(HAS_CHANGED)
    assert judge_changed(answer, Try(creates=True)) == Verdict(TAKEN)
    assert judge_changed(old, FIRST) == Verdict(old.said)
    late = judge_changed(answer, LATE)
    assert (late.park, late.look, late.doubt) == (True, False, False)
    assert late.sentence.startswith(f"{HAS_CHANGED} So it was at each of 9 tries")


def test_an_event_that_is_not_where_it_was_is_looked_for_once_a_run() -> None:
    answer = Answer(404, "Nothing is there.")
    assert judge_missing(answer, FIRST) == Verdict(answer.said, look=True)
    assert judge_missing(answer, Try(looked=True)) == Verdict(answer.said)
    assert judge_missing(answer, LATE).park


def test_a_server_that_fails_is_tried_for_as_long_as_it_takes() -> None:
    answer = Answer(500, "It failed.")
    assert judge_server(answer) == Verdict(answer.said, doubt=True)
