"""An etag however it is spelled: what goes into If-Match has real quotes."""

import pytest

from icloud_sync.core.values import Changes, Fetched, Member
from icloud_sync.remote.errors import PreconditionFailed
from icloud_sync.remote.etags import spelled, strong
from tests.remote.events import event
from tests.remote.scripted import HOME, TYPES, WORK, known, multistatus, response, server
from tests.wire import Exchange, Reply

HREF = WORK + "a.ics"


class PercentQuotes:
    """A server with one event that percent-encodes the quotes of every etag it tells, and
    compares with real ones."""

    def __init__(self) -> None:
        self.version, self.body = 1, event("a")

    @property
    def told(self) -> str:
        return f"%22{self.version}%22"

    def __call__(self, exchange: Exchange) -> Reply | None:
        etag = f"<D:getetag>{self.told}</D:getetag>"
        if exchange.method in ("PUT", "DELETE"):
            return self.write(exchange)
        if exchange.method == "GET":
            return Reply(200, self.body.encode(), {"ETag": self.told})
        if "calendar-multiget" in exchange.body:
            data = f"<C:calendar-data>{self.body}</C:calendar-data>"
            return multistatus(response(HREF, etag + data))
        token = "<D:sync-token>t</D:sync-token>" if "sync-token" in exchange.body else ""
        return multistatus(response(HOME) + response(WORK, TYPES) + response(HREF, etag) + token)

    def write(self, exchange: Exchange) -> Reply:
        if exchange.header("if-match") not in ("", f'"{self.version}"'):
            return Reply(412)
        self.version += 1
        self.body = exchange.body or self.body
        return Reply(204, headers={"ETag": self.told})


def test_quotes_that_come_percent_encoded_are_quotes_everywhere() -> None:
    with server(PercentQuotes()) as wire:
        client = known(wire)
        member = Member(HREF, '"1"')
        assert client.list_members(WORK) == [member]
        assert client.list_changes(WORK, "") == Changes((member,), (), "t")
        fetched = Fetched(HREF, '"1"', event("a"))
        assert client.multiget(WORK, [HREF]).found == (fetched,)
        assert client.get(HREF) == fetched


def test_what_was_read_so_can_be_written_and_deleted() -> None:
    with server(PercentQuotes()) as wire:
        client = known(wire)
        etag = client.update(HREF, event("a", "Tea"), client.get(HREF).etag)
        etag = client.update(HREF, event("a", "Supper"), etag)
        (found,) = client.multiget(WORK, [HREF]).found
        assert found.etag == etag
        client.delete(HREF, etag)
    assert [r.header("if-match") for r in wire.writes()] == ['"1"', '"2"', '"3"']


def test_an_etag_stored_with_its_percent_signs_is_sent_with_quotes() -> None:
    with server(PercentQuotes()) as wire:
        client = known(wire)
        client.update(HREF, event("a", "Tea"), "%221%22")
        with pytest.raises(PreconditionFailed):
            client.delete(HREF, "%221%22")


@pytest.mark.parametrize(
    ("told", "read", "usable"),
    [
        ('"1"', '"1"', '"1"'),
        ("%221%22", '"1"', '"1"'),
        (" %22a%22b%22 ", '"a%22b"', '"a%22b"'),  # inside it, it may be anything
        ("W/%221%22", 'W/"1"', ""),
        ('W/"1"', 'W/"1"', ""),
        ("bare", "bare", "bare"),
        ("%22", "%22", "%22"),
        ("", "", ""),
    ],
)
def test_only_the_quotes_around_it_are_read(told: str, read: str, usable: str) -> None:
    assert (spelled(told), strong(told)) == (read, usable)
