"""Values of properties (RFC 5545, 3.3)."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icloud_sync.core.ical import decode, lines
from icloud_sync.core.ical.decode import Property
from icloud_sync.core.ical.document import Moment, Period, UnreadableResource
from tests.core.bodies import BERLIN

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at(year: int, month: int, day: int, *time: int) -> datetime:
    return datetime(year, month, day, *time)  # noqa: DTZ001


def zone_of(tzid: str) -> tzinfo:
    return ZoneInfo(tzid)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("DTSTART:20261122", Moment(at(2026, 11, 22), is_date=True)),
        ("DTSTART;VALUE=DATE:20261122", Moment(at(2026, 11, 22), is_date=True)),
        ("DTSTART;VALUE=DATE-TIME:20261122", Moment(at(2026, 11, 22), is_date=True)),
        ("DTSTART;VALUE=DATE:20261122T090000", Moment(at(2026, 11, 22), is_date=True)),
        ("DTSTART;TZID=Nowhere:20261122", Moment(at(2026, 11, 22), is_date=True)),
        ("DTSTART:20261122T090000", Moment(at(2026, 11, 22, 9))),
        ("DTSTART: 20261122t090000z ", Moment(at(2026, 11, 22, 9), zone=UTC)),
        ("DTSTART:20261122T235960Z", Moment(at(2026, 11, 22, 23, 59, 59), zone=UTC)),
        (
            'DTSTART;X="a:b";TZID="Europe/Berlin":20261122T090000',
            Moment(at(2026, 11, 22, 9), zone=BERLIN, tzid="Europe/Berlin"),
        ),
        ("DTSTART;TZID=Europe/Berlin:20261122T090000Z", Moment(at(2026, 11, 22, 9), zone=UTC)),
    ],
)
def test_a_date_or_time_keeps_the_form_it_is_written_in(line: str, moment: Moment) -> None:
    assert decode.moment(Property(*lines.halves(line)), zone_of) == moment


@pytest.mark.parametrize(
    "value",
    ["", "None", "2026", "20261301", "20260230T100000", "20261122T250000", "20261122T0900"]
    + ["2026-11-22", "20261122T090000+0100", "٢٠٢٦١١٢٢", "20261122,20261123", "20261122/P1D"]
    + ["00010101T000000Z", "99991231", "20261122T", "1" * 100_000],
)
def test_what_is_no_date_or_time_is_refused_in_a_short_sentence(value: str) -> None:
    with pytest.raises(UnreadableResource, match=r"^.{10,120}\.$"):
        decode.moment(Property("DTSTART", value), zone_of)


def test_lists_have_one_form_and_may_have_nothing_between_two_commas() -> None:
    found = Property("EXDATE;TZID=Europe/Berlin", "20261122T090000,,20261123T080000Z,20261124, ")
    assert decode.moments(found, zone_of) == [
        Moment(at(2026, 11, 22, 9), zone=BERLIN, tzid="Europe/Berlin"),
        Moment(at(2026, 11, 23, 8), zone=UTC),
        Moment(at(2026, 11, 24), is_date=True),
    ]


def test_a_period_has_an_end_or_a_length_and_a_bare_start_has_neither() -> None:
    value = "20261122T090000Z/20261122T100000Z,20261123T090000Z/PT1H,20261124T090000Z"
    starts = [Moment(at(2026, 11, day, 9), zone=UTC) for day in (22, 23, 24)]
    assert decode.periods(Property("RDATE;VALUE=PERIOD", value), zone_of) == [
        Period(starts[0], end=Moment(at(2026, 11, 22, 10), zone=UTC)),
        Period(starts[1], duration=HOUR),
        Period(starts[2]),
    ]


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("PT1H", HOUR),
        ("P1D", DAY),
        ("P2W", 14 * DAY),
        ("+P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("-PT15M", -HOUR / 4),
        ("PT-2H", -2 * HOUR),
        ("pt0s ", timedelta()),
        ("P1W2D", 9 * DAY),
    ],
)
def test_a_length_of_time(value: str, length: timedelta) -> None:
    assert decode.duration(value) == length


@pytest.mark.parametrize(
    "value",
    ["", "P", "PT", "1H", "P1H", "PT1", "PT1.5H", "P1Y", "P1M", "P99999999D", "P9999999999W"]
    + ["PT" + 5000 * "9" + "S"],
)
def test_what_is_no_length_of_time_is_refused_in_a_short_sentence(value: str) -> None:
    with pytest.raises(UnreadableResource, match=r"^.{10,120}\.$"):
        decode.duration(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\\, b\\; c\\\\d", "a, b; c\\d"),
        ("one\\ntwo\\Nthree", "one\ntwo\nthree"),
        ("C:\\\\new", "C:\\new"),
        ("not \\an escape, and this: \\", "not \\an escape, and this: \\"),
        ("\x00a\x1b\x7f\tb\ud800", "a\tb"),
    ],
)
def test_text_is_unescaped_and_holds_nothing_that_is_not_text(value: str, text: str) -> None:
    assert decode.text(value) == text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_what_we_write_is_what_we_read(text: str) -> None:
    (written,) = lines.unfold(lines.make(f"SUMMARY:{lines.escape(text)}").raw)
    assert decode.text(lines.halves(written)[1]) == text
