"""Over https, a server whose certificate nobody vouches for never hears the password."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from icloud_sync.remote import http_client, session
from icloud_sync.remote.classify import Request
from icloud_sync.remote.errors import Unreachable
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def know(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that vouches for this certificate, for the length of a test."""
    known = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(http_client, "tls_context", lambda: known)
    client = http_client._Client()
    monkeypatch.setattr(session, "http_client", lambda: client)


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
