"""Servers that never quite stop talking: each connection is spoken to in pieces, with a pause
after each, for as long as it listens."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, repeat
from time import sleep

Pieces = Callable[[], Iterator[bytes]]


def endless(start: bytes, piece: bytes) -> Pieces:
    return lambda: chain([start], repeat(piece))


class DrippingServer:
    """`hears`: whether it reads the request first, or nothing at all. `tls`: by this
    certificate; the drip begins after the handshake."""

    def __init__(
        self, pieces: Pieces, every: float, *, hears: bool = True, tls: ssl.SSLContext | None = None
    ) -> None:
        self.pieces, self.every, self.hears, self.tls = pieces, every, hears, tls
        self.connections = 0
        self.threads_before = threading.active_count()
        self.closing = False
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._talk, args=(connection,)))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            spoken_to = connection
            if self.tls:
                spoken_to = self.tls.wrap_socket(connection, server_side=True)
            with spoken_to:
                if self.hears:
                    spoken_to.recv(65536)
                for piece in self.pieces():
                    spoken_to.sendall(piece)  # fails once nobody listens any more
                    sleep(self.every)
                    if self.closing and not piece:
                        return

    def close(self) -> None:
        self.closing = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "a connection was left open"


@contextmanager
def dripping(
    pieces: Pieces, every: float = 0.03, *, hears: bool = True, tls: ssl.SSLContext | None = None
) -> Iterator[DrippingServer]:
    """Closing it fails where somebody still listens."""
    server = DrippingServer(pieces, every, hears=hears, tls=tls)
    try:
        yield server
    finally:
        server.close()
