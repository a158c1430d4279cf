"""Pure: which error an answer is. By the request that was made, then by the DAV:error
element, and by the number last: 412 alone has five meanings (icloud-behaviour.md, 0)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

from icloud_sync.remote import errors

LONGEST_WAIT = timedelta(days=1)
UID_CONFLICTS = {"no-uid-conflict", "unique-scheduling-object-resource"}
UID_ELSEWHERE = "This event is in another place of the account already."
# Of the body, not of its version (RFC 4791, 5.3.2.1); some servers say so with a 412.
BODY_REFUSED = {
    "supported-calendar-data",
    "valid-calendar-data",
    "valid-calendar-object-resource",
    "supported-calendar-component",
    "max-resource-size",
    "min-date-time",
    "max-date-time",
    "max-instances",
    "max-attendees-per-instance",
}
TOKEN_REFUSED = {400, 403, 409, 410, 412, 507}
NO_SYNC_REPORT = {400, 405, 415, 422, 501, 507}  # 507: there is, but not for so many


class Request(Enum):
    """What was asked, as far as it changes what an answer means."""

    CONNECT = "connect"  # discovery: user name and password are on trial
    READ = "read"
    SYNC = "sync"  # sync-collection with a token
    FIRST_SYNC = "first sync"  # sync-collection without one
    PUT = "put"
    DELETE = "delete"

    @property
    def is_write(self) -> bool:
        return self in (Request.PUT, Request.DELETE)


def classify(
    request: Request,
    status: int,
    precondition: str = "",
    retry_after: str = "",
    *,
    now: datetime,
    sent_bytes: int = 0,
) -> errors.RemoteError | None:
    """The error that this answer is, or None for a 2xx. `sent_bytes`: the request's body."""
    if 200 <= status < 300:
        return None
    wait = retry_at(retry_after, now)
    if status in (429, 503) or (status == 403 and wait and not request.is_write):
        return errors.RateLimited("The server asks us to wait before going on.", status, wait)
    return (
        _credentials(request, status)
        or _server_side(request, status)
        or _sync(request, status, precondition)
        or _write(request, status, precondition)
        or _remaining(status, precondition, sent_bytes if request.is_write else 0)
    )


def _credentials(request: Request, status: int) -> errors.RemoteError | None:
    if status == 401 or (status == 403 and request is Request.CONNECT):
        return errors.CredentialsError(
            "The server did not accept the Apple ID and password. Use the address you sign in "
            "with at account.apple.com, and an app-specific password made there under "
            "Sign-In and Security.",
            status,
        )
    return None


def _server_side(request: Request, status: int) -> errors.RemoteError | None:
    if status in (502, 504) and request.is_write:
        return errors.WriteOutcomeUnknown(
            f"The server broke off during a write ({status}): it may have been stored.", status
        )
    missing_report = request is Request.FIRST_SYNC and status == 501
    if (status >= 500 and status != 507 and not missing_report) or status in (408, 423, 425):
        return errors.TemporaryRemoteError(f"The server failed ({status}). Try later.", status)
    if status < 400:
        return errors.TemporaryRemoteError(f"The server gave an odd answer ({status}).", status)
    return None


def _sync(request: Request, status: int, precondition: str) -> errors.RemoteError | None:
    if request is Request.SYNC and status in TOKEN_REFUSED and precondition != "need-privileges":
        return errors.InvalidSyncToken("The server no longer knows our sync-token.", status)
    refused = status in NO_SYNC_REPORT or precondition == "supported-report"
    if request in (Request.SYNC, Request.FIRST_SYNC) and refused:
        return errors.InvalidSyncToken("The server has no sync reports.", status)
    return None


def _write(request: Request, status: int, precondition: str) -> errors.RemoteError | None:
    if not request.is_write:
        return None
    if precondition in UID_CONFLICTS and status in (403, 409, 412):
        return errors.UidConflict(UID_ELSEWHERE, status, precondition)
    if status == 412 and precondition not in BODY_REFUSED:
        return errors.PreconditionFailed(
            "The event changed on the server since we last read it.", status
        )
    if status == 404 and request is Request.PUT:
        # iCloud's answer to a body it will not have, an event without DTEND for one.
        return errors.Refused("The server would not store this event (404).", 404, precondition)
    return None


def _remaining(status: int, precondition: str, sent_bytes: int) -> errors.RemoteError:
    if status in (404, 410):
        return errors.ResourceNotFound("The server has nothing at this address.", status)
    size = f"{-(-sent_bytes // 1000)} kB" if sent_bytes else "this much"
    too_large = f"{size} is too large for it"
    what = {
        "max-resource-size": too_large,
        "413": too_large,
        "507": f"the account is full, {size} would not fit",
    }
    because = what.get(precondition) or what.get(str(status)) or precondition
    return errors.Refused(
        f"The server refused the request ({status}){': ' if because else ''}{because}.",
        status,
        precondition,
    )


def retry_at(retry_after: str, now: datetime) -> datetime | None:
    """Retry-After (RFC 9110, 10.2.3) as an instant, a day ahead at most."""
    value = retry_after.strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return now + min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    try:
        asked = parsedate_to_datetime(value)
    except ValueError:
        return None
    asked = asked if asked.tzinfo else asked.replace(tzinfo=UTC)
    return min(max(asked, now), now + LONGEST_WAIT)
