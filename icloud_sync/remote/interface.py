"""The verbs we speak with a CalDAV server, their preconditions and their errors.

Every href is a server-relative path. Every method may raise CredentialsError,
TemporaryRemoteError (RateLimited among them), HostNotAllowed and Refused.
"""

from collections.abc import Sequence
from typing import Protocol

from icloud_sync.core.values import Account, Changes, CollectionInfo, Fetched, Member, Multiget

MULTIGET_BATCH = 50  # icloud-behaviour.md 5.10


class Remote(Protocol):
    """One account on one server."""

    def discover(self) -> Account:
        """Find principal and calendar home (RFC 4791, 6.2.1; RFC 5397). NotCalDAV."""
        ...

    def list_collections(self) -> list[CollectionInfo]:
        """Collections that hold events, one Depth 1 PROPFIND on the calendar home.

        Raises TemporaryRemoteError when the answer is not a well-formed listing of the
        home itself, so that a sign-in page never reads as "no calendars".
        """
        ...

    def list_changes(self, collection_href: str, sync_token: str) -> Changes:
        """sync-collection REPORT (RFC 6578); sync_token "" lists everything.

        InvalidSyncToken (also when the server has no such report), ResourceNotFound.
        """
        ...

    def list_members(self, collection_href: str) -> list[Member]:
        """Every event resource's href and etag, one PROPFIND Depth 1. ResourceNotFound."""
        ...

    def multiget(self, collection_href: str, hrefs: Sequence[str]) -> Multiget:
        """calendar-multiget REPORT (RFC 4791, 7.9), in batches of MULTIGET_BATCH."""
        ...

    def get(self, href: str) -> Fetched:
        """ResourceNotFound."""
        ...

    def create(self, href: str, body: str) -> str:
        """PUT with If-None-Match: *. Returns the strong etag, or "" where none was given.

        PreconditionFailed (the href is taken), UidConflict (nothing is there, the UID is
        elsewhere), CollectionMissing, WriteOutcomeUnknown.
        """
        ...

    def update(self, href: str, body: str, etag: str) -> str:
        """PUT with If-Match. Returns as create does. `etag` must not be empty.

        PreconditionFailed, ResourceNotFound, UidConflict, CollectionMissing,
        WriteOutcomeUnknown.
        """
        ...

    def delete(self, href: str, etag: str) -> None:
        """DELETE with If-Match, of a resource only, never of a collection.

        PreconditionFailed, ResourceNotFound (gone already), CollectionMissing,
        WriteOutcomeUnknown.
        """
        ...
