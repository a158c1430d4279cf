"""From a server's address to the account's calendar home (RFC 5397; RFC 4791, 6.2.1)."""

from caldav.elements import cdav, dav

from icloud_sync.core.values import Account
from icloud_sync.remote import hrefs, xml_requests
from icloud_sync.remote.addresses import joined
from icloud_sync.remote.classify import Request
from icloud_sync.remote.errors import CredentialsError, NotCalDAV, Refused, ResourceNotFound
from icloud_sync.remote.multistatus import Response
from icloud_sync.remote.transport import Answer, Transport

WELL_KNOWN = "/.well-known/caldav"  # RFC 6764, 5
NO_HOME = "no home"


def discover(transport: Transport, server_url: str) -> Account:
    """Principal, then home. The home may lie on another host: iCloud's partition."""
    principal_url = _principal_url(transport, server_url)
    answer = _propfind(transport, principal_url, xml_requests.calendar_home())
    home = _linked(answer, cdav.CalendarHomeSet.tag)
    if not home:
        raise NotCalDAV(
            "This account exists but has no calendars: iCloud Calendar may be off.", kind=NO_HOME
        )
    home_url = _located(transport, answer, home)
    return Account(
        principal_href=hrefs.canonical(principal_url),
        home_url=hrefs.as_collection(home_url),
        addresses=_addresses(answer),
    )


def _addresses(answer: Answer) -> tuple[str, ...]:
    """RFC 6638, 2.4.1: e-mail addresses, and names only the server knows."""
    sets = (
        one.props.get(cdav.CalendarUserAddressSet.tag) for one in answer.multistatus().responses
    )
    found = (link.text for each in sets if each is not None for link in each.iter(dav.Href.tag))
    plain = ((text or "").strip().lower().removeprefix("mailto:") for text in found)
    return tuple(dict.fromkeys(each for each in plain if each))


def _principal_url(transport: Transport, server_url: str) -> str:
    """At the address itself, and where nothing is there, at its well-known one."""
    for url in (server_url, joined(server_url, WELL_KNOWN)):
        try:
            answer = _propfind(transport, url, xml_requests.principal())
        except (ResourceNotFound, Refused):
            continue
        principal = _linked(answer, dav.CurrentUserPrincipal.tag)
        if principal:
            return _located(transport, answer, principal)
    raise NotCalDAV("There is no calendar server at this address. Check the server's URL.")


def _located(transport: Transport, answer: Answer, href: str) -> str:
    """Where an href leads, in its one spelling. HostNotAllowed, before anything is sent there."""
    url = joined(answer.url, href)
    transport.check(url)
    return hrefs.absolute(hrefs.canonical(url), url)


def _propfind(transport: Transport, url: str, body: bytes) -> Answer:
    """Depth 0: a deeper one on the principal is refused by iCloud (1.13)."""
    return transport.send("PROPFIND", url, Request.CONNECT, body, {"Depth": "0"})


def _linked(answer: Answer, tag: str) -> str:
    """The href inside a property. The response's own href may differ from the one asked."""
    for response in answer.multistatus().responses:
        _refuse_anonymous(response, tag)
        element = response.props.get(tag)
        found = "" if element is None else (element.findtext(dav.Href.tag) or "").strip()
        if found:
            return found
    return ""


def _refuse_anonymous(response: Response, tag: str) -> None:
    if response.has(tag, "{DAV:}unauthenticated"):
        raise CredentialsError("The server did not take notice of the user name and password.")
