"""The REPORTs Apple answers: multiget here, sync-collection and calendar-query next door."""

from lxml import etree

from icloud_standin import xml
from icloud_standin.messages import Refused, Request, Response, bad_request
from icloud_standin.places import Place
from icloud_standin.properties import Properties, of_resource
from icloud_standin.query_report import QueryReport
from icloud_standin.rows import Collection, Resource
from icloud_standin.serving import served
from icloud_standin.switches import Switches
from icloud_standin.sync_report import SyncReport
from icloud_standin.view import View

DATA = f"{{{xml.CALDAV}}}calendar-data"


class Reports:
    def __init__(self, view: View, switches: Switches) -> None:
        self.view, self.switches = view, switches
        self._query = QueryReport(view, switches, self._response)
        self._sync = SyncReport(view, switches, self._response)

    def answer(self, request: Request, place: Place) -> Response:
        root = xml.read(request.body, self.switches.strict_requests)
        if place.kind == "nowhere":
            raise Refused(404)
        if place.kind != "collection" or place.collection is None:
            raise bad_request("a report on something that is no calendar")
        answers = {
            f"{{{xml.DAV}}}sync-collection": self._sync.answer,
            f"{{{xml.CALDAV}}}calendar-multiget": self._multiget,
            f"{{{xml.CALDAV}}}calendar-query": self._query.answer,
        }
        answer = answers.get(str(root.tag))
        if answer is None:
            raise bad_request("a report we do not know")  # free-busy-query among them
        with self.view.store.alone():
            return answer(root, place.collection)

    def _multiget(self, root: etree._Element, collection: Collection) -> Response:
        asked = xml.asked(root)
        hrefs = [(child.text or "").strip() for child in xml.children(root, f"{{{xml.DAV}}}href")]
        if len(hrefs) > self.switches.largest_multiget:
            raise Refused(403, xml.error(xml.DAV, "number-of-matches-within-limits"), "text/xml")
        return xml.multistatus(part for href in hrefs for part in self._one(href, asked))

    def _one(self, href: str, asked: list[str]) -> list[str]:
        """Usually one response; none for what is missing and left out."""
        place = self.view.locate(href)
        if place.kind == "resource" and place.collection:
            resource = self.view.read(place.collection, place.name)
            if resource:
                return [self._response(resource, asked)]
        how = self.switches.missing_is
        return [] if how == "left out" else [xml.status_only(href, int(how))]

    def _response(self, resource: Resource, asked: list[str]) -> str:
        href = self.view.href(resource.href)
        return xml.response(href, self._properties(resource, asked), asked)

    def _properties(self, resource: Resource, asked: list[str]) -> Properties:
        have = of_resource(resource)
        if DATA in asked:
            body = served(resource.body or b"", self.switches).decode("utf-8", "replace")
            have[DATA] = xml.cdata(xml.CALDAV, "calendar-data", body)
        return have
