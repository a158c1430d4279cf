"""The same 401, told apart by what is known here: purely, the whole table."""

from datetime import UTC, datetime

import pytest

from icloud_sync.core.app_password import is_app_specific
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Credentials, credentials_refused
from icloud_sync.core.verdicts.means import CONNECTING, STORED, UPDATING, Means
from icloud_sync.core.verdicts.values import CAUSES, Grade, Step, Verdict

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FORM = "abcd-efgh-ijkl-mnop"
WRONG, EITHER, ALIAS = Cause.WRONG_PASSWORD, Cause.ALIAS_OR_PASSWORD, Cause.ALIAS
ORDINARY, UNKNOWN = Cause.ORDINARY_PASSWORD, Cause.UNKNOWN_APPLE_ID


def refused(
    apple_id: str,
    password: str,
    worked: datetime | None = None,
    status: int = 401,
    address_worked: bool = False,
    means: Means = STORED,
) -> Verdict:
    known = Credentials(apple_id, is_app_specific(password), worked, address_worked)
    return credentials_refused(Step.SIGN_IN, known, status, "The server answered 401.", means)


@pytest.mark.parametrize(
    ("apple_id", "password", "status", "cause"),
    [
        # An address that Apple does not give out is the account's own.
        ("anna@gmail.com", FORM, 401, WRONG),
        ("anna@noticloud.com", FORM, 401, WRONG),
        ("anna+apple@gmail.com", FORM, 401, WRONG),
        ("anna", FORM, 401, WRONG),
        # At icloud.com it may be its own or an alias: neither is the likelier.
        ("anna@icloud.com", FORM, 401, EITHER),
        ("anna@iCloud.com ", FORM, 401, EITHER),
        ("anna@icloud.com.cn", FORM, 401, EITHER),
        # Of the twins at me.com, mac.com and icloud.com one signs in at most.
        ("anna@me.com", FORM, 401, ALIAS),
        ("anna@MAC.com ", FORM.upper(), 401, ALIAS),
        # Nobody signs in with these.
        ("anna+shop@icloud.com", FORM, 401, ALIAS),
        ("x7@privaterelay.appleid.com", FORM, 401, ALIAS),
        # 403 was seen for user names that are none.
        ("anna@icloud.com", FORM, 403, ALIAS),
        ("nobody@example.com", FORM, 403, UNKNOWN),
        # The form says more than the address.
        ("anna@gmail.com", "Summer2026!", 401, ORDINARY),
        ("anna@icloud.com", "Summer2026!", 401, ORDINARY),
        ("anna@me.com", "Summer2026!", 401, ORDINARY),
        ("nobody@example.com", "Summer2026!", 403, ORDINARY),
        ("anna@gmail.com", "abcdefghijklmnop", 401, WRONG),
        ("anna@gmail.com", "abcd-efgh-ijkl", 401, ORDINARY),
    ],
)
def test_what_a_password_that_never_worked_most_likely_is(
    apple_id: str, password: str, status: int, cause: Cause
) -> None:
    assert refused(apple_id, password, None, status).cause is cause


@pytest.mark.parametrize("apple_id", ["anna@gmail.com", "anna@icloud.com", "anna@me.com"])
@pytest.mark.parametrize(
    ("password", "worked", "status", "cause"),
    [
        (FORM, NOW, 401, Cause.REVOKED),
        ("something else", NOW, 401, Cause.REVOKED),
        (FORM, NOW, 403, Cause.THROTTLED),
        (FORM, None, 401, WRONG),
        ("Summer2026!", None, 401, ORDINARY),
        (FORM, None, 403, Cause.THROTTLED),
    ],
)
def test_an_address_that_ever_worked_is_no_alias(
    apple_id: str, password: str, worked: datetime | None, status: int, cause: Cause
) -> None:
    assert refused(apple_id, password, worked, status, address_worked=True).cause is cause


@pytest.mark.parametrize("cause", [EITHER, ALIAS, UNKNOWN])
def test_a_doubtful_address_is_asked_for_before_anything_is_done(cause: Cause) -> None:
    assert CAUSES[cause].next_step.startswith("Ask the user which address account.apple.com shows")


@pytest.mark.parametrize(
    ("means", "password", "address"),
    [
        (STORED, "and type it with Update password.", "disconnect, and connect again with that"),
        (CONNECTING, "and connect with that.", "If it is another, connect with that one; if"),
        (UPDATING, "and type that here.", "disconnect, and connect again with that one; if"),
    ],
)
def test_the_next_step_is_one_that_can_be_taken_where_it_is_read(
    means: Means, password: str, address: str
) -> None:
    for apple_id in ("anna@gmail.com", "anna@icloud.com", "anna@me.com"):
        assert refused(apple_id, FORM, means=means).next_step.endswith(password)
    for apple_id in ("anna@icloud.com", "anna@me.com"):
        assert address in refused(apple_id, FORM, means=means).next_step


def test_the_words_for_a_revoked_password_say_until_when_it_worked() -> None:
    assert refused("anna@icloud.com", FORM, NOW) == Verdict(
        step=Step.SIGN_IN,
        grade=Grade.TROUBLE,
        likely="The password worked until 2026-11-24 09:30 UTC and does not any more: most "
        "likely it was revoked, alone or by a change of the Apple Account password.",
        seen="The server answered 401.",
        could_be="The account may be locked, its address be changed, or two-factor authentication "
        "be switched off.",
        next_step="Ask the user for a new app-specific password (account.apple.com, Sign-In and "
        "Security, App-Specific Passwords) and type it with Update password.",
        cause=Cause.REVOKED,
        stops=True,
    )
