"""An account's steps up to its calendars: each looks at one thing and has it judged."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings

from icloud_sync.core.verdicts import steps
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.failures import Failure, Kind, failed
from icloud_sync.core.verdicts.values import Step, Verdict, trouble
from icloud_sync.doctor.address import failure, reach
from icloud_sync.doctor.visit import Visit
from icloud_sync.fields import DecryptionError
from icloud_sync.models import ICloudConnection, RemoteCollection
from icloud_sync.remote import xml_requests
from icloud_sync.remote.classify import Request
from icloud_sync.remote.discovery import WELL_KNOWN
from icloud_sync.remote.errors import HostNotAllowed, Refused, ResourceNotFound
from icloud_sync.remote.hrefs import absolute, as_collection, canonical, origin
from icloud_sync.remote.multistatus import Response
from icloud_sync.remote.transport import Answer, Transport

PRINCIPAL = "{DAV:}current-user-principal"
HOME = "{urn:ietf:params:xml:ns:caldav}calendar-home-set"
ANONYMOUS = "The server answers as to somebody without a name (unauthenticated)."


def address(visit: Visit) -> Verdict:
    found = visit.patience.ask(lambda: reach(visit.url, settings.ICLOUD_ALLOWED_HOSTS))
    if isinstance(found, Failure):
        return failed(Step.ADDRESS, found, visit.means)
    visit.reached = found
    return steps.address(found)


def sign_in(visit: Visit) -> Verdict:
    """Where the server knows nothing at its address, its well-known one is tried."""
    connection = visit.connection
    try:
        visit.password = connection.app_password
    except DecryptionError:
        return trouble(Step.SIGN_IN, Cause.KEY_LOST, "No key opens the stored password.")
    if not visit.password:
        return trouble(Step.SIGN_IN, Cause.NO_PASSWORD, "The stored password is empty.")
    visit.take_lease()
    transport = visit.transport
    visit.principal = visit.ask(lambda: first_answer(transport, visit.url))
    responses = visit.principal.multistatus().responses  # a web page is no answer
    if any(one.has(PRINCIPAL, "{DAV:}unauthenticated") for one in responses):
        return failed(Step.SIGN_IN, failure(Kind.ANONYMOUS, visit.url, ANONYMOUS), visit.means)
    is_marked_dead = connection.status == ICloudConnection.Status.NEEDS_PASSWORD
    return steps.signed_in(is_marked_dead, f"Answer {visit.principal.status}.")


def first_answer(transport: Transport, url: str) -> Answer:
    """Of the address itself, or of its well-known one where that names a principal."""
    try:
        answer = propfind(transport, url, xml_requests.principal())
        if linked(answer, PRINCIPAL):
            return answer
    except (ResourceNotFound, Refused):
        return propfind(transport, urljoin(url, WELL_KNOWN), xml_requests.principal())
    try:
        return propfind(transport, urljoin(url, WELL_KNOWN), xml_requests.principal())
    except (ResourceNotFound, Refused):
        return answer


def principal(visit: Visit) -> Verdict:
    answer = visit.principal
    found = linked(answer, PRINCIPAL) if answer else ""
    if answer is None or not found:
        seen = "The answer names no current-user-principal."
        return failed(Step.PRINCIPAL, failure(Kind.NOT_CALDAV, visit.url, seen), visit.means)
    visit.principal_url = urljoin(answer.url, found)
    return steps.principal(whereabouts(visit), f"At {canonical(visit.principal_url)}.")


def calendar_home(visit: Visit) -> Verdict:
    transport, url = visit.transport, visit.principal_url
    answer = visit.ask(lambda: propfind(transport, url, xml_requests.calendar_home()))
    found = linked(answer, HOME)
    if not found:
        return trouble(Step.HOME, Cause.NO_HOME, "The principal names no calendar-home-set.")
    url = as_collection(urljoin(answer.url, found))
    try:
        transport.check(url)
    except HostNotAllowed as error:
        return failed(Step.HOME, failure(Kind.NOT_ALLOWED, url, error.message), visit.means)
    visit.home_url = absolute(canonical(url), url)
    return steps.calendar_home(whereabouts(visit), f"At {visit.home_url}.")


def whereabouts(visit: Visit) -> steps.Home:
    connection = visit.connection
    return steps.Home(
        apple_id=connection.apple_id,
        principal=canonical(visit.principal_url),
        principal_before=connection.principal_href,
        origin=host_of(visit.home_url),
        origin_before=host_of(connection.home_url),
    )


def host_of(url: str) -> str:
    """Without a port that goes without saying; "" for no URL."""
    return urlsplit(origin(url)).netloc if url else ""


def collections(visit: Visit) -> Verdict:
    try:
        infos = visit.ask(visit.remote.list_collections)
    except ResourceNotFound as error:
        return trouble(Step.COLLECTIONS, Cause.NO_HOME, error.message)
    visit.infos = {info.href: info for info in infos}
    rows = visit.connection.collections.exclude(role=RemoteCollection.Role.IGNORED)
    return steps.collections([as_calendar(visit, row) for row in rows], len(infos))


def calendars_offered(visit: Visit) -> Verdict:
    """Before connecting: no calendar has a role yet."""
    try:
        infos = visit.ask(visit.remote.list_collections)
    except ResourceNotFound as error:
        return trouble(Step.COLLECTIONS, Cause.NO_HOME, error.message)
    found = [steps.Calendar(one.name or one.href, "", can_write=one.can_write) for one in infos]
    return steps.offered(found, visit.means)


def as_calendar(visit: Visit, row: RemoteCollection) -> steps.Calendar:
    info = visit.infos.get(row.href)
    name = (info.name if info else "") or str(row)
    return steps.Calendar(name, row.role, info is not None, bool(info and info.can_write))


# --- One request ------------------------------------------------------------------------


def propfind(transport: Transport, url: str, body: bytes) -> Answer:
    """Depth 0: a deeper one on the principal is refused by iCloud (1.13)."""
    return transport.send("PROPFIND", url, Request.CONNECT, body, {"Depth": "0"})


def linked(answer: Answer, tag: str) -> str:
    """The href inside a property, of whichever response has it; "" for none."""
    found = (inner_href(response, tag) for response in answer.multistatus().responses)
    return next((href for href in found if href), "")


def inner_href(response: Response, tag: str) -> str:
    element = response.props.get(tag)
    return "" if element is None else (element.findtext("{DAV:}href") or "").strip()
