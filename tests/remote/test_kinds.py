"""What went wrong in one word, the same for every host: how an outage is known as one."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from icloud_sync.remote import errors
from icloud_sync.remote.classify import Request, classify
from icloud_sync.remote.errors import RemoteError
from tests.remote.scripted import SIGN_IN, WORK, raw, remote, server
from tests.remote.test_session import send
from tests.wire import Reply

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def raised(ask: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        ask()
    return caught.value


def test_two_hosts_that_are_silent_fail_alike_in_other_words() -> None:
    with raw(None) as one, raw(None, host="127.0.0.2") as other:
        options = {"allowed_hosts": ["127.0.0.1", "127.0.0.2"], "timeout": (1, 0.1)}
        found = [raised(lambda url=url: send(url, **options)) for url in (one.url, other.url)]
    assert [error.kind for error in found] == ["timeout", "timeout"]
    assert found[0].message != found[1].message


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_connection_that_is_not_made_or_breaks_is_one_kind(method: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with raw(b"") as closing:
        found = [raised(lambda url=url: send(url, method)) for url in (url, closing.url)]
    assert [error.kind for error in found] == ["connection", "connection"]


def test_a_write_without_an_answer_is_silence_too() -> None:
    with raw(None) as silent:
        error = raised(lambda: send(silent.url, "PUT", b"body", timeout=(1, 0.1)))
    assert error.kind == "timeout"


@pytest.mark.parametrize("kind", [Request.READ, Request.PUT, Request.SYNC])
@pytest.mark.parametrize("status", [500, 502, 503, 429, 401])
def test_an_answer_is_known_by_its_number(kind: Request, status: int) -> None:
    error = classify(kind, status, now=NOW)
    assert error is not None
    assert error.kind == str(status)


def test_a_page_is_no_number() -> None:
    with server(lambda exchange: SIGN_IN) as wire:
        client = remote(wire)
        found = [
            raised(client.list_collections),
            raised(lambda: client.get(WORK + "a.ics")),
            raised(lambda: client.delete(WORK + "a.ics", '"1"')),
        ]
    assert [error.kind for error in found] == ["not CalDAV"] * 3
    with server(lambda exchange: Reply(207, b"<broken")) as wire:
        assert raised(remote(wire).list_collections).kind == "unreadable"


def test_an_error_made_elsewhere_may_do_without() -> None:
    assert RemoteError("Odd.").kind == ""
    assert errors.Refused("No.", 403).kind == "403"
