"""What every server must do for us, and the twin in memory with them."""

import pytest

from icloud_sync.core.values import Changes, Fetched, Member, Multiget
from icloud_sync.remote.errors import (
    CollectionMissing,
    CredentialsError,
    InvalidSyncToken,
    PreconditionFailed,
    Refused,
    RemoteError,
    ResourceNotFound,
    UidConflict,
)
from icloud_sync.remote.interface import MULTIGET_BATCH
from tests.remote.events import event, summary_of
from tests.remote.kits import Kit


@pytest.fixture
def lunch(kit: Kit) -> str:
    return kit.home + "lunch.ics"


def put(kit: Kit, *names: str) -> list[str]:
    return [kit.phone.put(f"{name}.ics", event(name)) for name in names]


def test_discovery_finds_the_principal_and_the_calendar_home(kit: Kit) -> None:
    account = kit.remote.discover()
    assert account.principal_href.startswith("/")
    assert "://" in account.home_url
    assert account.home_url.endswith("/")
    assert kit.remote.discover() == account


def test_a_wrong_password_is_a_credentials_error(kit: Kit) -> None:
    with pytest.raises(CredentialsError) as caught:
        kit.connect("not-the-password").discover()
    assert "not-the-password" not in str(caught.value)


def test_a_collection_is_listed_with_its_name_and_may_be_written(kit: Kit) -> None:
    (home,) = [each for each in kit.remote.list_collections() if each.href == kit.home]
    assert home.can_write
    assert home.name
    assert home.ctag or home.sync_token


def test_the_ctag_changes_with_the_collection_and_not_without(kit: Kit, lunch: str) -> None:
    def ctag() -> str:
        (home,) = [each for each in kit.remote.list_collections() if each.href == kit.home]
        return home.ctag

    before = ctag()
    assert ctag() == before
    kit.remote.create(lunch, event("lunch"))
    assert ctag() != before


def test_a_new_collection_is_empty(kit: Kit) -> None:
    changes = kit.remote.list_changes(kit.home, "")
    assert changes == Changes((), (), changes.token)
    assert changes.token
    assert kit.remote.list_members(kit.home) == []


def test_a_created_event_is_what_the_phone_sees(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    assert {h: summary_of(body) for h, body in kit.phone.resources().items()} == {lunch: "Lunch"}


def test_creating_returns_the_etag_that_reading_gives(kit: Kit, lunch: str) -> None:
    etag = kit.remote.create(lunch, event("lunch"))
    assert etag in ("", kit.remote.get(lunch).etag)


def test_creating_at_a_taken_href_changes_nothing(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    before = kit.phone.resources()
    with pytest.raises(PreconditionFailed):
        kit.remote.create(lunch, event("lunch", "Other"))
    with pytest.raises(PreconditionFailed):
        kit.remote.create(lunch, event("another"))
    assert {h: summary_of(b) for h, b in kit.phone.resources().items()} == {
        h: summary_of(b) for h, b in before.items()
    }


def test_a_uid_that_lives_at_another_href_is_a_uid_conflict(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    with pytest.raises(UidConflict):
        kit.remote.create(kit.home + "twin.ics", event("lunch"))
    assert list(kit.phone.resources()) == [lunch]


def test_what_is_no_event_is_refused(kit: Kit, lunch: str) -> None:
    with pytest.raises(Refused):
        kit.remote.create(lunch, "this is no iCalendar\r\n")
    assert kit.phone.resources() == {}


def test_a_write_in_a_collection_that_is_not_there_says_so(kit: Kit) -> None:
    gone = kit.home[:-1] + "-gone/lunch.ics"
    with pytest.raises(CollectionMissing):
        kit.remote.create(gone, event("lunch"))
    with pytest.raises((CollectionMissing, PreconditionFailed)):
        kit.remote.update(gone, event("lunch"), '"1"')
    with pytest.raises((CollectionMissing, PreconditionFailed)):
        kit.remote.delete(gone, '"1"')


def test_updating_with_the_present_etag_replaces_the_body(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    before = kit.remote.get(lunch)
    kit.remote.update(lunch, event("lunch", "Dinner"), before.etag)
    after = kit.remote.get(lunch)
    assert summary_of(after.body) == "Dinner"
    assert after.etag != before.etag


def test_updating_with_a_stale_etag_changes_nothing(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    stale = kit.remote.get(lunch).etag
    kit.phone.edit(lunch, "Lunch", "Brunch")
    with pytest.raises(PreconditionFailed):
        kit.remote.update(lunch, event("lunch", "Dinner"), stale)
    assert summary_of(kit.remote.get(lunch).body) == "Brunch"


def test_updating_what_is_gone_brings_nothing_back(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    etag = kit.remote.get(lunch).etag
    kit.phone.delete(lunch)
    with pytest.raises((PreconditionFailed, ResourceNotFound)):
        kit.remote.update(lunch, event("lunch", "Dinner"), etag)
    assert kit.phone.resources() == {}


def test_updating_without_an_etag_is_our_own_mistake(kit: Kit, lunch: str) -> None:
    kit.remote.create(lunch, event("lunch"))
    with pytest.raises(ValueError, match="etag"):
        kit.remote.update(lunch, event("lunch", "Dinner"), "")


def test_deleting_with_the_present_etag_removes_the_event_and_only_it(kit: Kit) -> None:
    lunch, dinner = put(kit, "lunch", "dinner")
    kit.remote.delete(lunch, kit.remote.get(lunch).etag)
    assert list(kit.phone.resources()) == [dinner]


def test_deleting_with_a_stale_etag_removes_nothing(kit: Kit) -> None:
    (lunch,) = put(kit, "lunch")
    stale = kit.remote.get(lunch).etag
    kit.phone.edit(lunch, "Lunch", "Brunch")
    with pytest.raises(PreconditionFailed):
        kit.remote.delete(lunch, stale)
    assert list(kit.phone.resources()) == [lunch]


def test_deleting_what_is_gone_says_so(kit: Kit) -> None:
    (lunch,) = put(kit, "lunch")
    etag = kit.remote.get(lunch).etag
    kit.phone.delete(lunch)
    with pytest.raises((ResourceNotFound, PreconditionFailed)):
        kit.remote.delete(lunch, etag)


def test_a_collection_is_never_deleted(kit: Kit) -> None:
    put(kit, "lunch")
    before = kit.phone.resources()
    for href in (kit.home, kit.home + "../", "/", "/name-without-collection"):
        with pytest.raises(ValueError, match="not a resource"):
            kit.remote.delete(href, '"any"')
    assert kit.phone.resources() == before


def test_reading_what_is_not_there_is_not_found(kit: Kit, lunch: str) -> None:
    with pytest.raises(ResourceNotFound):
        kit.remote.get(lunch)


def test_members_are_all_events_and_not_the_collection(kit: Kit) -> None:
    hrefs = put(kit, "lunch", "dinner")
    expected = {Member(href, kit.remote.get(href).etag) for href in hrefs}
    assert set(kit.remote.list_members(kit.home)) == expected


def test_an_empty_token_lists_everything(kit: Kit) -> None:
    hrefs = put(kit, "lunch", "dinner")
    changes = kit.remote.list_changes(kit.home, "")
    assert set(changes.changed) == {Member(href, kit.remote.get(href).etag) for href in hrefs}
    assert (changes.removed, changes.more) == ((), False)


def test_a_token_lists_what_changed_since_and_nothing_else(kit: Kit) -> None:
    lunch, dinner, _tea = put(kit, "lunch", "dinner", "tea")
    token = kit.remote.list_changes(kit.home, "").token
    kit.phone.edit(lunch, "Lunch", "Brunch")
    kit.phone.delete(dinner)
    (supper,) = put(kit, "supper")
    changes = kit.remote.list_changes(kit.home, token)
    assert set(changes.changed) == {
        Member(href, kit.remote.get(href).etag) for href in (lunch, supper)
    }
    assert changes.removed == (dinner,)
    assert kit.remote.list_changes(kit.home, changes.token) == Changes((), (), changes.token)


def test_an_unknown_token_is_invalid_and_nothing_else(kit: Kit) -> None:
    put(kit, "lunch")
    with pytest.raises(InvalidSyncToken):
        kit.remote.list_changes(kit.home, "http://example.com/not-a-token-of-yours/1")


def test_a_collection_that_is_gone_is_not_found(kit: Kit) -> None:
    gone = kit.home[:-1] + "-gone/"
    for asking in (
        lambda: kit.remote.list_members(gone),
        lambda: kit.remote.list_changes(gone, ""),
        lambda: kit.remote.list_changes(gone, kit.remote.list_changes(kit.home, "").token),
    ):
        with pytest.raises(ResourceNotFound):
            asking()


def test_multiget_reads_what_get_reads(kit: Kit) -> None:
    hrefs = put(kit, "lunch", "dinner")
    found = kit.remote.multiget(kit.home, hrefs)
    assert (found.missing, found.unreadable) == ((), {})
    assert comparable(found.found) == comparable(kit.remote.get(href) for href in hrefs)


def test_multiget_tells_what_is_missing_and_reads_the_rest(kit: Kit, lunch: str) -> None:
    put(kit, "lunch")
    nothing = kit.home + "nothing.ics"
    found = kit.remote.multiget(kit.home, [nothing, lunch])
    assert [each.href for each in found.found] == [lunch]
    assert (found.missing, found.unreadable) == ((nothing,), {})


def test_multiget_of_nothing_is_nothing(kit: Kit) -> None:
    assert kit.remote.multiget(kit.home, []) == Multiget(())


def test_multiget_reads_more_than_one_batch(kit: Kit) -> None:
    names = [f"event-{number:03}" for number in range(MULTIGET_BATCH + 3)]
    hrefs = put(kit, *names)
    found = kit.remote.multiget(kit.home, hrefs)
    assert sorted(each.href for each in found.found) == sorted(hrefs)
    assert found.missing == ()


def test_collections_of_one_account_do_not_mix(kit: Kit) -> None:
    other = kit.phone.make_collection("Other")
    (lunch,) = put(kit, "lunch")
    moved = kit.phone.move(lunch, "Other")
    assert [member.href for member in kit.remote.list_members(other)] == [moved]
    assert kit.remote.list_members(kit.home) == []


def test_text_of_every_script_survives(kit: Kit, lunch: str) -> None:
    words = "Grüße 日本語 🎉 \u200fعربي"
    kit.remote.create(lunch, event("lunch", words))
    assert summary_of(kit.remote.get(lunch).body) == words
    (found,) = kit.remote.multiget(kit.home, [lunch]).found
    assert summary_of(found.body) == words


def test_an_href_spelled_otherwise_is_the_same_event(kit: Kit) -> None:
    href = kit.phone.put("a@b.ics", event("lunch"))
    spelled = href.replace("@", "%40")
    assert href != spelled
    assert kit.remote.get(spelled).href == href
    assert [each.href for each in kit.remote.multiget(kit.home, [spelled, href]).found] == [href]


def test_every_error_is_one_of_ours_with_a_sentence(kit: Kit, lunch: str) -> None:
    with pytest.raises(RemoteError) as caught:
        kit.remote.get(lunch)
    assert caught.value.message.endswith(".")


def comparable(fetched: object) -> list[tuple[str, str, list[str]]]:
    """Without the DTSTAMP that iCloud makes up at every reading."""
    assert not isinstance(fetched, Fetched)
    return sorted(
        (each.href, each.etag, [line for line in each.body.split("\r\n") if "DTSTAMP" not in line])
        for each in fetched  # type: ignore[attr-defined]
    )
