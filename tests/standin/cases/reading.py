"""S9 to S11, S14, S16: listings, reports, and bodies as they are served."""

import http.client

from tests.standin.cases.bench import Bench, Case
from tests.standin.conftest import CALDAV, DAV, Answer


def an_expired_token(bench: Bench) -> tuple[int, bool, list[str]]:
    """Status, whether it names the precondition, and how many hrefs come back."""
    client = bench.client()
    token = client.sync(bench.href).find("D:sync-token")
    bench.account.expire_tokens(bench.calendar)
    answer = client.sync(bench.href, token)
    hrefs = answer.hrefs if answer.status == 207 else []
    return answer.status, b"valid-sync-token" in answer.body, [bench.plain(h) for h in hrefs]


def a_token_used_at_once(bench: Bench) -> int:
    client = bench.client()
    return client.sync(bench.href, client.sync(bench.href).find("D:sync-token")).status


def names_in_a_report(bench: Bench) -> list[str]:
    """After two events were stored, and one of them deleted."""
    client = bench.client()
    token = client.sync(bench.href).find("D:sync-token")
    kept, gone = bench.put(), bench.put()
    bench.account.delete(gone)
    words = {bench.href: "itself/", bench.href.rstrip("/"): "itself", kept: "kept", gone: "gone"}
    return [words[href] for href in client.sync(bench.href, token).hrefs]


def a_limit_of_two(bench: Bench) -> tuple[int, list[int]]:
    """Status of the first page, and how many new members each page has."""
    client, pages = bench.client(), []
    token = client.sync(bench.href).find("D:sync-token")
    hrefs = {bench.put() for _ in range(3)}
    for _ in range(3):
        answer = client.sync(bench.href, token, "<limit><nresults>2</nresults></limit>")
        if answer.status != 207:
            return answer.status, []
        pages.append(len(hrefs & set(answer.hrefs)))
        token = answer.find("D:sync-token")
        if not cut_short(answer, bench.href):
            break
    return answer.status, pages


def pages_of_a_report(bench: Bench) -> tuple[list[int], list[int | str]]:
    """How many of four changes each page tells of, nobody having asked for pages; and what
    became of each."""
    client = bench.client()
    listed = client.propfind(bench.href, "sync-token")
    token = listed.find("D:response/D:propstat/D:prop/D:sync-token")
    for _ in range(3):
        gone = bench.put()
    bench.account.delete(gone)
    bench.put()
    pages: list[int] = []
    ended: list[int | str] = []
    while len(pages) < 9:
        try:
            answer = client.sync(bench.href, token)
        except (ConnectionError, http.client.HTTPException) as error:
            return pages, [*ended, type(error).__name__]
        ended.append(answer.status)
        if answer.status != 207:
            break
        pages.append(len(set(answer.hrefs) - {bench.href}))
        token = answer.find("D:sync-token")
        if not cut_short(answer, bench.href):
            break
    return pages, ended


def cut_short(answer: Answer, href: str) -> bool:
    """507 for the collection itself, inside the 207 (RFC 6578, 3.6)."""
    told = [
        response.findtext(f"{DAV}status") or ""
        for response in answer.xml.findall(f"{DAV}response")
        if response.findtext(f"{DAV}href") == href
    ]
    return any("507" in status for status in told)


def three_listings(bench: Bench) -> list[list[int]]:
    """Of six events, the places of those that a listing and a first report tell of, twice."""
    known = sorted(bench.account.resources(bench.calendar))
    hrefs = known or [bench.put() for _ in range(6)]
    client, seen = bench.client(), []
    for answer in (
        client.propfind(bench.href, "getetag", depth="1"),
        client.sync(bench.href),
        client.propfind(bench.href, "getetag", depth="1"),
    ):
        seen.append([hrefs.index(href) for href in answer.hrefs if href in hrefs])
    return [sorted(each) for each in seen]


def news_in_three_listings(bench: Bench) -> list[tuple[bool, bool, bool]]:
    """Whether a new event, a deletion and a new version are listed; the token tells of all."""
    client = bench.client()
    changed, deleted = bench.put(), bench.put()
    client.propfind(bench.href, "getetag", depth="1")
    token = client.sync(bench.href).find("D:sync-token")
    for _ in range(2):  # whatever was late has been listed by now
        client.propfind(bench.href, "getetag", depth="1")
    before, new = bench.account.etag(changed), bench.put()
    bench.account.put(changed.split("/")[-1], bench.account.body(changed), bench.calendar)
    bench.account.delete(deleted)
    report = client.sync(bench.href, token)
    assert report.find("D:sync-token") != token
    seen = [(new in report.hrefs, deleted in report.hrefs, changed in report.hrefs)]
    for _ in range(2):
        listing = client.propfind(bench.href, "getetag", depth="1")
        gone = deleted not in listing.hrefs
        seen.append((new in listing.hrefs, gone, before.encode() not in listing.body))
    return seen


def listings(bench: Bench) -> list[int]:
    """How many entries a PROPFIND, a sync report and a query have."""
    if not bench.account.resources(bench.calendar):
        bench.put()
    client, href = bench.client(), bench.href
    answers = [
        client.propfind(href, "getetag", depth="1"),
        client.sync(href),
        client.query(href, '<C:comp-filter name="VEVENT"/>'),
    ]
    return [len(answer.hrefs) for answer in answers]


def an_event_read_four_times(bench: Bench) -> tuple[int, list[int], int]:
    """Listed how often; what GET and multiget say of it, in turn; and what is left of it."""
    client, href = bench.client(), bench.put()
    listed = client.propfind(bench.href, "getetag", depth="1").hrefs.count(href)
    read = []
    for _ in range(2):
        read.append(client("GET", href).status)
        read.append(len(client.multiget(bench.href, href).xml.findall(f".//{CALDAV}calendar-data")))
    return listed, read, len(client.query(bench.href, EVENTS).hrefs) > 0


def a_missing_href(bench: Bench) -> list[str]:
    """How a multiget tells of it."""
    told = bench.client().multiget(bench.href, f"{bench.href}no.ics")
    return [response.findtext(f"{DAV}status") or "" for response in told.xml]


def a_change_and_a_deletion_read_three_times(bench: Bench) -> list[tuple[int, bool, bool]]:
    """Of the changed one: status, whether the body is new, whether the ETag is."""
    client, href = bench.client(), bench.put()
    before = bench.account.etag(href)
    bench.account.put(href.split("/")[-1], bench.account.body(href) + b"\r\n", bench.calendar)
    body, etag = bench.account.body(href), bench.account.etag(href)
    assert etag != before
    bench.account.switches_of(bench.calendar).turn("insert_dtstamp", False)
    read = [client("GET", href) for _ in range(3)]
    seen = [(each.status, each.body == body, each.headers["ETag"] == etag) for each in read]
    bench.account.delete(href)
    return [*seen, *[(client("GET", href).status, False, False) for _ in range(3)]]


def listed_and_read(bench: Bench) -> tuple[int, int, int, int]:
    """Hrefs of a listing, of a first and of a following report; bodies a multiget has of them."""
    if not bench.account.resources(bench.calendar):
        bench.put()
    client, href = bench.client(), bench.href
    hrefs = client.propfind(href, "getetag", depth="1").hrefs[1:]
    report = client.sync(href)
    later = client.sync(href, report.find("D:sync-token"))
    bodies = client.multiget(href, *hrefs).xml.findall(f".//{CALDAV}calendar-data")
    return len(hrefs), len(report.hrefs) - 1, len(later.hrefs), len(bodies)


EVENTS = '<C:comp-filter name="VEVENT"/>'
NEW, OLD = (200, True, True), (200, False, False)
DELETED, THERE = (404, False, False), (200, False, False)
BARE_403 = (403, False, [])
EXPIRED = {
    "valid-sync-token": (403, True, []),
    "400": (400, False, []),
    "404": (404, False, []),
    "409": (409, False, []),
    "410": (410, False, []),
    "412": (412, False, []),
    "507": (507, False, []),
    "507 inside": (207, False, ["/1/calendars/home/"]),
    "everything again": (207, False, ["/1/calendars/home/"]),
}

CASES = [
    *[
        Case("expired_token", value, an_expired_token, BARE_403, seen)
        for value, seen in EXPIRED.items()
    ],
    Case("tokens_expire", True, a_token_used_at_once, 207, 403),
    Case(
        "duplicates",
        True,
        names_in_a_report,
        ["itself/", "kept", "gone"],
        ["itself/", "kept", "gone", "kept", "gone"],
    ),
    Case(
        "lists_itself",
        "without slash",
        names_in_a_report,
        ["itself/", "kept", "gone"],
        ["itself", "kept", "gone"],
    ),
    Case("lists_itself", "no", names_in_a_report, ["itself/", "kept", "gone"], ["kept", "gone"]),
    Case("sync_limit", "507", a_limit_of_two, (207, [3]), (507, [])),
    Case("sync_limit", "paged", a_limit_of_two, (207, [3]), (207, [2, 1])),
    Case("page_size", 2, pages_of_a_report, ([4], [207]), ([2, 2], [207, 207])),
    Case("page_size", 3, pages_of_a_report, ([4], [207]), ([3, 1], [207, 207])),
    *[
        Case(
            "second_page",
            fault,
            pages_of_a_report,
            ([2, 2], [207, 207]),
            ([2], [207, int(fault) if fault.isdigit() else "ConnectionResetError"]),
            {"page_size": 2},
        )
        for fault in ("500", "503", "reset")
    ],
    Case(
        "short_listings",
        2,
        three_listings,
        [[0, 1, 2, 3, 4, 5]] * 3,
        [[1, 2, 4, 5], [1, 2, 4, 5], [0, 1, 2, 3, 4, 5]],
    ),
    Case(
        "listed_late",
        2,
        news_in_three_listings,
        [(True, True, True)] * 3,
        [(False, False, False), (False, False, False), (True, True, True)],
    ),
    Case("empty_listing", "members", listings, [2, 2, 1], [1, 1, 0]),
    Case("empty_listing", "all", listings, [2, 2, 1], [0, 0, 0]),
    Case(
        "listed_but_missing",
        3,
        an_event_read_four_times,
        (1, [200, 1, 200, 1], True),
        (1, [404, 0, 404, 1], True),
    ),
    Case("missing_is", "left out", a_missing_href, ["HTTP/1.1 404 Not Found"], []),
    Case(
        "missing_is",
        "500",
        a_missing_href,
        ["HTTP/1.1 404 Not Found"],
        ["HTTP/1.1 500 Internal Server Error"],
    ),
    Case(
        "stale_reads",
        2,
        a_change_and_a_deletion_read_three_times,
        [NEW, NEW, NEW, DELETED, DELETED, DELETED],
        [OLD, OLD, NEW, THERE, THERE, DELETED],
    ),
    Case("ghosts", "one", listed_and_read, (1, 1, 0, 1), (2, 2, 1, 1)),
    Case("ghosts", "all", listed_and_read, (1, 1, 0, 1), (1, 1, 0, 0)),
]
