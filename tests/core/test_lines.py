"""Content lines: what we do not own goes out as it came in."""

import pytest
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


def test_blank_lines_go_out_as_they_came_in() -> None:
    spaced = BODY.replace("SUMMARY", "\r\n\r\nSUMMARY") + "\r\n"
    assert lines.join(lines.split(spaced)) == spaced


@given(st.text("AB:; \t\r\n\x0b\x85\u2028", max_size=60))
def test_nothing_is_lost_but_the_kind_of_line_end(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = plain if plain.endswith("\n") or not plain else plain + "\n"
    split = lines.split(text)
    assert lines.join(split) == whole.replace("\n", "\r\n")
    assert [line.text for line in split] == lines.unfold(text)


def test_a_fold_is_found_again_where_line_ends_were_doubled_on_the_way() -> None:
    assert lines.unfold("SUMMARY:a\r\r\n b\r\r\nUID:1") == ["SUMMARY:ab", "", "UID:1"]


def test_octets_of_one_character_may_lie_on_both_sides_of_a_fold() -> None:
    text = "SUMMARY:Köln 東京 👍"
    octets = text.encode()
    folded = b"\r\n ".join(octets[at : at + 1] for at in range(len(octets)))
    assert lines.unfold(lines.decoded(folded)) == [text]
    with pytest.raises(UnicodeDecodeError):
        lines.decoded(b"SUMMARY:K\xf6ln")


@pytest.mark.parametrize(
    ("text", "value", "params"),
    [
        ('A;X="b:c";Y=d:e:f', "e:f", {"X": "b:c", "Y": "d"}),
        ('A;X="b:c', "c", {"X": ""}),
        ("A;x=b,c:d", "d", {"X": "b,c"}),
        ('A:b "c:d', 'b "c:d', {}),
        ("A", "", {}),
    ],
)
def test_value_and_parameters_of_a_line(text: str, value: str, params: dict[str, str]) -> None:
    (line,) = lines.split(text)
    assert (line.value, line.params) == (value, params)


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
