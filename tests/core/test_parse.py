"""Reading a resource: times, all-day events, what is missing, what cannot be read."""

from datetime import UTC, date, datetime, timedelta

import pytest

from icloud_sync.core.ical.document import UnreadableResource
from icloud_sync.core.ical.parse import parse
from icloud_sync.core.values import EventFields, Interval, Occurrence, ParsedResource, Zones
from tests.core.bodies import BERLIN, TOKYO, WINDOW, ZONES, body, override, utc


def interval(*lines: str, zones: Zones = ZONES) -> Interval:
    return parse(body(*lines), WINDOW, zones).occurrences[0].fields.interval


def test_an_event_is_read_with_its_notes_and_without_our_block() -> None:
    text = body(
        "SUMMARY:Lunch\\, late",
        "LOCATION:Canteen",
        "DESCRIPTION:Bring a hat\\n\\n— Referins —\\nAnna",
        "DTSTART;TZID=Europe/Berlin:20261201T120000",
        "DTEND;TZID=Europe/Berlin:20261201T130000",
    )
    assert parse(text, WINDOW, ZONES) == ParsedResource(
        uid="one",
        occurrences=(
            Occurrence(
                "",
                EventFields(
                    "Lunch, late",
                    Interval(utc(12, 1, 11), utc(12, 1, 12)),
                    "Canteen",
                    "Bring a hat",
                ),
            ),
        ),
        begins_at=utc(12, 1, 11),
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20261201T110000Z", "DTEND:20261201T120000Z"], (11, 12)),
        (["DTSTART:20261201T120000", "DTEND:20261201T130000"], (11, 12)),
        (["DTSTART;TZID=W. Europe Standard Time:20261201T120000", "DURATION:PT1H"], (11, 12)),
        # A flight: start and end in zones of their own.
        (["DTSTART;TZID=Asia/Tokyo:20261201T200000", "DTEND:20261201T120000Z"], (11, 12)),
        (
            [
                "DTSTART;TZID=Europe/Berlin:20261201T120000",
                "DTEND;TZID=America/New_York:20261201T070000",
            ],
            (11, 12),
        ),
        # The zone of the end was forgotten.
        (["DTSTART;TZID=Asia/Tokyo:20261201T200000", "DTEND:20261201T210000"], (11, 12)),
        (["DTSTART:20261201T110000Z"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DTEND:20261201T110000Z"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DTEND:20261201T090000Z"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DURATION:-PT2H"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DURATION:-P2D"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DTEND;VALUE=DATE:20261201"], (11, 11)),
        (["DTSTART:20261201T110000Z", "DTEND;VALUE=DATE:20261202"], (11, 24)),
        (["DTSTART:20261201T120000", "DTEND;VALUE=DATE:20261202"], (11, 23)),
    ],
)
def test_a_time_is_the_same_instant_in_whatever_form_it_is_written(
    lines: list[str], expected: tuple[int, int]
) -> None:
    start = utc(12, 1, expected[0])
    end = start + timedelta(hours=expected[1] - expected[0])
    assert interval(*lines) == Interval(start, end)


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["DTEND;VALUE=DATE:20261203"], date(2026, 12, 3)),
        (["DTEND;VALUE=DATE:20261211"], date(2026, 12, 11)),
        ([], date(2026, 12, 2)),
        (["DTEND;VALUE=DATE:20261201"], date(2026, 12, 2)),
        (["DTEND;VALUE=DATE:20261130"], date(2026, 12, 2)),
        (["DURATION:P3D"], date(2026, 12, 4)),
        (["DURATION:P1W"], date(2026, 12, 8)),
        (["DURATION:-P3D"], date(2026, 12, 2)),
        (["DURATION:PT0S"], date(2026, 12, 2)),
        # A day that has begun is taken.
        (["DURATION:PT36H"], date(2026, 12, 3)),
        (["DTEND:20261203T120000"], date(2026, 12, 4)),
        (["DTEND;TZID=Europe/Berlin:20261203T000000"], date(2026, 12, 3)),
        (["DTEND:20261202T150000Z"], date(2026, 12, 3)),  # midnight where the owner is
    ],
)
def test_an_all_day_event_keeps_its_dates_and_is_local_midnight_to_midnight(
    lines: list[str], last: date
) -> None:
    found = interval("DTSTART;VALUE=DATE:20261201", *lines, zones=Zones(TOKYO, BERLIN))
    assert (found.starts_on, found.ends_on) == (date(2026, 12, 1), last)
    assert found.starts_at == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert found.ends_at == datetime.combine(last, datetime.min.time(), TOKYO)


@pytest.mark.parametrize(
    ("duration", "hours"), [("PT3H", 3), ("P1D", 25), ("PT24H", 24), ("P1DT3H", 28), ("P1W", 169)]
)
def test_a_duration_over_a_clock_change_counts_days_on_the_wall_and_hours_as_they_pass(
    duration: str, hours: int
) -> None:
    found = interval("DTSTART;TZID=Europe/Berlin:20261025T013000", f"DURATION:{duration}")
    assert found.ends_at - found.starts_at == timedelta(hours=hours)


@pytest.mark.parametrize("line", ["ATTENDEE:mailto:a@example.com", "ORGANIZER:mailto:a@b.example"])
def test_an_event_with_guests_says_so(line: str) -> None:
    assert parse(body("DTSTART:20261201T110000Z", line), WINDOW, ZONES).has_guests


def test_a_series_has_one_occurrence_each_overrides_and_exdates_honoured() -> None:
    text = body(
        "DTSTART;TZID=Europe/Berlin:20261201T090000",
        "DTEND;TZID=Europe/Berlin:20261201T100000",
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=Europe/Berlin:20261202T090000",
        "SUMMARY:Standup",
        more=override(
            "RECURRENCE-ID:20261203T080000Z",
            "DTSTART;TZID=Europe/Berlin:20261203T140000",
            "DTEND;TZID=Europe/Berlin:20261203T150000",
            "SUMMARY:Moved",
        ),
    )
    found = parse(text, WINDOW, ZONES)
    assert [
        (one.recurrence_id, one.fields.title, one.fields.interval.starts_at)
        for one in found.occurrences
    ] == [
        ("20261201T080000Z", "Standup", utc(12, 1, 8)),
        ("20261203T080000Z", "Moved", utc(12, 3, 13)),
        ("20261204T080000Z", "Standup", utc(12, 4, 8)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "this is no calendar",
        "<html><body>Sign in</body></html>",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        body("DTSTART:2026-12-01"),
        body("SUMMARY:no start"),
        body("DTSTART;TZID=Nowhere/Atall:20261201T120000"),
        body("DTSTART:20261201T110000Z", "RRULE:FREQ=SECONDLY"),
        body("DTSTART:20261201T110000Z", "RRULE:FREQ=MINUTELY"),
        body("DTSTART:20261201T110000Z", "RRULE:FREQ=DAILY;INTERVAL=0"),
        body("DTSTART;TZID=Asia/Tokyo:00010101T000000"),
        body("DTSTART:99991231T230000Z", "DURATION:P30D"),
        body("DTSTART;VALUE=DATE:99991231", "RRULE:FREQ=DAILY"),
        body("DTSTART:20261201T110000Z").replace("UID:one\r\n", ""),
        body("DTSTART:20261201T110000Z", more="BEGIN:VEVENT\nUID:two\nEND:VEVENT"),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_nothing_else(text: str) -> None:
    with pytest.raises(UnreadableResource, match=r"^[A-Z“][^<>{}]{10,200}\.$"):
        parse(text, WINDOW, ZONES)
