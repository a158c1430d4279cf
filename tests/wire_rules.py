"""What must never go over the wire or into a log, whatever a test is about. A folder's
conftest takes the fixture in by importing it."""

import base64
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

from icloud_sync.models import OutboxEntry, SyncLogEntry, SyncRun
from icloud_sync.remote.hrefs import canonical
from tests import wire
from tests.servers import Account, Servers
from tests.wire import Exchange

VERBS = {"PROPFIND", "REPORT", "GET", "PUT", "DELETE"}
ALLOWED_HOSTS = {"localhost", "127.0.0.1"}
PERSON = re.compile(r"(?:ATTENDEE|ORGANIZER)[;:]", re.IGNORECASE)
STRONG = re.compile(r'"[^"]*"')  # RFC 9110, 8.8.3
FOLD = re.compile(r"\r?\n[ \t]")
RESPONSE, HREF = "{DAV:}response", "{DAV:}href"
DATA = ".//{urn:ietf:params:xml:ns:caldav}calendar-data"


def violations(exchanges: Iterable[Exchange]) -> list[str]:
    """In the order they were made; each with the rule it breaks."""
    found, meetings = [], dict[str, bool]()
    for one in exchanges:
        found += [f"{one}: {rule}" for rule in broken(one)]
        anew = one.header("if-none-match") == "*"  # the meeting that was there is gone
        if one.method in ("PUT", "DELETE") and not anew and meetings.get(canonical(one.path)):
            found.append(f"{one}: a meeting changed or deleted, and its guests are told")
        if one.method == "PUT" and 200 <= one.status < 300:
            meetings[canonical(one.path)] = bool(people(one.body))
        meetings |= {href: bool(people(body)) for href, body in bodies_seen(one)}
    return found


def recorded(account: Any) -> list[Exchange]:
    """What the stand-in itself says that an account of it was asked, in order."""
    return [
        Exchange(
            each.method,
            each.path,
            dict(each.headers),
            each.body.decode(errors="replace"),
            each.authorized,
            each.status,
        )
        for each in account.requests
    ]


def repeated_writes(exchanges: Sequence[Exchange]) -> list[str]:
    """A write without an answer may have been stored: who sends it again looks first."""
    return [
        str(one)
        for last, one in zip(exchanges, exchanges[1:], strict=False)
        if one.method in ("PUT", "DELETE")
        and (last.method, last.path, last.body) == (one.method, one.path, one.body)
        and not last.status
    ]


def broken(one: Exchange) -> Iterator[str]:
    host = urlsplit(f"//{one.header('host')}").hostname
    condition = one.header("if-match") or one.header("if-none-match")
    if one.method not in VERBS:
        yield "not one of the five verbs"
    if one.authorized and host not in ALLOWED_HOSTS:
        yield f"the password went to {host}"
    if one.method in ("PUT", "DELETE") and not condition:
        yield "a write without a precondition"
    if one.header("if-match") and not STRONG.fullmatch(one.header("if-match")):
        yield "If-Match without a strong etag"
    if one.method == "DELETE" and one.path.endswith("/"):
        yield "a collection deleted"
    if one.method == "PUT" and people(one.body):
        yield "guests in what we send"
    if "prop-filter" in one.body or "calendar-query" in one.body:
        yield "a query by UID"
    if "depth" in one.headers and one.method in ("GET", "PUT", "DELETE"):
        yield "a Depth where none belongs"


def people(body: str) -> list[str]:
    """The lines that name guests (D7). Whom an alarm writes to is no guest."""
    inside, found = [""], []
    for line in FOLD.sub("", body).splitlines():
        name, _, value = line.strip().upper().partition(":")
        if name == "BEGIN":
            inside.append(value)
        elif name == "END" and len(inside) > 1:
            inside.pop()
        elif PERSON.match(line) and inside[-1] != "VALARM":
            found.append(line)
    return found


def bodies_seen(one: Exchange) -> Iterator[tuple[str, str]]:
    """By href: of a GET, of a report as far as it can be read, and what was put there."""
    if one.method == "GET" and one.status == 200:
        yield canonical(one.path), one.response_body
    if one.method == "PUT" and 200 <= one.status < 300:
        yield canonical(one.path), one.body
    if one.method != "REPORT" or "calendar-data" not in one.response_body:
        return
    try:
        root = etree.fromstring(one.response_body.encode())
    except etree.XMLSyntaxError:
        return
    for response in root.iterfind(RESPONSE):
        if body := response.findtext(DATA):
            yield canonical((response.findtext(HREF) or "").strip()), body


class Ear(logging.Handler):
    """Keeps everything that is logged."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """All of ours, of others what they warn of."""
    ear, ours = Ear(), logging.getLogger("icloud_sync")
    logging.getLogger().addHandler(ear)
    ours.setLevel(logging.DEBUG)
    yield ear.lines
    logging.getLogger().removeHandler(ear)
    ours.setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def wire_is_searched(
    request: pytest.FixtureRequest, all_servers: Servers, log_lines: list[str]
) -> Iterator[None]:
    """After every test: all that was sent, all that was logged."""
    uses_database = "db" in request.fixturenames or request.node.get_closest_marker("django_db")
    if uses_database:
        request.getfixturevalue("db")  # so that it outlives us
    yield
    accounts = [one for one in all_servers.accounts() if one.wire in wire.made]
    at_the_standin = [one.standin for one in accounts if one.standin]
    for sent in [*(each.ever for each in wire.made), *map(recorded, at_the_standin)]:
        assert violations(sent) == []
        assert repeated_writes(sent) == []
    assert [mail for one in at_the_standin for mail in one.outgoing_mail] == []
    told = log_lines + (stored_words() if uses_database else [])
    assert [line for line in told if any(s in line for s in secrets(accounts))] == []
    assert [str(one) for one in all_servers.strangers() if one.authorized] == []


def assert_the_rules_were_kept(standin: Any) -> None:
    """For a stand-in that processes of their own talk to: its records tell."""
    for account in standin.accounts:
        assert violations(recorded(account)) == []
        assert account.outgoing_mail == []
    assert [str(one) for one in standin.foreign_requests if one.authorized] == []


def secrets(accounts: Iterable[Account]) -> set[str]:
    pairs = {f"{one.username}:{one.password}" for one in accounts}
    return {one.password for one in accounts} | {
        base64.b64encode(pair.encode()).decode() for pair in pairs
    }


def stored_words() -> list[str]:
    """What we store for people to read."""
    columns: list[tuple[Any, str]] = [
        (SyncLogEntry, "message"),
        (SyncRun, "error"),
        (OutboxEntry, "last_error"),
    ]
    return [text for model, name in columns for text in model.objects.values_list(name, flat=True)]
