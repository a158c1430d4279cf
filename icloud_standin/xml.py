"""WebDAV's XML, read with care and written the way Apple writes it.

Apple's answers repeat an unprefixed xmlns on every element and are full of white space
(S6), so they are put together as text; whoever reads them needs a real XML parser.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http.client import responses as REASONS
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from icloud_standin.messages import Response, bad_request

DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"
CS = "http://calendarserver.org/ns/"
ICAL = "http://apple.com/ns/ical/"
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(body: bytes, strict: bool) -> etree._Element:
    """The root element. No entities, no network, no DTD, no blanks in front (S8)."""
    if strict and body[:1].isspace():
        raise bad_request("blanks before the XML")
    body = body.lstrip()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise bad_request("not XML") from error
    if root.getroottree().docinfo.doctype:
        raise bad_request("a DTD")
    return root


def children(element: etree._Element, tag: str = "*") -> list[etree._Element]:
    """Child elements, comments and processing instructions left out."""
    return [child for child in element.iterchildren(tag) if isinstance(child.tag, str)]


def asked(root: etree._Element) -> list[str]:
    """The qualified names inside the `prop` of a request."""
    prop = root.find(f"{{{DAV}}}prop")
    return [] if prop is None else [str(child.tag) for child in children(prop)]


def element(namespace: str, name: str, content: str = "", /, **attributes: str) -> str:
    extra = "".join(f" {key.replace('_', '-')}={quoteattr(v)}" for key, v in attributes.items())
    return f'<{name} xmlns="{namespace}"{extra}>{content}</{name}>'


def text(namespace: str, name: str, content: str) -> str:
    return element(namespace, name, escape(content))


def href(path: str) -> str:
    return text(DAV, "href", path)


def cdata(namespace: str, name: str, content: str) -> str:
    """Character data as Apple sends calendar-data; a parser turns its CRLF into LF."""
    safe = ILLEGAL.sub("\ufffd", content).replace("]]>", "]]]]><![CDATA[>")
    return element(namespace, name, f"<![CDATA[{safe}]]>")


def status_line(status: int) -> str:
    return text(DAV, "status", f"HTTP/1.1 {status} {REASONS[status]}")


def response(path: str, have: Mapping[str, str], asked: Sequence[str]) -> str:
    """One response with a 200 and, where something is unknown, a 404 propstat."""
    found = [have[name] for name in asked if name in have]
    missing = [_empty(name) for name in asked if name not in have]
    parts = [_propstat(200, found)] if found or not missing else []
    parts += [_propstat(404, missing)] if missing else []
    return element(DAV, "response", "\n    ".join(["", href(path), *parts]) + "\n  ")


def status_only(path: str, status: int) -> str:
    return element(DAV, "response", f"\n    {href(path)}\n    {status_line(status)}\n  ")


def multistatus(responses: Iterable[str], sync_token: str = "") -> Response:
    token = [text(DAV, "sync-token", sync_token)] if sync_token else []
    content = "\n  ".join(["", *responses, *token])
    document = f'<?xml version="1.0" encoding="UTF-8"?>\n{element(DAV, "multistatus", content)}\n'
    return Response(207, document.encode(), {"Content-Type": "text/xml; charset=UTF-8"})


def error(namespace: str, name: str) -> bytes:
    document = element(DAV, "error", element(namespace, name))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()


def prefixed(body: bytes) -> bytes:
    """The same answer as other servers write it: namespaces once and by prefix, no blanks."""
    root = etree.fromstring(body, etree.XMLParser(remove_blank_text=True))
    spaces = {"D": DAV, "C": CALDAV, "CS": CS, "I": ICAL}
    again = etree.Element(root.tag, nsmap=spaces)
    again.extend(list(root))
    etree.cleanup_namespaces(again, keep_ns_prefixes=spaces)
    written: bytes = etree.tostring(again, xml_declaration=True, encoding="utf-8")
    return written


def _propstat(status: int, properties: Sequence[str]) -> str:
    inside = "\n          ".join(["", *properties])
    prop = element(DAV, "prop", f"{inside}\n      ")
    return element(DAV, "propstat", f"\n      {prop}\n      {status_line(status)}\n    ")


def _empty(qualified: str) -> str:
    name = etree.QName(qualified)
    return element(name.namespace or "", name.localname)
