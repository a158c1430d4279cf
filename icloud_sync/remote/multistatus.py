"""Reading a multistatus (RFC 4918, 13; RFC 6578, 3.6), hardened and forgiving.

Forgiving of what iCloud does (no prefixes, white space, CDATA, empty status lines, two
propstats a response), never of an answer that is not a multistatus.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from caldav.elements import cdav, dav, ical
from lxml import etree

from icloud_sync.remote import hrefs
from icloud_sync.remote.errors import TemporaryRemoteError, UnreadableAnswer

ETAG = dav.GetEtag.tag
DATA = cdav.CalendarData.tag
COLOR = ical.CalendarColor.tag
CTAG = "{http://calendarserver.org/ns/}getctag"
CONTENT_TYPE = "{DAV:}getcontenttype"

CONDITIONS = {"DAV:", "urn:ietf:params:xml:ns:caldav", "http://calendarserver.org/ns/"}

NOT_CALDAV = (
    "The server answered with something that is not CalDAV: perhaps a sign-in page or a "
    "proxy stands in between. Nothing was changed; we will try again."
)
NOT_CALDAV_KIND = "not CalDAV"
BROKEN = "The server's answer could not be read: its XML is broken."


@dataclass(frozen=True, slots=True)
class Response:
    """One `response`: its href, its own status (0: none) and the properties it has."""

    href: str
    status: int = 0
    props: dict[str, Any] = field(default_factory=dict)

    def text(self, tag: str) -> str:
        element = self.props.get(tag)
        return "" if element is None else "".join(element.itertext()).strip()

    def raw_text(self, tag: str) -> str:
        """The text with its white space: what an iCalendar body needs."""
        element = self.props.get(tag)
        return "" if element is None else "".join(element.itertext())

    def has(self, tag: str, *path: str) -> bool:
        """Whether the property holds this element, at any depth."""
        element = self.props.get(tag)
        return element is not None and any(element.find(".//" + name) is not None for name in path)


@dataclass(frozen=True, slots=True)
class Multistatus:
    responses: tuple[Response, ...]
    sync_token: str = ""


def parse(content: bytes, base: str) -> Multistatus:
    """`base`: the path that was asked, for hrefs that are relative to it."""
    root = parse_xml(content)
    if root.tag != dav.MultiStatus.tag:
        raise not_caldav()
    return Multistatus(
        tuple(_responses(root, base)), (root.findtext(dav.SyncToken.tag) or "").strip()
    )


def not_caldav(status: int = 200) -> TemporaryRemoteError:
    return TemporaryRemoteError(NOT_CALDAV, status, kind=NOT_CALDAV_KIND)


def parse_xml(content: bytes) -> Any:
    if looks_like_html(content) or not content.strip():
        raise not_caldav()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableAnswer(BROKEN, 200) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableAnswer("The server's answer declares XML entities: refused.", 200)
    return root


def looks_like_html(content: bytes) -> bool:
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:500].lower()
    return start.startswith(b"<!doctype html") or (start.startswith(b"<") and b"<html" in start)


def precondition(content: bytes) -> str:
    """The name of the condition in a DAV:error (RFC 4918, 16), or ""."""
    try:
        root = parse_xml(content)
    except TemporaryRemoteError:
        return ""
    if root.tag != "{DAV:}error":
        return ""
    names = (etree.QName(child) for child in root if _is_element(child))
    standard = (name.localname for name in names if name.namespace in CONDITIONS)
    return next((name for name in standard if name != "responsedescription"), "")


def _responses(root: Any, base: str) -> Iterator[Response]:
    for element in root.findall(dav.Response.tag):
        status = _status(element.findtext(dav.Status.tag))
        props = _properties(element)
        # One response may name several hrefs that share a status (RFC 4918, 14.24).
        for href in element.findall(dav.Href.tag):
            path = _path(href.text or "", base)
            if path:
                yield Response(path, status, props)


def _path(href: str, base: str) -> str:
    """Or "" for what is no address: it names nothing, and the others count."""
    try:
        return hrefs.canonical(href, base) if href.strip() else ""
    except ValueError:
        return ""


def _properties(element: Any) -> dict[str, Any]:
    """Of 2xx propstats only: the 404 one would overwrite good values with empty ones."""
    found: dict[str, Any] = {}
    for propstat in element.findall(dav.PropStat.tag):
        status = _status(propstat.findtext(dav.Status.tag))
        if status == 0 or 200 <= status < 300:
            for prop in propstat.findall(dav.Prop.tag):
                found |= {child.tag: child for child in prop if _is_element(child)}
    return found


def _status(line: str | None) -> int:
    """The number in `HTTP/1.1 404 Not Found`; 0 for none or an empty one."""
    words = (line or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0


def _is_element(node: Any) -> bool:
    return isinstance(node.tag, str)
