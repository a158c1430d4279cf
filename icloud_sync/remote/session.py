"""The guarded session: where the password may go, and what we take back.

Handed to caldav's DAVClient in place of its own. niquests would drop Authorization on the
hop from caldav.icloud.com to the account's partition (a 401 that looks like a wrong
password) and send it wherever a server points; here every hop is checked first.
"""

import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

import niquests
import wassima
from niquests import exceptions
from niquests.adapters import HTTPAdapter

from icloud_sync.remote.errors import (
    HostNotAllowed,
    TemporaryRemoteError,
    UnreadableAnswer,
    WriteOutcomeUnknown,
)

APPLE_HOSTS = re.compile(r"(caldav|p\d+-caldav)\.icloud\.com(\.cn)?")
REDIRECTS = {301, 302, 307, 308}
MAX_HOPS = 5
MAX_BYTES = 50 * 1024 * 1024
TIMEOUT = (10.0, 30.0)
# A server that drips a byte now and then never meets the read timeout.
LONGEST_ANSWER = 300.0
WRITES = {"PUT", "DELETE"}

Guard = Callable[[], None]


class HostRule:
    """Which URLs may see the password: Apple's over https, and the hosts named besides."""

    def __init__(self, also: Iterable[str] = ()) -> None:
        self.also = {host.strip().lower().strip("[]") for host in also if host.strip()}

    def check(self, url: str) -> None:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
        if not (APPLE_HOSTS.fullmatch(host) or host in self.also):
            raise HostNotAllowed(
                f"The password is not sent to {host or 'an address without a host'}: it is "
                "neither Apple's nor named in ICLOUD_ALLOWED_HOSTS."
            )
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
            return
        raise HostNotAllowed(f"The password is only sent over https, and {host} asks for less.")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def tls_context() -> ssl.SSLContext:
    """One a process: reading the certificates takes longer than a request."""
    context = ssl.create_default_context(cadata=wassima.generate_ca_bundle())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=tls_context(), **kwargs)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context does; the library would load all certificates anew."""
        conn.cert_reqs = "CERT_REQUIRED"


class GuardedSession(niquests.Session):
    """Every request checked, timed, bounded, and followed by our own rule."""

    def __init__(
        self,
        hosts: HostRule,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        before_request: Guard | None = None,
    ) -> None:
        # No revocation checks: they would ask hosts that are not on the list.
        super().__init__(disable_http2=True, disable_http3=True, revocation_configuration=None)
        self.trust_env = False  # .netrc, or a proxy for plain http, would see the password
        tunnel = getproxies().get("https")
        self.proxies = {"https": tunnel} if tunnel else {}
        self.mount("https://", _Adapter(disable_http2=True, disable_http3=True))
        self.hosts = hosts
        self.limits = timeout
        self.max_bytes = max_bytes
        self.before_request = before_request

    def get_redirect_target(self, resp: niquests.Response) -> None:
        """Redirects are ours to follow, in `request`."""

    def request(  # type: ignore[override]
        self,
        method: str,
        url: str,
        *,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        **ignored: Any,
    ) -> niquests.Response:
        """With method, body and credentials kept over at most MAX_HOPS allowed hops."""
        for _ in range(MAX_HOPS + 1):
            answer = self._once(method, url, data, headers, auth)
            target = str(answer.headers.get("Location") or "")
            if answer.status_code not in REDIRECTS or not target:
                return answer
            url = urljoin(url, target)
        raise TemporaryRemoteError("The server sends us from one address to the next.")

    def _once(
        self, method: str, url: str, data: Any, headers: Mapping[str, str] | None, auth: Any
    ) -> niquests.Response:
        try:
            return self._attempt(method, url, data, headers, auth)
        except _Stale:
            return self._attempt(method, url, data, headers, auth, last=True)

    def _attempt(
        self,
        method: str,
        url: str,
        data: Any,
        headers: Mapping[str, str] | None,
        auth: Any,
        last: bool = False,
    ) -> niquests.Response:
        self.hosts.check(url)
        if self.before_request:
            self.before_request()
        try:
            answer = super().request(
                method,
                url,
                data=data,
                headers=dict(headers or {}),
                auth=auth,
                timeout=self.limits,
                allow_redirects=False,
                stream=True,
            )
            answer._content = b"".join(self._chunks(answer))
        except (exceptions.RequestException, OSError) as error:
            raise _translated(error, method, url, last) from error
        answer._content_consumed = True
        return answer

    def _chunks(self, answer: niquests.Response) -> Iterator[bytes]:
        """The body, decoded, and no more of it than we are willing to hold."""
        size, ends = 0, time.monotonic() + LONGEST_ANSWER
        for chunk in answer.iter_content(64 * 1024):
            size += len(chunk)
            if size > self.max_bytes or time.monotonic() > ends:
                answer.close()
                limit = f"{self.max_bytes // (1024 * 1024)} MB"
                raise UnreadableAnswer(f"The server's answer is larger than {limit} or too slow.")
            yield chunk


class _Stale(Exception):
    """A kept connection was closed under a read: once, it may be asked again."""


def _translated(error: Exception, method: str, url: str, last: bool) -> Exception:
    host = urlsplit(url).hostname
    if never_sent(error):
        return Unreachable(f"The server {host} cannot be reached.")
    if method in WRITES:
        return WriteOutcomeUnknown(
            f"The connection to {host} broke during a write: it may have been stored."
        )
    if isinstance(error, exceptions.Timeout):
        return TemporaryRemoteError(f"The server {host} took too long to answer.")
    if isinstance(error, exceptions.ConnectionError) and not last:
        return _Stale()
    return TemporaryRemoteError(f"The connection to {host} broke.")


class Unreachable(TemporaryRemoteError):
    """No request left us: safe to repeat elsewhere, a write too."""


NEVER_SENT = {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}


def never_sent(error: BaseException | None) -> bool:
    """Whether the connection was never made; when in doubt, no."""
    if isinstance(error, exceptions.ConnectTimeout | exceptions.SSLError | exceptions.ProxyError):
        return True
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if type(error).__name__ in NEVER_SENT:
            return True
        reason = error.args[0] if error.args else None
        nested = getattr(reason, "reason", None) or getattr(error, "reason", None)
        error = nested if isinstance(nested, BaseException) else error.__cause__
    return False
