"""The search that runs after every scenario finds what it is there to find."""

import pytest

from icloud_standin.server import StandIn
from tests.standin.conftest import Client, event
from tests.wire import Exchange
from tests.wire_rules import assert_the_rules_were_kept, broken, repeated_writes, violations

GUEST = "BEGIN:VEVENT\r\nATTENDEE;CN=Ada:mailto:ada@exam\r\n ple.com\r\nEND:VEVENT\r\n"


def sent(method: str, body: str = "", path: str = "/1/home/a.ics", **headers: str) -> Exchange:
    given = {"host": "localhost:8001"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Exchange(method, path, given, body, authorized=True, status=204)


@pytest.mark.parametrize(
    ("exchange", "rule"),
    [
        (sent("MOVE", if_match='"1"'), "not one of the five verbs"),
        (sent("GET", host="caldav.evil.example"), "the password went to caldav.evil.example"),
        (sent("PUT"), "a write without a precondition"),
        (sent("DELETE"), "a write without a precondition"),
        (sent("PUT", if_match="*"), "If-Match without a strong etag"),
        (sent("PUT", if_match='W/"1"'), "If-Match without a strong etag"),
        (sent("PUT", if_match="%221%22"), "If-Match without a strong etag"),
        (sent("DELETE", path="/1/home/", if_match='"1"'), "a collection deleted"),
        (sent("PUT", GUEST, if_none_match="*"), "guests in what we send"),
        (
            sent("PUT", GUEST.replace("ATTENDEE", "Organizer"), if_match='"1"'),
            "guests in what we send",
        ),
        (sent("REPORT", '<C:prop-filter name="UID"/>'), "a query by UID"),
        (sent("DELETE", if_match='"1"', depth="0"), "a Depth where none belongs"),
    ],
)
def test_what_must_never_be_sent_is_found(exchange: Exchange, rule: str) -> None:
    assert list(broken(exchange)) == [rule]


def test_guests_that_were_there_before_are_not_ours_to_send_either() -> None:
    written = sent("PUT", GUEST, if_match='"1"')
    assert violations([read(GUEST), written]) == [
        f"{written}: guests in what we send",
        f"{written}: a meeting changed or deleted, and its guests are told",
    ]


def test_whom_an_alarm_writes_to_is_no_guest() -> None:
    alarm = GUEST.replace("ATT", "BEGIN:VALARM\r\nATT", 1).replace("END", "END:VALARM\r\nEND")
    assert violations([read(alarm), sent("PUT", alarm, if_match='"1"')]) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("how", ["by a GET", "by a report"])
def test_a_meeting_that_was_read_is_not_written(method: str, how: str) -> None:
    seen = read(GUEST) if how == "by a GET" else reported(GUEST)
    written = sent(method, "BEGIN:VCALENDAR", if_match='"1"')
    told = f"{written}: a meeting changed or deleted, and its guests are told"
    assert violations([seen, written]) == [told]
    assert violations([seen, read("BEGIN:VCALENDAR"), written]) == []
    assert violations([seen, sent(method, path="/1/home/b.ics", if_match='"1"')]) == []
    assert violations([seen, sent("PUT", "BEGIN:VCALENDAR", if_none_match="*")]) == []


@pytest.mark.parametrize(
    ("line", "headers"),
    [("LOCATION:Here", {}), ("ATTENDEE:mailto:ada@example.com", {"If_None_Match": "*"})],
    ids=["without a precondition", "with a guest"],
)
def test_what_processes_of_their_own_asked_stands_in_the_stand_ins_records(
    line: str, headers: dict[str, str]
) -> None:
    with StandIn() as standin:
        anna = standin.add_account("anna@example.com")
        client = Client(standin.port, anna.apple_id, anna.app_password)
        href = f"{anna.collection('home').href}one.ics"
        assert client("PUT", href, event("one", line), **headers).status == 201
        with pytest.raises(AssertionError):
            assert_the_rules_were_kept(standin)
        anna.forget_requests()
        anna.delete(href)
        if "ATTENDEE" not in line:
            assert_the_rules_were_kept(standin)


def read(body: str) -> Exchange:
    exchange = sent("GET")
    exchange.status, exchange.response_body = 200, body
    return exchange


def reported(body: str) -> Exchange:
    exchange = sent("REPORT", path="/1/home/")
    exchange.status = 207
    exchange.response_body = (
        '<multistatus xmlns="DAV:"><response><href>/1/home/%61.ics</href><propstat><prop>'
        f'<calendar-data xmlns="urn:ietf:params:xml:ns:caldav">{body}</calendar-data>'
        "</prop></propstat></response></multistatus>"
    )
    return exchange


def test_a_write_without_an_answer_is_not_simply_sent_again() -> None:
    lost, again = sent("PUT", "BEGIN", if_match='"1"'), sent("PUT", "BEGIN", if_match='"1"')
    lost.status = 0
    assert repeated_writes([lost, again]) == [str(again)]
    assert repeated_writes([lost, sent("GET"), again]) == []
    assert repeated_writes([again, again]) == []


def test_an_ordinary_conversation_breaks_no_rule() -> None:
    said = [
        sent("PROPFIND", "<propfind/>", "/", depth="1"),
        sent("REPORT", "<sync-collection/>", "/1/home/", depth="0"),
        sent("PUT", "BEGIN:VCALENDAR", if_none_match="*"),
        sent("PUT", "BEGIN:VCALENDAR", if_match='"1"'),
        sent("DELETE", if_match='"2"'),
    ]
    assert violations(said) == []
