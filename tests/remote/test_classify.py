"""Which error an answer is: by request, by DAV:error, by number last."""

from datetime import UTC, datetime, timedelta

import pytest

from icloud_sync.remote import errors
from icloud_sync.remote.classify import Request, classify, retry_at

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize("request_kind", list(Request))
@pytest.mark.parametrize("status", [200, 201, 204, 207])
def test_success_is_no_error(request_kind: Request, status: int) -> None:
    assert classify(request_kind, status, now=NOW) is None


@pytest.mark.parametrize(
    ("kind", "status", "precondition", "expected"),
    [
        # 412 has many meanings
        (Request.PUT, 412, "", errors.PreconditionFailed),
        (Request.PUT, 412, "exception", errors.PreconditionFailed),
        (Request.DELETE, 412, "", errors.PreconditionFailed),
        (Request.PUT, 412, "no-uid-conflict", errors.UidConflict),
        (Request.PUT, 412, "valid-calendar-data", errors.Refused),
        (Request.SYNC, 412, "", errors.InvalidSyncToken),
        (Request.READ, 412, "", errors.Refused),
        # the UID lives elsewhere
        (Request.PUT, 409, "no-uid-conflict", errors.UidConflict),
        (Request.PUT, 403, "unique-scheduling-object-resource", errors.UidConflict),
        (Request.PUT, 409, "", errors.Refused),
        # 404 to a PUT is a body that iCloud will not have
        (Request.PUT, 404, "", errors.Refused),
        (Request.DELETE, 404, "", errors.ResourceNotFound),
        (Request.DELETE, 410, "", errors.ResourceNotFound),
        (Request.READ, 404, "", errors.ResourceNotFound),
        (Request.FIRST_SYNC, 404, "", errors.ResourceNotFound),
        (Request.SYNC, 404, "", errors.ResourceNotFound),  # the client looks at the collection
        # a token may be refused in every way but these
        *[(Request.SYNC, n, "", errors.InvalidSyncToken) for n in (400, 403, 409, 410, 507)],
        (Request.SYNC, 403, "valid-sync-token", errors.InvalidSyncToken),
        (Request.SYNC, 403, "need-privileges", errors.Refused),
        (Request.SYNC, 500, "", errors.TemporaryRemoteError),
        (Request.SYNC, 503, "", errors.RateLimited),
        (Request.SYNC, 401, "", errors.CredentialsError),
        # no sync reports at all
        *[(Request.FIRST_SYNC, n, "", errors.InvalidSyncToken) for n in (400, 405, 415, 501)],
        (Request.FIRST_SYNC, 403, "supported-report", errors.InvalidSyncToken),
        (Request.SYNC, 501, "", errors.TemporaryRemoteError),
        (Request.FIRST_SYNC, 403, "", errors.Refused),
        (Request.FIRST_SYNC, 507, "", errors.InvalidSyncToken),
        # credentials
        (Request.READ, 401, "", errors.CredentialsError),
        (Request.CONNECT, 403, "", errors.CredentialsError),
        (Request.READ, 403, "", errors.Refused),
        (Request.PUT, 403, "need-privileges", errors.Refused),
        # too large, full
        (Request.PUT, 413, "", errors.Refused),
        (Request.PUT, 507, "", errors.Refused),
        (Request.PUT, 400, "valid-calendar-data", errors.Refused),
        # try later
        (Request.READ, 429, "", errors.RateLimited),
        (Request.PUT, 503, "", errors.RateLimited),
        (Request.READ, 500, "", errors.TemporaryRemoteError),
        (Request.PUT, 500, "", errors.TemporaryRemoteError),
        (Request.PUT, 504, "", errors.WriteOutcomeUnknown),
        (Request.DELETE, 502, "", errors.WriteOutcomeUnknown),
        (Request.READ, 504, "", errors.TemporaryRemoteError),
        (Request.READ, 304, "", errors.TemporaryRemoteError),
    ],
)
def test_an_answer_is_exactly_this_error(
    kind: Request, status: int, precondition: str, expected: type[errors.RemoteError]
) -> None:
    error = classify(kind, status, precondition, now=NOW)
    assert type(error) is expected
    assert error.status == status
    assert error.message.endswith(".")
    if isinstance(error, errors.Refused):
        assert error.precondition == precondition


@pytest.mark.parametrize(
    ("status", "precondition", "said"),
    [
        (413, "", "The server refused the request (413): 213 kB is too large for it."),
        (403, "max-resource-size", "The server refused the request (403): 213 kB is too large"),
        (507, "", "The server refused the request (507): the account is full, 213 kB would not"),
        (403, "need-privileges", "The server refused the request (403): need-privileges."),
        (400, "", "The server refused the request (400)."),
    ],
)
def test_a_refusal_says_why_and_how_large_the_event_was(
    status: int, precondition: str, said: str
) -> None:
    error = classify(Request.PUT, status, precondition, now=NOW, sent_bytes=212_001)
    assert error is not None
    assert error.message.startswith(said)


def test_a_read_forbidden_for_a_while_is_throttling() -> None:
    error = classify(Request.READ, 403, retry_after="30", now=NOW)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_at == NOW + timedelta(seconds=30)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", NOW),
        ("120", NOW + timedelta(minutes=2)),
        ("99999999999999999999", NOW + timedelta(days=1)),
        ("²", None),
        ("Sun, 22 Nov 99999 12:10:00 GMT", None),
        ("Sun, 99 Nov 2026 12:10:00 GMT", None),
        ("Sun, 22 Nov 2026 12:10:00 GMT", NOW + timedelta(minutes=10)),
        ("Sat, 21 Nov 2026 12:10:00 GMT", NOW),
        ("Sun, 22 Nov 2026 13:10:00 +0100", NOW + timedelta(minutes=10)),
        ("Thu, 22 Nov 2036 12:10:00 GMT", NOW + timedelta(days=1)),
    ],
)
def test_retry_after_is_an_instant_a_day_ahead_at_most(
    header: str, expected: datetime | None
) -> None:
    assert retry_at(header, NOW) == expected
