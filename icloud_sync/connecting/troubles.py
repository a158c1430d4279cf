"""From exceptions to observations: what a network or a server did in place of an answer."""

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from icloud_sync.core.verdicts.failures import Failure, Kind
from icloud_sync.remote.discovery import NO_HOME
from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    NotCalDAV,
    RateLimited,
    RemoteError,
    UnreadableAnswer,
)
from icloud_sync.remote.multistatus import NOT_CALDAV_KIND
from icloud_sync.remote.session import APPLE_HOSTS

# OpenSSL's X509_V_ERR_… codes.
WRONG_NAME = {62, 64}
OUT_OF_DATE = {9, 10}
NO_WAY = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL}


def is_apple(url: str) -> bool:
    return APPLE_HOSTS.fullmatch((urlsplit(url).hostname or "").rstrip(".").lower()) is not None


def failure_of(error: BaseException, url: str) -> Failure:
    """`url`: what was asked. A RemoteError's own sentence is shown; of other errors only
    what the system says."""
    remote = error if isinstance(error, RemoteError) else None
    kind = remote_kind(remote) if remote else network_kind(error)
    return Failure(
        kind=kind,
        host=urlsplit(url).netloc or url,
        seen=remote.message if remote else f"{type(error).__name__}: {error}",
        now=datetime.now(UTC),
        status=remote.status if remote else 0,
        retry_at=getattr(remote, "retry_at", None),
        is_apple=is_apple(url),
    )


def remote_kind(error: RemoteError) -> Kind:
    if isinstance(error, HostNotAllowed):
        return Kind.REDIRECT
    if isinstance(error, NotCalDAV):
        return Kind.NO_HOME if error.kind == NO_HOME else Kind.NOT_CALDAV
    if isinstance(error, CredentialsError) and not error.status:
        return Kind.ANONYMOUS
    if isinstance(error, RateLimited):
        return Kind.STATUS
    if error.kind == NOT_CALDAV_KIND:
        return Kind.HTML
    if isinstance(error, UnreadableAnswer):
        # What began to come and was given up for its slowness, or what makes no sense.
        late = any(isinstance(inner, TimeoutError) for inner in chain(error))
        return Kind.STALLED if late else Kind.UNREADABLE
    if error.status:
        return Kind.STATUS
    # Without a network's error under it, it was an answer: one that leads in a circle, say.
    return network_kind(error) if error.__cause__ else Kind.UNREADABLE


def network_kind(error: BaseException) -> Kind:
    """By the innermost exception that says anything: libraries wrap them in their own."""
    for inner in chain(error):
        kind = tls_kind(inner) if isinstance(inner, ssl.SSLError) else system_kind(inner)
        if kind:
            return kind
    return Kind.BROKEN


def tls_kind(error: ssl.SSLError) -> Kind | None:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Kind.TLS
    if error.verify_code in WRONG_NAME:
        return Kind.TLS_NAME
    return Kind.TLS_DATE if error.verify_code in OUT_OF_DATE else Kind.TLS_UNKNOWN


def system_kind(error: BaseException) -> Kind | None:
    if isinstance(error, socket.gaierror):
        return Kind.NO_NAME
    if isinstance(error, ConnectionRefusedError):
        return Kind.REFUSED
    if isinstance(error, TimeoutError):
        return Kind.SILENCE
    if isinstance(error, OSError) and error.errno in NO_WAY:
        return Kind.NO_WAY
    if type(error) is OSError and str(error).startswith("Tunnel connection failed"):
        return Kind.PROXY
    if isinstance(error, http.client.InvalidURL | UnicodeError):
        return Kind.BAD_ADDRESS
    return None


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made of, each once, outermost first."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
