"""Over https, a server whose certificate nobody vouches for never hears the password."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from icloud_sync.remote import http_client, session
from icloud_sync.remote.classify import Request
from icloud_sync.remote.errors import TemporaryRemoteError, Unreachable
from tests.remote.dripping import Pieces, dripping, endless
from tests.remote.test_deadline import BODY, CONTINUE, GRACE, HEADERS, LIMIT
from tests.remote.test_session import transport

heard: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        heard.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def url(certificate: Path) -> Iterator[str]:
    heard.clear()
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def know(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that vouches for this certificate, for the length of a test."""
    known = http_client.context_of(cafile=str(certificate))
    monkeypatch.setattr(http_client, "tls_context", lambda: known)
    client = http_client._Client()
    monkeypatch.setattr(session, "http_client", lambda: client)


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_unknown_certificate_is_refused_before_the_password_is_sent(url: str) -> None:
    for kind in (Request.READ, Request.PUT):
        with pytest.raises(Unreachable):
            transport().send("GET", url, kind)
    assert heard == []


def test_a_known_certificate_is_spoken_to(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(certificate, monkeypatch)
    assert transport().send("GET", url, Request.READ).content == b"ok"
    assert len(heard) == 1


def test_a_certificate_for_another_name_is_refused(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    know(certificate, monkeypatch)
    with pytest.raises(Unreachable):
        transport(allowed_hosts=["localhost"]).send(
            "GET", url.replace("127.0.0.1", "localhost"), Request.READ
        )
    assert heard == []


def test_the_certificates_are_read_once_a_process() -> None:
    assert session.http_client() is session.http_client()
    assert session.tls_context() is session.tls_context()
    assert session.tls_context().verify_mode == ssl.CERT_REQUIRED
    assert session.tls_context().check_hostname


@pytest.mark.parametrize("pieces", [HEADERS, CONTINUE, BODY], ids=["headers", "100", "body"])
def test_what_drips_through_tls_is_cut_as_well(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, pieces: Pieces
) -> None:
    know(certificate, monkeypatch)
    monkeypatch.setattr(session, "LONGEST_ANSWER", LIMIT)
    with dripping(pieces, tls=server_context(certificate)) as dripper:
        started = time.monotonic()
        with pytest.raises(TemporaryRemoteError):
            transport().send("GET", dripper.url, Request.READ)
        assert LIMIT * 0.9 < time.monotonic() - started < LIMIT + GRACE


def test_a_handshake_that_drips_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LONGEST_ANSWER", LIMIT)
    record = b"\x16\x03\x03\x40\x00"
    with dripping(endless(record, b"\x02"), hears=False) as dripper:
        started = time.monotonic()
        with pytest.raises(Unreachable):
            transport().send("GET", dripper.url.replace("http:", "https:"), Request.READ)
        assert time.monotonic() - started < LIMIT + GRACE


@pytest.mark.parametrize("pieces", [HEADERS, CONTINUE], ids=["headers", "100"])
def test_a_proxy_that_drips_is_no_way_through(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, pieces: Pieces
) -> None:
    monkeypatch.setattr(session, "LONGEST_ANSWER", LIMIT)
    with dripping(pieces) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        know(certificate, monkeypatch)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            transport().send("GET", "https://127.0.0.1:9/", Request.READ)
        assert LIMIT * 0.9 < time.monotonic() - started < LIMIT + GRACE


def test_a_server_behind_a_proxy_is_known_by_our_certificates(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tunnel() as (proxy_url, asked):
        monkeypatch.setenv("https_proxy", proxy_url)
        know(certificate, monkeypatch)
        assert transport().send("GET", url, Request.READ).content == b"ok"
    assert asked == [f"CONNECT {urlsplit(url).netloc} HTTP/1.1"]
    assert len(heard) == 1


@contextmanager
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """A proxy that connects one client to whom it names, and what it was asked."""
    asked: list[str] = []

    def serve() -> None:
        client, _ = listening.accept()
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        asked.append(head.decode().splitlines()[0])
        host, _, port = asked[0].split()[1].partition(":")
        with client, socket.create_connection((host, int(port))) as there:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            ends = {client: there, there: client}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    said = end.recv(65536)
                    if not said:
                        return
                    ends[end].sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", asked
        session.http_client().close()
        thread.join(5)
