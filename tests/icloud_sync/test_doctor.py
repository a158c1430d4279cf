"""An account examined on the stand-in: the right most likely cause, and nothing changed."""

import socket
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from icloud_sync import leases
from icloud_sync.core.verdicts import steps as judged
from icloud_sync.core.verdicts.causes import Cause
from icloud_sync.core.verdicts.values import Grade, Step, Verdict, exit_code, summary
from icloud_sync.doctor import examine, visit
from icloud_sync.doctor.patience import Patience
from icloud_sync.models import ICloudConnection, RemoteCollection, RemoteResource, SyncLogEntry
from tests.factories import ICloudConnectionFactory
from tests.remote.scripted import SIGN_IN, raw
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server, free_port
from tests.wire import Reply

FORM = "abcd-efgh-ijkl-mnop"
Connection = ICloudConnection


@pytest.fixture
def apple(standin: Server, db: None) -> World:
    """A user connected to the stand-in, as if it had been synced a minute ago."""
    world = connected(standin.new_account())
    set_up(world, last_success_at=timezone.now() - timedelta(minutes=1))
    return world


@pytest.fixture
def synced(apple: World) -> World:
    """With two events, really synced."""
    for number in (1, 2):
        body = vevent(f"lunch-{number}", "Lunch", at(12, days=number), at(13, days=number))
        apple.account.phone.put(f"lunch-{number}.ics", body)
    assert not apple.sync().failed
    apple.account.wire.clear()
    return apple


def look(connection: Connection, **more: Any) -> list[Verdict]:
    return list(examine(connection, **more))


def by_step(verdicts: list[Verdict]) -> dict[str, str]:
    """step -> cause, or the grade where nothing is the matter."""
    return {str(one.step): str(one.cause or one.grade) for one in verdicts}


def troubles(verdicts: list[Verdict]) -> dict[str, str]:
    return {step: cause for step, cause in by_step(verdicts).items() if cause != Grade.GOOD}


def likely(verdicts: list[Verdict]) -> str:
    return summary(verdicts)


def rows(connection: Connection) -> Any:
    """All that a look could change; the lease is given back, its counter alone rises."""
    found = ICloudConnection.objects.filter(pk=connection.pk).values().get()
    del found["lease_fence"]
    collections = RemoteCollection.objects.order_by("pk").values()
    resources = RemoteResource.objects.order_by("pk").values()
    return found, list(collections), list(resources), SyncLogEntry.objects.count()


def set_up(world: World, **values: Any) -> Connection:
    """The connection as if it had come to this some other way."""
    ICloudConnection.objects.filter(pk=world.connection.pk).update(**values)
    world.connection.refresh_from_db()
    return world.connection


def in_place_of_answers(reply: Reply, authorized: bool = True) -> Any:
    """What comes in place of an answer to requests with (or without) a password."""
    return lambda exchange: reply if exchange.authorized is authorized else None


# --- All well -------------------------------------------------------------------------


def test_when_all_is_well_each_step_says_so_and_nothing_has_changed(synced: World) -> None:
    before = rows(synced.connection)
    verdicts = look(synced.connection)
    assert by_step(verdicts) == {
        "address": "good",
        "sign_in": "good",
        "principal": "good",
        "home": "good",
        "collections": "good",
        "read": "good",
        "tokens": "good",
        "clock": "good",
        "latency": "good",
    }
    assert rows(synced.connection) == before
    assert synced.account.wire.writes() == []
    assert (exit_code(verdicts), likely(verdicts)) == (0, "All is well.")
    read = next(one for one in verdicts if one.step is Step.READ)
    assert "2 events listed, 2 looked at: 2 occurrences in the window" in read.seen


def test_the_first_request_carries_no_password(apple: World) -> None:
    look(apple.connection)
    assert [one.authorized for one in apple.account.wire.requests][:2] == [False, True]


def test_it_asks_little(apple: World) -> None:
    look(apple.connection)
    assert len(apple.account.wire.requests) <= 16


def test_changes_that_wait_to_be_pulled_are_counted_and_stay_waiting(synced: World) -> None:
    synced.account.phone.put("new.ics", vevent("new", "New", at(9), at(10)))
    tokens = next(one for one in look(synced.connection) if one.step is Step.TOKENS)
    assert tokens.seen == "1 change since the last look, our own among them."
    synced.settle()
    assert len(synced.slots()) == 3


# --- The password ---------------------------------------------------------------------


def test_a_password_that_was_refused_stops_all_that_needs_it(apple: World) -> None:
    apple.account.standin.switches.revoked_password = True
    verdicts = look(apple.connection)
    assert troubles(verdicts) == {
        "sign_in": Cause.REVOKED,
        "principal": "not tried",
        "home": "not tried",
        "collections": "not tried",
        "read": "not tried",
        "tokens": "not tried",
        "latency": "not tried",
    }
    assert verdicts[2].likely == "Not tried, because it needs: Sign-in."
    assert exit_code(verdicts) == 1


def test_a_password_revoked_before_the_first_sync_worked_when_it_was_stored(
    standin: Server, db: None
) -> None:
    world = connected(standin.new_account())
    assert world.connection.last_success_at is None
    world.account.standin.switches.revoked_password = True
    said = likely(look(world.connection))
    assert f"worked until {world.connection.created_at:%Y-%m-%d %H:%M} UTC" in said


def test_a_row_that_no_server_ever_accepted_is_told_by_what_it_holds(
    standin: Server, db: None
) -> None:
    """Made past connecting: by a restored table, say."""
    account = standin.new_account()
    row = ICloudConnectionFactory(
        apple_id=account.username, app_password=FORM, server_url=account.server_url
    )
    assert troubles(look(row))["sign_in"] == Cause.WRONG_PASSWORD
    row.app_password = "Summer2026!"
    assert troubles(look(row))["sign_in"] == Cause.ORDINARY_PASSWORD


def test_a_password_that_was_revoked_is_told_by_until_when_it_worked(apple: World) -> None:
    apple.account.standin.switches.revoked_password = True
    verdicts = look(apple.connection)
    assert troubles(verdicts)["sign_in"] == Cause.REVOKED
    assert f"worked until {apple.connection.last_success_at:%Y-%m-%d %H:%M} UTC" in likely(verdicts)
    apple.connection.refresh_from_db()
    assert apple.connection.status == "connected"


def test_a_password_whose_key_is_lost_is_never_sent(apple: World, settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q="]
    assert troubles(look(apple.connection))["sign_in"] == Cause.KEY_LOST
    assert [one for one in apple.account.wire.requests if one.authorized] == []


def test_a_password_that_works_on_a_connection_that_waits_for_one(apple: World) -> None:
    connection = set_up(apple, status="needs_password")
    assert troubles(look(connection)) == {"sign_in": Cause.MARKED_DEAD}


def test_a_password_of_another_account_is_found_out(apple: World) -> None:
    connection = set_up(apple, principal_href="/1/principal/")
    assert troubles(look(connection))["principal"] == Cause.OTHER_ACCOUNT


# --- The way to the server ------------------------------------------------------------


def test_without_a_way_to_the_server_nothing_else_is_tried(apple: World) -> None:
    connection = set_up(apple, server_url=f"http://127.0.0.1:{free_port()}/")
    verdicts = look(connection)
    found = by_step(verdicts)
    assert found.pop("address") == Cause.NOBODY_LISTENS
    assert set(found.values()) == {"not tried"}
    assert "the network or a firewall in between" in likely(verdicts)


def test_without_a_network_a_name_cannot_be_looked_up(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*args: Any, **kwargs: Any) -> Any:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    verdicts = look(set_up(apple, server_url="https://caldav.icloud.com/"))
    assert by_step(verdicts)["address"] == Cause.NO_NAME
    assert "this machine has no network" in likely(verdicts)


def test_a_host_that_is_on_no_list_is_not_even_looked_up(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    verdicts = look(set_up(apple, server_url="https://calendar.example.com/"))
    assert by_step(verdicts)["address"] == Cause.NOT_ALLOWED
    assert "calendar.example.com is not on the list of hosts" in likely(verdicts)


@pytest.mark.parametrize("authorized", [False, True])
def test_a_captive_portal_answers_with_a_web_page(apple: World, authorized: bool) -> None:
    apple.account.wire.faults.append(in_place_of_answers(SIGN_IN, authorized))
    verdicts = look(apple.connection)
    step = "sign_in" if authorized else "address"
    assert troubles(verdicts)[step] == Cause.PORTAL
    assert "most likely a captive portal" in likely(verdicts)
    seen = [one.authorized for one in apple.account.wire.requests]
    assert any(seen) is authorized


@pytest.mark.parametrize("authorized", [False, True])
def test_a_captive_portal_sends_to_its_own_host(apple: World, authorized: bool) -> None:
    away = Reply(302, headers={"Location": "http://portal.example/login"})
    apple.account.wire.faults.append(in_place_of_answers(away, authorized))
    verdicts = look(apple.connection)
    step = "sign_in" if authorized else "address"
    assert troubles(verdicts)[step] == Cause.FOREIGN_REDIRECT
    assert "most likely by a captive portal" in likely(verdicts)
    assert "portal.example" in next(one for one in verdicts if one.step == step).seen


def test_the_stand_in_s_foreign_host_hears_nothing_of_us(standin: Server, apple: World) -> None:
    host = standin.standin  # type: ignore[attr-defined]
    apple.account.standin.switches.redirect = "302"
    apple.account.standin.switches.redirect_to = "foreign"
    heard = len(host.foreign_requests)
    verdicts = look(set_up(apple, server_url=host.url))
    assert troubles(verdicts)["sign_in"] == Cause.FOREIGN_REDIRECT
    assert len(host.foreign_requests) == heard


def test_a_home_on_a_host_that_is_not_allowed_is_not_followed(apple: World) -> None:
    apple.account.standin.switches.home_set = "foreign"
    verdicts = look(apple.connection)
    assert troubles(verdicts)["home"] == Cause.NOT_ALLOWED


@pytest.mark.parametrize("authorized", [False, True])
def test_a_server_that_throttles_says_until_when(apple: World, authorized: bool) -> None:
    busy = Reply(503, headers={"Retry-After": "600"})
    apple.account.wire.faults.append(in_place_of_answers(busy, authorized))
    verdicts = look(apple.connection)
    assert troubles(verdicts)["sign_in" if authorized else "address"] == Cause.THROTTLED
    assert "wants to be left alone until 20" in likely(verdicts)


def test_the_stand_in_s_throttle(apple: World) -> None:
    apple.account.standin.switches.throttle_seconds = 30
    assert troubles(look(apple.connection))["sign_in"] == Cause.THROTTLED


def test_a_server_that_is_out_of_order(apple: World) -> None:
    apple.account.standin.switches.refuse_everything = True
    assert troubles(look(apple.connection))["sign_in"] == Cause.SERVER_FAILED


def test_a_server_that_knows_no_calendars(apple: World) -> None:
    apple.account.wire.faults.append(in_place_of_answers(Reply(404)))
    assert troubles(look(apple.connection))["sign_in"] == Cause.NOT_CALDAV


def test_a_server_that_says_nothing_is_not_waited_for(apple: World) -> None:
    with raw(None) as silent:
        connection = set_up(apple, server_url=silent.url)
        verdicts = look(connection, patience=Patience(5, one=0.3))
    assert by_step(verdicts)["address"] == Cause.SILENCE
    assert "No whole answer within" in verdicts[0].seen


def test_a_server_that_stops_answering_ends_the_examination(apple: World) -> None:
    """The first request is answered, the one with the password is not."""
    with raw(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", None) as silent:
        connection = set_up(apple, server_url=silent.url)
        verdicts = look(connection, patience=Patience(20, one=0.3))
    assert by_step(verdicts)["sign_in"] == Cause.STALLED
    assert not [one for one in verdicts if one.cause is Cause.OUR_MISTAKE]


@pytest.mark.parametrize("seconds", [3.0, 7.0])
def test_a_slow_server_is_told_as_one_wherever_the_time_runs_out(
    apple: World, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged, "SLOW_SECONDS", 0.5)
    apple.account.standin.switches.slow_body = 1.2
    verdicts = look(apple.connection, patience=Patience(seconds, one=10))
    assert {str(one.cause) for one in verdicts if one.cause} == {Cause.SLOW}
    assert not [one for one in verdicts if one.grade is Grade.TROUBLE]
    assert exit_code(verdicts) == 2
    said = likely(verdicts)
    assert "answers slowly: most likely the network in between is slow" in said
    assert "seconds" not in said


def test_a_question_that_the_whole_limit_cut_off_was_not_tried_in_full(apple: World) -> None:
    """Nothing is known of a server that was given half a second."""
    with raw(None) as silent:
        verdicts = look(set_up(apple, server_url=silent.url), patience=Patience(0.5, one=5))
    assert by_step(verdicts)["address"] == Cause.TIME_IS_UP
    assert exit_code(verdicts) == 2


def test_when_the_time_is_up_the_rest_is_not_tried(apple: World) -> None:
    verdicts = look(apple.connection, patience=Patience(0))
    assert {str(one.grade) for one in verdicts} == {"not tried"}
    assert exit_code(verdicts) == 2


def test_a_clock_that_is_wrong_is_found_though_nothing_else_can_be(apple: World) -> None:
    old = b"HTTP/1.1 401 No\r\nDate: Tue, 24 Nov 2020 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with raw(old) as server:
        verdicts = look(set_up(apple, server_url=server.url, last_success_at=None))
    assert troubles(verdicts)["clock"] == Cause.CLOCK_WRONG
    clock = next(one for one in verdicts if one.step is Step.CLOCK)
    assert "days ahead of the clock of" in clock.likely


# --- The account's calendars ----------------------------------------------------------


def test_a_calendar_that_new_events_go_to_and_is_gone(apple: World) -> None:
    apple.account.make_collection("Another")
    apple.account.standin.remove_collection("home")
    verdicts = look(apple.connection)
    assert troubles(verdicts) == {"collections": Cause.CALENDAR_GONE}
    assert "“Home”, is not in the account any more" in likely(verdicts)


def test_an_account_without_calendars_stops_there(apple: World) -> None:
    for collection in apple.account.standin.collections:
        apple.account.standin.remove_collection(collection.name)
    verdicts = look(apple.connection)
    assert troubles(verdicts)["collections"] == Cause.NO_CALENDARS
    assert "no calendar that holds events" in likely(verdicts)


def test_a_calendar_that_cannot_be_written(apple: World) -> None:
    apple.account.standin.add_collection("Shared", kind="read-only")
    apple.sync()
    apple.connection.collections.filter(role="target").update(role="ignored")
    apple.connection.collections.filter(name="Shared").update(role="target")
    verdicts = look(apple.connection)
    assert troubles(verdicts) == {"collections": Cause.READ_ONLY}
    assert "“Shared” is read-only in iCloud" in likely(verdicts)


def test_an_account_that_moved_to_another_partition_needs_nobody(apple: World) -> None:
    moved = set_up(apple, home_url="https://p1-caldav.icloud.com/1/calendars/")
    verdicts = look(moved)
    assert troubles(verdicts) == {"home": Cause.PARTITION_MOVED}
    assert exit_code(verdicts) == 0
    apple.connection.refresh_from_db()
    assert apple.connection.home_url == "https://p1-caldav.icloud.com/1/calendars/"


def test_the_stand_in_s_move_to_another_partition(standin: Server, apple: World) -> None:
    connection = set_up(apple, server_url=standin.standin.url)  # type: ignore[attr-defined]
    apple.account.standin.switches.renumbered = "421"
    assert troubles(look(connection)) == {"home": Cause.PARTITION_MOVED}


def test_an_event_that_cannot_be_read_is_counted_and_its_text_is_not_told(synced: World) -> None:
    synced.account.phone.put("odd.ics", "BEGIN:VCALENDAR\r\nSUMMARY:Secret\r\nEND:VCALENDAR\r\n")
    verdicts = look(synced.connection)
    assert troubles(verdicts) == {"read": Cause.UNREADABLE}
    assert "Secret" not in str(verdicts)


def test_a_token_that_expired_needs_nobody(synced: World) -> None:
    synced.account.standin.expire_tokens("home")
    verdicts = look(synced.connection)
    assert troubles(verdicts) == {"tokens": Cause.TOKEN_EXPIRED}
    assert exit_code(verdicts) == 0


def test_a_listing_that_lacks_itself_is_no_account_without_calendars(apple: World) -> None:
    apple.account.standin.switches.empty_listing = "all"
    assert troubles(look(apple.connection))["collections"] == Cause.ODD_ANSWER


# --- Every other mood of the stand-in ---------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "value", "found"),
    [
        ("principal_href", "absolute", {}),
        ("absolute_hrefs", True, {}),
        ("redirect", "307", {}),
        ("redirect_to", "partition", {}),
        ("xml_style", "prefixed", {}),
        ("fault", "429", {"sign_in": Cause.THROTTLED}),
        ("fault", "403", {"sign_in": Cause.THROTTLED}),
        ("fault", "reset", {"sign_in": Cause.BROKE_OFF}),
        ("broken_xml", True, {"sign_in": Cause.ODD_ANSWER}),
        ("html_answer", True, {"sign_in": Cause.PORTAL}),
        ("slow_body", 5.0, {"sign_in": Cause.STALLED}),
    ],
)
def test_the_account_s_moods(apple: World, switch: str, value: Any, found: Any) -> None:
    setattr(apple.account.standin.switches, switch, value)
    verdicts = look(apple.connection, patience=Patience(20, one=1.0))
    seen = {step: cause for step, cause in troubles(verdicts).items() if cause != "not tried"}
    assert seen == found


@pytest.mark.parametrize(
    ("switch", "value", "found"),
    [
        ("read_only", True, {"collections": Cause.READ_ONLY}),
        ("withdrawn", "404", {"collections": Cause.CALENDAR_GONE}),
        ("withdrawn", "unlisted", {"collections": Cause.CALENDAR_GONE}),
        ("renamed", "At home", {}),
        ("tokens_expire", True, {"tokens": Cause.TOKEN_REFUSED}),
        ("duplicates", True, {}),
        ("ghosts", "one", {"read": Cause.NOT_SERVED_YET}),
        ("empty_listing", "members", {}),
    ],
)
def test_a_collection_s_moods(apple: World, switch: str, value: Any, found: Any) -> None:
    setattr(apple.account.standin.switches_of("home"), switch, value)
    assert troubles(look(apple.connection)) == found


# --- The lease ------------------------------------------------------------------------


def test_while_a_sync_runs_the_account_is_left_alone(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "LOOK_EVERY", 0.01)
    with leases.hold(apple.connection.pk):
        verdicts = [
            *examine(apple.connection, patience=Patience(1.0)),
        ]
        apple.connection.refresh_from_db()
        assert apple.connection.lease_owner
    assert by_step(verdicts)["address"] == "good"
    assert by_step(verdicts)["sign_in"] == Cause.BUSY
    assert [one for one in apple.account.wire.requests if one.authorized] == []
    assert exit_code(verdicts) == 2


def test_a_sync_that_ends_meanwhile_is_waited_for(apple: World) -> None:
    lease = leases.take(apple.connection.pk)
    assert lease
    steps = examine(apple.connection)
    next(steps)
    visit.give_back(lease)
    assert next(steps).grade is Grade.GOOD


def test_who_pauses_the_connection_meanwhile_ends_the_examination(apple: World) -> None:
    steps = examine(apple.connection)
    found = [next(steps) for _ in range(3)]
    ICloudConnection.objects.update(lease_owner="", lease_until=None, status="paused")
    found += steps
    assert by_step(found)["home"] == Cause.TAKEN_OVER
    assert by_step(found)["latency"] == "not tried"


def test_an_examination_that_is_broken_off_gives_the_lease_back(apple: World) -> None:
    steps = examine(apple.connection)
    for _ in range(4):
        next(steps)
    steps.close()  # type: ignore[attr-defined]
    apple.connection.refresh_from_db()
    assert apple.connection.lease_owner == ""


def test_a_mistake_of_our_own_is_one_step_s_and_shows_no_text(
    apple: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise KeyError("Lunch with Eve")

    monkeypatch.setattr("icloud_sync.doctor.events.judge_reading", broken)
    verdicts = look(apple.connection)
    assert troubles(verdicts)["read"] == Cause.OUR_MISTAKE
    assert "Eve" not in str(verdicts)


def test_a_connection_of_another_server_is_examined_all_the_same(
    all_servers: Any, db: None
) -> None:
    """Radicale has rights, reports and clocks of its own."""
    world = connected(all_servers.get("radicale").new_account())
    world.sync()
    assert exit_code(look(world.connection)) == 0


def test_a_row_without_a_password_is_told(db: None) -> None:
    with raw(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as server:
        connection = ICloudConnectionFactory(app_password="", server_url=server.url)
        assert troubles(look(connection))["sign_in"] == Cause.NO_PASSWORD


def test_a_rows_times_may_be_missing(apple: World) -> None:
    connection = set_up(apple, last_success_at=None, next_poll_at=timezone.now())
    assert exit_code(look(connection)) == 0
