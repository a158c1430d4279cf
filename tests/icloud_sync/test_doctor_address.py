"""The way to a server, looked at without credentials: each trouble by its own name."""

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from icloud_sync.connecting.troubles import failure_of, is_apple
from icloud_sync.core.verdicts.failures import Failure, Kind
from icloud_sync.core.verdicts.steps import Reached
from icloud_sync.doctor import address
from icloud_sync.remote import session
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import RemoteError, UnreadableAnswer
from tests.remote.scripted import multistatus, raw, response, server
from tests.servers import free_port
from tests.wire import Drop, Exchange, Reply

LOOPBACK = ["127.0.0.1", "localhost"]


def reach(url: str) -> Reached | Failure:
    return address.reach(url, LOOPBACK)


def kind_of(url: str) -> Kind | None:
    found = reach(url)
    return found.kind if isinstance(found, Failure) else None


# --- What answers ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [207, 400, 401, 403, 404, 405])
def test_whatever_a_server_says_it_was_reached(status: int) -> None:
    with server(lambda exchange: Reply(status)) as wire:
        found = reach(wire.url)
    assert isinstance(found, Reached)
    assert found.seen.startswith(f"{found.host} answered {status} in ")
    assert [(one.method, one.authorized) for one in wire.requests] == [("PROPFIND", False)]
    assert wire.requests[0].header("user-agent").startswith("Referins/")


@pytest.mark.parametrize(
    ("reply", "kind", "status"),
    [
        (Reply(200, b"<!DOCTYPE html><html>Welcome</html>"), Kind.HTML, 0),
        (Reply(302, headers={"Location": "http://portal.example/"}), Kind.REDIRECT, 0),
        (Reply(503, headers={"Retry-After": "5"}), Kind.STATUS, 503),
        (Reply(429), Kind.STATUS, 429),
        (Reply(500), Kind.STATUS, 500),
        (Reply(301, headers={"Location": "/"}), Kind.UNREADABLE, 0),
        (Drop.BEFORE, Kind.BROKEN, 0),
    ],
)
def test_what_is_not_a_server_s_answer(reply: Any, kind: Kind, status: int) -> None:
    with server(lambda exchange: reply) as wire:
        found = reach(wire.url)
    assert isinstance(found, Failure)
    assert (found.kind, found.status) == (kind, status)
    assert (found.retry_at is not None) is (status == 503)


def test_a_redirect_that_is_allowed_is_followed_and_a_foreign_one_is_named() -> None:
    def answer(exchange: Exchange) -> Reply:
        if exchange.path == "/":
            return Reply(301, headers={"Location": "/dav/"})
        return Reply(307, headers={"Location": "http://portal.example:8080/in?a=b"})

    with server(answer) as wire:
        found = reach(wire.url)
    assert isinstance(found, Failure)
    assert found.seen == "A redirect to http://portal.example:8080."
    assert found.host in wire.url


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://calendar.example.com/", Kind.NOT_ALLOWED),
        ("http://caldav.icloud.com/", Kind.NOT_ALLOWED),
        ("nonsense", Kind.BAD_ADDRESS),
    ],
)
def test_an_address_that_may_not_be_asked_is_not(
    url: str, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert kind_of(url) is kind


def test_nobody_listens() -> None:
    assert kind_of(f"http://127.0.0.1:{free_port()}/") is Kind.REFUSED


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (socket.gaierror(-2, "Name or service not known"), Kind.NO_NAME),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Kind.NO_WAY),
        (TimeoutError("timed out"), Kind.SILENCE),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Kind.BROKEN),
        (OSError("Tunnel connection failed: 407 Proxy Authentication Required"), Kind.PROXY),
        (ssl.SSLError(1, "wrong version number"), Kind.TLS),
    ],
)
def test_what_the_system_says(error: OSError, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    found = reach("https://caldav.icloud.com/")
    assert isinstance(found, Failure)
    assert (found.kind, found.is_apple) == (kind, True)


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "SECONDS", 0.2)
    with raw(None) as silent:
        assert kind_of(silent.url) is Kind.SILENCE


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Date: Tue, 24 Nov 2026 09:30:00 GMT", True),
        ("Date: Tue, 24 Nov 2026 09:30:00 GMT\r\nAge: 4000", False),
        ("Date: yesterday", False),
        ("X-Nothing: 1", False),
    ],
)
def test_the_server_s_clock_is_read_from_a_fresh_answer_only(header: str, told: bool) -> None:
    answer = f"HTTP/1.1 401 No\r\n{header}\r\nContent-Length: 0\r\n\r\n".encode()
    with raw(answer) as at:
        found = reach(at.url)
    assert isinstance(found, Reached)
    assert found.theirs == (datetime(2026, 11, 24, 9, 30, tzinfo=UTC) if told else None)


def test_an_endless_page_is_read_in_part_only() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n<html>" + b"x" * 200_000
    with raw(page) as at:
        assert kind_of(at.url) is Kind.HTML


# --- TLS ------------------------------------------------------------------------------


def make_certificate(folder: Path, name: str, ends: timedelta) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=20))
        .not_valid_after(now + ends)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path


class Handler(BaseHTTPRequestHandler):
    def do_PROPFIND(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Quiet."""


@contextmanager
def over_tls(certificate: Path) -> Iterator[str]:
    at = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    at.socket = context.wrap_socket(at.socket, server_side=True)
    at.handle_error = lambda *args: None  # type: ignore[method-assign]
    threading.Thread(target=at.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"https://127.0.0.1:{at.server_port}/"
    finally:
        at.shutdown()
        at.server_close()


@pytest.mark.parametrize(
    ("name", "ends", "is_known", "kind"),
    [
        ("127.0.0.1", timedelta(days=10), True, None),
        ("127.0.0.1", timedelta(days=10), False, Kind.TLS_UNKNOWN),
        ("127.0.0.9", timedelta(days=10), True, Kind.TLS_NAME),
        ("127.0.0.1", timedelta(days=-1), True, Kind.TLS_DATE),
    ],
)
def test_a_certificate_says_who_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ends: timedelta,
    is_known: bool,
    kind: Kind | None,
) -> None:
    certificate = make_certificate(tmp_path, name, ends)
    if is_known:
        known = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr(session, "tls_context", lambda: known)
    with over_tls(certificate) as url:
        found = reach(url)
    if isinstance(found, Reached):
        assert found.seen.startswith("TLSv1.3, the certificate is valid for 9 days. 127.0.0.1:")
    assert (found.kind if isinstance(found, Failure) else None) is kind


def test_a_server_without_tls_where_tls_is_asked_for() -> None:
    with raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as plain:
        assert kind_of(plain.url.replace("http:", "https:")) in (Kind.TLS, Kind.BROKEN)


# --- The same, as the client tells it -------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(302, headers={"Location": "https://portal.example/"}), Kind.REDIRECT),
        (Reply(200, b"<html>Sign in</html>"), Kind.HTML),
        (Reply(503), Kind.STATUS),
        (Reply(500), Kind.STATUS),
        (Reply(301, headers={"Location": "/"}), Kind.UNREADABLE),
        (Reply(207, b"<broken"), Kind.UNREADABLE),
        (Reply(404), Kind.NOT_CALDAV),
        (Drop.BEFORE, Kind.BROKEN),
    ],
)
def test_the_client_s_errors_are_the_same_kinds(reply: Any, kind: Kind) -> None:
    with server(lambda exchange: reply) as wire:
        assert client_kind(wire.url) is kind


def test_an_account_without_a_calendar_home_is_not_taken_for_no_account() -> None:
    principal = (
        "<D:current-user-principal><D:href>/1/principal/</D:href></D:current-user-principal>"
    )

    def answer(exchange: Exchange) -> Reply:
        return multistatus(response(exchange.path, principal if exchange.path == "/" else ""))

    with server(answer) as wire:
        assert client_kind(wire.url) is Kind.NO_HOME


def client_kind(url: str) -> Kind:
    remote = CalDAVRemote(url, "anna", "secret", allowed_hosts=LOOPBACK, timeout=(0.5, 0.5))
    with remote, pytest.raises(RemoteError) as error:
        remote.discover()
    return failure_of(error.value, url).kind


def test_the_client_s_network_troubles_are_the_same_kinds() -> None:
    assert client_kind(f"http://127.0.0.1:{free_port()}/") is Kind.REFUSED
    with raw(None) as silent:
        assert client_kind(silent.url) is Kind.SILENCE


@pytest.mark.parametrize(
    ("cause", "kind"), [(TimeoutError("too slow"), Kind.STALLED), (ValueError(), Kind.UNREADABLE)]
)
def test_an_answer_that_was_given_up_half_way_is_no_nonsense(cause: Exception, kind: Kind) -> None:
    error = UnreadableAnswer("The server's answer is too slow to wait for all of it.")
    error.__cause__ = cause
    assert failure_of(error, "https://caldav.icloud.com/").kind is kind


@pytest.mark.parametrize(
    ("url", "apple"),
    [
        ("https://caldav.icloud.com/", True),
        ("https://P42-caldav.icloud.com.:443/1/", True),
        ("https://caldav.icloud.com.evil.example/", False),
        ("", False),
    ],
)
def test_which_addresses_are_apple_s(url: str, apple: bool) -> None:
    assert is_apple(url) is apple
