"""An end for a whole exchange: connecting, TLS, a proxy's answer, headers and body together.

A server that drips a byte now and then never meets a read timeout. So the sockets themselves
know until when: each wait is given what is left, and no thread watches over it. Only a look-up
of a name is the system's own affair, and counts when it is over.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from niquests.packages.urllib3.contrib.resolver.system import SystemResolver

# Of the exchange that this thread is in, on the monotonic clock.
_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is sent and received inside ends in time, with TimeoutError where it must."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def is_over() -> bool:
    ends = _ends.get()
    return ends is not None and time.monotonic() >= ends


def shorten(sock: socket.socket) -> None:
    """The next wait of this socket, to what is left. The client sets it anew a request."""
    ends = _ends.get()
    if ends is None:
        return
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("The exchange took too long.")
    timeout = sock.gettimeout()
    if timeout is None or left < timeout:
        sock.settimeout(left)


class TimedSocket(socket.socket):
    def connect(self, address: Any) -> None:
        shorten(self)
        super().connect(address)

    def recv(self, *args: Any) -> bytes:
        shorten(self)
        return super().recv(*args)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        shorten(self)
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any) -> int:
        shorten(self)
        return super().send(*args)

    def sendall(self, *args: Any) -> None:
        """All of it together within the timeout (Python 3.5)."""
        shorten(self)
        super().sendall(*args)


class TimedTLSSocket(ssl.SSLSocket):
    """What its other methods wait for, they wait for in one of these."""

    def do_handshake(self, block: bool = False) -> None:
        shorten(self)
        super().do_handshake(block)

    def read(self, *args: Any) -> Any:
        shorten(self)
        return super().read(*args)

    def send(self, *args: Any) -> int:
        shorten(self)
        return super().send(*args)


class TimedResolver(SystemResolver):  # type: ignore[misc]
    """Makes every connection of the client: one address after the other, in one time."""

    def create_connection(
        self, address: tuple[str, int], timeout: float | None = None, *_: Any, **__: Any
    ) -> socket.socket:
        host, port = address
        error: OSError = OSError(f"No address for {host}.")
        for family, kind, proto, _name, where in socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        ):
            sock = TimedSocket(family, kind, proto)
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(timeout)
                sock.connect(where)
                return sock
            except OSError as broken:
                sock.close()
                error = broken
        raise error
