"""Answers as iCloud shapes them, and answers that are none."""

import pytest

from icloud_sync.core.values import Changes, CollectionInfo, Fetched, Member, Multiget
from icloud_sync.remote import listings, multiget
from icloud_sync.remote.errors import ResourceNotFound, TemporaryRemoteError, UnreadableAnswer
from icloud_sync.remote.multistatus import parse, precondition

HOME = "/123/calendars/"
WORK = "/123/calendars/work/"

# As captured from iCloud: no prefixes, a namespace on every element, two propstats.
LISTING = b"""<?xml version="1.0" encoding="UTF-8"?>
<multistatus xmlns="DAV:">
  <response xmlns="DAV:"><href>/123/calendars/</href>
    <propstat><prop><displayname xmlns="DAV:">Anna Example</displayname>
      <resourcetype xmlns="DAV:"><collection/></resourcetype></prop>
      <status>HTTP/1.1 200 OK</status></propstat></response>
  <response xmlns="DAV:"><href>https://p180-caldav.icloud.com:443/123/calendars/work/</href>
    <propstat>
      <prop>
        <displayname xmlns="DAV:"> Work </displayname>
        <resourcetype xmlns="DAV:"><collection/><calendar xmlns="urn:ietf:params:xml:ns:caldav"/>
        </resourcetype>
        <getctag xmlns="http://calendarserver.org/ns/">HwoQEgwAADqW==</getctag>
        <sync-token xmlns="DAV:">HwoQEgwAADqW==</sync-token>
        <calendar-color xmlns="http://apple.com/ns/ical/"
          symbolic-color="blue">#1E4C63FF</calendar-color>
        <supported-calendar-component-set xmlns="urn:ietf:params:xml:ns:caldav">
          <comp name="VEVENT" xmlns="urn:ietf:params:xml:ns:caldav"/>
        </supported-calendar-component-set>
        <current-user-privilege-set xmlns="DAV:">
          <privilege><read/></privilege><privilege><write-content/></privilege>
        </current-user-privilege-set>
      </prop><status>HTTP/1.1 200 OK</status>
    </propstat>
    <propstat><prop><displayname xmlns="DAV:"/><getctag xmlns="http://calendarserver.org/ns/"/>
      </prop><status>HTTP/1.1 404 Not Found</status></propstat>
  </response>
  <response xmlns="DAV:"><href>/123/calendars/holidays/</href>
    <propstat><prop>
        <resourcetype><collection/><calendar xmlns="urn:ietf:params:xml:ns:caldav"/></resourcetype>
        <current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>
      </prop><status></status></propstat></response>
  <response xmlns="DAV:"><href>/123/calendars/tasks/</href>
    <propstat><prop><displayname>Reminders</displayname>
        <resourcetype><collection/><calendar xmlns="urn:ietf:params:xml:ns:caldav"/></resourcetype>
        <supported-calendar-component-set xmlns="urn:ietf:params:xml:ns:caldav">
          <comp name="VTODO"/></supported-calendar-component-set>
      </prop><status>HTTP/1.1 200 OK</status></propstat></response>
  <response xmlns="DAV:"><href>/123/calendars/inbox/</href>
    <propstat><prop>
        <resourcetype><collection/>
          <schedule-inbox xmlns="urn:ietf:params:xml:ns:caldav"/></resourcetype>
        <supported-calendar-component-set xmlns="urn:ietf:params:xml:ns:caldav">
          <comp name="VEVENT"/></supported-calendar-component-set>
      </prop><status>HTTP/1.1 200 OK</status></propstat></response>
</multistatus>"""


def multistatus(*responses: str, token: str = "") -> bytes:
    after = f"<D:sync-token>{token}</D:sync-token>" if token else ""
    return (
        '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        + "".join(f"<D:response>{response}</D:response>" for response in responses)
        + after
        + "</D:multistatus>"
    ).encode()


def member(href: str, etag: str = '"1"', extra: str = "") -> str:
    return (
        f"<D:href>{href}</D:href><D:propstat><D:prop><D:getetag>{etag}</D:getetag>{extra}"
        "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    )


def status(href: str, line: str) -> str:
    return f"<D:href>{href}</D:href><D:status>{line}</D:status>"


def data(body: str) -> str:
    return f"<C:calendar-data>{body}</C:calendar-data>"


def test_icloud_lists_two_calendars_that_hold_events() -> None:
    assert listings.collections(parse(LISTING, HOME), {HOME}) == [
        CollectionInfo(WORK, "Work", True, "HwoQEgwAADqW==", "HwoQEgwAADqW==", "#1E4C63"),
        CollectionInfo("/123/calendars/holidays/", "", False),
    ]


def test_a_listing_without_the_home_itself_counts_for_nothing() -> None:
    with pytest.raises(TemporaryRemoteError, match="incomplete"):
        listings.collections(parse(multistatus(member(WORK)), HOME), {HOME})


def test_a_listing_of_what_is_gone_is_not_found() -> None:
    gone = multistatus(status(WORK, "HTTP/1.1 404 Not Found"))
    with pytest.raises(ResourceNotFound):
        listings.members(parse(gone, WORK), {WORK})


def test_members_are_events_only_each_once() -> None:
    found = multistatus(
        member(WORK),
        member("a.ics", '"1"'),
        member("https://p2-caldav.icloud.com/123/calendars/work/a%2eics", '"2"'),
        member("folder/"),
        member("todo.ics", extra="<D:getcontenttype>text/calendar; component=VTODO"
               "</D:getcontenttype>"),
        member("b.ics", extra='<D:getcontenttype>text/calendar;charset=utf-8; component="VEVENT"'
               "</D:getcontenttype>"),
        member("note.txt", extra="<D:getcontenttype>text/plain</D:getcontenttype>"),
    )  # fmt: skip
    assert listings.members(parse(found, WORK), {WORK}) == [
        Member(WORK + "a.ics", '"2"'),
        Member(WORK + "b.ics", '"1"'),
    ]


def test_a_report_tells_changed_from_removed_and_drops_the_collection() -> None:
    found = multistatus(
        member("/123/calendars/work"),
        member("/123/calendars/work/a.ics", '"2"'),
        status("/123/calendars/work/b.ics", "HTTP/1.1 404 Not Found"),
        status("/123/calendars/work/c.ics", "HTTP/1.1 403 Forbidden"),
        token="HwoQ==",
    )
    assert listings.changes(parse(found, WORK), {WORK}, "old") == Changes(
        (Member(WORK + "a.ics", '"2"'),), (WORK + "b.ics",), "HwoQ=="
    )


def test_of_duplicates_in_a_report_the_last_one_counts() -> None:
    found = multistatus(
        member("/123/calendars/work/a.ics", '"1"'),
        status("/123/calendars/work/b.ics", "HTTP/1.1 404 Not Found"),
        status("/123/calendars/work/a.ics", "HTTP/1.1 404 Not Found"),
        member("/123/calendars/work/b.ics", '"9"'),
        token="t",
    )
    assert listings.changes(parse(found, WORK), {WORK}, "old") == Changes(
        (Member(WORK + "b.ics", '"9"'),), (WORK + "a.ics",), "t"
    )


def test_a_507_for_the_collection_means_there_is_more() -> None:
    found = multistatus(
        member(WORK + "a.ics"), status(WORK, "HTTP/1.1 507 Insufficient Storage"), token="t"
    )
    assert listings.changes(parse(found, WORK), {WORK}, "old") == Changes(
        (Member(WORK + "a.ics", '"1"'),), (), "t", more=True
    )


def test_a_listing_of_everything_names_nothing_as_removed() -> None:
    found = multistatus(
        member(WORK + "a.ics"), status(WORK + "b.ics", "HTTP/1.1 404 Not Found"), token="t"
    )
    assert listings.changes(parse(found, WORK), {WORK}, "") == Changes(
        (Member(WORK + "a.ics", '"1"'),), (), "t"
    )


def test_a_report_without_a_token_is_not_believed() -> None:
    with pytest.raises(UnreadableAnswer):
        listings.changes(parse(multistatus(member(WORK + "a.ics")), WORK), {WORK}, "")


def test_multiget_reads_cdata_and_gives_lines_their_ends_back() -> None:
    found = multistatus(
        member(WORK + "a.ics", '"1"', data("<![CDATA[BEGIN:VCALENDAR\nX:<&>\n]]>")),
        member(WORK + "b.ics", 'W/"2"', data("BEGIN:VCALENDAR&#13;\nX:&amp;&#13;\n")),
    )
    assert multiget.read(parse(found, WORK), [WORK + "a.ics", WORK + "b.ics"]) == Multiget(
        (
            Fetched(WORK + "a.ics", '"1"', "BEGIN:VCALENDAR\r\nX:<&>\r\n"),
            Fetched(WORK + "b.ics", "", "BEGIN:VCALENDAR\r\nX:&\r\n"),
        )
    )


def test_multiget_takes_a_404_an_empty_body_and_an_absence_for_missing() -> None:
    found = multistatus(
        status(WORK + "a.ics", "HTTP/1.1 404 Not Found"), member(WORK + "b.ics", '"1"', data(""))
    )
    wanted = [WORK + "a.ics", WORK + "b.ics", WORK + "c.ics"]
    assert multiget.read(parse(found, WORK), wanted) == Multiget((), tuple(wanted))


def test_multiget_names_what_the_server_will_not_show() -> None:
    found = multistatus(status(WORK + "a.ics", "HTTP/1.1 403 Forbidden"))
    assert multiget.read(parse(found, WORK), [WORK + "a.ics"]).unreadable.keys() == {WORK + "a.ics"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b"<html><head><title>Proxy</title></head></html>",
        b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>",
        b"<D:error xmlns:D='DAV:'/>",
    ],
)
def test_what_is_no_multistatus_is_an_error_and_never_empty(content: bytes) -> None:
    with pytest.raises(TemporaryRemoteError):
        parse(content, HOME)


@pytest.mark.parametrize(
    "content",
    [
        LISTING[:-40],
        multistatus(member(WORK + "a.ics", '"1"', data("SUMMARY:a\x08b"))),
        b'<!DOCTYPE x [<!ENTITY a "b">]><multistatus xmlns="DAV:">&a;</multistatus>',
        b"sorry",
    ],
)
def test_broken_xml_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        parse(content, HOME)


def test_entities_are_neither_expanded_nor_fetched(tmp_path: object) -> None:
    secret = tmp_path / "secret"  # type: ignore[operator]
    secret.write_text("do not read me")
    content = (
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]>'
        '<multistatus xmlns="DAV:"><response><href>&a;</href></response></multistatus>'
    )
    with pytest.raises(UnreadableAnswer) as caught:
        parse(content.encode(), HOME)
    assert "do not read me" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ""),
        (b"Forbidden", ""),
        (b"<html><body>No</body></html>", ""),
        (b'<error xmlns="DAV:"><valid-sync-token/></error>', "valid-sync-token"),
        (
            b'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">\n'
            b"<!-- why --><C:no-uid-conflict><D:href>/x</D:href></C:no-uid-conflict></D:error>",
            "no-uid-conflict",
        ),
        (
            b'<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns">'
            b"<s:exception>PreconditionFailed</s:exception></d:error>",
            "",
        ),
    ],
)
def test_the_condition_in_an_error_is_read(content: bytes, expected: str) -> None:
    assert precondition(content) == expected
