"""What came in place of an answer, and the most likely cause of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from icloud_sync.core.app_password import is_app_specific
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.means import STORED, Means
from icloud_sync.core.verdicts.spelling import spell, until
from icloud_sync.core.verdicts.values import Step, Verdict, trouble

__all__ = [
    "Credentials",
    "Failure",
    "Kind",
    "cause_of",
    "credentials_refused",
    "failed",
    "is_app_specific",
    "why_refused",
]

ICLOUD_MAIL = ("icloud.com", "icloud.com.cn")
TWIN_MAIL = ("me.com", "mac.com")
RELAYED = "privaterelay.appleid.com"


class Kind(StrEnum):
    """What came in place of an answer, or with it."""

    NO_WAY = "no way"  # the system says: network unreachable
    NO_NAME = "no name"
    REFUSED = "connection refused"
    SILENCE = "no answer in time"
    TLS_NAME = "certificate for another name"
    TLS_UNKNOWN = "certificate of an unknown issuer"
    TLS_DATE = "certificate out of date"
    TLS = "TLS failed"
    PROXY = "proxy"
    HTML = "a web page"
    REDIRECT = "redirect to a foreign host"
    NOT_ALLOWED = "host not allowed"
    BAD_ADDRESS = "no address"
    STALLED = "no more answers in time"
    BROKEN = "the connection broke"
    UNREADABLE = "not to be understood"
    NOT_CALDAV = "no calendar server"
    NO_HOME = "no calendar home"
    ANONYMOUS = "unauthenticated"
    STATUS = "status"


BY_KIND = {
    Kind.NO_WAY: Cause.NO_NETWORK,
    Kind.NO_NAME: Cause.NO_NAME,
    Kind.REFUSED: Cause.NOBODY_LISTENS,
    Kind.SILENCE: Cause.SILENCE,
    Kind.STALLED: Cause.STALLED,
    Kind.TLS_NAME: Cause.WRONG_NAME,
    Kind.TLS_UNKNOWN: Cause.UNKNOWN_CERTIFICATE,
    Kind.TLS: Cause.BAD_TLS,
    Kind.PROXY: Cause.PROXY,
    Kind.HTML: Cause.PORTAL,
    Kind.REDIRECT: Cause.FOREIGN_REDIRECT,
    Kind.NOT_ALLOWED: Cause.NOT_ALLOWED,
    Kind.BAD_ADDRESS: Cause.BAD_ADDRESS,
    Kind.BROKEN: Cause.BROKE_OFF,
    Kind.UNREADABLE: Cause.ODD_ANSWER,
    Kind.NOT_CALDAV: Cause.NOT_CALDAV,
    Kind.NO_HOME: Cause.NO_HOME,
    Kind.ANONYMOUS: Cause.NOT_TAKEN_NOTICE,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """`seen`: what happened, in words; never a password, never an event's text. `host` is
    the one that was asked, `is_apple` whether it is Apple's."""

    kind: Kind
    host: str
    seen: str
    now: datetime
    status: int = 0
    retry_at: datetime | None = None
    is_apple: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is known of a user name and password without showing them to anybody.

    `worked_until`: when they last opened the account, None if never. `address_worked`: the
    address did, with whatever password.
    """

    apple_id: str
    is_app_specific: bool
    worked_until: datetime | None
    address_worked: bool = False


def failed(step: Step, failure: Failure, means: Means = STORED) -> Verdict:
    about: dict[str, Any] = {
        "host": failure.host,
        "url": failure.host,
        "until": until(failure.retry_at),
        "now": spell(failure.now),
        "skew": "far from",
        "name": "the calendar",
        "vouches_for_itself": "a company's proxy or firewall, which opens what passes through"
        if failure.is_apple
        else "a private server, made by its owner",
    }
    return trouble(step, cause_of(failure), failure.seen, means=means, **about)


def cause_of(failure: Failure) -> Cause:
    if failure.kind is Kind.TLS_DATE:
        # Apple renews its certificates in time; the clock of one machine goes wrong sooner.
        return Cause.CLOCK_WRONG if failure.is_apple else Cause.EXPIRED_CERTIFICATE
    if failure.kind is not Kind.STATUS:
        return BY_KIND[failure.kind]
    status = failure.status
    if status == 511:  # Network Authentication Required: a portal that says so (RFC 6585, 6)
        return Cause.PORTAL
    if status in (429, 503) or failure.retry_at:
        return Cause.THROTTLED
    if status in (413, 507):
        return Cause.ACCOUNT_FULL
    if status >= 500 or status in (408, 421, 423, 425):
        return Cause.SERVER_FAILED
    if status in (404, 405, 410):
        return Cause.NOT_CALDAV
    return Cause.REFUSED if status >= 400 else Cause.ODD_ANSWER


def credentials_refused(
    step: Step, known: Credentials, status: int, seen: str, means: Means = STORED
) -> Verdict:
    about: dict[str, Any] = {
        "host": "The server",
        "until": until(None),
        "apple_id": known.apple_id,
        "worked_until": spell(known.worked_until),
        "form": "" if known.is_app_specific else ", or another password be stored by now",
    }
    return trouble(step, why_refused(known, status), seen, means=means, **about)


def why_refused(known: Credentials, status: int) -> Cause:
    """401 and 403 mean the same for a wrong, revoked or ordinary password and for an alias
    (2.5, 2.6), so what is known here decides, the surest first: that the password ever
    worked, then its form, that the address ever worked, and the address itself."""
    if known.worked_until or known.address_worked:
        if status == 403:  # a dead password gets 401; 403 was seen as a way of throttling (9.2)
            return Cause.THROTTLED
        if known.worked_until:
            return Cause.REVOKED
    if not known.is_app_specific:
        return Cause.ORDINARY_PASSWORD
    if known.address_worked:
        return Cause.WRONG_PASSWORD
    return cause_by_address(known.apple_id, status)


def cause_by_address(apple_id: str, status: int) -> Cause:
    """Of a password of the right form that never worked. An address elsewhere is none of
    Apple's to give: the account was made with it, unless the server does not know it."""
    if is_alias(apple_id):
        return Cause.ALIAS
    at_icloud = domain_of(apple_id) in ICLOUD_MAIL
    if status == 403:  # seen for user names that are none (2.6)
        return Cause.ALIAS if at_icloud else Cause.UNKNOWN_APPLE_ID
    return Cause.ALIAS_OR_PASSWORD if at_icloud else Cause.WRONG_PASSWORD


def is_alias(apple_id: str) -> bool:
    """Most likely not what the user signs in with. Nobody signs in with a relayed address
    or with a +tag at Apple's; and who has one at me.com or mac.com has the same name at
    icloud.com too, of which one signs in at most, and mistyping is rarer than that. At
    icloud.com alone it may as well be the account's own address."""
    domain, has_tag = domain_of(apple_id), "+" in apple_id.partition("@")[0]
    return domain == RELAYED or domain in TWIN_MAIL or (domain in ICLOUD_MAIL and has_tag)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip().lower()
