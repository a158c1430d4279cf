"""An in-memory twin of a CalDAV server, with the same manners and errors: for fast tests.

It answers as the strictest server we know: one UID once in an account, If-Match obeyed,
sync-tokens that expire, read-only collections.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from icloud_sync.core.values import Account, Changes, CollectionInfo, Fetched, Member, Multiget
from icloud_sync.remote.classify import UID_ELSEWHERE
from icloud_sync.remote.errors import (
    CollectionMissing,
    CredentialsError,
    InvalidSyncToken,
    PreconditionFailed,
    Refused,
    ResourceNotFound,
    UidConflict,
)
from icloud_sync.remote.hrefs import as_collection, canonical, is_resource
from icloud_sync.remote.multiget import with_crlf

UID = re.compile(r"^UID:(.*?)\r?$", re.MULTILINE)
FOLD = re.compile(r"\r?\n[ \t]")
NOWHERE = "The server has nothing at this address."

# Called with the verb and its href before each request; what it raises is the answer.
Fault = Callable[[str, str], None]


@dataclass
class MemoryCollection:
    """Resources, and a diary of changes: its length is the sync-token."""

    href: str
    name: str
    can_write: bool = True
    resources: dict[str, Fetched] = field(default_factory=dict)
    diary: list[str] = field(default_factory=list)
    oldest_token: int = 0
    # Listed in reports, yet without a body: iCloud is not always consistent (4.8).
    unserved: set[str] = field(default_factory=set)

    @property
    def token(self) -> str:
        return f"memory:{len(self.diary)}"

    def expire_tokens(self) -> None:
        self.diary.append("")
        self.oldest_token = len(self.diary)

    def changed_since(self, token: str) -> set[str]:
        prefix, _, number = token.partition(":")
        known = prefix == "memory" and number.isdigit()
        if not known or not self.oldest_token <= int(number) <= len(self.diary):
            raise InvalidSyncToken("The server no longer knows our sync-token.", 403)
        return {href for href in self.diary[int(number) :] if href}


@dataclass
class MemoryAccount:
    """Its methods are the owner's phone: they act behind the remote's back."""

    username: str
    password: str
    collections: dict[str, MemoryCollection] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _etags: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def home(self) -> str:
        return canonical(f"/{self.username}/calendars/")

    def add_collection(self, name: str, can_write: bool = True) -> MemoryCollection:
        href = canonical(f"{self.home}{name.lower().replace(' ', '-')}/")
        self.collections[href] = MemoryCollection(href, name, can_write)
        return self.collections[href]

    def collection_of(self, href: str) -> MemoryCollection:
        """The collection at an href, or the one a resource's href lies in."""
        found = self.collections.get(href.rpartition("/")[0] + "/")
        if found is None:
            raise ResourceNotFound(NOWHERE, 404)
        return found

    def put(self, href: str, body: str) -> str:
        """Create or replace; the new etag."""
        etag = f'"{next(self._etags)}"'
        collection = self.collection_of(href)
        collection.resources[href] = Fetched(href, etag, with_crlf(body))
        collection.diary.append(href)
        return etag

    def delete(self, href: str) -> None:
        collection = self.collection_of(href)
        del collection.resources[href]
        collection.diary.append(href)

    def href_of_uid(self, uid: str) -> str:
        for collection in self.collections.values():
            for href, fetched in collection.resources.items():
                if uid_of(fetched.body) == uid:
                    return href
        return ""


class MemoryServer:
    """Several accounts; what happens in one is not seen in another."""

    url = "memory://server/"

    def __init__(self) -> None:
        self.accounts: dict[str, MemoryAccount] = {}

    def add_account(self, username: str, password: str = "app-password") -> MemoryAccount:
        self.accounts[username] = MemoryAccount(username, password)
        return self.accounts[username]


class MemoryRemote:
    """A Remote for one account of a MemoryServer. Without a password, the right one."""

    def __init__(self, server: MemoryServer, username: str, password: str | None = None) -> None:
        self._server, self._username, self._password = server, username, password

    def discover(self) -> Account:
        account = self._account("discover", "/")
        home_url = self._server.url.rstrip("/") + account.home
        return Account(canonical(f"/{self._username}/principal/"), home_url)

    def list_collections(self) -> list[CollectionInfo]:
        account = self._account("list_collections", "/")
        return [
            CollectionInfo(each.href, each.name, each.can_write, each.token, each.token)
            for each in account.collections.values()
        ]

    def list_changes(self, collection_href: str, sync_token: str) -> Changes:
        collection = self._collection("list_changes", collection_href)
        touched = collection.changed_since(sync_token) if sync_token else set(collection.resources)
        present = [collection.resources[href] for href in sorted(touched & {*collection.resources})]
        return Changes(
            changed=tuple(Member(each.href, each.etag) for each in present),
            removed=tuple(sorted(touched - {*collection.resources})),
            token=collection.token,
        )

    def list_members(self, collection_href: str) -> list[Member]:
        collection = self._collection("list_members", collection_href)
        return [Member(each.href, each.etag) for each in collection.resources.values()]

    def multiget(self, collection_href: str, hrefs: Sequence[str]) -> Multiget:
        collection = self._collection("multiget", collection_href)
        wanted = list(dict.fromkeys(canonical(href) for href in hrefs))
        served = collection.resources.keys() - collection.unserved
        return Multiget(
            found=tuple(collection.resources[href] for href in wanted if href in served),
            missing=tuple(href for href in wanted if href not in served),
        )

    def get(self, href: str) -> Fetched:
        href = canonical(href)
        collection = self._account("get", href).collection_of(href)
        if href not in collection.resources or href in collection.unserved:
            raise ResourceNotFound(NOWHERE, 404)
        return collection.resources[href]

    def create(self, href: str, body: str) -> str:
        account, href = self._writable("create", href)
        if href in account.collection_of(href).resources:
            raise PreconditionFailed("There is an event at this address already.", 412)
        return self._store(account, href, body)

    def update(self, href: str, body: str, etag: str) -> str:
        _require(etag)
        account, href = self._writable("update", href)
        self._match(account, href, etag)
        return self._store(account, href, body)

    def delete(self, href: str, etag: str) -> None:
        _require(etag)
        account, href = self._writable("delete", href)
        if href not in account.collection_of(href).resources:
            raise ResourceNotFound(NOWHERE, 404)
        self._match(account, href, etag)
        account.delete(href)

    def close(self) -> None:
        """Nothing is held open."""

    def _account(self, verb: str, href: str) -> MemoryAccount:
        account = self._server.accounts.get(self._username)
        if account is None or self._password not in (None, account.password):
            raise CredentialsError("The server did not accept the user name and password.", 401)
        account.requests.append((verb, href))
        for fault in list(account.faults):
            fault(verb, href)
        return account

    def _collection(self, verb: str, href: str) -> MemoryCollection:
        href = as_collection(canonical(href))
        return self._account(verb, href).collection_of(href)

    def _writable(self, verb: str, href: str) -> tuple[MemoryAccount, str]:
        href = canonical(href)
        if not is_resource(href):
            raise ValueError(f"{href} is not a resource in a collection.")
        account = self._account(verb, href)
        if href.rpartition("/")[0] + "/" not in account.collections:
            raise CollectionMissing("There is no such collection.", 409)
        if not account.collection_of(href).can_write:
            raise Refused("This collection is read-only.", 403, "need-privileges")
        return account, href

    @staticmethod
    def _match(account: MemoryAccount, href: str, etag: str) -> None:
        present = account.collection_of(href).resources.get(href)
        if present is None or present.etag != etag:
            raise PreconditionFailed("The event changed on the server since we last read it.", 412)

    @staticmethod
    def _store(account: MemoryAccount, href: str, body: str) -> str:
        uid = uid_of(body)
        if not uid:
            raise Refused("The server would not store this: it is no event.", 400)
        if account.href_of_uid(uid) not in ("", href):
            raise UidConflict(UID_ELSEWHERE, 409, "no-uid-conflict")
        return account.put(href, body)


def uid_of(body: str) -> str:
    found = UID.search(FOLD.sub("", body))
    return found[1].strip() if found and "BEGIN:VCALENDAR" in body else ""


def _require(etag: str) -> None:
    if not etag:
        raise ValueError("A write needs the strong etag of what it replaces.")
