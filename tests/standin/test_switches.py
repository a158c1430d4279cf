"""Every switch, by raw HTTP: off, on, off again; and nobody else notices."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from icloud_standin.account import StandInAccount
from icloud_standin.seeding import SETS
from icloud_standin.server import StandIn
from icloud_standin.switch import Board, WrongSwitch
from icloud_standin.switches import Switches
from tests.standin.cases import CASES, Bench, Case
from tests.standin.conftest import Clock

PAGE = Path(__file__).parents[2] / "docs" / "standin.md"


def board_of(bench: Bench, level: str) -> Board:
    return {
        "server": lambda: bench.standin.switches,
        "account": lambda: bench.account.switches,
        "collection": lambda: bench.account.switches_of(bench.calendar),
    }[level]()


@pytest.fixture
def bench(standin: StandIn, account: StandInAccount, clock: Clock) -> Bench:
    return Bench(standin, account, clock)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_switch_does_what_it_says_until_it_is_turned_off(bench: Bench, case: Case) -> None:
    for name, value in case.also.items():
        bench.standin.switches.turn(name, value)
    board = board_of(bench, Switches.table()[case.switch].level)
    assert case.probe(bench) == case.off
    board.turn(case.switch, case.value)
    assert case.probe(bench) == case.on
    board.reset(case.switch)
    assert case.probe(bench) == case.off


@pytest.mark.parametrize(
    "case", [c for c in CASES if Switches.table()[c.switch].level != "server"], ids=str
)
def test_another_account_and_another_calendar_notice_nothing(bench: Bench, case: Case) -> None:
    for name, value in case.also.items():
        bench.standin.switches.turn(name, value)
    level = Switches.table()[case.switch].level
    board_of(bench, level).turn(case.switch, case.value)
    other = Bench(bench.standin, bench.standin.add_account("ben@example.com"), bench.clock)
    assert case.probe(other) == case.off
    if level == "collection":
        assert case.probe(Bench(bench.standin, bench.account, bench.clock, "work")) == case.off


def test_every_switch_has_a_case_and_every_choice_but_the_usual_one() -> None:
    cases = {(case.switch, case.value) for case in CASES}
    assert {name for name, _ in cases} == set(Switches.table())
    choices = {(n, c) for n, s in Switches.table().items() for c in s.choices if c != s.default}
    assert choices - cases == set()


def test_every_switch_says_what_it_does_and_what_to_watch_for() -> None:
    for name, switch in Switches.table().items():
        assert switch.number in {f"S{number}" for number in range(1, 22)}, name
        assert switch.does.endswith("."), name
        assert switch.watch.endswith("."), name
        switch.check(switch.default)


def test_the_page_about_the_stand_in_names_every_switch_beside_its_number() -> None:
    rows = re.findall(r"^\| (S\d+) \|.*\| (.*) \|$", PAGE.read_text(), re.MULTILINE)
    named = {(number, name) for number, cell in rows for name in re.findall(r"`(\w+)`", cell)}
    table = {(switch.number, name) for name, switch in Switches.table().items()}
    assert [number for number, _ in rows] == [f"S{number}" for number in range(1, 22)]
    assert table <= named
    assert named - table <= {("S6", "calendars")} | {("S20", name) for name in SETS}


def test_what_is_turned_for_everybody_holds_for_whoever_says_nothing_else(bench: Bench) -> None:
    server, account = bench.standin.switches, bench.account.switches
    home, work = (bench.account.switches_of(name) for name in ("home", "work"))
    server.expired_token = "410"
    account.expired_token = "412"
    home.expired_token = "507"
    ben = bench.standin.add_account("ben@example.com").switches
    assert [each.expired_token for each in (home, work, account, ben)] == [
        "507",
        "412",
        "412",
        "410",
    ]
    home.reset("expired_token")
    account.reset()
    assert [each.expired_token for each in (home, work, account)] == ["410"] * 3


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("redirect", "303", "redirect takes one of \"\", 301, 302, 307, 308, not '303'."),
        ("revoked_password", 1, "revoked_password takes on or off, not 1."),
        ("drop_after_write", True, "drop_after_write takes a whole number, not True."),
        ("drop_after_write", -1, "drop_after_write takes a whole number, not -1."),
        ("unknown_user", "403", "unknown_user is turned for the server, not for one account."),
        ("no_such_switch", True, "There is no switch no_such_switch."),
    ],
)
def test_what_cannot_be_turned_is_said(
    bench: Bench, name: str, value: object, sentence: str
) -> None:
    with pytest.raises(WrongSwitch) as caught:
        bench.account.switches.turn(name, value)
    assert str(caught.value) == sentence
    assert bench.account.switches.turned == {}


@pytest.mark.parametrize(
    ("switch", "value", "status", "headers"),
    [
        ("html_answer", True, 200, {"Content-Type": "text/html"}),
        ("refuse_everything", True, 500, {}),
        ("throttle_seconds", 7, 503, {"Retry-After": "7"}),
        ("short_retry_after", 7, 503, {"Retry-After": "7"}),
        ("requests_a_minute", 0, 503, {}),
        ("fault", "429", 429, {}),
        ("redirect", "307", 307, {"Location": "partition/"}),
    ],
)
def test_what_is_turned_for_everybody_meets_also_whoever_has_not_signed_in(
    bench: Bench, switch: str, value: object, status: int, headers: dict[str, str]
) -> None:
    unknown = bench.client(bench.standin.url)
    unknown.user = "nobody@example.com"
    nobody = replace(unknown, user="")

    def answers() -> list[tuple[int, dict[str, str]]]:
        told = {"Content-Type", "Location", "Retry-After"}
        asked = [
            nobody("PROPFIND", "/", User_Agent="tests", Depth="0"),
            unknown.propfind("/", "displayname"),
        ]
        return [
            (each.status, {k: bench.plain(v) for k, v in each.headers.items() if k in told})
            for each in asked
        ]

    assert answers() == [(401, {}), (401, {})]
    bench.account.switches.turn(switch, value)
    assert answers() == [(401, {}), (401, {})]
    bench.standin.switches.turn(switch, value)
    assert answers() == [(status, headers), (status, headers)]


def test_a_misspelled_switch_is_an_error(account: StandInAccount) -> None:
    with pytest.raises(AttributeError):
        account.switches.revoked_pasword = True  # type: ignore[attr-defined]


def test_a_redirect_to_a_foreign_host_is_recorded_there_with_what_it_carried(
    bench: Bench,
) -> None:
    bench.account.switches.redirect, bench.account.switches.redirect_to = "307", "foreign"
    answer = bench.client(bench.standin.url).propfind("/", "displayname")
    foreign = bench.client(answer.headers["Location"])
    assert foreign.propfind("/", "displayname").status == 401
    foreign.user = ""
    assert foreign("PROPFIND", "/", User_Agent="tests").status == 401
    assert [seen.authorized for seen in bench.standin.foreign_requests] == [True, False]
    assert all("authorization" not in seen.headers for seen in bench.standin.foreign_requests)
