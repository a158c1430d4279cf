"""What came in place of an answer, and the most likely cause of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.spelling import spell, until
from icloud_sync.core.verdicts.values import Step, Verdict, trouble

APP_SPECIFIC = re.compile(r"[a-z]{4}(-[a-z]{4}){3}", re.IGNORECASE)
APPLE_MAIL = ("icloud.com", "me.com", "mac.com", "icloud.com.cn", "privaterelay.appleid.com")


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
    BROKEN = "the connection broke"
    UNREADABLE = "not to be understood"
    NOT_CALDAV = "no calendar server"
    ANONYMOUS = "unauthenticated"
    STATUS = "status"


BY_KIND = {
    Kind.NO_WAY: Cause.NO_NETWORK,
    Kind.NO_NAME: Cause.NO_NAME,
    Kind.REFUSED: Cause.NOBODY_LISTENS,
    Kind.SILENCE: Cause.SILENCE,
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

    `worked_until`: when the account last answered, None if never.
    """

    apple_id: str
    is_app_specific: bool
    worked_until: datetime | None


def is_app_specific(password: str) -> bool:
    """Whether it has the form that Apple gives out: xxxx-xxxx-xxxx-xxxx."""
    return APP_SPECIFIC.fullmatch(password) is not None


def looks_like_an_alias(apple_id: str) -> bool:
    """An address in Apple's own mail domains may be an alias; one elsewhere is none of
    Apple's to give, and so most likely the one that the account was made with."""
    return apple_id.rpartition("@")[2].strip().lower() in APPLE_MAIL


def failed(step: Step, failure: Failure) -> Verdict:
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
    return trouble(step, cause_of(failure), failure.seen, **about)


def cause_of(failure: Failure) -> Cause:
    if failure.kind is Kind.TLS_DATE:
        # Apple renews its certificates in time; the clock of one machine goes wrong sooner.
        return Cause.CLOCK_WRONG if failure.is_apple else Cause.EXPIRED_CERTIFICATE
    if failure.kind is not Kind.STATUS:
        return BY_KIND[failure.kind]
    status = failure.status
    if status in (429, 503) or failure.retry_at:
        return Cause.THROTTLED
    if status in (413, 507):
        return Cause.ACCOUNT_FULL
    if status >= 500 or status in (408, 421, 423, 425):
        return Cause.SERVER_FAILED
    if status in (404, 405, 410):
        return Cause.NOT_CALDAV
    return Cause.REFUSED if status >= 400 else Cause.ODD_ANSWER


def credentials_refused(step: Step, known: Credentials, status: int, seen: str) -> Verdict:
    """Told apart by what is known here: the answer is the same for all of them. A password
    that ever worked was an app-specific one, whatever it looks like."""
    about: dict[str, Any] = {
        "host": "The server",
        "until": until(None),
        "apple_id": known.apple_id,
        "worked_until": spell(known.worked_until),
        "form": "" if known.is_app_specific else ", or another password be stored by now",
    }
    return trouble(step, why_refused(known, status), seen, **about)


def why_refused(known: Credentials, status: int) -> Cause:
    if known.worked_until:
        # A dead password gets 401; a 403 was seen as a way of throttling (9.2).
        return Cause.THROTTLED if status == 403 else Cause.REVOKED
    if not known.is_app_specific:
        return Cause.ORDINARY_PASSWORD
    # Apple was seen to answer 403 to a user name it does not know (2.6).
    if status == 403 or looks_like_an_alias(known.apple_id):
        return Cause.ALIAS
    return Cause.WRONG_PASSWORD
