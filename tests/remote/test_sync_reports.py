"""sync-collection: what a refusal means, and what trouble does not."""

from collections.abc import Callable

import pytest

from icloud_sync.core.values import Changes, Member
from icloud_sync.remote.errors import (
    CredentialsError,
    InvalidSyncToken,
    RateLimited,
    Refused,
    RemoteError,
    ResourceNotFound,
    TemporaryRemoteError,
)
from tests.remote.scripted import (
    TYPES,
    WORK,
    XML,
    gone,
    known,
    multistatus,
    response,
    server,
)
from tests.wire import Exchange, Reply


def answering(report: Reply, collection: Reply) -> Callable[[Exchange], Reply]:
    return lambda exchange: report if exchange.method == "REPORT" else collection


THERE = multistatus(response(WORK, TYPES))
GONE_INSIDE = multistatus(gone(WORK))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 507])
def test_every_way_of_refusing_a_token_is_one_error(status: int) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(InvalidSyncToken):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize("collection", [Reply(404), GONE_INSIDE])
def test_a_404_to_a_token_may_mean_that_the_collection_is_gone(collection: Reply) -> None:
    with server(answering(Reply(404), collection)) as wire, pytest.raises(ResourceNotFound):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(401, CredentialsError), (429, RateLimited), (500, TemporaryRemoteError), (503, RateLimited)],
)
def test_trouble_is_not_a_refused_token(status: int, expected: type[RemoteError]) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(expected) as caught:
        known(wire).list_changes(WORK, "old")
    assert not isinstance(caught.value, InvalidSyncToken)


def test_missing_rights_are_not_a_refused_token() -> None:
    denied = Reply(403, b'<error xmlns="DAV:"><need-privileges/></error>', XML)
    with server(answering(denied, THERE)) as wire, pytest.raises(Refused):
        known(wire).list_changes(WORK, "old")


@pytest.mark.parametrize("status", [400, 405, 501])
def test_a_server_without_sync_reports_calls_for_comparing_etags(status: int) -> None:
    with server(answering(Reply(status), THERE)) as wire, pytest.raises(InvalidSyncToken):
        known(wire).list_changes(WORK, "")


def test_a_token_is_sent_back_as_it_came() -> None:
    token = "a<b>&\"c'=="
    report = multistatus(
        response(WORK) + response(WORK + "a.ics", '<D:getetag>"1"</D:getetag>')
        + "<D:sync-token>a&lt;b&gt;&amp;\"c'==</D:sync-token>"
    )  # fmt: skip
    with server(answering(report, THERE)) as wire:
        changes = known(wire).list_changes(WORK, token)
    assert changes == Changes((Member(WORK + "a.ics", '"1"'),), (), token)
    (request,) = wire.requests
    assert "a&lt;b&gt;&amp;" in request.body
    assert "limit" not in request.body
    assert request.header("depth") == "0"
