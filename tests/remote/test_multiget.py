"""Many events at once, and the one that spoils the answer for all."""

import pytest

from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import Refused, ResourceNotFound
from icloud_sync.remote.interface import MULTIGET_BATCH
from tests.remote.events import event
from tests.remote.scripted import (
    HOME,
    TYPES,
    WORK,
    gone,
    known,
    multistatus,
    response,
    server,
)
from tests.wire import Exchange, Reply


class Shelf:
    """A collection whose reports break wherever a poisoned event is among those asked for."""

    def __init__(self, names: list[str], poison: dict[str, bytes]) -> None:
        self.bodies = {WORK + name: event(name).encode() for name in names}
        self.bodies |= {WORK + name: body for name, body in poison.items()}

    def __call__(self, exchange: Exchange) -> Reply | None:
        if exchange.method == "GET":
            body = self.bodies.get(exchange.path)
            return Reply(200, body, {"ETag": '"1"'}) if body is not None else None
        asked = [href for href in self.bodies if f">{href}<" in exchange.body]
        if exchange.method == "PROPFIND":
            return multistatus(response(WORK, TYPES))
        return Reply(
            207,
            b'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
            + b"".join(self._entry(href) for href in asked)
            + b"</D:multistatus>",
        )

    def _entry(self, href: str) -> bytes:
        return (
            f'<D:response><D:href>{href}</D:href><D:propstat><D:prop><D:getetag>"1"</D:getetag>'
            "<C:calendar-data>"
        ).encode() + self.bodies[href] + (
            b"</C:calendar-data></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
            b"</D:response>"
        )  # fmt: skip


NAMES = [f"{number:03}.ics" for number in range(120)]


def test_what_is_asked_for_goes_in_batches() -> None:
    with server(Shelf(NAMES, {})) as wire:
        found = known(wire).multiget(WORK, [WORK + name for name in NAMES])
    assert [each.href for each in found.found] == [WORK + name for name in NAMES]
    sizes = [request.body.count(".ics<") for request in wire.requests]
    assert sizes == [MULTIGET_BATCH, MULTIGET_BATCH, 20]


def test_an_event_folded_inside_of_a_character_breaks_the_xml_and_is_read_by_itself() -> None:
    folded = (
        event("split.ics").encode().replace(b"SUMMARY:", "SUMMARY:ö".encode()[:-1] + b"\r\n \xb6")
    )
    with server(Shelf(NAMES[:3], {"split.ics": folded})) as wire:
        found = known(wire).multiget(WORK, [WORK + name for name in [*NAMES[:3], "split.ics"]])
    assert [each.body.count("SUMMARY:ö") for each in found.found] == [0, 0, 0, 1]


@pytest.mark.parametrize("body", [b"SUMMARY:a\x08b", b"SUMMARY:\xff\xfe"])
def test_one_event_that_breaks_the_xml_stops_only_itself(body: bytes) -> None:
    with server(Shelf(NAMES, {"spoilt.ics": body})) as wire:
        wanted = [WORK + name for name in [*NAMES[:60], "spoilt.ics", *NAMES[60:]]]
        found = known(wire).multiget(WORK, wanted)
    assert {each.href for each in found.found} == {WORK + name for name in NAMES}
    assert (found.missing, list(found.unreadable)) == ((), [WORK + "spoilt.ics"])
    assert len(wire.requests) < 20


def test_one_event_that_is_too_large_stops_only_itself() -> None:
    with server(Shelf(NAMES[:9], {"huge.ics": b"X:" + b"y" * 9000})) as wire:
        wanted = [WORK + name for name in [*NAMES[:9], "huge.ics"]]
        found = CalDAVRemote(
            wire.url, "anna", "pass", allowed_hosts=["127.0.0.1"], max_bytes=6000,
            home_url=wire.url.rstrip("/") + HOME,
        ).multiget(WORK, wanted)  # fmt: skip
    assert {each.href for each in found.found} == {WORK + name for name in NAMES[:9]}
    assert list(found.unreadable) == [WORK + "huge.ics"]


def test_a_server_that_says_404_to_all_for_one_missing_is_asked_one_by_one() -> None:
    shelf = Shelf(NAMES[:3], {})

    def answer(exchange: Exchange) -> Reply | None:
        return None if ">/1/calendars/work/nothing.ics<" in exchange.body else shelf(exchange)

    with server(answer) as wire:
        wanted = [WORK + name for name in [*NAMES[:3], "nothing.ics"]]
        found = known(wire).multiget(WORK, wanted)
    assert {each.href for each in found.found} == {WORK + name for name in NAMES[:3]}
    assert found.missing == (WORK + "nothing.ics",)


def test_a_collection_that_is_gone_is_not_taken_for_missing_events() -> None:
    with server(lambda exchange: None) as wire, pytest.raises(ResourceNotFound):
        known(wire).multiget(WORK, [WORK + "a.ics", WORK + "b.ics"])
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(507),
        Reply(413),
        Reply(403, b'<error xmlns="DAV:"><number-of-matches-within-limits/></error>'),
    ],
    ids=["507", "413", "403"],
)
def test_a_server_that_will_not_answer_so_many_is_asked_for_fewer(refusal: Reply) -> None:
    shelf = Shelf(NAMES[:40], {})

    def answer(exchange: Exchange) -> Reply | None:
        return refusal if exchange.body.count(".ics<") > 10 else shelf(exchange)

    with server(answer) as wire:
        found = known(wire).multiget(WORK, [WORK + name for name in NAMES[:40]])
    assert len(found.found) == 40
    assert len(wire.requests) == 7


def test_a_calendar_that_may_not_be_read_is_not_asked_event_by_event() -> None:
    with server(lambda exchange: Reply(403)) as wire, pytest.raises(Refused):
        known(wire).multiget(WORK, [WORK + name for name in NAMES[:40]])
    assert len(wire.requests) == 1


def test_one_event_answered_twice_counts_once_and_with_its_body() -> None:
    entry = Shelf(["a.ics"], {})._entry(WORK + "a.ics").decode()
    twice = multistatus(entry + gone(WORK + "a.ics"))
    with server(lambda exchange: twice) as wire:
        found = known(wire).multiget(WORK, [WORK + "a.ics"])
    assert ([each.href for each in found.found], found.missing) == ([WORK + "a.ics"], ())


def test_an_entry_without_its_body_is_missing_and_the_others_are_there() -> None:
    shelf = Shelf(NAMES, {})

    def answer(exchange: Exchange) -> Reply | None:
        whole = shelf(exchange)
        for name, status in (("007.ics", "404 Not Found"), ("008.ics", "500 Oops")):
            entry = shelf._entry(WORK + name)
            spoilt = entry.replace(b"HTTP/1.1 200 OK", f"HTTP/1.1 {status}".encode())
            whole = whole and Reply(whole.status, whole.body.replace(entry, spoilt))
        return whole

    with server(answer) as wire:
        found = known(wire).multiget(WORK, [WORK + name for name in NAMES[:50]])
    assert len(found.found) == 48
    assert found.missing == (WORK + "007.ics", WORK + "008.ics")
