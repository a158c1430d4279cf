"""A live look at an Apple account: is the password right, and what calendars are there."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from icloud_sync.connecting import errors
from icloud_sync.connecting.errors import ConnectError
from icloud_sync.core import app_password
from icloud_sync.core.values import CollectionInfo
from icloud_sync.core.verdicts.failures import Credentials
from icloud_sync.core.verdicts.means import CONNECTING, UPDATING
from icloud_sync.fields import DecryptionError, Secret
from icloud_sync.models import ICloudConnection
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import RemoteError
from icloud_sync.remote.interface import Remote

# (server_url, apple_id, password) -> the account, closed again when we have looked.
OpenRemote = Callable[[str, str, str], AbstractContextManager[Remote]]

APPLE_PARTITION = re.compile(r"p\d+-caldav\.icloud\.com")


@dataclass(frozen=True, slots=True)
class AccountLook:
    """What a live check found. `collections` are those that hold events."""

    apple_id: str
    server_url: str
    principal_href: str
    home_url: str
    collections: tuple[CollectionInfo, ...]
    addresses: tuple[str, ...] = ()

    def find(self, href: str) -> CollectionInfo:
        for info in self.collections:
            if info.href == href:
                return info
        raise self.unknown(href)

    def find_named(self, name: str) -> CollectionInfo:
        """By name, whatever its case; or by href, where two have the same name."""
        found = [i for i in self.collections if name == i.href or name.lower() == i.name.lower()]
        if len(found) > 1:
            hrefs = ", ".join(info.href for info in found)
            raise ConnectError(
                f"Several calendars are called “{name}”. Name one by its address instead: {hrefs}",
                "target",
            )
        if not found:
            raise self.unknown(name)
        return found[0]

    def first_writable(self) -> CollectionInfo:
        return next(info for info in self.collections if info.can_write)

    def unknown(self, name: str) -> ConnectError:
        names = ", ".join(f"“{info.name or info.href}”" for info in self.collections)
        return ConnectError(errors.UNKNOWN_COLLECTION.format(name=name, names=names), "target")


def open_remote(server_url: str, apple_id: str, password: str) -> AbstractContextManager[Remote]:
    return CalDAVRemote(server_url, apple_id, password, allowed_hosts=settings.ICLOUD_ALLOWED_HOSTS)


@sensitive_variables("password", "secret")
def look(
    apple_id: str,
    password: str,
    server_url: str = "",
    *,
    stored: ICloudConnection | None = None,
    remote: OpenRemote | None = None,
) -> AccountLook:
    """Asks the server now. Raises ConnectError; stores nothing. `stored`: the connection that
    the password is for, where there is one."""
    apple_id, secret = normalize_apple_id(apple_id), normalize_password(password)
    if not secret:
        raise ConnectError(errors.NO_PASSWORD, "password")
    url = normalize_server_url(server_url)
    try:
        with (remote or open_remote)(url, apple_id, secret) as opened:
            account, found = opened.discover(), opened.list_collections()
    except RemoteError as error:
        means = UPDATING if stored else CONNECTING
        raise errors.classify(error, url, known(apple_id, secret, stored), means) from error
    refuse_unusable(found)
    return AccountLook(
        apple_id,
        url,
        account.principal_href,
        account.home_url,
        tuple(found),
        account.addresses,
    )


@sensitive_variables("secret")
def known(apple_id: str, secret: Secret, stored: ICloudConnection | None = None) -> Credentials:
    """What tells apart the reasons of a 401, without the password itself."""
    is_app_specific = app_password.is_app_specific(secret)
    if stored is None:
        return Credentials(apple_id, is_app_specific, None)
    worked_until = accepted_until(stored) if is_stored(secret, stored) else None
    return Credentials(apple_id, is_app_specific, worked_until, bool(stored.principal_href))


def accepted_until(stored: ICloudConnection) -> datetime | None:
    """Nothing is stored that the server did not accept, so it was when it was connected."""
    return stored.last_success_at or (stored.created_at if stored.principal_href else None)


@sensitive_variables("secret")
def is_stored(secret: Secret, stored: ICloudConnection) -> bool:
    try:
        return secret == normalize_password(stored.app_password)
    except DecryptionError:
        return False


def refuse_unusable(found: list[CollectionInfo]) -> None:
    if not found:
        raise ConnectError(errors.NO_EVENT_CALENDARS, "apple_id")
    if not any(info.can_write for info in found):
        raise ConnectError(errors.NO_WRITABLE_CALENDAR, "apple_id")


def normalize_password(password: str) -> Secret:
    return Secret(app_password.normalized(password))


def normalize_apple_id(apple_id: str) -> str:
    return app_password.visible(apple_id)


def normalize_server_url(server_url: str) -> str:
    """One spelling an address, so that one account is recognised as one (D18).

    Apple's partitions (p42-caldav.icloud.com) come and go; the generic host leads to
    whichever is right.
    """
    parts = urlsplit(server_url.strip() or settings.ICLOUD_SERVER_URL)
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        port = None
    if not host or parts.scheme not in ("http", "https"):
        raise ConnectError(errors.NOT_CALDAV.format(url=server_url), "server_url")
    if APPLE_PARTITION.fullmatch(host):
        host = "caldav.icloud.com"
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = f"[{host}]" if ":" in host else host
    place = name if port in (None, usual) else f"{name}:{port}"
    return urlunsplit((parts.scheme, place, f"{parts.path.rstrip('/')}/", "", ""))
