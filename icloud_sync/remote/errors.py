"""What can go wrong with a server, and what may be done about it.

`message` is a plain sentence for people: never a password, never an event's text.
"""

from datetime import datetime


class RemoteError(Exception):
    """Base. `status` is the HTTP status, 0 where there was no answer.

    `kind` is what went wrong in one stable word, the same whichever host or event it was:
    "timeout", "connection", "not CalDAV", "unreadable", "incomplete", "redirects", else the
    status ("503"), or "".
    """

    def __init__(self, message: str, status: int = 0, *, kind: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind or self.usual_kind or (str(status) if status else "")

    usual_kind = ""


class TemporaryRemoteError(RemoteError):
    """Try again later: network, 5xx, an answer that is not CalDAV (a sign-in page)."""


class RateLimited(TemporaryRemoteError):
    """429 or 503. `retry_at` is what the server asks for, or None."""

    def __init__(self, message: str, status: int = 0, retry_at: datetime | None = None) -> None:
        super().__init__(message, status)
        self.retry_at = retry_at


class Unreachable(TemporaryRemoteError):
    """There was no answer, to a read or because nothing left us: it may be asked elsewhere."""

    usual_kind = "connection"


class UnreadableAnswer(TemporaryRemoteError):
    """The answer is CalDAV's, but cannot be read: broken XML, or too large. Ask for less."""

    usual_kind = "unreadable"


class WriteOutcomeUnknown(TemporaryRemoteError):
    """The connection broke during a write: it may have been stored. Read before repeating."""


class PermanentRemoteError(RemoteError):
    """The same request will fail again; a person or another request must help."""


class CredentialsError(PermanentRemoteError):
    """401: the password no longer works. Stop, and ask for a new one."""


class HostNotAllowed(PermanentRemoteError):
    """The server is, or points at, a host we never send a password to."""


class NotCalDAV(PermanentRemoteError):
    """There is no CalDAV account at this address."""


class Refused(PermanentRemoteError):
    """The server will not have this request (bad body, no rights, too large, full).

    `precondition` is the DAV:error element's name, or "".
    """

    def __init__(self, message: str, status: int = 0, precondition: str = "") -> None:
        super().__init__(message, status)
        self.precondition = precondition


class UidConflict(Refused):
    """The UID lives at another href of this account (RFC 4791, 5.3.2.1).

    Without a precondition it is our conclusion: 412 to a new event, and a GET of its href
    says 404. Where a server serves late what it has stored, it may be our own event yet.
    """


class PreconditionFailed(PermanentRemoteError):
    """412 to If-Match or If-None-Match: read the resource, then decide."""


class ResourceNotFound(PermanentRemoteError):
    """404 or 410 to a GET, a DELETE or a REPORT. Absence alone proves nothing."""


class CollectionMissing(PermanentRemoteError):
    """The calendar itself is not there: what was in it is neither gone nor refused."""


class InvalidSyncToken(PermanentRemoteError):
    """Compare etags instead (RFC 6578, 3.2). Never a deletion, never a full download."""
