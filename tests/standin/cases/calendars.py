"""S6, S7, S19: which calendars there are, and what one may do with them."""

from tests.standin.cases.bench import Bench, Case, new_event
from tests.standin.conftest import DAV


def listed(bench: Bench) -> dict[str, str]:
    """Names by href, as the home lists them."""
    answer = bench.client().propfind(bench.account.home_path, "displayname", depth="1")
    return {
        response.findtext(f"{DAV}href") or "": response.findtext(f".//{DAV}displayname") or ""
        for response in answer.xml.findall(f"{DAV}response")
    }


def the_calendar(bench: Bench) -> tuple[bool, int, int, int]:
    """Whether it is listed; what a PROPFIND, a sync report and a GET of a member answer."""
    client, href = bench.client(), bench.put()
    return (
        bench.href in listed(bench),
        client.propfind(bench.href, "displayname").status,
        client.sync(bench.href).status,
        client("GET", href).status,
    )


def how_it_is_written(bench: Bench) -> tuple[bool, bool, str]:
    """Unprefixed, spread over lines, and what a parser makes of it."""
    answer = bench.client().propfind(bench.href, "displayname", "I:calendar-color")
    color = answer.xml.findtext(".//{http://apple.com/ns/ical/}calendar-color") or ""
    return b"<response xmlns=" in answer.body, b"\n  " in answer.body, color[:1]


def its_name(bench: Bench) -> bool:
    return listed(bench)[bench.href] == "Elsewhere"


def rights_and_writes(bench: Bench) -> tuple[bool, list[int]]:
    """Whether write is granted; and what PUT of a new event, PUT and DELETE of an old one do."""
    client, old = bench.client(), bench.put()
    uid, body = new_event()
    granted = b"<write " in client.propfind(bench.href, "current-user-privilege-set").body
    answers = [
        client("PUT", f"{bench.href}{uid}.ics", body),
        client("PUT", old, bench.account.body(old)),
        client("DELETE", old),
    ]
    return granted, [answer.status for answer in answers]


THERE = (True, 207, 207, 200)

CASES = [
    Case("xml_style", "prefixed", how_it_is_written, (True, True, "#"), (False, False, "#")),
    Case("withdrawn", "404", the_calendar, THERE, (False, 404, 404, 404)),
    Case("withdrawn", "403", the_calendar, THERE, (False, 403, 403, 403)),
    Case("withdrawn", "unlisted", the_calendar, THERE, (False, 207, 207, 200)),
    Case("renamed", "Elsewhere", its_name, False, True),
    Case(
        "read_only",
        True,
        rights_and_writes,
        (True, [201, 204, 204]),
        (False, [403, 403, 403]),
    ),
]
