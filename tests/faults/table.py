"""The faults, one a row: what is turned, and what the client must make of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from icloud_sync import connecting
from icloud_sync.models import OutboxEntry
from tests.faults.day import Day
from tests.wire import Drop, Exchange, Reply

Act = Callable[[Day], None]


def nothing(day: Day) -> None:
    """It heals by itself."""


@dataclass(frozen=True)
class Row:
    """`switches` of the account and `of_home`, its calendar; or a fault of the `wire`.
    `copes`: all gets through while it lasts. `logs`: (action, outcome) that support finds.
    `then`: what a person does once it is over."""

    name: str
    switches: dict[str, Any] = field(default_factory=dict)
    of_home: dict[str, Any] = field(default_factory=dict)
    wire: Callable[[Day, Exchange], Drop | Reply | None] | None = None
    copes: bool = False
    status: str = "connected"
    says: str = ""
    logs: frozenset[tuple[str, str]] = frozenset()
    most_requests: int = 20
    looks: int = 2
    pause: int = 0  # seconds, at least
    then: Act = nothing

    def __str__(self) -> str:
        return self.name

    def turn(self, day: Day) -> None:
        for name, value in self.switches.items():
            day.account.switches.turn(name, value)
        for name, value in self.of_home.items():
            day.account.switches_of("home").turn(name, value)
        if self.wire:
            fault = self.wire
            day.world.account.wire.faults.append(lambda exchange: fault(day, exchange))


def copes(name: str, **switches: Any) -> Row:
    looks = switches.pop("looks", 3)
    return Row(name, switches, copes=True, looks=looks)


def down(name: str, says: str, most_requests: int = 3, **switches: Any) -> Row:
    """The account cannot be served: said on the connection, and little asked meanwhile."""
    return Row(name, switches, status="degraded", says=says, most_requests=most_requests)


def parked(name: str, says: str, **switches: Any) -> Row:
    """Single events are refused: a person looks, and has them tried again."""
    return Row(name, switches, logs=frozenset({("park", "needs_attention")}), then=try_again)


def try_again(day: Day) -> None:
    OutboxEntry.objects.filter(state="needs_attention").update(state="waiting", attempts=0)


def new_password(day: Day) -> None:
    connecting.update_password(day.world.connection, day.world.account.password)


def refused_connection(day: Day, exchange: Exchange) -> Drop:
    return Drop.BEFORE


AGAIN = "everything again"
TOKENS = ("bare 403", "valid-sync-token", "400", "404", "409", "410", "412", "507", "507 inside")
NO_TOKEN = [copes(f"tokens expire, {how}", tokens_expire=True, expired_token=how) for how in TOKENS]
NO_TOKEN.append(
    Row("tokens expire, everything again", {"tokens_expire": True, "expired_token": AGAIN})
)
HOSTS = [
    copes("hrefs on the other host", absolute_hrefs=True),
    *(copes(f"redirect {n}", redirect=n) for n in ("301", "302", "307", "308")),
    *(copes(f"renumbered, old host {n}", renumbered=n) for n in ("404", "421", "reset")),
    copes("the general host in a circle", redirect="307", redirect_to="itself"),
    down(
        "renumbered, and sent on to a foreign host",
        "The password is not sent to 127.0.0.2",
        renumbered="421",
        redirect="307",
        redirect_to="foreign",
    ),
    down(
        "renumbered, and at home on a foreign host",
        "The password is not sent to 127.0.0.2",
        5,
        renumbered="421",
        home_set="foreign",
    ),
]
LISTINGS = [
    copes("everything listed twice", duplicates=True),
    copes("the collection without its slash", lists_itself="without slash"),
    copes("the collection not listed", lists_itself="no"),
    copes("prefixed XML", xml_style="prefixed"),
    copes("listed, missing for two reads", listed_but_missing=2, looks=6),
    copes("listed, left out for two reads", listed_but_missing=2, missing_is="left out", looks=6),
    copes("old bodies for a read", stale_reads=1, looks=6),
    copes("old bodies for two reads", stale_reads=2, looks=8),
    copes("one ghost", ghosts="one", looks=4),
    Row(
        "nothing but ghosts",
        {"ghosts": "all"},
        logs=frozenset({("set aside", "needs_attention")}),
        looks=4,
    ),
    down("every listing without members", "no calendars at all", 7, empty_listing="members"),
    down("every listing without anything", "leaves out", 7, empty_listing="all"),
    *(
        Row(
            f"the calendar's listing without {what}",
            of_home={"empty_listing": value},
            status="degraded",
            says="an empty list for the calendar",
            logs=frozenset({("doubt listing", "needs_attention")}),
        )
        for what, value in (("members", "members"), ("anything", "all"))
    ),
    copes("small multigets", largest_multiget=1),
]
WRITES = [
    copes("no etag after a write", put_without_etag=True),
    copes("etags change at each poll", restless_etags="at each poll"),
    copes("etags change after each write", restless_etags="after each write"),
    copes("weak etags on GET", weak_etags="on GET"),
    Row("weak etags everywhere", {"weak_etags": "everywhere"}, then=try_again),
    copes("a write vanishes", vanishing_writes=1, looks=5),
    copes("a write's answer is lost", drop_after_write=1),
    copes("a write hangs", hang_after_write=0.3),
    copes("timezones dropped", drops_vtimezone=True),
    *(
        parked(f"writes refused, {n}", "", refused_writes=n)
        for n in ("400", "403", "404", "409", "413", "415", "507")
    ),
    parked("events too large, 413", "", largest_body=100, too_large="413"),
    parked("events too large, 403", "", largest_body=100, too_large="403"),
    parked("the calendar turned read-only", "", read_only=True),
]
CALENDARS = [
    Row(
        f"the calendar withdrawn, {how}",
        of_home={"withdrawn": how},
        status="degraded",
        says="any more",
        logs=frozenset({("miss collection", "needs_attention"), ("retry", "retrying")}),
    )
    for how in ("404", "403")
]
SERVICE = [
    Row(
        "throttled",
        {"throttle_seconds": 3000},
        status="degraded",
        says="asks us to wait",
        most_requests=1,
        pause=2990,
    ),
    *(down(f"everything {n}", "", 6, fault=n) for n in ("503", "429", "403", "400", "reset")),
    down("everything 500", "failed (500)", refuse_everything=True),
    down("a sign-in page", "not CalDAV", html_answer=True),
    down("broken XML", "", 6, broken_xml=True),
    *(down(f"reads {n}", "", 6, fault=n, fault_on="reads") for n in ("503", "403", "reset")),
    *(down(f"writes {n}", "", 6, fault=n, fault_on="writes") for n in ("503", "reset")),
    parked("writes 403", "", fault="403", fault_on="writes"),
    copes("slow bodies", slow_body=0.2),
    Row("connections break", wire=refused_connection, status="degraded", most_requests=6),
    Row(
        "the password revoked",
        {"revoked_password": True},
        status="needs_password",
        says="account.apple.com",
        most_requests=1,
        then=new_password,
    ),
]
ROWS = [*NO_TOKEN, *HOSTS, *LISTINGS, *WRITES, *CALENDARS, *SERVICE]
