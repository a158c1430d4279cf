"""One face for every server that the conformance suite runs against."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import PreconditionFailed
from icloud_sync.remote.hrefs import canonical
from icloud_sync.remote.interface import Remote
from icloud_sync.remote.memory import MemoryRemote, MemoryServer
from tests.phones import HOME, Phone
from tests.servers import Account

LOOPBACK = ("localhost", "127.0.0.1")
OWN_URL = os.environ.get("CONFORMANCE_URL", "")
OWN_NAMES = "Referins test"
TWO_NEEDED = (
    f"Make two calendars in this account whose names start with '{OWN_NAMES}': the suite "
    "empties them and writes only there."
)


@dataclass
class Kit:
    """An account with an empty collection, its remote, and its owner's phone."""

    phone: Phone
    connect: Callable[[str | None], Remote]
    remote: Remote

    @property
    def home(self) -> str:
        return self.phone.collections[HOME]


class MemoryPhone(Phone):
    def __init__(self, server: MemoryServer, username: str) -> None:
        self.account = server.accounts[username]
        self.collections = {}

    def make_collection(self, name: str) -> str:
        self.collections[name] = self.account.add_collection(name).href
        return self.collections[name]

    def resources(self, collection: str | None = None) -> dict[str, str]:
        found = self.account.collections[self.href_of(collection)].resources
        return {href: each.body for href, each in found.items()}

    def get(self, href: str) -> str:
        return self.account.collection_of(href).resources[href].body

    def put(self, name: str, body: str, collection: str | None = None) -> str:
        href = canonical(self.href_of(collection) + name)
        self.account.put(href, body)
        return href

    def delete(self, href: str) -> None:
        self.account.delete(href)


class OwnPhone(Phone):
    """For a server of one's own: it allows a phone no more than it allows us."""

    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        ours = [c for c in remote.list_collections() if c.name.startswith(OWN_NAMES)]
        assert len(ours) > 1, TWO_NEEDED
        # All of them at once: a UID left over in one would be refused in the other.
        self.spare = [self._emptied(collection.href) for collection in ours]
        self.collections = {HOME: self.spare.pop()}

    def make_collection(self, name: str) -> str:
        assert self.spare, TWO_NEEDED
        self.collections[name] = self.spare.pop()
        return self.collections[name]

    def resources(self, collection: str | None = None) -> dict[str, str]:
        members = self.remote.list_members(self.href_of(collection))
        return {member.href: self.get(member.href) for member in members}

    def get(self, href: str) -> str:
        return self.remote.get(href).body

    def put(self, name: str, body: str, collection: str | None = None) -> str:
        href = canonical(self.href_of(collection) + name)
        try:
            self.remote.create(href, body)
        except PreconditionFailed:
            self.remote.update(href, body, self.remote.get(href).etag)
        return href

    def delete(self, href: str) -> None:
        self.remote.delete(href, self.remote.get(href).etag)

    def _emptied(self, href: str) -> str:
        for member in self.remote.list_members(href):
            self.delete(member.href)
        return href


def memory_kit() -> Kit:
    server = MemoryServer()
    server.add_account("anna@example.com", "app-password")
    phone = MemoryPhone(server, "anna@example.com")
    phone.make_collection(HOME)

    def connect(password: str | None = None) -> Remote:
        return MemoryRemote(server, "anna@example.com", password or "app-password")

    return Kit(phone, connect, connect(None))


def caldav_kit(account: Account) -> Kit:
    def connect(password: str | None = None) -> Remote:
        return CalDAVRemote(
            account.server_url,
            account.username,
            password or account.password,
            allowed_hosts=LOOPBACK,
        )

    return Kit(account.phone, connect, connect(None))


def own_kit() -> Kit:
    username, password = os.environ["CONFORMANCE_USERNAME"], os.environ["CONFORMANCE_PASSWORD"]
    hosts = [*LOOPBACK, *os.environ.get("ICLOUD_ALLOWED_HOSTS", "").split(",")]

    def connect(other: str | None = None) -> Remote:
        return CalDAVRemote(OWN_URL, username, other or password, allowed_hosts=hosts)

    remote = connect(None)
    return Kit(OwnPhone(remote), connect, remote)
