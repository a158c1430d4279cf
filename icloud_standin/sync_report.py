"""The sync-collection REPORT and its moods (S10; RFC 6578)."""

from collections.abc import Callable

from lxml import etree

from icloud_standin import xml
from icloud_standin.messages import Refused, Response, curt
from icloud_standin.properties import of_collection
from icloud_standin.rows import Collection, Resource, ends_a_page, make_token, revision_of
from icloud_standin.switches import Switches
from icloud_standin.view import View

LIMIT = f"{{{xml.DAV}}}limit/{{{xml.DAV}}}nresults"
ANEW = 0  # the revision before the first


class SyncReport:
    def __init__(
        self, view: View, switches: Switches, respond: Callable[[Resource, list[str]], str]
    ) -> None:
        self.view, self.switches, self.respond = view, switches, respond

    def answer(self, root: etree._Element, collection: Collection) -> Response:
        asked = xml.asked(root)
        token = (root.findtext(f"{{{xml.DAV}}}sync-token") or "").strip()
        since = self._since(token, collection)
        if since is None:
            return self._expired(collection)
        if since and self.switches.second_page and ends_a_page(token):
            return curt(self.switches.second_page)
        members = self.view.members(collection, since)
        if not since:
            members = [each for each in members if each.body is not None]
        page, next_token, more = self._page(root, members, collection)
        listed = self._itself(collection, since, asked)
        listed += [self._told(each, asked) for each in page]
        if self.switches.duplicates:
            listed += listed[-len(page) :] if page else []
        kept = {"": len(listed), "members": 1, "all": 0}[self.switches.empty_listing]
        return xml.multistatus([*listed[:kept], *more], next_token)

    def _since(self, token: str, collection: Collection) -> int | None:
        """The revision that is known; None where the token is not."""
        if not token:
            return ANEW
        known = None if self.switches.tokens_expire else revision_of(token, collection)
        again = known is None and self.switches.expired_token == "everything again"
        return ANEW if again else known

    def _expired(self, collection: Collection) -> Response:
        answer = self.switches.expired_token
        if answer == "507 inside":
            return xml.multistatus([xml.status_only(self.view.href(collection.href), 507)])
        if answer == "valid-sync-token":
            raise Refused(403, xml.error(xml.DAV, "valid-sync-token"), "text/xml")
        raise Refused(403 if answer == "bare 403" else int(answer))

    def _itself(self, collection: Collection, since: int, asked: list[str]) -> list[str]:
        """A collection is listed as its own member whenever something changed (4.3)."""
        if since >= collection.revision or self.switches.lists_itself == "no":
            return []
        href = self.view.href(collection.href)
        if self.switches.lists_itself == "without slash":
            href = href.rstrip("/")
        return [xml.response(href, of_collection(collection, self.view.account), asked)]

    def _page(
        self, root: etree._Element, members: list[Resource], collection: Collection
    ) -> tuple[list[Resource], str, list[str]]:
        """Members, the token after them, and what says that there are more (4.5)."""
        limit = root.findtext(LIMIT) or ""
        if limit and self.switches.sync_limit == "507":
            raise Refused(507, xml.error(xml.DAV, "number-of-matches-within-limits"), "text/xml")
        asked = int(limit) if limit.isdigit() and self.switches.sync_limit == "paged" else 0
        size = asked or self.switches.page_size
        if not size or len(members) <= size:
            return members, collection.sync_token, []
        page = members[:size]
        token = make_token(collection.id, collection.epoch, page[-1].revision, more=True)
        return page, token, [xml.status_only(self.view.href(collection.href), 507)]

    def _told(self, member: Resource, asked: list[str]) -> str:
        if member.body is None:
            return xml.status_only(self.view.href(member.href), 404)
        return self.respond(member, asked)
