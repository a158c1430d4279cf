"""One fault: what is turned, what the client must make of it, and what a person does then."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from icloud_sync import connecting
from icloud_sync.core.retry import LATE_ENOUGH
from icloud_sync.models import OutboxEntry
from tests.faults.day import ENDING, Day, Seen
from tests.wire import Drop, Exchange, Reply

Act = Callable[[Day], None]
Proof = Callable[[Day, Seen], None]
Patch = Callable[[pytest.MonkeyPatch], None]
Logged = frozenset[tuple[str, str]]


def nothing(*_: Any) -> None:
    """It heals by itself; there is nothing more to prove; nothing is different here."""


@dataclass(frozen=True)
class Row:
    """`switches` of the account, `of_home`, its calendar, and for `everybody`; or a fault of
    the `wire`. `copes`: all gets through while it lasts. `logs`: (action, outcome) that
    support finds. `first`: before it is turned, `then`: what a person does once it is over.
    `also`: what else is true while it lasts. `direct`: past the wire, which would wait for
    what drips and accept what nobody answers. `limits`: patience cut to a test's. `pending`:
    why the client does not do it yet."""

    name: str
    switches: dict[str, Any] = field(default_factory=dict)
    of_home: dict[str, Any] = field(default_factory=dict)
    everybody: dict[str, Any] = field(default_factory=dict)
    wire: Callable[[Day, Exchange], Drop | Reply | None] | None = None
    copes: bool = False
    status: str = "connected"
    says: str = ""
    logs: Logged = frozenset()
    most_requests: int = 20
    looks: int = 2
    pause: tuple[int, int] = (0, 86_500)  # seconds, at least and at most
    seconds: float = 30.0  # that a look takes at most
    first: Act = nothing
    then: Act = nothing
    also: Proof = nothing
    direct: bool = False
    limits: Patch = nothing
    pending: str = ""

    def __str__(self) -> str:
        return self.name

    def but(self, **changes: Any) -> "Row":
        return replace(self, **changes)

    @property
    def covers(self) -> set[tuple[str, Any]]:
        turned = (self.switches, self.of_home, self.everybody)
        return {pair for switches in turned for pair in switches.items()}

    def turn(self, day: Day) -> None:
        for name, value in self.everybody.items():
            day.standin.standin.switches.turn(name, value)
        for name, value in self.switches.items():
            day.account.switches.turn(name, value)
        for name, value in self.of_home.items():
            day.account.switches_of("home").turn(name, value)
        if self.wire:
            fault = self.wire
            day.world.account.wire.faults.append(lambda exchange: fault(day, exchange))

    def live_through(self, day: Day) -> None:
        """Survived while it lasts, told, and made good when it is over."""
        self.first(day)
        self.turn(day)
        day.people_act()
        seen = day.look(self.looks, self.seconds)
        if self.copes:
            assert day.now() == ENDING
            assert ("park", "needs_attention") not in seen.log
        assert (seen.status, self.says in seen.reason) == (self.status, True), seen.reason
        assert self.logs <= seen.log, seen.log
        assert seen.most_requests <= self.most_requests
        least, most = self.pause
        assert timedelta(seconds=least) <= seen.pauses[-1] <= timedelta(seconds=most)
        self.also(day, seen)
        day.heal()
        self.then(day)
        day.assert_it_ends_well()


def copes(name: str, **switches: Any) -> Row:
    looks = switches.pop("looks", 2)
    return Row(name, switches, copes=True, looks=looks)


def down(name: str, says: str, most_requests: int = 3, **switches: Any) -> Row:
    """The account cannot be served: said on the connection, and little asked meanwhile."""
    return Row(name, switches, status="degraded", says=says, most_requests=most_requests)


def parked(name: str, *says: str, **switches: Any) -> Row:
    """Single events are refused: a person looks, reads why, and has them tried again."""
    log = frozenset({("park", "needs_attention")})
    return Row(name, switches, logs=log, then=try_again, also=all_wait_for_a_person(*says))


def doubted(name: str, says: str, parks: str, **switches: Any) -> Row:
    """Single events are refused, or all of them, and nobody says which: they are tried for a
    while, and then a person looks."""
    log = frozenset({("retry", "retrying")})
    row = Row(name, switches, status="degraded", says=says, logs=log, then=try_again)
    return row.but(also=in_the_end(all_wait_for_a_person(parks)))


def in_the_end(proof: Proof) -> Proof:
    """After as many tries as there are."""

    def proof_then(day: Day, seen: Seen) -> None:
        for _ in range(2):
            OutboxEntry.objects.update(attempts=LATE_ENOUGH)
            day.wait()
            day.world.sync()
        proof(day, seen)

    return proof_then


def all_wait_for_a_person(*says: str) -> Proof:
    """Who reads why: each in one of these words."""

    def proof(day: Day, seen: Seen) -> None:
        rows = list(OutboxEntry.objects.values_list("state", "last_error"))
        assert rows
        assert [(s, w) for s, w in rows if s != "needs_attention"] == []
        assert [words for _, words in rows if not any(part in words for part in says)] == []

    return proof


def try_again(*_: Day) -> None:
    OutboxEntry.objects.filter(state="needs_attention").update(state="waiting", attempts=0)


def new_password(day: Day) -> None:
    connecting.update_password(day.world.connection, day.world.account.password)
