"""A stand-in with one account, and plain HTTP to it: no CalDAV library in between."""

import http.client
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from lxml import etree

from icloud_standin.account import StandInAccount
from icloud_standin.server import StandIn

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        return etree.fromstring(self.body)

    @property
    def hrefs(self) -> list[str]:
        return [each.text or "" for each in self.xml.findall(f"{DAV}response/{DAV}href")]

    def find(self, path: str) -> str:
        return self.xml.findtext(path.replace("D:", DAV).replace("C:", CALDAV)) or ""


@dataclass
class Client:
    """One request a connection; `user` and `password` may be emptied."""

    port: int
    user: str
    password: str
    host: str = "127.0.0.1"
    patience: float = 10.0  # seconds

    def __call__(self, method: str, path: str, body: str | bytes = b"", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.user:
            given = {"Authorization": self.authorization(), "User-Agent": "tests", **given}
        if method == "PUT":
            given = {"Content-Type": "text/calendar; charset=utf-8", **given}
        raw = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.patience)
        try:
            connection.request(method, path, raw, given)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def authorization(self) -> str:
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()

    def propfind(self, path: str, *names: str, depth: str = "0") -> Answer:
        props = "".join(f"<{name}/>" for name in names)
        spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        spaces += ' xmlns:S="http://calendarserver.org/ns/" xmlns:I="http://apple.com/ns/ical/"'
        body = f"<propfind {spaces}><prop>{props}</prop></propfind>"
        return self("PROPFIND", path, body, Depth=depth)

    def sync(self, path: str, token: str = "", extra: str = "") -> Answer:
        body = (
            f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token>'
            f"<sync-level>1</sync-level>{extra}<prop><getetag/></prop></sync-collection>"
        )
        return self("REPORT", path, body)

    def multiget(self, path: str, *hrefs: str) -> Answer:
        asked = "".join(f"<D:href>{href}</D:href>" for href in hrefs)
        return self.report(path, f"<D:prop><D:getetag/><C:calendar-data/></D:prop>{asked}")

    def query(self, path: str, filters: str) -> Answer:
        inside = f'<C:filter><C:comp-filter name="VCALENDAR">{filters}</C:comp-filter></C:filter>'
        return self.report(path, f"<D:prop><D:getetag/></D:prop>{inside}", "calendar-query")

    def report(self, path: str, inside: str, name: str = "calendar-multiget") -> Answer:
        spaces = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
        return self("REPORT", path, f"<C:{name} {spaces}>{inside}</C:{name}>")

    def form(self, path: str, **fields: str) -> Answer:
        return self("POST", path, urlencode(fields))


class Clock:
    """Seconds, as the stand-in counts them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock) -> Iterator[StandIn]:
    with StandIn(time_zone="Europe/Berlin", clock=clock) as standin:
        yield standin


@pytest.fixture
def account(standin: StandIn) -> StandInAccount:
    return standin.add_account("anna@example.com", "abcd-efgh-ijkl-mnop", "Anna Berg")


@pytest.fixture
def client(standin: StandIn, account: StandInAccount) -> Client:
    return Client(standin.port, account.apple_id, account.app_password)


@pytest.fixture
def phone(standin: StandIn, account: StandInAccount) -> Client:
    """A browser: no password, and the name people type."""
    return Client(standin.port, "", "", host="localhost")


@pytest.fixture
def home(account: StandInAccount) -> str:
    return account.collection("home").href


def event(uid: str = "one", *lines: str, end: str = "DTEND:20261201T100000Z") -> str:
    body = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Tests//EN",
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261101T080000Z",
        "DTSTART:20261201T090000Z",
        *([end] if end else []),
        "SUMMARY:Meeting",
        *lines,
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    return "\r\n".join(body)


def in_range(start: str, end: str) -> str:
    asked = f'<C:time-range start="{start}" end="{end}"/>'
    return f'<C:comp-filter name="VEVENT">{asked}</C:comp-filter>'
