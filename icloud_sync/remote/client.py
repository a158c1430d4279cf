"""A Remote over CalDAV: the verbs of interface.py as HTTP requests."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from icloud_sync.core.values import Account, Changes, CollectionInfo, Fetched, Member, Multiget
from icloud_sync.remote import listings, multiget, xml_requests
from icloud_sync.remote.classify import UID_ELSEWHERE, Request
from icloud_sync.remote.errors import (
    CollectionMissing,
    InvalidSyncToken,
    PreconditionFailed,
    Refused,
    ResourceNotFound,
    UidConflict,
    UnreadableAnswer,
)
from icloud_sync.remote.etags import strong
from icloud_sync.remote.home import Home
from icloud_sync.remote.hrefs import as_collection, canonical, is_resource, parent
from icloud_sync.remote.session import MAX_BYTES, TIMEOUT
from icloud_sync.remote.transport import Answer, Transport

# Bare, to a write: about the event or about its calendar? 409: RFC 4918, 9.7.1.
DOUBTFUL = (400, 403, 404, 409, 410)
GONE = "The calendar that this event belongs in cannot be reached any more."


class CalDAVRemote:
    """One account on one server. Not for several threads at once."""

    def __init__(
        self,
        server_url: str,
        username: str,
        password: str,
        *,
        allowed_hosts: Iterable[str] = (),
        home_url: str = "",
        failures: int = 0,
        timeout: tuple[float, float] = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        before_request: Callable[[], None] | None = None,
        contact: str = "",
    ) -> None:
        self._transport = Transport(
            server_url,
            username,
            password,
            allowed_hosts=allowed_hosts,
            timeout=timeout,
            max_bytes=max_bytes,
            before_request=before_request,
            contact=contact,
        )
        self._home = Home(self._transport, server_url, home_url, failures)
        # Collections that a write found gone: the others that wait for them ask no more.
        self._gone: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    @property
    def home_url(self) -> str:
        """Where the account's collections are now; "" before discovery."""
        return self._home.known_url

    # --- Reading ----------------------------------------------------------------------

    def discover(self) -> Account:
        return self._home.discover()

    def list_collections(self) -> list[CollectionInfo]:
        def ask() -> list[CollectionInfo]:
            home = self._home.href
            answer = self._propfind(home, xml_requests.collections(), depth="1")
            return listings.collections(answer.multistatus(), {home, answer.path})

        found = self._home.follow(ask)
        self._gone -= {info.href for info in found}
        return found

    def list_changes(self, collection_href: str, sync_token: str) -> Changes:
        href = _collection(collection_href)
        kind = Request.SYNC if sync_token else Request.FIRST_SYNC

        def ask() -> Changes:
            body = xml_requests.sync_collection(sync_token)
            answer = self._home.send("REPORT", href, kind, body, {"Depth": "0"})
            return listings.changes(answer.multistatus(), {href, answer.path}, sync_token)

        return self._home.follow(lambda: self._of_a_token(ask, href, sync_token))

    def list_members(self, collection_href: str) -> list[Member]:
        href = _collection(collection_href)

        def ask() -> list[Member]:
            answer = self._propfind(href, xml_requests.members(), depth="1")
            return listings.members(answer.multistatus(), {href, answer.path})

        return self._home.follow(ask)

    def multiget(self, collection_href: str, hrefs: Sequence[str]) -> Multiget:
        collection = _collection(collection_href)
        wanted = list(dict.fromkeys(canonical(href) for href in hrefs))
        return multiget.in_batches(
            wanted,
            lambda batch: self._report(collection, batch),
            self.get,
            lambda: self._check_exists(collection),
        )

    def _report(self, collection: str, batch: Sequence[str]) -> Multiget:
        body = xml_requests.multiget(batch)

        def ask() -> Multiget:
            answer = self._home.send("REPORT", collection, Request.READ, body, {"Depth": "1"})
            return multiget.read(answer.multistatus(), batch)

        return self._home.follow(ask)

    def get(self, href: str) -> Fetched:
        href = canonical(href)
        answer = self._get(href)
        fetched = Fetched(href, answer.etag, multiget.body_of(answer.content))
        return fetched if fetched.etag else self._with_etag(fetched)

    def _get(self, href: str) -> Answer:
        return self._home.follow(lambda: self._home.send("GET", href, Request.READ))

    def _with_etag(self, fetched: Fetched) -> Fetched:
        """A proxy weakens or drops the etag of a GET; a report gives body and etag in one."""
        try:
            again = self._report(parent(fetched.href), [fetched.href]).found
        except (Refused, ResourceNotFound, UnreadableAnswer):
            return fetched
        return again[0] if again else fetched

    # --- Writing ----------------------------------------------------------------------

    def create(self, href: str, body: str) -> str:
        try:
            return self._put(href, body, {"If-None-Match": "*"})
        except PreconditionFailed:
            # 412 without a word more: the href is taken, or the UID is (6.6).
            self._check_taken(canonical(href))
            raise

    def _check_taken(self, href: str) -> None:
        try:
            self._get(href)
        except ResourceNotFound as error:
            raise UidConflict(UID_ELSEWHERE, 412) from error
        except Refused:
            return  # of what is not there, nobody refuses to speak

    def update(self, href: str, body: str, etag: str) -> str:
        return self._put(href, body, {"If-Match": _usable(etag)})

    def delete(self, href: str, etag: str) -> None:
        self._write("DELETE", href, Request.DELETE, {"If-Match": _usable(etag)})

    def _put(self, href: str, body: str, condition: Mapping[str, str]) -> str:
        headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
        return self._write("PUT", href, Request.PUT, headers, body.encode()).etag

    def _write(
        self,
        method: str,
        href: str,
        request: Request,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer:
        path = self._resource(href)
        if parent(path) in self._gone:
            raise CollectionMissing(GONE)
        try:
            return self._home.write(method, path, request, body, headers)
        except (Refused, ResourceNotFound) as error:
            if error.status not in DOUBTFUL or (isinstance(error, Refused) and error.precondition):
                raise
            # Nothing was stored. In a calendar that is gone, of a service that refuses
            # everybody, or a body that iCloud will not have (6.8)?
            self._check_place(path)
            raise

    def _check_place(self, path: str) -> None:
        """Raises CollectionMissing where the calendar itself cannot be had either."""
        try:
            self._check_exists(parent(path))
        except (ResourceNotFound, Refused) as error:
            self._gone.add(parent(path))
            raise CollectionMissing(GONE, error.status) from error

    def _resource(self, href: str) -> str:
        """Refuses what could be a collection: DELETE on one takes all its events along."""
        path = canonical(href)
        home = self._home.href
        above_home = home.startswith(as_collection(path))
        if not is_resource(path) or above_home or parent(path) == home:
            raise ValueError(f"{path} is not a resource in a collection.")
        return path

    # --- Asking -----------------------------------------------------------------------

    def _propfind(self, href: str, body: bytes, depth: str) -> Answer:
        return self._home.send("PROPFIND", href, Request.READ, body, {"Depth": depth})

    def _of_a_token(self, ask: Callable[[], Changes], href: str, sync_token: str) -> Changes:
        """404 to a token: the collection is gone, or only the token is (4.6)."""
        try:
            return ask()
        except ResourceNotFound as error:
            if not sync_token:
                raise
            self._check_exists(href)
            raise InvalidSyncToken("The server no longer knows our sync-token.", 404) from error

    def _check_exists(self, collection: str) -> None:
        """Raises ResourceNotFound; some servers say so inside a 207."""

        def ask() -> None:
            answer = self._propfind(collection, xml_requests.existence(), depth="0")
            listings.check_itself(answer.multistatus(), {collection, answer.path})

        self._home.follow(ask)


def _collection(href: str) -> str:
    return as_collection(canonical(href))


def _usable(etag: str) -> str:
    usable = strong(etag)
    if not usable or usable == "*":
        raise ValueError("A write needs the strong etag of what it replaces.")
    return usable
