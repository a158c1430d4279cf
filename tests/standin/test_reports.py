"""S8-S10, S16: sync-collection, multiget and calendar-query."""

import re

import pytest

from icloud_standin.account import StandInAccount
from tests.standin.conftest import CALDAV, DAV, Client, event, in_range

SERIES = event("series", "RRULE:FREQ=WEEKLY;BYDAY=TU")
ALL_DAY = event("day").replace(
    "DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z",
    "DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261202",
)


def token(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.find("D:sync-token")


def test_an_empty_token_lists_everything_and_the_collection_itself(
    client: Client, account: StandInAccount, home: str
) -> None:
    hrefs = [account.put("one.ics", event()), account.put("two.ics", event("two"))]
    account.delete(hrefs.pop())
    answer = client.sync(home)
    assert answer.hrefs == [home, *hrefs]
    assert answer.find("D:response[2]/D:propstat/D:prop/D:getetag") == account.etag(hrefs[0])


def test_a_token_brings_only_what_changed_and_deletions_as_404(
    client: Client, account: StandInAccount, home: str
) -> None:
    gone, _, changed = (account.put(f"{n}.ics", event(n)) for n in ("gone", "same", "changed"))
    before = token(client.sync(home))
    account.delete(gone)
    account.put("changed.ics", event("changed", "LOCATION:Here"))
    answer = client.sync(home, before)
    assert answer.hrefs == [home, gone, changed]
    assert answer.find("D:response[2]/D:status") == "HTTP/1.1 404 Not Found"


def test_nothing_changed_is_an_empty_report_with_the_same_token(client: Client, home: str) -> None:
    first = token(client.sync(home))
    again = client.sync(home, first)
    assert (again.hrefs, token(again)) == ([], first)


def test_a_limit_is_ignored(client: Client, account: StandInAccount, home: str) -> None:
    for name in "abc":
        account.put(f"{name}.ics", event(name))
    assert len(client.sync(home, extra="<limit><nresults>1</nresults></limit>").hrefs) == 4


def test_a_token_of_another_collection_or_of_nobody_is_a_bare_403(
    client: Client, account: StandInAccount, home: str
) -> None:
    foreign = token(client.sync(account.collection("work").href))
    for unknown in (foreign, "nonsense", "HwoQEgw="):
        answer = client.sync(home, unknown)
        assert (answer.status, answer.body) == (403, b"")


@pytest.mark.parametrize(
    ("kind", "status"),
    [("bare 403", 403), ("valid-sync-token", 403), ("410", 410), ("412", 412), ("507", 507)],
)
def test_an_expired_token_is_refused_in_the_way_the_switch_says(
    client: Client, account: StandInAccount, home: str, kind: str, status: int
) -> None:
    old = token(client.sync(home))
    account.expire_tokens("home")
    account.switches.expired_token = kind  # type: ignore[assignment]
    answer = client.sync(home, old)
    assert answer.status == status
    assert (b"valid-sync-token" in answer.body) == (kind == "valid-sync-token")


def test_an_expired_token_may_also_mean_everything_again(
    client: Client, account: StandInAccount, home: str
) -> None:
    href = account.put("one.ics", event())
    old = token(client.sync(home))
    account.expire_tokens("home")
    account.switches.expired_token = "everything again"
    assert client.sync(home, old).hrefs == [home, href]


def test_a_move_by_the_phone_is_a_deletion_here_and_an_arrival_there(
    client: Client, account: StandInAccount, home: str
) -> None:
    href = account.put("one.ics", event())
    work = account.collection("work").href
    tokens = [token(client.sync(each)) for each in (home, work)]
    moved = account.move(href, "work")
    assert client.sync(home, tokens[0]).hrefs == [home, href]
    assert client.sync(work, tokens[1]).hrefs == [work, moved]
    assert account.resources("work") == {moved: event()}


def test_multiget_brings_bodies_as_cdata_and_404_for_the_missing(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.switches.insert_dtstamp = False
    href = account.put("one.ics", event("one", "DESCRIPTION:]]> & <b>"))
    answer = client.multiget(home, href, f"{home}missing.ics")
    assert answer.hrefs == [href, f"{home}missing.ics"]
    data = answer.xml.findtext(f".//{CALDAV}calendar-data") or ""
    assert data == account.resources()[href].replace("\r\n", "\n")
    assert b"<![CDATA[BEGIN:VCALENDAR" in answer.body
    assert answer.find("D:response[2]/D:status") == "HTTP/1.1 404 Not Found"


def test_multiget_inserts_a_stamp_as_a_get_does(
    client: Client, account: StandInAccount, home: str
) -> None:
    answer = client.multiget(home, account.put("one.ics", event()))
    assert len(re.findall(b"DTSTAMP:", answer.body)) == 2


def test_a_time_range_finds_events_series_and_too_much(
    client: Client, account: StandInAccount, home: str
) -> None:
    one, series, day = (
        account.put(f"{name}.ics", body)
        for name, body in (("one", event()), ("series", SERIES), ("day", ALL_DAY))
    )
    assert client.query(home, in_range("20261201T000000Z", "20261202T000000Z")).hrefs == [
        one,
        series,
        day,
    ]
    assert client.query(home, in_range("20270105T000000Z", "20270106T000000Z")).hrefs == [series]
    assert client.query(home, in_range("20270106T000000Z", "20270107T000000Z")).hrefs == []
    # Ends exactly where the range starts, and is returned all the same (S16).
    assert client.query(home, in_range("20261202T000000Z", "20261203T000000Z")).hrefs == [day]


def test_a_uid_filter_is_a_412_with_an_empty_body(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.put("one.ics", event())
    uid = '<C:prop-filter name="UID"><C:text-match>one</C:text-match></C:prop-filter>'
    answer = client.query(home, f'<C:comp-filter name="VEVENT">{uid}</C:comp-filter>')
    assert (answer.status, answer.body) == (412, b"")


def test_a_query_without_a_component_is_a_400(client: Client, home: str) -> None:
    assert client.query(home, "").status == 400


def test_a_free_busy_query_is_a_400(client: Client, home: str) -> None:
    assert client.report(home, "", "free-busy-query").status == 400


def test_a_report_on_a_calendar_that_is_gone_is_a_404(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.remove_collection("home")
    assert client.sync(home).status == 404


def test_a_listing_of_members_tells_their_etags(
    client: Client, account: StandInAccount, home: str
) -> None:
    href = account.put("one.ics", event())
    answer = client.propfind(home, "getetag", depth="1")
    assert answer.hrefs == [home, href]
    assert answer.find("D:response[2]/D:propstat/D:prop/D:getetag") == account.etag(href)
    assert answer.xml.findall(f"{DAV}response")
