"""The calendar-query REPORT: a component, a time range, and hardly more (S8, S9, S16)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from lxml import etree

from icloud_standin import xml
from icloud_standin.content_lines import UnparseableError, parse
from icloud_standin.messages import Refused, Response, bad_request
from icloud_standin.occurrences import touches
from icloud_standin.rows import Collection, Resource
from icloud_standin.switches import Switches
from icloud_standin.view import View

FILTERS = "/".join(f"{{{xml.CALDAV}}}{name}" for name in ("filter", "comp-filter", "comp-filter"))
EXPAND = f"{{{xml.DAV}}}prop/{{{xml.CALDAV}}}calendar-data/{{{xml.CALDAV}}}expand"
A_YEAR = timedelta(days=366)


class QueryReport:
    def __init__(
        self, view: View, switches: Switches, respond: Callable[[Resource, list[str]], str]
    ) -> None:
        self.view, self.switches, self.respond = view, switches, respond

    def answer(self, root: etree._Element, collection: Collection) -> Response:
        components = root.findall(FILTERS)
        if not components and self.switches.strict_requests:
            raise bad_request("a query without a component")
        found = self._found(components, self.view.readable(collection))
        unexpanded = root.find(EXPAND) is not None and self.switches.expand == "nothing"
        if self.switches.empty_listing or unexpanded:
            found = []
        asked = xml.asked(root)
        return xml.multistatus(self.respond(each, asked) for each in found)

    def _found(self, components: list[etree._Element], resources: list[Resource]) -> list[Resource]:
        """One component, in a time range or with a UID; anything else finds nothing (5.3, 5.4)."""
        conditions = [each for component in components for each in xml.children(component)]
        uid = next((each for each in conditions if each.get("name", "").upper() == "UID"), None)
        if uid is not None:
            return self._with_uid(uid, resources)
        if len(components) > 1 or {etree.QName(each).localname for each in conditions} - {
            "time-range"
        }:
            return []
        name = components[0].get("name", "") if components else ""
        if name != "VEVENT" and conditions:
            return []
        found = [each for each in resources if not name or _holds(each.body or b"", name)]
        return self._in_range(conditions[0], found) if conditions else found

    def _with_uid(self, condition: etree._Element, resources: list[Resource]) -> list[Resource]:
        if self.switches.uid_filter == "412":
            raise Refused(412)
        wanted = (condition.findtext(f"{{{xml.CALDAV}}}text-match") or "").strip()
        works = self.switches.uid_filter == "works"
        return [each for each in resources if works and each.uid == wanted]

    def _in_range(self, condition: etree._Element, resources: list[Resource]) -> list[Resource]:
        start = _instant(condition.get("start")) or datetime(1900, 1, 1, tzinfo=UTC)
        end = _instant(condition.get("end"))
        if self.switches.old_ranges == "403" and start < datetime.now(UTC) - A_YEAR:
            raise Refused(403)
        # A second of grace lets in all-day events that end exactly where the range starts.
        grace = timedelta(seconds=1 if self.switches.returns_touching else 0)
        return [each for each in resources if touches(each.body or b"", start - grace, end)]


def _holds(body: bytes, component: str) -> bool:
    try:
        return bool(parse(body).named(component))
    except UnparseableError:
        return False


def _instant(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise bad_request("a time-range that is not in UTC") from error
