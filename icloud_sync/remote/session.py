"""The guarded session of one account: where its password may go, and what we take back.

An HTTP library would drop Authorization on the hop from caldav.icloud.com to the account's
partition (a 401 that looks like a wrong password) and send it wherever a server points; here
every hop is checked first.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import niquests
from niquests import exceptions

from icloud_sync.remote import deadline
from icloud_sync.remote.addresses import joined, strict
from icloud_sync.remote.broken import Stale, TooMuch, translated
from icloud_sync.remote.errors import HostNotAllowed, RemoteError, TemporaryRemoteError
from icloud_sync.remote.http_client import http_client, tls_context

__all__ = ["APPLE_HOSTS", "GuardedSession", "HostRule", "tls_context"]

log = logging.getLogger(__name__)
REDIRECTS = {301, 302, 307, 308}
MAX_HOPS = 5
MAX_BYTES = 50 * 1024 * 1024
TIMEOUT = (10.0, 30.0)
# An exchange, from connecting to the last byte: well below the lease's 90 seconds, which is
# renewed before each.
LONGEST_ANSWER = 50.0
TOO_SLOW = "The server's answer is too slow to wait for all of it."

APPLE_HOSTS = re.compile(r"(caldav|p[0-9]+-caldav)\.icloud\.com(\.cn)?")

Guard = Callable[[], None]


class HostRule:
    """Which URLs may see the password: Apple's over https, and the hosts named besides."""

    def __init__(self, also: Iterable[str] = ()) -> None:
        self.also = {named(host) for host in also if host.strip()}

    def check(self, url: str) -> None:
        """Of the URL as `strict` reads it: send to no other."""
        address = strict(url)
        host = address.host
        if not (APPLE_HOSTS.fullmatch(host) or host in self.also):
            raise HostNotAllowed(
                f"The password is not sent to {host}: it is neither Apple's nor named in "
                "ICLOUD_ALLOWED_HOSTS."
            )
        if address.scheme == "https" or (address.scheme == "http" and is_loopback(host)):
            return
        raise HostNotAllowed(f"The password is only sent over https, and {host} asks for less.")


def named(host: str) -> str:
    """A host of the settings, as `strict` spells it."""
    plain = host.strip().lower().strip("[]").removesuffix(".")
    try:
        return str(ip_address(plain))
    except ValueError:
        return plain


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class GuardedSession:
    """Every request checked, timed, bounded, and followed by our own rule."""

    def __init__(
        self,
        hosts: HostRule,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        before_request: Guard | None = None,
    ) -> None:
        self.hosts = hosts
        self.limits = timeout
        self.max_bytes = max_bytes
        self.before_request = before_request

    def request(
        self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str]
    ) -> niquests.Response:
        """With method, body and credentials kept over at most MAX_HOPS allowed hops."""
        for _ in range(MAX_HOPS + 1):
            answer = self._once(method, url, data, headers)
            target = str(answer.headers.get("Location") or "")
            if answer.status_code not in REDIRECTS or not target:
                return answer
            url = joined(url, target)
        raise TemporaryRemoteError(
            "The server sends us from one address to the next.", kind="redirects"
        )

    def _once(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]
    ) -> niquests.Response:
        """A read whose kept connection was closed under it is asked once more; a write never."""
        try:
            return self._attempt(method, url, data, headers)
        except Stale:
            return self._attempt(method, url, data, headers, last=True)

    def _attempt(
        self,
        method: str,
        url: str,
        data: bytes | None,
        headers: Mapping[str, str],
        last: bool = False,
    ) -> niquests.Response:
        self.hosts.check(url)
        url = strict(url).url
        if self.before_request:
            self.before_request()
        started = time.monotonic()
        try:
            with deadline.within(LONGEST_ANSWER):
                answer = self._exchange(method, url, data, headers)
        # RecursionError: the library goes one deeper for each provisional answer (1xx).
        except (exceptions.RequestException, OSError, TooMuch, RecursionError) as error:
            raise _told(translated(error, method, url, last), method, url, started) from error
        size = f"{answer.status_code} {len(answer.content or b'')} bytes"
        _tell(logging.DEBUG if answer.ok else logging.INFO, method, url, size, started)
        return answer

    def _exchange(
        self, method: str, url: str, data: bytes | None, headers: Mapping[str, str]
    ) -> niquests.Response:
        answer = http_client().request(
            method,
            url,
            data=data,
            headers=dict(headers),
            timeout=self.limits,
            allow_redirects=False,
            stream=True,
        )
        try:
            answer._content = b"".join(self._chunks(answer))
        except (exceptions.RequestException, OSError) as error:
            if deadline.is_over():
                raise TooMuch(TOO_SLOW) from error
            raise
        answer._content_consumed = True
        return answer

    def _chunks(self, answer: niquests.Response) -> Iterator[bytes]:
        """The body, decoded, and no more of it than we are willing to hold."""
        size = 0
        for chunk in answer.iter_content(64 * 1024):
            size += len(chunk)
            if size > self.max_bytes:
                answer.close()
                limit = f"{self.max_bytes // (1024 * 1024)} MB"
                raise TooMuch(f"The server's answer is larger than {limit}.")
            yield chunk


# --- What the log says of a request: never a header, a body, or whose account it is -------


def _told(error: RemoteError | Stale, method: str, url: str, started: float) -> RemoteError | Stale:
    _tell(logging.INFO, method, url, type(error).__name__.strip("_"), started)
    return error


def _tell(level: int, method: str, url: str, outcome: str, started: float) -> None:
    seconds = time.monotonic() - started
    log.log(level, "%s %s %s in %.2f s", method, masked(url), outcome, seconds)


def masked(url: str) -> str:
    """Without the path's first segment, which names the account (Apple's dsid)."""
    parts = urlsplit(url)
    account, slash, rest = parts.path.lstrip("/").partition("/")
    path = f"/…/{rest}" if account and slash and account != ".well-known" else parts.path
    return f"{parts.hostname}{path}"
