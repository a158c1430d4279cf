"""The REPORTs Apple answers: multiget and calendar-query, and sync-collection next door."""

from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree

from icloud_standin import xml
from icloud_standin.content_lines import UnparseableError, parse
from icloud_standin.messages import Refused, Request, Response, bad_request
from icloud_standin.occurrences import touches
from icloud_standin.places import Place
from icloud_standin.properties import Properties, of_resource
from icloud_standin.rows import Collection, Resource
from icloud_standin.serving import served
from icloud_standin.switches import Switches
from icloud_standin.sync_report import SyncReport
from icloud_standin.view import View

DATA = f"{{{xml.CALDAV}}}calendar-data"


class Reports:
    def __init__(self, view: View, switches: Switches) -> None:
        self.view, self.switches = view, switches
        self._sync = SyncReport(view, switches, self._response)

    def answer(self, request: Request, place: Place) -> Response:
        root = xml.read(request.body)
        if place.kind == "nowhere":
            raise Refused(404)
        if place.kind != "collection" or place.collection is None:
            raise bad_request("a report on something that is no calendar")
        answers = {
            f"{{{xml.DAV}}}sync-collection": self._sync.answer,
            f"{{{xml.CALDAV}}}calendar-multiget": self._multiget,
            f"{{{xml.CALDAV}}}calendar-query": self._calendar_query,
        }
        answer = answers.get(str(root.tag))
        if answer is None:
            raise bad_request("a report we do not know")  # free-busy-query among them
        with self.view.store.alone():
            return answer(root, place.collection)

    def _multiget(self, root: etree._Element, collection: Collection) -> Response:
        asked = xml.asked(root)
        hrefs = [(child.text or "").strip() for child in xml.children(root, f"{{{xml.DAV}}}href")]
        return xml.multistatus(part for href in hrefs for part in self._one(href, asked))

    def _one(self, href: str, asked: list[str]) -> list[str]:
        """Usually one response; none for what is missing and left out."""
        place = self.view.locate(href)
        if place.kind == "resource" and place.collection:
            resource = self.view.read(place.collection, place.name)
            if resource:
                return [self._response(resource, asked)]
        return [] if self.switches.missing_is == "left out" else [xml.status_only(href, 404)]

    def _calendar_query(self, root: etree._Element, collection: Collection) -> Response:
        asked = xml.asked(root)
        found = _filtered(root, self.view.readable(collection))
        if self.switches.empty_listing:
            found = []
        return xml.multistatus(self._response(each, asked) for each in found)

    def _response(self, resource: Resource, asked: list[str]) -> str:
        href = self.view.href(resource.href)
        return xml.response(href, self._properties(resource, asked), asked)

    def _properties(self, resource: Resource, asked: list[str]) -> Properties:
        have = of_resource(resource)
        if DATA in asked:
            body = served(resource.body or b"", self.switches).decode("utf-8", "replace")
            have[DATA] = xml.cdata(xml.CALDAV, "calendar-data", body)
        return have


def _filtered(root: etree._Element, resources: Iterable[Resource]) -> list[Resource]:
    """Component and time range work; a UID filter is a bare 412 (5.1), others find nothing."""
    components = root.findall(
        f"{{{xml.CALDAV}}}filter/{{{xml.CALDAV}}}comp-filter/{{{xml.CALDAV}}}comp-filter"
    )
    if not components:
        raise bad_request("a query without a component")
    conditions = [each for component in components for each in xml.children(component)]
    names = [etree.QName(each).localname for each in conditions]
    if any(each.get("name", "").upper() == "UID" for each in conditions):
        raise Refused(412)
    if len(components) > 1 or set(names) - {"time-range"}:
        return []
    component = components[0].get("name", "")
    start, end = _range(conditions)
    if component != "VEVENT" and conditions:
        return []  # time ranges on tasks find nothing (5.4)
    return [
        each
        for each in resources
        if _holds(each.body or b"", component) and touches(each.body or b"", start, end)
    ]


def _holds(body: bytes, component: str) -> bool:
    try:
        return bool(parse(body).named(component))
    except UnparseableError:
        return False


def _range(conditions: list[etree._Element]) -> tuple[datetime | None, datetime | None]:
    if not conditions:
        return None, None
    start, end = conditions[0].get("start"), conditions[0].get("end")
    earliest = datetime(1900, 1, 1, tzinfo=UTC)
    return _instant(start) or earliest, _instant(end)


def _instant(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise bad_request("a time-range that is not in UTC") from error
