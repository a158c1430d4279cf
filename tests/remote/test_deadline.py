"""No exchange lasts longer than it may, wherever in it the server drips."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle
from urllib.parse import urlsplit

import pytest

from icloud_sync import leases
from icloud_sync.remote import session
from icloud_sync.remote.errors import (
    TemporaryRemoteError,
    Unreachable,
    UnreadableAnswer,
    WriteOutcomeUnknown,
)
from tests.remote.dripping import Pieces, dripping, endless
from tests.remote.scripted import server
from tests.remote.test_session import send
from tests.wire import Reply

LIMIT = 0.4
# What a busy machine may add.
GRACE = 2.0

STATUS_LINE = endless(b"HTTP/1.1 200 ", b"O")
HEADERS = endless(b"HTTP/1.1 207 Multi-Status\r\n", b"X-A: b\r\n")
ONE_HEADER = endless(b"HTTP/1.1 207 Multi-Status\r\nX-A: ", b"b")
CONTINUE = endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n")
BODY = endless(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x")
CHUNKS = endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")
CHUNK_SIZE = endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0")
TRAILERS = endless(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", b"X: y\r\n"
)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LONGEST_ANSWER", LIMIT)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(
    "pieces",
    [STATUS_LINE, HEADERS, ONE_HEADER, CONTINUE],
    ids=["status line", "headers", "one header", "100 Continue"],
)
def test_a_head_that_drips_is_no_answer(pieces: Pieces) -> None:
    with dripping(pieces) as dripper:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="too long"):
            send(dripper.url)
        assert LIMIT * 0.9 < time.monotonic() - started < LIMIT + GRACE
        assert dripper.connections == 1


@pytest.mark.parametrize(
    "pieces", [BODY, CHUNKS, CHUNK_SIZE, TRAILERS], ids=["body", "chunks", "chunk size", "trailers"]
)
def test_a_body_that_drips_is_an_answer_nobody_waits_for(pieces: Pieces) -> None:
    """Asked for less, the server may be done in time."""
    with dripping(pieces) as dripper:
        started = time.monotonic()
        with pytest.raises(UnreadableAnswer, match="too slow"):
            send(dripper.url)
        assert LIMIT * 0.9 < time.monotonic() - started < LIMIT + GRACE


@pytest.mark.parametrize("pieces", [HEADERS, CONTINUE, BODY])
def test_a_write_that_is_answered_in_drops_has_an_unknown_outcome(pieces: Pieces) -> None:
    with dripping(pieces) as dripper:
        with pytest.raises(WriteOutcomeUnknown):
            send(dripper.url, "PUT", b"body")
        assert dripper.connections == 1


def test_a_server_that_takes_no_more_of_a_request_is_left() -> None:
    with dripping(endless(b"", b""), hears=False) as deaf:
        started = time.monotonic()
        with pytest.raises(WriteOutcomeUnknown):
            send(deaf.url, "PUT", b"x" * 20_000_000)
        assert time.monotonic() - started < LIMIT + GRACE


def test_a_flood_of_provisional_answers_is_no_answer() -> None:
    with dripping(endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), every=0) as flood:
        with pytest.raises(Unreachable):
            send(flood.url)
        with pytest.raises(WriteOutcomeUnknown):
            send(flood.url, "PUT", b"body")


def test_many_addresses_that_do_not_answer_take_no_longer_than_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with full_server() as (host, port):
        one = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [one] * 50)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            send(f"http://{host}:{port}/", timeout=(0.25, 2))
        assert LIMIT * 0.9 < time.monotonic() - started < LIMIT + GRACE


def test_the_next_address_is_tried_where_one_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with full_server() as (host, port), server(lambda exchange: Reply(200, b"ok")) as wire:
        there = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        ours = urlsplit(wire.url)
        addresses = [(*there, (host, port)), (*there, ("127.0.0.1", ours.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: addresses)
        assert send(wire.url, timeout=(0.2, 2)).content == b"ok"


@contextmanager
def full_server() -> Iterator[tuple[str, int]]:
    """Takes up no connection: those that wait for it fill its queue."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()


def test_a_request_to_a_server_that_was_cut_begins_anew() -> None:
    with server(lambda exchange: Reply(200, b"ok")) as wire:
        for _ in range(3):
            assert send(wire.url).content == b"ok"
            time.sleep(LIMIT / 2)  # the time of one exchange is not the next one's


def test_nothing_is_left_behind_by_what_was_cut() -> None:
    drips = cycle([STATUS_LINE, HEADERS, CONTINUE, BODY, CHUNKS])
    counted = []
    with dripping(lambda: next(drips)()) as dripper:
        for _ in range(6):
            with pytest.raises(TemporaryRemoteError):
                send(dripper.url)
            while threading.active_count() > dripper.threads_before + 2:
                time.sleep(0.01)  # until the server, too, has noticed
            counted.append((open_files(), threading.active_count()))
    # The first made the pool of this host, and its thread.
    assert counted == [counted[0]] * 6


def test_all_of_an_exchange_is_over_well_before_the_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    lease = leases.TTL.total_seconds()
    assert lease - session.LONGEST_ANSWER >= 30
