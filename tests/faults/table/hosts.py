"""Where the account lives, who may ask, and who may be told the password (S1 to S5)."""

from icloud_sync.core.outage import MOST_DOUBTED
from icloud_sync.models import ICloudConnection
from tests.faults.day import Day, Seen
from tests.faults.table.row import Row, copes, down, new_password
from tests.wire import Exchange, Reply

REDIRECTS = ("301", "302", "307", "308")
NOT_TOLD = "The password is not sent to 127.0.0.2"


def revoked_after_five(day: Day, exchange: Exchange) -> Reply | None:
    """Failure case 3."""
    already = len(day.world.account.wire.requests)
    return Reply(401, headers={"WWW-Authenticate": "Basic"}) if already > 5 else None


def count_anew(day: Day) -> None:
    day.world.account.wire.clear()


def forget_the_home(day: Day) -> None:
    """It is looked for from the server's address on, as on the first day."""
    ICloudConnection.objects.update(home_url="")


def live_where_nobody_listens(day: Day) -> None:
    nobody = day.standin.standin.hosts.nobody
    ICloudConnection.objects.update(home_url=f"{nobody}{day.account.home_path}")


def be_somebody_else(day: Day) -> None:
    """Whom the server does not know."""
    ICloudConnection.objects.update(apple_id="nobody@example.com", home_url="")


def be_oneself_again(day: Day) -> None:
    ICloudConnection.objects.update(apple_id=day.world.account.username)
    day.world.connection.refresh_from_db()
    new_password(day)


def believed_in_the_end(day: Day, seen: Seen) -> None:
    """A 403 may be a throttle; one that has lasted for hours is an answer."""
    ICloudConnection.objects.update(failures=MOST_DOUBTED)
    assert day.look(1).status == "needs_password"


def nobody_was_told(day: Day, seen: Seen) -> None:
    """The host that is none of Apple's was not even asked."""
    assert day.standin.standin.foreign_requests == []


def the_new_home_is_kept(day: Day, seen: Seen) -> None:
    home = ICloudConnection.objects.get(pk=day.world.connection.pk).home_url
    assert home.endswith(day.account.home_path)
    assert not home.startswith(day.standin.standin.hosts.nobody)


def moved(how: str, looks: int = 2) -> Row:
    name = f"renumbered, old host {how}"
    row = copes(name, renumbered=how, looks=looks)
    return row.but(also=the_new_home_is_kept)


FOUND = [
    copes("an absolute principal", principal_href="absolute"),
    copes("at home on the generic host", home_set="generic"),
    copes("at home on no host", home_set="relative"),
    *(copes(f"redirect {number}", redirect=number) for number in REDIRECTS),
    down(
        "the generic host in a circle",
        "sends us from one address to the next",
        6,
        redirect="307",
        redirect_to="itself",
    ),
    down(
        "the generic host sends on to a foreign host",
        NOT_TOLD,
        1,
        redirect="302",
        redirect_to="foreign",
    ).but(also=nobody_was_told),
]
MOVED = [
    *(moved(how) for how in ("404", "421", "401", "403", *REDIRECTS, "reset")),
    # These two may be the service's bad day as well: a few tries are waited for.
    *(moved(how, looks=6) for how in ("500", "503")),
    Row(
        "renumbered, old host refuses connections",
        copes=True,
        first=live_where_nobody_listens,
        direct=True,
        also=the_new_home_is_kept,
    ),
    down(
        "renumbered, and sent on to a foreign host",
        NOT_TOLD,
        renumbered="421",
        redirect="307",
        redirect_to="foreign",
    ).but(also=nobody_was_told),
    down(
        "renumbered, and at home on a foreign host",
        NOT_TOLD,
        5,
        renumbered="421",
        home_set="foreign",
    ).but(also=nobody_was_told),
    down(
        "renumbered, and at home where nobody listens",
        "cannot be reached",
        5,
        renumbered="421",
        home_set="nobody",
    ).but(direct=True),
]
ROWS = [
    copes("hrefs on the other host", absolute_hrefs=True),
    *(row.but(first=forget_the_home) for row in FOUND),
    *MOVED,
    Row(
        "the password revoked",
        {"revoked_password": True},
        status="needs_password",
        says="account.apple.com",
        most_requests=2,  # the generic host has to say so, too
        then=new_password,
    ),
    Row(
        "the password revoked in the middle of a run",
        wire=revoked_after_five,
        status="needs_password",
        says="account.apple.com",
        most_requests=8,
        first=count_anew,
        then=new_password,
    ),
    Row(
        "an Apple ID nobody has",
        everybody={"unknown_user": "403"},
        status="degraded",
        says="refuses this account (403)",
        most_requests=2,
        first=be_somebody_else,
        also=believed_in_the_end,
        then=be_oneself_again,
    ),
]
