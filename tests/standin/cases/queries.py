"""S8, S9, S16: requests that Apple refuses, and queries with a mind of their own."""

from tests.standin.cases.bench import Bench, Case
from tests.standin.conftest import Answer, in_range

ASK = '<propfind xmlns="DAV:"><prop><displayname/></prop></propfind>'
EXPAND = '<C:expand start="20261201T000000Z" end="20261202T000000Z"/>'
LONG_AGO = ("20200101T000000Z", "20200102T000000Z")


def careless_requests(bench: Bench) -> list[int]:
    client, principal = bench.client(), f"/{bench.account.dsid}/principal/"
    answers = [
        client("GET", bench.href),
        client.propfind(principal, "displayname", depth="1"),
        client("DELETE", bench.put(), Depth="0"),
        client.propfind(bench.href.rstrip("/"), "displayname"),
        client("PROPFIND", bench.href, f" {ASK}", Depth="0"),
        client.query(bench.href, ""),
        client.report(bench.href, "", "free-busy-query"),
    ]
    return [answer.status for answer in answers]


def a_uid_looked_up(bench: Bench) -> tuple[int, int]:
    uid = bench.put().rpartition("/")[2].removesuffix(".ics")
    match = f'<C:prop-filter name="UID"><C:text-match>{uid}</C:text-match></C:prop-filter>'
    return found(
        bench.client().query(bench.href, f'<C:comp-filter name="VEVENT">{match}</C:comp-filter>')
    )


def found(answer: Answer) -> tuple[int, int]:
    """Status, and how many were found."""
    return answer.status, len(answer.hrefs) if answer.status == 207 else 0


def three_hrefs_at_once(bench: Bench) -> tuple[int, int]:
    return found(bench.client().multiget(bench.href, *(bench.put() for _ in range(3))))


def a_day_that_ends_where_the_range_starts(bench: Bench) -> int:
    uid = bench.put().rpartition("/")[2].removesuffix(".ics")
    body = bench.account.body(f"{bench.href}{uid}.ics").decode()
    whole_day = "DTSTART;VALUE=DATE:20261211", "DTEND;VALUE=DATE:20261212"
    body = body.replace("DTSTART:20261201T090000Z", whole_day[0])
    body = body.replace("DTEND:20261201T100000Z", whole_day[1])
    href = bench.account.put(f"{uid}.ics", body, bench.calendar)
    there = bench.client().query(bench.href, in_range("20261211T000000Z", "20261212T000000Z"))
    after = bench.client().query(bench.href, in_range("20261212T000000Z", "20261213T000000Z"))
    bench.account.delete(href)
    assert there.hrefs == [href]
    return len(after.hrefs)


def a_range_long_ago(bench: Bench) -> int:
    return bench.client().query(bench.href, in_range(*LONG_AGO)).status


def a_query_that_asks_for_expanded_series(bench: Bench) -> bool:
    """Whether the series comes, and as it is."""
    series = bench.put("RRULE:FREQ=DAILY")
    ranges = in_range("20261201T000000Z", "20261202T000000Z")
    inside = f"<D:prop><C:calendar-data>{EXPAND}</C:calendar-data></D:prop>"
    calendar = f'<C:filter><C:comp-filter name="VCALENDAR">{ranges}</C:comp-filter></C:filter>'
    answer = bench.client().report(bench.href, inside + calendar, "calendar-query")
    assert answer.status == 207
    return series in answer.hrefs and b"RRULE" in answer.body


CASES = [
    Case(
        "strict_requests",
        False,
        careless_requests,
        [400] * 7,
        [200, 207, 204, 207, 207, 207, 400],
    ),
    Case("uid_filter", "works", a_uid_looked_up, (412, 0), (207, 1)),
    Case("uid_filter", "nothing", a_uid_looked_up, (412, 0), (207, 0)),
    Case("largest_multiget", 2, three_hrefs_at_once, (207, 3), (403, 0)),
    Case("returns_touching", False, a_day_that_ends_where_the_range_starts, 1, 0),
    Case("old_ranges", "403", a_range_long_ago, 207, 403),
    Case("expand", "nothing", a_query_that_asks_for_expanded_series, True, False),
]
