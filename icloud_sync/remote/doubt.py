"""Pure: what of a host that the account may have left is believed, and what is not before the
generic host was asked (icloud-behaviour.md 1.9)."""

from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    InvalidSyncToken,
    Refused,
    RemoteError,
    TemporaryRemoteError,
    Unreachable,
    WriteOutcomeUnknown,
)

UNKNOWN_HERE = (404, 410, 421)
# Failed runs in a row before a failure is doubted, since more often than not it is just that;
# and before it is where the server asks for a pause: to ask anybody else is impolite then.
SEVERAL, MANY = 3, 6


def knows_nothing(error: RemoteError) -> bool:
    """Whether the request came to nothing there: it may be made elsewhere at once."""
    unknown = isinstance(error, Unreachable) or error.status in UNKNOWN_HERE
    return unknown and not isinstance(error, InvalidSyncToken)


def is_doubted(error: RemoteError, failures: int) -> bool:
    """Of what a host may say about the account, all that would be wrong once it has moved.
    `failures`: runs in a row that failed before this one."""
    match error:
        case CredentialsError() | HostNotAllowed():
            return True
        case Refused():
            at_once = error.status == 403 or failures >= SEVERAL
            return at_once and not error.precondition
        case WriteOutcomeUnknown():
            return False  # looked at first in any case
        case TemporaryRemoteError():
            return failures >= (MANY if getattr(error, "retry_at", None) else SEVERAL)
    return False


def says_no_more(told: RemoteError, error: RemoteError) -> bool:
    """Whether what the generic host told changes nothing about an error of the other."""
    match told:
        case CredentialsError():
            # Throttled perhaps: in a sync, a 403 is no word about the password (2.6).
            return told.status == 403
        case TemporaryRemoteError():
            return isinstance(error, TemporaryRemoteError)
        case HostNotAllowed():
            return False
    return isinstance(error, Refused)
