"""The search that runs after every scenario finds what it is there to find."""

import pytest

from tests.wire import Exchange
from tests.wire_rules import broken, repeated_writes, violations

GUEST = "BEGIN:VEVENT\r\nATTENDEE;CN=Ada:mailto:ada@exam\r\n ple.com\r\nEND:VEVENT\r\n"
MATCH = {"host": "127.0.0.1:80", "if-match": '"1"'}


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
        (sent("DELETE", path="/1/home/", if_match='"1"'), "a collection deleted"),
        (sent("PUT", GUEST, if_none_match="*"), "a person invited or uninvited by us"),
        (sent("REPORT", '<C:prop-filter name="UID"/>'), "a query by UID"),
        (sent("DELETE", if_match='"1"', depth="0"), "a Depth where none belongs"),
    ],
)
def test_what_must_never_be_sent_is_found(exchange: Exchange, rule: str) -> None:
    assert list(broken(exchange, set())) == [rule]


def test_guests_that_were_there_before_may_stay() -> None:
    read = sent("GET")
    read.response_body = GUEST
    written = sent("PUT", GUEST, if_match='"1"')
    assert violations([read, written]) == []
    assert violations([written, read]) == [f"{written}: a person invited or uninvited by us"]


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
