"""The XML we send, built with caldav's elements. No limit, no expand, no filter on UID."""

from collections.abc import Iterable

from caldav.elements import cdav, dav, ical
from caldav.elements.base import BaseElement
from lxml import etree


class _Ctag(BaseElement):
    tag = "{http://calendarserver.org/ns/}getctag"


class _ContentType(BaseElement):
    tag = "{DAV:}getcontenttype"


def _xml(element: BaseElement) -> bytes:
    return bytes(etree.tostring(element.xmlelement(), encoding="utf-8", xml_declaration=True))


def _propfind(*props: BaseElement) -> bytes:
    return _xml(dav.Propfind() + (dav.Prop() + props))


def principal() -> bytes:
    return _propfind(dav.CurrentUserPrincipal())


def calendar_home() -> bytes:
    """And who its owner is in invitations: one request for both."""
    return _propfind(cdav.CalendarHomeSet(), cdav.CalendarUserAddressSet())


def existence() -> bytes:
    return _propfind(dav.ResourceType())


def collections() -> bytes:
    return _propfind(
        dav.ResourceType(),
        dav.DisplayName(),
        cdav.SupportedCalendarComponentSet(),
        dav.CurrentUserPrivilegeSet(),
        ical.CalendarColor(),
        _Ctag(),
        dav.SyncToken(),
    )


def members() -> bytes:
    return _propfind(dav.GetEtag(), dav.ResourceType(), _ContentType())


def sync_collection(token: str) -> bytes:
    """No DAV:limit: iCloud ignores it, Apple's open server refuses it (4.5)."""
    return _xml(
        dav.SyncCollection()
        + [
            dav.SyncToken(value=token),
            dav.SyncLevel(value="1"),
            dav.Prop() + dav.GetEtag(),
        ]
    )


def multiget(hrefs: Iterable[str]) -> bytes:
    """Only a bare calendar-data: a partial one comes back empty from iCloud (5.8)."""
    props = dav.Prop() + [dav.GetEtag(), cdav.CalendarData()]
    return _xml(cdav.CalendarMultiGet() + [props, *(dav.Href(value=href) for href in hrefs)])
