"""RRULE's value as text -> Rule, or a sentence that says what is wrong with it."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icloud_sync.core.recurrence.rule import TOO_OFTEN, BadRule, Frequency, Rule, Until, parse_rule
from tests.core.rules import days

DAILY, WEEKLY, MONTHLY = Frequency.DAILY, Frequency.WEEKLY, Frequency.MONTHLY
YEARLY = Frequency.YEARLY
(MIDNIGHT,) = days("2026-11 22", datetime.min.time())

READ = {
    "FREQ=DAILY": Rule(DAILY),
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU": Rule(
        WEEKLY, 2, by_day=((0, 0), (0, 6)), week_start=6
    ),
    "FREQ=MONTHLY;BYDAY=-1FR,+2TU": Rule(MONTHLY, by_day=((-1, 4), (2, 1))),
    "FREQ=MONTHLY;COUNT=1000000000;BYMONTHDAY=31,-1,15,31": Rule(
        MONTHLY, count=10**9, by_month_day=(-1, 15, 31)
    ),
    "FREQ=YEARLY;BYMONTH=12,1;BYWEEKNO=-53;BYYEARDAY=366;BYSETPOS=-366": Rule(
        YEARLY, by_month=(1, 12), by_week=(-53,), by_year_day=(366,), by_position=(-366,)
    ),
    "FREQ=DAILY;BYHOUR=0,23;BYMINUTE=59;BYSECOND=0": Rule(
        DAILY, by_hour=(0, 23), by_minute=(59,), by_second=(0,)
    ),
    "FREQ=DAILY;UNTIL=20261122": Rule(DAILY, until=Until(MIDNIGHT, is_date=True)),
    "FREQ=DAILY;UNTIL=20261122T000000": Rule(DAILY, until=Until(MIDNIGHT)),
    "FREQ=DAILY;UNTIL=20261122T000000Z": Rule(DAILY, until=Until(MIDNIGHT, is_utc=True)),
}
# As they are found, not as they should be.
READ_ALL_THE_SAME = {
    " freq = weekly ; byday = mo, we ;": Rule(WEEKLY, by_day=((0, 0), (0, 2))),
    "FREQ=DAILY;;INTERVAL=1": Rule(DAILY),
    "FREQ=DAILY;X-EVOLUTION-ENDDATE=20261122T000000Z": Rule(DAILY),
    "RSCALE=GREGORIAN;FREQ=DAILY;SKIP=OMIT": Rule(DAILY),
    "FREQ=DAILY;COUNT=5;UNTIL=20261122": Rule(DAILY, count=5, until=Until(MIDNIGHT, is_date=True)),
    "FREQ=DAILY;BYDAY=;COUNT=": Rule(DAILY),
    "FREQ=DAILY;FREQ=DAILY": Rule(DAILY),
    "FREQ=WEEKLY;BYDAY=1MO,MO": Rule(WEEKLY, by_day=((0, 0),)),
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO": Rule(YEARLY, by_week=(20,), by_day=((0, 0),)),
    "FREQ=DAILY;BYSECOND=60": Rule(DAILY, by_second=(59,)),
    "FREQ=DAILY;UNTIL=20261122T000060": Rule(DAILY, until=Until(MIDNIGHT.replace(second=59))),
}
REFUSED = {
    "": "The rule does not say how often it repeats.",
    "COUNT=3": "The rule does not say how often it repeats.",
    "FREQ=": "The rule does not say how often it repeats.",
    "FREQ=FORTNIGHTLY": "FREQ cannot be FORTNIGHTLY in a rule.",
    "FREQ=DAILY;FREQ=WEEKLY": "The rule says two things about FREQ.",
    "FREQ=DAILY;INTERVAL=0": "INTERVAL cannot be 0 in a rule.",
    "FREQ=DAILY;INTERVAL=-1": "INTERVAL cannot be -1 in a rule.",
    "FREQ=DAILY;INTERVAL=1000001": "INTERVAL cannot be 1000001 in a rule.",
    "FREQ=DAILY;INTERVAL=" + "9" * 99: f"INTERVAL cannot be {'9' * 40}… in a rule.",
    "FREQ=DAILY;INTERVAL=1.5": "INTERVAL cannot be 1.5 in a rule.",
    "FREQ=DAILY;INTERVAL=٣": "INTERVAL cannot be ٣ in a rule.",
    "FREQ=DAILY;COUNT=0": "COUNT cannot be 0 in a rule.",
    "FREQ=DAILY;BYMONTH=0": "BYMONTH cannot be 0 in a rule.",
    "FREQ=DAILY;BYMONTH=1,13": "BYMONTH cannot be 13 in a rule.",
    "FREQ=DAILY;BYMONTH=-1": "BYMONTH cannot be -1 in a rule.",
    "FREQ=DAILY;BYMONTH=1,": "BYMONTH cannot be nothing in a rule.",
    "FREQ=MONTHLY;BYMONTHDAY=0": "BYMONTHDAY cannot be 0 in a rule.",
    "FREQ=MONTHLY;BYMONTHDAY=-32": "BYMONTHDAY cannot be -32 in a rule.",
    "FREQ=YEARLY;BYWEEKNO=54": "BYWEEKNO cannot be 54 in a rule.",
    "FREQ=YEARLY;BYYEARDAY=367": "BYYEARDAY cannot be 367 in a rule.",
    "FREQ=YEARLY;BYDAY=0MO": "BYDAY cannot be 0MO in a rule.",
    "FREQ=YEARLY;BYDAY=54MO": "BYDAY cannot be 54MO in a rule.",
    "FREQ=WEEKLY;BYDAY=XX": "BYDAY cannot be XX in a rule.",
    "FREQ=DAILY;BYHOUR=24": "BYHOUR cannot be 24 in a rule.",
    "FREQ=DAILY;BYMINUTE=60": "BYMINUTE cannot be 60 in a rule.",
    "FREQ=DAILY;BYSECOND=61": "BYSECOND cannot be 61 in a rule.",
    "FREQ=DAILY;BYSETPOS=367": "BYSETPOS cannot be 367 in a rule.",
    "FREQ=WEEKLY;WKST=1": "WKST cannot be 1 in a rule.",
    "FREQ=DAILY;UNTIL=20260230": "UNTIL cannot be 20260230 in a rule.",
    "FREQ=DAILY;UNTIL=20260203T250000": "UNTIL cannot be 20260203T250000 in a rule.",
    "FREQ=DAILY;UNTIL=tomorrow": "UNTIL cannot be TOMORROW in a rule.",
    "RSCALE=CHINESE;FREQ=YEARLY": "The rule says RSCALE=CHINESE, which is not understood.",
    "FREQ=MONTHLY;SKIP=FORWARD": "The rule says SKIP=FORWARD, which is not understood.",
    "FREQ=DAILY;BYEASTER=1": "The rule says BYEASTER=1, which is not understood.",
    "FREQ=DAILY;" + "BYDAY=MO;" * 2000: "The rule is too long.",
    f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(13)))}": (
        TOO_OFTEN
    ),
}


@pytest.mark.parametrize("text", READ)
def test_a_rule_is_read_part_by_part(text: str) -> None:
    assert parse_rule(text) == READ[text]


@pytest.mark.parametrize("text", READ_ALL_THE_SAME)
def test_a_rule_is_read_though_it_is_not_written_by_the_book(text: str) -> None:
    assert parse_rule(text) == READ_ALL_THE_SAME[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_meant_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadRule) as refused:
        parse_rule(text)
    assert str(refused.value) == REFUSED[text]


PARTS = st.sampled_from(["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "X"])
VALUES = st.one_of(
    st.text(max_size=20), st.sampled_from(["DAILY", "WEEKLY", "1MO", "MO,TU", "20261122", "3,4"])
)


@given(st.lists(st.tuples(PARTS, VALUES), max_size=5))
def test_any_text_is_a_rule_or_is_refused(parts: list[tuple[str, str]]) -> None:
    text = ";".join("=".join(part) for part in parts)
    try:
        sentence = "" if parse_rule(text) else "no rule"
    except BadRule as refused:
        sentence = str(refused)
    assert sentence.endswith(".") or not sentence
