"""The way to a server, without credentials: name, TLS, and whether it speaks CalDAV.

By the standard library alone, so that each failure keeps its own exception; and past the
client, so that a mistake in it cannot hide one here. Redirects are followed by the rule
that the client has, a foreign host is never asked.
"""

import http.client
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import getproxies

from icloud_sync.connecting.troubles import failure_of, is_apple
from icloud_sync.core.verdicts.failures import Failure, Kind
from icloud_sync.core.verdicts.spelling import counted
from icloud_sync.core.verdicts.steps import Reached
from icloud_sync.remote import session, xml_requests
from icloud_sync.remote.classify import retry_at
from icloud_sync.remote.errors import HostNotAllowed
from icloud_sync.remote.multistatus import looks_like_html
from icloud_sync.remote.session import MAX_HOPS, REDIRECTS, HostRule
from icloud_sync.remote.transport import USER_AGENT

SECONDS = 8.0
MOST_BYTES = 64 * 1024
HEADERS = {"User-Agent": USER_AGENT, "Depth": "0", "Content-Type": "application/xml; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Said:
    """One answer to a request without credentials, and when it came."""

    status: int
    headers: http.client.HTTPMessage
    content: bytes
    tls: str
    at: datetime


def reach(server_url: str, allowed: Iterable[str]) -> Reached | Failure:
    """What answers at this address, after redirects."""
    hosts, url = HostRule(allowed), server_url
    for hop in range(MAX_HOPS + 1):
        refused = not_allowed(hosts, url, redirected_by=urlsplit(server_url).netloc if hop else "")
        if refused:
            return refused
        started = time.monotonic()
        try:
            said = ask(url)
        except Exception as error:  # whatever the network does is an observation
            return failure_of(error, url)
        target = said.headers.get("Location")
        if said.status in REDIRECTS and target:
            url = urljoin(url, target)
            continue
        return judge_answer(url, said, time.monotonic() - started)
    return failure(Kind.UNREADABLE, server_url, "It sends us from one address to the next.")


def not_allowed(hosts: HostRule, url: str, redirected_by: str) -> Failure | None:
    if not urlsplit(url).hostname:
        return failure(Kind.BAD_ADDRESS, url, "It has no host in it.")
    try:
        hosts.check(url)
    except HostNotAllowed as error:
        if not redirected_by:
            return failure(Kind.NOT_ALLOWED, url, error.message)
        seen = f"A redirect to {urlsplit(url).scheme}://{urlsplit(url).netloc}."
        return replace(failure(Kind.REDIRECT, url, seen), host=redirected_by)
    return None


def judge_answer(url: str, said: Said, seconds: float) -> Reached | Failure:
    host = urlsplit(url).netloc
    seen = f"{said.tls} {host} answered {said.status} in {seconds * 1000:.0f} ms.".strip()
    if said.status < 300 and looks_like_html(said.content):
        return failure(Kind.HTML, url, f"{seen} It is a web page.")
    again = retry_at(said.headers.get("Retry-After", ""), said.at)
    if said.status == 429 or said.status >= 500:
        return replace(failure(Kind.STATUS, url, seen), status=said.status, retry_at=again)
    return Reached(host, seen, said.at, date_of(said))


def failure(kind: Kind, url: str, seen: str) -> Failure:
    host = urlsplit(url).netloc or url
    return Failure(kind, host, seen, datetime.now(UTC), is_apple=is_apple(url))


def date_of(said: Said) -> datetime | None:
    """The server's clock (RFC 9110, 6.6.1); a stored answer says nothing of the present."""
    written = said.headers.get("Date", "")
    if not written or said.headers.get("Age"):
        return None
    try:
        moment = parsedate_to_datetime(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# --- One request ------------------------------------------------------------------------


def ask(url: str) -> Said:
    """A PROPFIND of the address, as the client would send it first, and nothing of whom."""
    parts = urlsplit(url)
    connection = open_connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        connection.connect()
        tls = tls_of(connection.sock)
        connection.request("PROPFIND", parts.path or "/", xml_requests.principal(), HEADERS)
        answer = connection.getresponse()
        return Said(answer.status, answer.headers, read_some(answer), tls, datetime.now(UTC))
    finally:
        connection.close()


def open_connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    """Through the proxy that the client takes for https; it takes none for plain http."""
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=SECONDS)
    context, proxy = session.tls_context(), getproxies().get("https")
    if not proxy:
        return http.client.HTTPSConnection(host, port, timeout=SECONDS, context=context)
    parts = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    through = http.client.HTTPSConnection(
        parts.hostname or "", parts.port, timeout=SECONDS, context=context
    )
    through.set_tunnel(host, port or 443, proxy_headers(parts.username, parts.password))
    return through


def proxy_headers(username: str | None, password: str | None) -> dict[str, str]:
    if not username:
        return {}
    token = b64encode(f"{unquote(username)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {token}"}


def read_some(answer: http.client.HTTPResponse) -> bytes:
    """The beginning is enough; a server that drips is not waited for."""
    until, content = time.monotonic() + SECONDS, b""
    while len(content) < MOST_BYTES and time.monotonic() < until:
        chunk = answer.read1(8192)
        if not chunk:
            break
        content += chunk
    return content


def tls_of(sock: object) -> str:
    """How the connection is protected, in words; "" for plain http."""
    if not isinstance(sock, ssl.SSLSocket):
        return ""
    certificate = sock.getpeercert() or {}
    ends = certificate.get("notAfter")
    if not isinstance(ends, str):
        return f"{sock.version()}."
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - datetime.now(UTC)
    return f"{sock.version()}, the certificate is valid for {counted(left.days, 'day')}."
