"""Connecting an account: what is stored, and what is refused with which sentence."""

import socket
import ssl
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from icloud_sync import connecting
from icloud_sync.connecting import ConnectError, connect, look
from icloud_sync.core.policy import SIMPLE_REFUSED
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteCollection, SyncLogEntry
from icloud_sync.remote.errors import (
    CredentialsError,
    HostNotAllowed,
    NotCalDAV,
    RateLimited,
    Refused,
    RemoteError,
    TemporaryRemoteError,
    Unreachable,
    UnreadableAnswer,
)
from icloud_sync.remote.multistatus import not_caldav
from tests.factories import (
    AppointmentFactory,
    CalendarFactory,
    ICloudConnectionFactory,
    UserFactory,
)
from tests.icloud_sync.accounts import HOLIDAYS, PASSWORD, WORK, AppleAccount

pytestmark = pytest.mark.django_db


def join(user: Any, account: AppleAccount, **choices: Any) -> ICloudConnection:
    return connect(user, account.apple_id, account.password, remote=account.open, **choices)


def roles(connection: ICloudConnection) -> dict[str, str]:
    return dict(connection.collections.values_list("name", "role"))


def refusal(user: Any, account: AppleAccount, **choices: Any) -> ConnectError:
    with pytest.raises(ConnectError) as refused:
        join(user, account, **choices)
    return refused.value


def stored() -> tuple[int, int, int, int]:
    models = (ICloudConnection, RemoteCollection, OutboxEntry, SyncLogEntry)
    return tuple(model.objects.count() for model in models)  # type: ignore[return-value]


# --- What is stored -------------------------------------------------------------------


def test_connecting_stores_the_account_its_collections_and_what_must_be_sent() -> None:
    anna = UserFactory(username="anna")
    coming = AppointmentFactory(host=anna)
    AppointmentFactory(
        host=anna,
        starts_at=timezone.now() - timedelta(days=2),
        ends_at=timezone.now() - timedelta(days=1),
    )
    OutboxEntry.objects.all().delete()

    connection = join(anna, AppleAccount(), actor=UserFactory(username="staff"))

    connection = ICloudConnection.objects.get()
    assert (connection.user, connection.apple_id, connection.status) == (
        anna,
        "anna@icloud.example",
        "connected",
    )
    assert connection.app_password == PASSWORD
    assert connection.server_url == "http://127.0.0.1:9/"
    assert connection.principal_href == "/1/principal/"
    assert connection.home_url == "https://p42-caldav.icloud.com:443/1/calendars/"
    assert connection.addresses == ["mail-of-anna@icloud.example"]
    assert connection.next_poll_at is not None
    assert roles(connection) == {"Home": "target", "Work": "mirrored", "Holidays": "mirrored"}
    assert list(connection.outbox.values_list("kind", "object_id", "state")) == [
        ("appointment", coming.pk, "waiting")
    ]
    assert list(connection.log.values_list("action", "outcome", "message")) == [
        (
            "connect",
            "done",
            "Connected anna@icloud.example: new events go to “Home”, 1 appointment to send. "
            "By staff.",
        )
    ]


def test_the_roles_asked_for_are_the_roles_stored() -> None:
    connection = join(
        UserFactory(), AppleAccount(), target_href=WORK.href, mirrored=[HOLIDAYS.href]
    )
    assert roles(connection) == {"Home": "ignored", "Work": "target", "Holidays": "mirrored"}


def test_without_a_choice_the_first_calendar_that_can_be_written_is_the_target() -> None:
    connection = join(UserFactory(), AppleAccount(collections=(HOLIDAYS, WORK)))
    assert roles(connection) == {"Holidays": "mirrored", "Work": "target"}


@pytest.mark.parametrize(
    "typed",
    [
        f" {PASSWORD}\n",
        PASSWORD.replace("-", ""),
        PASSWORD.replace("-", " "),
        PASSWORD.replace("-", "\N{EN DASH}"),
        PASSWORD.replace("-", "\N{NON-BREAKING HYPHEN}"),
        f"\N{ZERO WIDTH SPACE}{PASSWORD}",
        PASSWORD.upper(),
    ],
)
def test_however_the_password_was_typed_it_is_sent_and_stored_as_apple_writes_it(
    typed: str,
) -> None:
    account = AppleAccount()
    apple_id = f" {account.apple_id}\N{ZERO WIDTH SPACE} "
    connection = connect(UserFactory(), apple_id, typed, remote=account.open)
    assert account.opened_with == [("http://127.0.0.1:9/", account.apple_id, PASSWORD)]
    assert (connection.apple_id, connection.app_password) == (account.apple_id, PASSWORD)
    connecting.update_password(connection, typed, remote=account.open)
    connection.refresh_from_db()
    assert connection.app_password == PASSWORD


@pytest.mark.parametrize(
    ("typed", "stored_as"),
    [
        ("", "http://127.0.0.1:9/"),
        ("https://caldav.icloud.com", "https://caldav.icloud.com/"),
        ("https://CalDAV.iCloud.com:443/", "https://caldav.icloud.com/"),
        ("https://p42-caldav.icloud.com/", "https://caldav.icloud.com/"),
        ("http://localhost:5232/anna", "http://localhost:5232/anna/"),
        ("http://[::1]:5232", "http://[::1]:5232/"),
    ],
)
def test_a_server_has_one_spelling(typed: str, stored_as: str) -> None:
    assert connecting.normalize_server_url(typed) == stored_as


@pytest.mark.parametrize("typed", ["icloud", "ftp://example.com/", "https://"])
def test_an_address_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(ConnectError, match="There is no CalDAV account at") as refused:
        connecting.normalize_server_url(typed)
    assert refused.value.field == "server_url"


def test_serving_chosen_calendars_sends_only_their_appointments() -> None:
    anna = UserFactory()
    massage = CalendarFactory()
    ours = AppointmentFactory(calendar=massage, host=anna)
    AppointmentFactory(host=anna)

    connection = join(anna, AppleAccount(), serves="chosen", calendars=[massage])

    assert (connection.serves, list(connection.calendars.all())) == ("chosen", [massage])
    assert list(connection.outbox.values_list("object_id", flat=True)) == [ours.pk]


def no_network() -> RemoteError:
    error = Unreachable("The server caldav.icloud.com cannot be reached.")
    error.__cause__ = socket.gaierror(-3, "Temporary failure in name resolution")
    return error


# --- What is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "field", "says"),
    [
        (CredentialsError("no", 401), "password", "most likely wrong: mistyped, or made for"),
        (CredentialsError("no", 403), "apple_id", "most likely knows no Apple account called anna"),
        (CredentialsError("no notice taken"), "", "took no notice of the user name and password"),
        (Refused("Forbidden", 403), "", "127.0.0.1:9 refuses what we ask. Seen: Forbidden"),
        (RateLimited("slow down", 503), "", "says nothing about the password"),
        (TemporaryRemoteError("broken", 500), "", "is out of order at the moment. Seen: broken"),
        (no_network(), "server_url", "most likely this machine has no network"),
        (HostNotAllowed("no"), "", "most likely by a captive portal"),
        (NotCalDAV("nothing"), "server_url", "There is no calendar server at this address of 127"),
        (not_caldav(200), "", "most likely a captive portal, a network that wants a sign-in first"),
        (UnreadableAnswer("broken XML", 200), "", "gave an answer that cannot be understood"),
        (Refused("Too many", 507), "", "The account has no room for another event. Seen: Too many"),
    ],
)
def test_each_trouble_has_its_own_sentence_and_stores_nothing(
    trouble: RemoteError, field: str, says: str
) -> None:
    error = refusal(UserFactory(), AppleAccount(trouble=trouble))
    assert says in error.sentence
    assert error.field == field
    assert stored() == (0, 0, 0, 0)


def test_a_busy_server_is_never_a_wrong_password() -> None:
    error = refusal(UserFactory(), AppleAccount(trouble=RateLimited("slow", 503)))
    assert "did not accept" not in error.sentence


def test_a_certificate_of_apple_s_that_is_out_of_date_means_that_our_clock_is_wrong() -> None:
    trouble = Unreachable("The server caldav.icloud.com cannot be reached.")
    trouble.__cause__ = ssl.SSLCertVerificationError(1, "certificate is not yet valid")
    trouble.__cause__.verify_code = 9
    account = AppleAccount(trouble=trouble)
    error = refusal(UserFactory(), account, server_url="https://caldav.icloud.com/")
    assert error.sentences[0].startswith("This machine's clock is most likely wrong")
    assert error.field == ""


def test_an_address_that_may_see_no_password_is_told_from_one_that_it_leads_to() -> None:
    account = AppleAccount(trouble=HostNotAllowed("no"))
    error = refusal(UserFactory(), account, server_url="https://calendar.example.com/")
    assert error.field == "server_url"
    assert error.sentences == [
        "calendar.example.com is not on the list of hosts that may see a password: it is neither "
        "Apple's nor named in ICLOUD_ALLOWED_HOSTS.",
        "Seen: no",
        "Could also be: The address may be misspelt, or lead over plain http.",
        "Next: If the host is yours, add its name to ICLOUD_ALLOWED_HOSTS and restart; else "
        "correct the server's address. No password was sent.",
    ]


def test_a_refused_password_is_explained_whole_and_shown_nowhere() -> None:
    account = AppleAccount(password="another")
    with pytest.raises(ConnectError) as refused:
        connect(UserFactory(), account.apple_id, PASSWORD, remote=account.open)
    error = refused.value
    assert error.sentence == " ".join(error.sentences)
    assert error.sentences == [
        "The app-specific password has the right form but is most likely wrong: mistyped, or made "
        "for another Apple account than anna@icloud.example.",
        "Seen: The server did not accept this Apple ID and password. Its answer was 401.",
        "Could also be: It may have been revoked since, or anna@icloud.example may not be the "
        "address the user signs in with: the server answers all of these alike.",
        "Next: Ask the user for a new app-specific password (account.apple.com, Sign-In and "
        "Security, App-Specific Passwords) and connect with that.",
    ]
    assert PASSWORD not in error.sentence


def test_no_password_is_asked_for_before_a_server_is() -> None:
    account = AppleAccount(password="")
    assert "Type the app-specific password" in refusal(UserFactory(), account).sentence
    assert account.opened_with == []


@pytest.mark.parametrize(
    ("collections", "says"),
    [((), "no calendar that holds events"), ((HOLIDAYS,), "Every calendar of this account")],
)
def test_an_account_without_a_usable_calendar_is_refused(collections: Any, says: str) -> None:
    assert says in refusal(UserFactory(), AppleAccount(collections=collections)).sentence
    assert stored() == (0, 0, 0, 0)


def test_a_read_only_target_is_refused() -> None:
    error = refusal(UserFactory(), AppleAccount(), target_href=HOLIDAYS.href)
    assert "“Holidays” is read-only in iCloud" in error.sentence
    assert stored() == (0, 0, 0, 0)


@pytest.mark.parametrize("choice", [{"target_href": "/gone/"}, {"mirrored": ["/gone/"]}])
def test_a_calendar_the_account_does_not_have_is_refused(choice: Any) -> None:
    error = refusal(UserFactory(), AppleAccount(), **choice)
    assert error.sentence.startswith(
        "The account has no calendar “/gone/”. It has: “Home”, “Work”, “Holidays”."
    )


def test_a_simple_calendar_is_refused_before_any_request() -> None:
    account = AppleAccount()
    simple = CalendarFactory(type="simple")
    error = refusal(UserFactory(), account, serves="chosen", calendars=[simple])
    assert (error.sentence, error.field) == (SIMPLE_REFUSED, "calendars")
    assert account.opened_with == []
    assert stored() == (0, 0, 0, 0)


def test_choosing_calendars_means_choosing_one_at_least() -> None:
    error = refusal(UserFactory(), AppleAccount(), serves="chosen")
    assert error.sentence.startswith("Choose at least one calendar")


def test_a_user_has_at_most_one_live_connection() -> None:
    anna = UserFactory(username="anna")
    join(anna, AppleAccount())
    before = stored()
    other = AppleAccount(apple_id="second@icloud.example", principal_href="/2/principal/")
    error = refusal(anna, other)
    assert error.sentence.startswith("anna has an iCloud connection already (anna@icloud.example)")
    assert stored() == before
    assert other.opened_with == []


@pytest.mark.parametrize(
    "account",
    [
        AppleAccount(apple_id="ANNA@icloud.example", principal_href="/2/principal/"),
        AppleAccount(apple_id="alias@icloud.example"),
    ],
    ids=["the same Apple ID", "the same principal"],
)
def test_an_account_of_another_user_is_refused(account: AppleAccount) -> None:
    join(UserFactory(username="anna"), AppleAccount())
    before = stored()
    error = refusal(UserFactory(username="ben"), account)
    assert error.sentence.startswith("This Apple account is connected for anna already.")
    assert stored() == before


@pytest.mark.parametrize("race", ["another user", "the same user"])
def test_of_two_who_connect_at_one_moment_the_second_is_told_the_same(
    race: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other's row appears between our check and our insert."""
    ben = UserFactory(username="ben")
    winner = UserFactory(username="anna") if race == "another user" else ben
    save = ICloudConnection.save

    def a_moment_later(self: ICloudConnection, **kwargs: Any) -> None:
        monkeypatch.setattr(ICloudConnection, "save", save)
        ICloudConnectionFactory(user=winner, apple_id=self.apple_id, server_url=self.server_url)
        save(self, **kwargs)

    def commit_the_other(error: Exception) -> None:
        """What our own rollback took away is, in life, the other's committed row."""
        ICloudConnectionFactory(user=winner, apple_id="anna@icloud.example")

    monkeypatch.setattr(ICloudConnection, "save", a_moment_later)
    from icloud_sync.connecting import begin

    check = begin.refuse_taken
    calls: list[int] = []

    def check_again(user: Any, account: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            commit_the_other(AssertionError())
        check(user, account)

    monkeypatch.setattr(begin, "refuse_taken", check_again)
    error = refusal(ben, AppleAccount())
    assert len(calls) == 2
    assert ("connected for anna already" in error.sentence) == (race == "another user")
    assert ("ben has an iCloud connection already" in error.sentence) == (race == "the same user")
    assert list(ICloudConnection.objects.values_list("user__username", flat=True)) == [
        winner.username
    ]


def test_the_network_is_asked_outside_of_any_transaction(
    django_capture_on_commit_callbacks: Any,
) -> None:
    from django.db import connection as database

    depth: list[int] = []
    account = AppleAccount(meanwhile=lambda: depth.append(len(database.savepoint_ids)))
    outside = len(database.savepoint_ids)
    join(UserFactory(), account)
    assert depth == [outside]


def test_an_error_while_storing_leaves_nothing_half_connected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from icloud_sync.connecting import begin

    def broken(*_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(begin, "tell", broken)
    with pytest.raises(RuntimeError):
        join(UserFactory(), AppleAccount())
    assert stored() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "choose",
    [
        lambda connection, simple: connection.calendars.add(simple),
        lambda connection, simple: connection.calendars.set([CalendarFactory(), simple]),
        lambda connection, simple: simple.icloud_connections.add(connection),
        lambda connection, simple: simple.icloud_connections.set([connection]),
    ],
    ids=["add", "set", "reverse add", "reverse set"],
)
def test_a_simple_calendar_cannot_be_served_on_any_path(choose: Any) -> None:
    simple, connection = CalendarFactory(type="simple"), ICloudConnectionFactory()
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        choose(connection, simple)
    assert refused.value.messages == [SIMPLE_REFUSED]
    assert not connection.calendars.exists()


def test_the_password_shows_in_no_repr_of_what_a_look_returns() -> None:
    account = AppleAccount()
    found = look(account.apple_id, account.password, remote=account.open)
    assert PASSWORD not in repr(found)
    assert [info.name for info in found.collections] == ["Home", "Work", "Holidays"]
