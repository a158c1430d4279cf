"""Why an account cannot be connected, as sentences that say what to do."""

from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    NotCalDAV,
    RateLimited,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
)

HOW_TO_MAKE_A_PASSWORD = (
    "Make an app-specific password at account.apple.com under Sign-In and Security, "
    "App-Specific Passwords, and type it here with the address the user signs in with there."
)
WRONG_PASSWORD = (
    "The server did not accept this Apple ID and password. The Apple Account password itself "
    f"does not work. {HOW_TO_MAKE_A_PASSWORD}"
)
NO_PASSWORD = f"Type the app-specific password. {HOW_TO_MAKE_A_PASSWORD}"
BUSY = (
    "The server at {host} is busy and asks us to come back later. This says nothing about "
    "the password: try again in a few minutes."
)
UNREACHABLE = (
    "The server at {host} could not be reached. Check the address and this machine's "
    "network, then try again; nothing was stored."
)
HOST_NOT_ALLOWED = (
    "We do not send a password to {host}: it is not one of Apple's hosts. If it is yours, "
    "add its name to the setting ICLOUD_ALLOWED_HOSTS and restart."
)
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


class ConnectError(Exception):
    """`sentence` is for people; `field` names what they typed wrong, "" for none."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


def classify(error: RemoteError, url: str, host: str) -> ConnectError:
    """The sentence for what a server answered while we looked at the account."""
    place = {"url": url, "host": host}
    if isinstance(error, CredentialsError) or is_forbidden(error):
        return ConnectError(WRONG_PASSWORD, "password")
    if isinstance(error, RateLimited) or (
        isinstance(error, TemporaryRemoteError) and error.status >= 500
    ):
        return ConnectError(BUSY.format(**place))
    if isinstance(error, HostNotAllowed):
        return ConnectError(HOST_NOT_ALLOWED.format(**place), "server_url")
    if isinstance(error, TemporaryRemoteError) and not error.status:
        return ConnectError(UNREACHABLE.format(**place), "server_url")
    if isinstance(error, NotCalDAV | ResourceNotFound | TemporaryRemoteError):
        return ConnectError(NOT_CALDAV.format(**place), "server_url")
    return ConnectError(f"The server at {host} refused: {error.message}")


def is_forbidden(error: RemoteError) -> bool:
    """Apple answers 403 to some unknown user names, and only while connecting is that
    about the credentials."""
    return isinstance(error, Refused) and error.status == 403
