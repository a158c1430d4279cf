"""Content lines: what we do not own goes out as it came in."""

from hypothesis import given
from hypothesis import strategies as st

from icloud_sync.core.ical import lines

BODY = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="A: \\"B\\", c":geo:52.5\r\n ,13.4  \r\n'
    "SUMMARY:Lunch\r\nBEGIN:VALARM\r\nDESCRIPTION:Ring\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    "END:VCALENDAR\r\n"
)


def test_a_body_goes_out_byte_for_byte_as_it_came_in() -> None:
    assert lines.join(lines.split(BODY)) == BODY


def test_line_ends_that_xml_turned_into_lf_become_crlf_again() -> None:
    assert lines.join(lines.split(BODY.replace("\r\n", "\n"))) == BODY


def test_a_folded_line_is_read_whole_and_its_colons_in_quotes_are_no_value() -> None:
    line = next(line for line in lines.split(BODY) if line.name.startswith("X-APPLE"))
    assert line.value == "geo:52.5,13.4  "
    assert line.params["VALUE"] == "URI"


def test_a_property_of_an_alarm_is_not_the_events_own() -> None:
    whole = lines.split(BODY)
    begin, end = lines.events(whole)[0]
    event = whole[begin:end]
    assert lines.find(event, "DESCRIPTION") is None
    changed = lines.replace_property(event, "DESCRIPTION", [lines.make("DESCRIPTION:Ours")])
    assert [line.text for line in changed[3:6]] == [
        "SUMMARY:Lunch",
        "DESCRIPTION:Ours",
        "BEGIN:VALARM",
    ]


def test_a_repeated_property_is_replaced_by_one_at_the_place_of_the_first() -> None:
    event = lines.split("BEGIN:VEVENT\nDTSTAMP:1\nUID:1\nDTSTAMP:2\nEND:VEVENT")
    changed = lines.replace_property(event, "DTSTAMP", [lines.make("DTSTAMP:3")])
    assert [line.text for line in changed] == ["BEGIN:VEVENT", "DTSTAMP:3", "UID:1", "END:VEVENT"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=400))
def test_a_folded_line_unfolds_to_itself_and_no_line_is_longer_than_75_octets(text: str) -> None:
    folded = lines.fold(f"X:{text}")
    assert all(len(part.encode()) <= 75 for part in folded.split("\r\n"))
    assert [line.text for line in lines.split(folded)] == [f"X:{text}"]


def test_text_is_escaped_as_the_rfc_wants_it() -> None:
    assert lines.escape("a\\b;c,d\r\ne\nf") == "a\\\\b\\;c\\,d\\ne\\nf"
