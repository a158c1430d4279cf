"""From multistatus to what the interface answers: collections, members, changes."""

from caldav.elements import cdav, dav

from icloud_sync.core.values import Changes, CollectionInfo, Member
from icloud_sync.remote import hrefs
from icloud_sync.remote.errors import (
    InvalidSyncToken,
    ResourceNotFound,
    TemporaryRemoteError,
    UnreadableAnswer,
)
from icloud_sync.remote.etags import spelled
from icloud_sync.remote.multistatus import (
    COLOR,
    CONTENT_TYPE,
    CTAG,
    ETAG,
    Multistatus,
    Response,
)

TYPE = dav.ResourceType.tag
COMPONENTS = cdav.SupportedCalendarComponentSet.tag
PRIVILEGES = dav.CurrentUserPrivilegeSet.tag
WRITING = ("{DAV:}write", "{DAV:}write-content", "{DAV:}all")

INCOMPLETE = (
    "The server's listing is incomplete: it leaves out the very address that was asked. "
    "Nothing was concluded from it; we will try again."
)


def collections(found: Multistatus, asked: set[str]) -> list[CollectionInfo]:
    """Calendars that hold events. The home itself must be listed, or nothing counts."""
    return [
        _collection(response)
        for response in _complete(found, asked).values()
        if response.has(TYPE, cdav.Calendar.tag) and _holds_events(response)
    ]


def members(found: Multistatus, asked: set[str]) -> list[Member]:
    return [
        Member(response.href, spelled(response.text(ETAG)))
        for response in _complete(found, asked).values()
        if _is_event(response)
    ]


def changes(found: Multistatus, asked: set[str], since: str) -> Changes:
    """A sync report without a token could not be gone on from: it counts as broken.

    A listing of everything names nothing as removed (RFC 6578, 3.4); Radicale does.
    """
    cut_short = any(
        response.status == 507 and _is_asked(response, asked) for response in found.responses
    )
    if not found.sync_token and cut_short:  # a refusal, wrapped: nothing to go on from
        raise InvalidSyncToken("The server will not report since our sync-token.", 507)
    if not found.sync_token:
        raise UnreadableAnswer("The server's sync report has no sync-token.", 207)
    listed = [response for response in _besides(found, asked).values() if _is_event(response)]
    return Changes(
        changed=tuple(
            Member(response.href, spelled(response.text(ETAG)))
            for response in listed
            if response.status == 0 or response.status < 300
        ),
        removed=tuple(
            response.href for response in listed if since and response.status in (404, 410)
        ),
        token=found.sync_token,
        more=cut_short,
    )


def check_itself(found: Multistatus, asked: set[str]) -> None:
    """The address that was asked must be there, and not as a 404."""
    itself = [response for response in found.responses if _is_asked(response, asked)]
    if not itself:
        raise TemporaryRemoteError(INCOMPLETE, 207, kind="incomplete")
    if itself[0].status in (404, 410):
        raise ResourceNotFound("The server has nothing at this address.", itself[0].status)


def _complete(found: Multistatus, asked: set[str]) -> dict[str, Response]:
    check_itself(found, asked)
    return _besides(found, asked)


def _besides(found: Multistatus, asked: set[str]) -> dict[str, Response]:
    """Without the collection itself; of duplicates the last."""
    return {
        response.href: response for response in found.responses if not _is_asked(response, asked)
    }


def _is_asked(response: Response, asked: set[str]) -> bool:
    return any(hrefs.same_resource(response.href, href) for href in asked)


def _is_event(response: Response) -> bool:
    """Not a collection, and where the server says what it is, an event."""
    if response.href.endswith("/") or response.has(TYPE, dav.Collection.tag):
        return False
    kind = response.text(CONTENT_TYPE).lower().replace(" ", "").replace('"', "")
    if not kind:
        return True
    _, _, component = kind.partition("component=")
    return kind.startswith("text/calendar") and component.split(";")[0] in ("", "vevent")


def _collection(response: Response) -> CollectionInfo:
    return CollectionInfo(
        href=hrefs.as_collection(response.href),
        name=response.text(dav.DisplayName.tag),
        can_write=PRIVILEGES not in response.props or response.has(PRIVILEGES, *WRITING),
        ctag=response.text(CTAG),
        sync_token=response.text(dav.SyncToken.tag),
        color=response.text(COLOR)[:7],  # #RRGGBBAA: iCloud adds an alpha
    )


def _holds_events(response: Response) -> bool:
    """iCloud's Reminders are a calendar too; a missing set means everything."""
    components = response.props.get(COMPONENTS)
    if components is None:
        return True
    return any(
        (comp.get("name") or "").upper() == "VEVENT" for comp in components.iter(cdav.Comp.tag)
    )
