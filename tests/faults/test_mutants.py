"""The table can fail: with one of the client's rules taken out, its row does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from icloud_sync.apply import absorb_removed
from icloud_sync.pull import intake
from icloud_sync.remote import broken, classify, listings
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.home import Home
from icloud_sync.remote.session import HostRule
from tests import wire
from tests.faults.day import Day
from tests.faults.table import ROWS
from tests.faults.test_faults import live_through
from tests.servers import Server

Patch = Callable[[pytest.MonkeyPatch], None]


def put(condition: dict[str, str]) -> Any:
    return lambda self, href, body, etag="": self._put(href, body, condition)


def missing_is_deleted(work: Any, collection: Any, hrefs: Any, listing: Any, patient: Any) -> int:
    got = work.session.remote.multiget(collection.href, hrefs)
    intake.store(work, collection, got.found, listing)
    absorb_removed(work.connection, got.missing, work.now, work.journal)
    return 0


def in_a_second(attempts: int, now: datetime, chance: float, asked_for: Any = None) -> datetime:
    return now + timedelta(seconds=1)


def replacing(target: Any, name: str, value: Any) -> Patch:
    return lambda patch: patch.setattr(target, name, value)


MUTANTS: list[tuple[str, str, Patch]] = [
    (
        "no If-Match",
        "hrefs on the other host",
        replacing(CalDAVRemote, "update", put({})),
    ),
    (
        "no If-None-Match",
        "a write's answer is lost",
        replacing(CalDAVRemote, "create", put({})),
    ),
    (
        "a lost write is repeated at once",
        "a write's answer is lost",
        replacing(broken, "WRITES", set()),
    ),
    (
        "the password goes wherever a redirect points",
        "renumbered, and sent on to a foreign host",
        replacing(HostRule, "check", lambda self, url: None),
    ),
    (
        "the password goes wherever the home is said to be",
        "renumbered, and at home on a foreign host",
        replacing(HostRule, "check", lambda self, url: None),
    ),
    *(
        (
            f"an account that moved is not looked for ({how})",
            f"renumbered, old host {how}",
            replacing(Home, "found_elsewhere", lambda self: False),
        )
        for how in ("404", "421", "reset")
    ),
    (
        "what a multiget lacks is deleted",
        "listed, missing for two reads",
        replacing(intake, "fetch_batch", missing_is_deleted),
    ),
    (
        "what a listing lacks is deleted",
        "the calendar's listing without members",
        replacing(intake, "look_for", lambda work, hrefs: ([], list(hrefs))),
    ),
    (
        "the token after an empty listing is taken",
        "the calendar's listing without members",
        replacing(intake, "ask_about_vanished", lambda work, collection, listing: 0),
    ),
    (
        "a listing without its own address is believed",
        "every listing without anything",
        replacing(listings, "check_itself", lambda found, asked: None),
    ),
    (
        "Retry-After is not minded",
        "throttled",
        lambda patch: patch.setattr("icloud_sync.standing.next_attempt", in_a_second),
    ),
    (
        "a dead password is tried on",
        "the password revoked",
        replacing(classify, "_credentials", lambda request, status: None),
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("row", "mutate"), [m[1:] for m in MUTANTS], ids=[m[0] for m in MUTANTS])
def test_without_the_rule_the_row_fails(
    standin: Server, monkeypatch: pytest.MonkeyPatch, row: str, mutate: Patch
) -> None:
    day = Day(standin)
    mutate(monkeypatch)
    with pytest.raises(AssertionError):
        live_through(day, next(one for one in ROWS if one.name == row))
    monkeypatch.undo()
    day.heal()
    wire.made.clear()  # what a mutant sent breaks the rules, as it should
