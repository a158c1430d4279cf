"""A recording reverse proxy: what really went over the wire between us and a server.

It stands on loopback in front of one account's server. Absolute addresses in answers are
rewritten to come back through it, so nothing bypasses the recording.
"""

import base64
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

WRITES = {"PUT", "DELETE", "POST", "MKCALENDAR", "MKCOL", "PROPPATCH", "MOVE", "COPY"}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date"}
# The servers' own addresses; a foreign host's (127.0.0.2) stays what it is.
OURS = r"https?://(?:127\.0\.0\.1|localhost):\d+"
HREF = re.compile(rb"(<(?:[\w.-]+:)?href[^>]*>\s*)(" + OURS.encode() + rb")")


@dataclass
class Exchange:
    """One request and its answer. Authorization is kept as present or absent only."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    authorized: bool
    status: int = 0
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    port: int = 0  # the client's
    before_answer: Callable[[], object] | None = None  # set by a fault; the server has done it

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status or 'no answer'}"


class Drop(Enum):
    """The connection breaks before the server hears of it, or after it has done it."""

    BEFORE = "before"
    AFTER_APPLY = "after apply"


@dataclass(frozen=True)
class Reply:
    """What to answer in place of the server."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


# Asked for every request, in order; the first that returns something decides.
Fault = Callable[[Exchange], Drop | Reply | None]


# Since the test began: searched (tests/wire_rules.py) and closed when it ends.
made: list["Wire"] = []


class Wire:
    """The proxy of one account. `url` is where clients go, `upstream` the server itself."""

    def __init__(self, upstream: str, users: Mapping[str, str] | None = None) -> None:
        """`users`: Basic credentials checked here, for a server that checks none."""
        self.requests: list[Exchange] = []
        self.ever: list[Exchange] = []  # not cleared
        made.append(self)
        self.faults: list[Fault] = []
        self.users = users
        self._doors: dict[str, _Door] = {}
        self._lock = threading.Lock()
        self.upstream = _origin(upstream)
        self.url = self.door_to(self.upstream) + (urlsplit(upstream).path or "/")

    def writes(self) -> list[Exchange]:
        return [exchange for exchange in self.requests if exchange.method in WRITES]

    def clear(self) -> None:
        self.requests.clear()

    def assert_every_write_has_a_precondition(self) -> None:
        bare = [
            str(write)
            for write in self.writes()
            if not (write.header("if-match") or write.header("if-none-match"))
        ]
        assert not bare, f"writes without a precondition: {bare}"

    def close(self) -> None:
        for door in self._doors.values():
            door.close()

    def door_to(self, origin: str) -> str:
        """Our own address for a server's: one for each host or port it sends us to."""
        with self._lock:
            if origin in (f"http://127.0.0.1:{door.server_port}" for door in self._doors.values()):
                return origin
            if origin not in self._doors:
                self._doors[origin] = _Door(self, origin)
            return f"http://127.0.0.1:{self._doors[origin].server_port}"

    def inward(self, content: bytes) -> bytes:
        """Absolute hrefs in an answer, turned to lead through us."""
        return HREF.sub(lambda m: m[1] + self.door_to(m[2].decode()).encode(), content)

    def fault_for(self, exchange: Exchange) -> Drop | Reply | None:
        for fault in list(self.faults):
            verdict = fault(exchange)
            if verdict:
                return verdict
        return None

    def identity(self, authorization: str) -> dict[str, str] | None:
        """Headers that tell the server who asks; None for a wrong password."""
        if self.users is None:
            return {"Authorization": authorization} if authorization else {}
        with suppress(ValueError):
            scheme, _, token = authorization.partition(" ")
            username, _, password = base64.b64decode(token).decode().partition(":")
            if scheme.lower() == "basic" and self.users.get(username) == password:
                return {"X-Remote-User": username}
        return None


class _Door(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, wire: Wire, upstream: str) -> None:
        self.wire = wire
        self.upstream = upstream
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        """Without a look at the clock now and then: hundreds of doors would spend the day
        on that."""
        while True:
            try:
                self.process_request(*self.get_request())
            except OSError:
                return

    def close(self) -> None:
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # ends the wait for the next one
        self.server_close()

    def server_bind(self) -> None:
        """As TCPServer does it: HTTPServer would look up our own name, which can stall."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, *args: Any) -> None:
        """A client that hung up, or a server that went away: the recording shows it."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Door
    timeout = 60
    wbufsize = -1  # one packet an answer: two would wait for each other (Nagle)
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        """Every method, those of WebDAV too."""
        if name.startswith("do_"):
            return self.pass_on
        raise AttributeError(name)

    def pass_on(self) -> None:
        wire = self.server.wire
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        exchange = self._record(content)
        fault = wire.fault_for(exchange)
        if fault is Drop.BEFORE:
            return self._hang_up()
        reply = fault if isinstance(fault, Reply) else self._ask(exchange, content)
        exchange.status = reply.status
        exchange.response_headers = {name.lower(): value for name, value in reply.headers.items()}
        exchange.response_body = reply.body.decode(errors="replace")
        if exchange.before_answer:
            exchange.before_answer()
        if fault is Drop.AFTER_APPLY:
            return self._hang_up()
        return self._answer(reply)

    def _record(self, content: bytes) -> Exchange:
        headers = {name.lower(): value for name, value in self.headers.items()}
        authorized = bool(headers.pop("authorization", ""))
        exchange = Exchange(
            self.command, self.path, headers, content.decode(errors="replace"), authorized
        )
        exchange.port = self.client_address[1]
        self.server.wire.requests.append(exchange)
        self.server.wire.ever.append(exchange)
        return exchange

    def _ask(self, exchange: Exchange, content: bytes) -> Reply:
        """The server's own answer, its addresses turned to lead through us."""
        wire = self.server.wire
        identity = wire.identity(self.headers.get("Authorization", ""))
        if identity is None:
            return Reply(401, headers={"WWW-Authenticate": 'Basic realm="tests"'})
        headers = {
            name: value
            for name, value in exchange.headers.items()
            if name not in HOP_BY_HOP and name != "accept-encoding"
        }
        reply = forward(
            self.server.upstream, exchange.method, exchange.path, content, headers | identity
        )
        kept = {
            name: wire.door_to(_origin(value)) + value[len(_origin(value)) :]
            if name.lower() == "location" and re.match(OURS, value)
            else value
            for name, value in reply.headers.items()
            if name.lower() not in HOP_BY_HOP
        }
        return Reply(reply.status, wire.inward(reply.body), kept)

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.close()

    def log_message(self, *args: Any) -> None:
        """Silent: the recording is the log."""


def forward(
    origin: str, method: str, path: str, content: bytes, headers: Mapping[str, str]
) -> Reply:
    parts = urlsplit(origin)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    try:
        connection.request(method, path, body=content or None, headers=dict(headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read(), dict(answer.getheaders()))
    finally:
        connection.close()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
