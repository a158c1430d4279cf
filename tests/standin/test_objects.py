"""S7, S12-S15: writing, reading and deleting single resources."""

import re

import pytest

from icloud_standin.account import StandInAccount
from tests.standin.conftest import Client, event

ODD = (
    'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-ODD;X-P="a;b:c":  kept  \r\n'
    "BEGIN:VEVENT\r\nUID:odd\r\nDTSTAMP:20261101T080000Z\r\nDTSTART:20261201T090000Z\r\n"
    "DTEND:20261201T100000Z\r\nSUMMARY:Gr\r\n üße 🎉 \r\n"
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="A, \\"B\\"":geo:52.5,\r\n\t13.4\r\n'
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_put_answers_with_a_strong_etag_that_changes(client: Client, home: str) -> None:
    created = client("PUT", f"{home}one.ics", event(), If_None_Match="*")
    updated = client("PUT", f"{home}one.ics", event(), If_Match=created.headers["ETag"])
    assert (created.status, updated.status) == (201, 204)
    assert re.fullmatch(r'"\w+"', created.headers["ETag"])
    assert created.headers["ETag"] != updated.headers["ETag"]


@pytest.mark.parametrize("body", [ODD, ODD.replace("\r\n", "\n"), ODD + "\r\n", ODD[:-2]])
def test_every_byte_is_kept_as_it_came(
    client: Client, account: StandInAccount, home: str, body: str
) -> None:
    account.switches.insert_dtstamp = False
    assert client("PUT", f"{home}odd.ics", body).status == 201
    assert account.resources() == {f"{home}odd.ics": body}
    assert client("GET", f"{home}odd.ics").body == body.encode()


def test_a_read_brings_a_fresh_dtstamp_before_the_stored_one(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.put("odd.ics", ODD)
    read = client("GET", f"{home}odd.ics").body.decode()
    assert read.count("DTSTAMP:") == 2
    travel = "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\r\n"
    assert re.sub(r"DTSTAMP:\d{8}T\d{6}Z\r\n(?=DTSTAMP)", "", read).replace(travel, "") == ODD
    assert account.resources() == {f"{home}odd.ics": ODD}


def test_stamps_do_not_pile_up_when_a_client_writes_back_what_it_read(
    client: Client, account: StandInAccount, home: str
) -> None:
    account.put("one.ics", event())
    for _ in range(3):
        client("PUT", f"{home}one.ics", client("GET", f"{home}one.ics").body)
    assert account.resources()[f"{home}one.ics"].count("DTSTAMP:") == 2


def test_an_old_etag_is_a_412_and_changes_nothing(
    client: Client, account: StandInAccount, home: str
) -> None:
    href = account.put("one.ics", event())
    old = account.etag(href)
    account.put("one.ics", event("one", "LOCATION:Here"))
    before = account.resources()
    assert client("PUT", href, event(), If_Match=old).status == 412
    assert client("DELETE", href, If_Match=old).status == 412
    assert client("PUT", href, event(), If_None_Match="*").status == 412
    assert account.resources() == before


def test_if_match_star_works_backwards(client: Client, home: str) -> None:
    assert client("PUT", f"{home}one.ics", event(), If_Match="*").status == 201
    assert client("PUT", f"{home}one.ics", event(), If_Match="*").status == 412


def test_a_delete_answers_204_and_then_404(client: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event())
    etag = account.etag(href)
    assert [client("DELETE", href, If_Match=etag).status for _ in range(2)] == [204, 404]
    assert client("GET", href).status == 404


def test_a_delete_with_depth_is_a_400(client: Client, account: StandInAccount) -> None:
    assert client("DELETE", account.put("one.ics", event()), Depth="0").status == 400


def test_a_read_only_calendar_refuses_writes(client: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event(), collection="holidays")
    folder = account.collection("holidays").href
    answers = [
        client("PUT", f"{folder}two.ics", event("two")),
        client("PUT", href, event()),
        client("DELETE", href),
        client("PUT", f"{account.home_path}inbox/two.ics", event("two")),
    ]
    assert [answer.status for answer in answers] == [403] * 4
    assert account.resources("holidays") == {href: event()}


def test_a_delete_of_a_collection_removes_it(client: Client, account: StandInAccount) -> None:
    href = account.put("one.ics", event(), collection="family")
    assert client("DELETE", account.collection("family").href).status == 204
    assert "Family" not in [each.displayname for each in account.collections]
    assert client("GET", href).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (event(end=""), 404),
        (event("one", "STATUS:Confirmed"), 403),
        (event().replace("VERSION:2.0", "VERSION:2.0\r\nMETHOD:PUBLISH"), 403),
        (event().replace("DTSTAMP:20261101T080000Z", "DTSTAMP:20261101T080000"), 403),
        (event().replace("VEVENT", "VTODO"), 403),
        (event().replace("UID:one\r\n", ""), 403),
        (event().replace("DTSTART:20261201T090000Z", "DTSTART:soon"), 400),
        (event().replace("END:VEVENT\r\n", ""), 400),
        ("hello", 400),
        ("", 400),
    ],
)
def test_a_body_apple_would_not_have_is_refused(
    client: Client, account: StandInAccount, home: str, body: str, status: int
) -> None:
    answer = client("PUT", f"{home}one.ics", body)
    assert (answer.status, account.resources()) == (status, {})
    assert answer.headers.get("Content-Type") == ("text/html" if status == 400 else None)


def test_a_uid_lives_in_one_place_of_the_account(client: Client, account: StandInAccount) -> None:
    account.put("one.ics", event())
    work, home = account.collection("work").href, account.collection("home").href
    assert client("PUT", f"{work}one.ics", event()).status == 412
    assert client("PUT", f"{home}other.ics", event()).status == 412
    account.delete(f"{home}one.ics")
    assert client("PUT", f"{work}one.ics", event()).status == 201


def test_too_large_a_body_is_a_403(client: Client, account: StandInAccount, home: str) -> None:
    account.switches.largest_body = 100
    answer = client("PUT", f"{home}one.ics", event())
    assert (answer.status, b"max-resource-size" in answer.body) == (403, True)


def test_guests_mean_mail_whatever_the_schedule_agent_says(
    client: Client, account: StandInAccount, home: str
) -> None:
    guest = "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:guest@example.com"
    client("PUT", f"{home}none.ics", event("none"))
    client("PUT", f"{home}one.ics", event("one", guest))
    client("DELETE", f"{home}one.ics")
    sent = [(mail.method, mail.href, mail.attendees) for mail in account.outgoing_mail]
    who = ["mailto:guest@example.com"]
    assert sent == [("PUT", f"{home}one.ics", who), ("DELETE", f"{home}one.ics", who)]


def test_names_with_odd_characters_keep_their_href(client: Client, account: StandInAccount) -> None:
    href = account.put("Ab @ü%.ics", event())
    assert client("GET", href).status == 200
    assert href in client.sync(account.collection("home").href).hrefs
    assert client("DELETE", href).status == 204


def test_requests_are_counted_by_account(
    client: Client, account: StandInAccount, home: str
) -> None:
    client.propfind("/", "displayname")
    client("PUT", f"{home}one.ics", event(), If_None_Match="*")
    seen = [(each.method, each.path, each.status) for each in account.requests]
    assert seen == [("PROPFIND", "/", 207), ("PUT", f"{home}one.ics", 201)]
    assert account.requests[1].headers["if-none-match"] == "*"
    assert account.requests[1].body == event().encode()
    assert "authorization" not in account.requests[1].headers
