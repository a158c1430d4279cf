"""Servers that say exactly what a test wants, down to the bytes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urljoin

from icloud_sync.remote.client import CalDAVRemote
from tests.wire import Drop, Exchange, Reply, Wire

Answer = Callable[[Exchange], Drop | Reply | None]
NOT_FOUND = Reply(404)
HOME = "/1/calendars/"
WORK = "/1/calendars/work/"
TYPES = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
SIGN_IN = Reply(200, b"<!DOCTYPE html><html><body>Please sign in</body></html>")
XML = {"Content-Type": "application/xml; charset=utf-8"}


def multistatus(body: str, status: int = 207) -> Reply:
    return Reply(
        status,
        (
            '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" '
            f'xmlns:C="urn:ietf:params:xml:ns:caldav">{body}</D:multistatus>'
        ).encode(),
        XML,
    )


def response(href: str, props: str = "") -> str:
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{props}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


def gone(href: str) -> str:
    return (
        f"<D:response><D:href>{href}</D:href><D:status>HTTP/1.1 404 Not Found</D:status>"
        "</D:response>"
    )


@contextmanager
def server(answer: Answer) -> Iterator[Wire]:
    """Every request is answered by `answer`, and recorded; there is nothing behind it."""
    wire = Wire("http://127.0.0.1:9/")
    wire.faults.append(lambda exchange: answer(exchange) or NOT_FOUND)
    try:
        yield wire
    finally:
        wire.close()


class RawServer:
    """Says these bytes on each connection in turn, the last ones for ever; None: silence.

    Each item answers one request; afterwards the connection is closed.
    """

    def __init__(self, *sayings: bytes | None, host: str = "127.0.0.1") -> None:
        self.sayings = list(sayings)
        self.heard: list[bytes] = []
        self._socket = socket.create_server((host, 0))
        self.url = f"http://{host}:{self._socket.getsockname()[1]}/"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            self.heard.append(connection.recv(65536))
            said = self.sayings.pop(0) if len(self.sayings) > 1 else self.sayings[0]
            if said is not None:
                with suppress(OSError):
                    connection.sendall(said)
                connection.close()

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            connection.close()
        self._thread.join(5)


@contextmanager
def raw(*sayings: bytes | None, host: str = "127.0.0.1") -> Iterator[RawServer]:
    server = RawServer(*sayings, host=host)
    try:
        yield server
    finally:
        server.close()


def remote(wire: Wire, home: str = HOME, **options: Any) -> CalDAVRemote:
    """Knows its home from an earlier day, unless told otherwise."""
    return CalDAVRemote(
        wire.url,
        "anna@example.com",
        "app-password",
        allowed_hosts=["127.0.0.1"],
        home_url=urljoin(wire.url, home) if home else "",
        timeout=(2, 2),
        **options,
    )


def apple(exchange: Exchange, home: str = HOME) -> Reply | None:
    """Discovery as iCloud does it."""
    if "current-user-principal" in exchange.body:
        found = "<D:current-user-principal><D:href>/1/principal/</D:href>"
        return multistatus(response("/", found + "</D:current-user-principal>"))
    if exchange.path == "/1/principal/":
        found = f"<C:calendar-home-set><D:href>{home}</D:href></C:calendar-home-set>"
        return multistatus(response("/1/principal/", found))
    return None


def known(wire: Wire) -> CalDAVRemote:
    """A remote that has just discovered its home; nothing of that is recorded."""
    client = remote(wire, home="")
    wire.faults.insert(0, apple)
    client.discover()
    wire.faults.pop(0)
    wire.clear()
    return client
