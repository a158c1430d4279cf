"""How long an examination may take, and which limit it was that ended it."""

import time

import pytest

from icloud_sync.doctor.patience import Patience, TimeIsUp, TookTooLong


def slowly() -> str:
    time.sleep(0.5)
    return "late"


def test_a_question_that_is_answered_in_time_is_timed() -> None:
    patience = Patience(5, one=2)
    assert patience.ask(lambda: "yes") == "yes"
    assert patience.ask(slowly) == "late"
    quick, slow = patience.seconds
    assert quick < 0.4 < slow < 2


def test_what_a_question_raises_is_raised_and_timed_like_an_answer() -> None:
    patience = Patience(5)
    with pytest.raises(ZeroDivisionError):
        patience.ask(lambda: 1 // 0)
    assert len(patience.seconds) == 1


def test_a_question_that_takes_too_long_by_itself_is_its_own_fault() -> None:
    patience = Patience(5, one=0.1)
    with pytest.raises(TookTooLong):
        patience.ask(slowly)
    with pytest.raises(TimeIsUp):  # what it asked by is not used again
        patience.ask(lambda: "yes")
    assert patience.seconds == []


def test_a_question_that_the_whole_limit_ends_is_not() -> None:
    with pytest.raises(TimeIsUp):
        Patience(0.1, one=5).ask(slowly)


def test_when_the_time_is_up_nothing_is_asked() -> None:
    asked = []
    with pytest.raises(TimeIsUp):
        Patience(0).ask(lambda: asked.append("?"))
    assert asked == []
