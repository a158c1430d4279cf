"""A local iCloud on one port and two host names, in this process or by command.

with StandIn() as standin:
    account = standin.add_account("anna@example.com")
"""

import errno
import socket
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from icloud_standin.account import StandInAccount
from icloud_standin.application import Application
from icloud_standin.messages import Request, Response
from icloud_standin.phone.pages import PhonePages
from icloud_standin.store import Store

LARGEST_REQUEST = 64_000_000
METHODS = (
    "GET HEAD PUT POST DELETE OPTIONS PROPFIND PROPPATCH REPORT MOVE COPY MKCALENDAR MKCOL LOCK"
)


class PortBusy(OSError):
    """Somebody else listens there."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for status, headers and body
    timeout = 60
    application: ClassVar[Application]

    def serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            return self._send(Response(411), keep=False)
        if int(length) > LARGEST_REQUEST:
            return self._send(Response(413), keep=False)
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        request = Request(self.command, path, query, headers, body)
        try:
            response = self.application.answer(request)
        except Exception:
            # A bug in here: show it, and answer rather than leave the outcome open.
            traceback.print_exc()
            response = Response(500)
        return self._send(response)

    def _send(self, response: Response, keep: bool = True) -> None:
        if response.drop:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if not keep:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def version_string(self) -> str:
        return "AppleHttpServer/stand-in"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: requests are recorded by account."""


for _method in METHODS.split():
    setattr(Handler, f"do_{_method}", Handler.serve)


class Listener(ThreadingHTTPServer):
    """Remembers its open connections: keep-alive must not outlive `stop()`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, family: int, address: tuple[str, int], handler: type[Handler]) -> None:
        self.address_family = family
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        # HTTPServer.server_bind would look up our own name, which can stall for seconds.
        socket_address = self.server_address
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # closed meanwhile


class StandIn:
    def __init__(
        self,
        port: int = 0,
        path: str | Path | None = None,
        generic_host: str = "localhost",
        partition_host: str = "127.0.0.1",
        time_zone: str = "UTC",
    ) -> None:
        self.port, self._path = port, path
        self._generic_host, self._partition_host = generic_host, partition_host
        self._zone = ZoneInfo(time_zone)  # the phone's
        self._listeners: list[Listener] = []
        self._application: Application | None = None

    @property
    def url(self) -> str:
        return f"http://{self._generic_host}:{self.port}/"

    @property
    def partition_url(self) -> str:
        return f"http://{self._partition_host}:{self.port}/"

    @property
    def application(self) -> Application:
        if self._application is None:
            raise RuntimeError("The stand-in is not running: call start() first.")
        return self._application

    def start(self) -> "StandIn":
        handler: type[Handler] = type("BoundHandler", (Handler,), {})
        self._listeners = _listen(self.port, handler)
        self.port = self._listeners[0].server_port
        store = Store(self._path)
        hosts = {self._generic_host, self._partition_host, "localhost", "127.0.0.1", "[::1]"}
        phone = PhonePages(store, self._zone, hosts)
        self._application = Application(store, self.partition_url.rstrip("/"), phone)
        handler.application = self._application
        for listener in self._listeners:
            threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()
            listener.close_connections()
        self._listeners = []
        if self._application:
            self._application.store.close()
            self._application = None

    def __enter__(self) -> "StandIn":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def add_account(
        self, apple_id: str, password: str | None = None, name: str = "", time_zone: str = ""
    ) -> StandInAccount:
        """A known Apple ID is found again, with this password if one is given."""
        zone = ZoneInfo(time_zone).key if time_zone else ""
        name = name or apple_id.split("@")[0]
        self.application.store.add_account(apple_id, password, name, zone)
        return self.account(apple_id)

    def account(self, apple_id: str) -> StandInAccount:
        return StandInAccount(self.application, apple_id)


def _listen(port: int, handler: type[Handler]) -> list[Listener]:
    """On IPv4 and, where the machine has it, IPv6: `localhost` may mean either."""
    try:
        first = Listener(socket.AF_INET, ("127.0.0.1", port), handler)
    except OSError as error:
        raise PortBusy(
            f"Port {port} is busy: stop what listens there, or choose another port."
        ) from error
    try:
        return [first, Listener(socket.AF_INET6, ("::1", first.server_port), handler)]
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return [first]
        first.server_close()
        if port:
            raise PortBusy(
                f"Port {port} is busy on ::1: stop what listens there, or choose another port."
            ) from error
        return _listen(port, handler)
