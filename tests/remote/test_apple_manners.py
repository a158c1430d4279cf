"""The client against the stand-in's bad manners, which are Apple's."""

from typing import Any

import pytest

from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.remote.errors import (
    CredentialsError,
    InvalidSyncToken,
    PreconditionFailed,
    RateLimited,
    Refused,
    TemporaryRemoteError,
    UidConflict,
    WriteOutcomeUnknown,
)
from tests.remote.events import event, summary_of
from tests.remote.kits import LOOPBACK
from tests.servers import Account, Server


@pytest.fixture
def apple(standin: Server) -> Any:
    account = standin.new_account()
    yield account
    account.wire.close()


@pytest.fixture
def remote(apple: Account) -> CalDAVRemote:
    return CalDAVRemote(apple.server_url, apple.username, apple.password, allowed_hosts=LOOPBACK)


def reads(remote: CalDAVRemote, home: str) -> list[Any]:
    return [
        lambda: remote.list_collections(),
        lambda: remote.list_members(home),
        lambda: remote.list_changes(home, ""),
        lambda: remote.get(home + "a.ics"),
    ]


def test_discovery_crosses_to_the_partition_and_reminders_are_left_out(
    apple: Account, remote: CalDAVRemote
) -> None:
    account = remote.discover()
    assert not account.home_url.startswith(apple.server_url)
    names = {each.name: each.can_write for each in remote.list_collections()}
    assert names["Home"]
    assert not names["Holidays"]
    assert "Reminders" not in names


def test_a_read_only_collection_refuses_a_write(remote: CalDAVRemote) -> None:
    (href,) = [each.href for each in remote.list_collections() if not each.can_write]
    with pytest.raises(Refused) as caught:
        remote.create(href + "a.ics", event("a"))
    assert caught.value.status == 403


def test_a_password_revoked_between_two_requests_is_a_credentials_error(
    apple: Account, remote: CalDAVRemote
) -> None:
    token = remote.list_changes(apple.home, "").token
    apple.standin.switches.revoked_password = True
    for asking in (*reads(remote, apple.home), lambda: remote.list_changes(apple.home, token)):
        with pytest.raises(CredentialsError):
            asking()
    with pytest.raises(CredentialsError):
        remote.create(apple.home + "a.ics", event("a"))


@pytest.mark.parametrize(
    "manner",
    ["bare 403", "valid-sync-token", "400", "404", "409", "410", "412", "507", "507 inside"],
)
def test_an_expired_token_is_told_in_many_ways(
    apple: Account, remote: CalDAVRemote, manner: str
) -> None:
    token = remote.list_changes(apple.home, "").token
    apple.standin.switches.expired_token = manner
    apple.standin.expire_tokens("home")
    with pytest.raises(InvalidSyncToken):
        remote.list_changes(apple.home, token)


def test_an_expired_token_may_also_bring_everything_again(
    apple: Account, remote: CalDAVRemote
) -> None:
    href = apple.phone.put("a.ics", event("a"))
    token = remote.list_changes(apple.home, "").token
    apple.standin.switches.expired_token = "everything again"
    apple.standin.expire_tokens("home")
    changes = remote.list_changes(apple.home, token)
    assert [member.href for member in changes.changed] == [href]
    assert changes.removed == ()


def test_throttling_tells_when_to_come_back(apple: Account, remote: CalDAVRemote) -> None:
    remote.discover()
    apple.standin.switches.throttle_seconds = 30
    for asking in reads(remote, apple.home):
        with pytest.raises(RateLimited) as caught:
            asking()
        assert caught.value.retry_at is not None


def test_an_outage_or_a_sign_in_page_is_temporary(apple: Account, remote: CalDAVRemote) -> None:
    remote.discover()
    for switch in ("refuse_everything", "html_answer"):
        setattr(apple.standin.switches, switch, True)
        for asking in reads(remote, apple.home):
            with pytest.raises(TemporaryRemoteError):
                asking()
        setattr(apple.standin.switches, switch, False)


def test_a_listing_without_the_home_itself_is_temporary(
    apple: Account, remote: CalDAVRemote
) -> None:
    apple.standin.switches.empty_listing = "all"
    with pytest.raises(TemporaryRemoteError):
        remote.list_collections()
    with pytest.raises(TemporaryRemoteError):
        remote.list_members(apple.home)


def test_a_write_may_be_answered_without_an_etag(apple: Account, remote: CalDAVRemote) -> None:
    apple.standin.switches.put_without_etag = True
    assert remote.create(apple.home + "a.ics", event("a")) == ""
    etag = remote.get(apple.home + "a.ics").etag
    assert remote.update(apple.home + "a.ics", event("a", "Tea"), etag) == ""
    assert summary_of(remote.get(apple.home + "a.ics").body) == "Tea"


def test_a_write_may_be_stored_and_never_answered(apple: Account, remote: CalDAVRemote) -> None:
    apple.standin.switches.drop_after_write = 1
    with pytest.raises(WriteOutcomeUnknown):
        remote.create(apple.home + "a.ics", event("a"))
    assert list(apple.phone.resources()) == [apple.home + "a.ics"]


@pytest.mark.parametrize(
    "manner",
    ["412", "412 no-uid-conflict", "no-uid-conflict", "409 no-uid-conflict",
     "unique-scheduling-object-resource"],
)  # fmt: skip
def test_a_uid_of_another_collection_is_a_uid_conflict_and_nothing_is_stored(
    apple: Account, remote: CalDAVRemote, manner: str
) -> None:
    apple.standin.switches.uid_conflict = manner
    apple.phone.put("a.ics", event("a"), apple.make_collection("Other"))
    with pytest.raises(UidConflict):
        remote.create(apple.home + "a.ics", event("a"))
    assert apple.phone.resources() == {}


def test_a_lost_answer_is_a_place_that_is_taken_and_no_uid_conflict(
    apple: Account, remote: CalDAVRemote
) -> None:
    apple.standin.switches.drop_after_write = 1
    with pytest.raises(WriteOutcomeUnknown):
        remote.create(apple.home + "a.ics", event("a"))
    assert remote.list_members(apple.home)
    with pytest.raises(PreconditionFailed):
        remote.create(apple.home + "a.ics", event("a"))


def test_an_event_without_an_end_is_a_refused_body_not_a_missing_calendar(
    apple: Account, remote: CalDAVRemote
) -> None:
    body = "".join(
        line for line in event("a").splitlines(keepends=True) if not line.startswith("DTEND")
    )
    with pytest.raises(Refused) as caught:
        remote.create(apple.home + "a.ics", body)
    assert caught.value.status == 404


def test_a_body_over_the_limit_is_refused(apple: Account, remote: CalDAVRemote) -> None:
    apple.standin.switches.largest_body = 100
    with pytest.raises(Refused):
        remote.create(apple.home + "a.ics", event("a"))


def test_an_etag_that_a_proxy_weakened_is_had_by_a_report(
    apple: Account, remote: CalDAVRemote
) -> None:
    href = apple.phone.put("a.ics", event("a"))
    apple.standin.switches.weak_etags = "on GET"
    assert remote.get(href).etag == apple.standin.etag(href)
    apple.standin.switches.weak_etags = "everywhere"
    assert remote.get(href).etag == ""
