"""HTTP on loopback: sockets in, requests out, responses back as rudely as they ask for."""

import errno
import io
import selectors
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from icloud_standin.messages import Request, Response

Answer = Callable[[Request], Response]

LARGEST_REQUEST = 64_000_000
PIECES = 10  # of what comes slowly
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
    answer: ClassVar[Answer]
    stopping: ClassVar[threading.Event]  # ends every wait

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
            response = type(self).answer(request)
        except Exception:
            # A bug in here: show it, and answer rather than leave the outcome open.
            traceback.print_exc()
            response = Response(500)
        return self._send(response)

    def _send(self, response: Response, keep: bool = True) -> None:
        self.stopping.wait(response.delay)
        if response.drop or response.reset:
            return self._hang_up(response.reset)
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if not keep:
            self.send_header("Connection", "close")
        head, wfile = io.BytesIO(), self.wfile
        self.wfile = head  # or they would leave at once
        self.end_headers()
        self.wfile = wfile
        self._write(head.getvalue(), response.head_seconds)
        return self._write(b"" if self.command == "HEAD" else response.body, response.seconds)

    def _write(self, body: bytes, seconds: float) -> None:
        step = max(1, len(body) // PIECES) if seconds else len(body) or 1
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            if seconds:
                self.wfile.flush()
                self.stopping.wait(seconds / PIECES)

    def _hang_up(self, rudely: bool) -> None:
        self.close_connection = True
        if rudely:
            # Closing without lingering sends a reset instead of an end (SO_LINGER, 0 s).
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

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


class Loop:
    """Accepts on all listeners in one thread; a request has a thread of its own."""

    def __init__(self, listeners: list[Listener], stopping: threading.Event) -> None:
        self._listeners, self._stopping = listeners, stopping
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            for listener in self._listeners:
                selector.register(listener, selectors.EVENT_READ, listener)
            while not self._stopping.is_set():
                for key, _ in selector.select():
                    if key.data:
                        key.data.handle_request()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.close()
        self._thread.join()
        self._woken.close()
        for listener in self._listeners:
            listener.server_close()
            listener.close_connections()


def listen(port: int, handler: type[Handler]) -> list[Listener]:
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
        return listen(port, handler)
