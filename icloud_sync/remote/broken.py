"""What a broken connection means: whether the request left us, and may be made again."""

from urllib.parse import urlsplit

from niquests import exceptions

from icloud_sync.remote.errors import (
    RemoteError,
    Unreachable,
    UnreadableAnswer,
    WriteOutcomeUnknown,
)

WRITES = {"PUT", "DELETE"}


class Stale(Exception):
    """A kept connection was closed under a read: once, it may be asked again."""


class TooMuch(Exception):
    """An answer that we stopped reading; a sentence says why."""


def translated(error: Exception, method: str, url: str, last: bool) -> RemoteError | Stale:
    host = urlsplit(url).hostname
    too_late = isinstance(error, exceptions.Timeout | TimeoutError)
    kind = "timeout" if too_late else "connection"
    if never_sent(error):
        return Unreachable(f"The server {host} cannot be reached.", kind=kind)
    if method in WRITES:
        return WriteOutcomeUnknown(
            f"The connection to {host} broke during a write: it may have been stored.", kind=kind
        )
    if isinstance(error, TooMuch):
        return UnreadableAnswer(str(error))
    if too_late:
        return Unreachable(f"The server {host} took too long to answer.", kind=kind)
    if isinstance(error, exceptions.ConnectionError) and not last:
        return Stale()
    return Unreachable(f"The connection to {host} broke.", kind=kind)


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
