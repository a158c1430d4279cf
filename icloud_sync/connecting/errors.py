"""Why an account cannot be connected, as sentences that say what to do."""

from collections.abc import Iterable
from dataclasses import replace

from django.conf import settings

from icloud_sync.connecting.troubles import failure_of
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Credentials, Kind, credentials_refused, failed
from icloud_sync.core.verdicts.means import Means
from icloud_sync.core.verdicts.values import Step, Verdict, explained
from icloud_sync.remote.errors import CredentialsError, HostNotAllowed, RemoteError
from icloud_sync.remote.session import HostRule

NO_PASSWORD = (
    "Type the app-specific password. The user makes one at account.apple.com under Sign-In and "
    "Security, App-Specific Passwords."
)
DID_NOT_ACCEPT = "The server did not accept this Apple ID and password."
NOT_CALDAV = (
    "There is no CalDAV account at {url}. Check the address, or leave it empty for Apple's own."
)
NO_EVENT_CALENDARS = (
    "This account has no calendar that holds events. Make one in the Calendar app or at "
    "icloud.com, then connect again."
)
NO_WRITABLE_CALENDAR = (
    "Every calendar of this account is read-only, so there is nowhere to write "
    "appointments to. Make a calendar of the user's own in iCloud, then connect again."
)
READ_ONLY_TARGET = (
    "“{name}” is read-only in iCloud, so appointments cannot be written to it. Choose "
    "another calendar for new events."
)
UNKNOWN_COLLECTION = (
    "The account has no calendar “{name}”. It has: {names}. The calendar may have been "
    "deleted in iCloud meanwhile."
)
NO_TARGET = "Choose one calendar that new events go to."
NO_CALENDARS_CHOSEN = "Choose at least one calendar to serve, or serve all of them."
OWN_LIVE_CONNECTION = (
    "{user} has an iCloud connection already ({apple_id}). Update its password if it "
    "stopped working, or disconnect it first."
)
ACCOUNT_IN_USE = (
    "This Apple account is connected for {user} already. Two users cannot share one, since "
    "each would get the other's events as Blocked Slots. Disconnect it there first."
)
OTHER_ACCOUNT = (
    "This password opens another Apple account than the one connected. Type a password "
    "made for {apple_id}, or disconnect and connect the other account."
)
DISCONNECTED = "This connection is disconnected. Connect the account again."
PAUSED = "This connection is paused. Resume it first."


# Which of the things typed a cause speaks of; what is not here is nothing they typed.
FIELDS: dict[Cause | None, str] = {
    Cause.WRONG_PASSWORD: "password",
    Cause.ORDINARY_PASSWORD: "password",
    Cause.ALIAS_OR_PASSWORD: "password",
    Cause.REVOKED: "password",
    Cause.ALIAS: "apple_id",
    Cause.UNKNOWN_APPLE_ID: "apple_id",
    Cause.NOT_ALLOWED: "server_url",
    Cause.BAD_ADDRESS: "server_url",
    Cause.NOT_CALDAV: "server_url",
    Cause.NO_NAME: "server_url",
    Cause.NOBODY_LISTENS: "server_url",
}


class ConnectError(Exception):
    """`sentence` is for people, all of it; `sentences` one by one, what is the matter first.
    `field` names what they typed wrong, "" for none."""

    def __init__(self, sentence: str, field: str = "", more: Iterable[str] = ()) -> None:
        self.sentences = [sentence, *more]
        self.sentence = " ".join(self.sentences)
        self.field = field
        super().__init__(self.sentence)


def classify(error: RemoteError, url: str, known: Credentials, means: Means) -> ConnectError:
    """Why the server at this address did not let us look at the account, by the doctor's own
    table: an account that is not stored cannot be examined afterwards."""
    verdict = judge(error, url, known, means)
    more = [f"{name}: {words}" for name, words in explained(verdict)]
    return ConnectError(verdict.likely, FIELDS.get(verdict.cause, ""), more)


def judge(error: RemoteError, url: str, known: Credentials, means: Means) -> Verdict:
    if isinstance(error, CredentialsError) and error.status:
        seen = f"{DID_NOT_ACCEPT} Its answer was {error.status}."
        return credentials_refused(Step.SIGN_IN, known, error.status, seen, means)
    failure = failure_of(error, url)
    if isinstance(error, HostNotAllowed) and not may_see_a_password(url):
        failure = replace(failure, kind=Kind.NOT_ALLOWED)
    return failed(Step.SIGN_IN, failure, means)


def may_see_a_password(url: str) -> bool:
    """The address itself. Where it may, it was one that the server sent us to that may not."""
    try:
        HostRule(settings.ICLOUD_ALLOWED_HOSTS).check(url)
    except HostNotAllowed:
        return False
    return True
