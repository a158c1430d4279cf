"""What must never go over the wire or into a log, whatever a test is about. A folder's
conftest takes the fixture in by importing it."""

import base64
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from icloud_sync.models import OutboxEntry, SyncLogEntry, SyncRun
from tests import wire
from tests.servers import Account, Servers
from tests.wire import Exchange

VERBS = {"PROPFIND", "REPORT", "GET", "PUT", "DELETE"}
ALLOWED_HOSTS = {"localhost", "127.0.0.1"}
PEOPLE = re.compile(r"^(?:ATTENDEE|ORGANIZER)[;:].*", re.MULTILINE)
FOLD = re.compile(r"\r?\n[ \t]")


def violations(exchanges: Iterable[Exchange]) -> list[str]:
    """In the order they were made; each with the rule it breaks."""
    found, served = [], set[str]()
    for one in exchanges:
        found += [f"{one}: {rule}" for rule in broken(one, served)]
        served |= people(unescape(one.response_body))
    return found


def repeated_writes(exchanges: Sequence[Exchange]) -> list[str]:
    """A write without an answer may have been stored: who sends it again looks first."""
    return [
        str(one)
        for last, one in zip(exchanges, exchanges[1:], strict=False)
        if one.method in ("PUT", "DELETE")
        and (last.method, last.path, last.body) == (one.method, one.path, one.body)
        and not last.status
    ]


def broken(one: Exchange, served: set[str]) -> Iterator[str]:
    host = urlsplit(f"//{one.header('host')}").hostname
    condition = one.header("if-match") or one.header("if-none-match")
    if one.method not in VERBS:
        yield "not one of the five verbs"
    if one.authorized and host not in ALLOWED_HOSTS:
        yield f"the password went to {host}"
    if one.method in ("PUT", "DELETE") and not condition:
        yield "a write without a precondition"
    if one.header("if-match") == "*" or one.header("if-match").startswith("W/"):
        yield "If-Match without a strong etag"
    if one.method == "DELETE" and one.path.endswith("/"):
        yield "a collection deleted"
    if one.method == "PUT" and people(one.body) - served:
        yield "a person invited or uninvited by us"
    if "prop-filter" in one.body or "calendar-query" in one.body:
        yield "a query by UID"
    if "depth" in one.headers and one.method in ("GET", "PUT", "DELETE"):
        yield "a Depth where none belongs"


def people(body: str) -> set[str]:
    return set(PEOPLE.findall(FOLD.sub("", body)))


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
    sent = [one for each in wire.made for one in each.ever]
    assert violations(sent) == []
    assert [one for each in wire.made for one in repeated_writes(each.ever)] == []
    accounts = [one for one in all_servers.accounts() if one.wire in wire.made]
    told = log_lines + (stored_words() if uses_database else [])
    assert [line for line in told if any(s in line for s in secrets(accounts))] == []
    assert [str(one) for one in all_servers.strangers() if one.authorized] == []


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
