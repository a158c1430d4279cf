"""One huge account and one that hangs, and two processes for all: nobody else waits for them."""

import threading
import time
from collections.abc import Iterator

import pytest

from icloud_standin.server import StandIn
from tests.cluster.day import BOOK, CONNECT, PASSWORD, SET_UP, names
from tests.cluster.processes import Site, start_worker, wait_until
from tests.wire import Exchange, Wire

pytestmark = pytest.mark.cluster

ROWS = 500
SOON = 15.0  # seconds; a turn of the huge one is two, and two cores may be busy
READ = """
connection = ICloudConnection.objects.get(user__username={name!r})
answer = connection.last_success_at is not None
"""
# As an import of somebody's would make them.
MUCH_TO_SEND = """
from icloud_sync import outbox
user = User.objects.get(username="huge")
team = Calendar.objects.get()
booked = Appointment.objects.bulk_create(
    Appointment(
        calendar=team, title=f"Session {{n}}", starts_at=morning + timedelta(hours=n),
        ends_at=morning + timedelta(hours=n + 1), status="confirmed",
    )
    for n in range({rows})
)
Appointment.hosts.through.objects.bulk_create(
    Appointment.hosts.through(appointment=one, user=user) for one in booked
)
connection = ICloudConnection.objects.get(user=user)
outbox.enqueue_many(connection.pk, {{one.pk: team.pk for one in booked}})
"""
SOMETHING_TO_SEND = BOOK.replace('"anna"', "{who!r}")
WAITING = """
answer = OutboxEntry.objects.filter(connection__user__username="huge").count()
"""


class Hanging:
    """A server that takes requests and does not answer, until the test is over."""

    def __init__(self) -> None:
        self.asked, self.over = threading.Event(), threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.asked.set()
        self.over.wait(60)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.over.set()


def test_a_save_is_sent_in_seconds_beside_an_account_that_is_huge_and_one_that_hangs(
    sqlite_site: Site, hanging: Hanging
) -> None:
    def do(statements: str) -> object:
        return sqlite_site.ask(names() + statements)

    with StandIn() as standin:
        people = ("huge", "hung", "anna")
        accounts = {name: standin.add_account(f"{name}@example.com", PASSWORD) for name in people}
        wires = {name: Wire(standin.url) for name in people}
        for name in people:
            do(CONNECT.format(name=name, password=PASSWORD, url=wires[name].url))
        do(SET_UP)
        start_worker(sqlite_site, "--stop-within", "1")
        for name in people:
            wait_until(lambda name=name: do(READ.format(name=name)), 60, f"{name} is read")

        do(MUCH_TO_SEND.format(rows=ROWS))
        wait_until(lambda: accounts["huge"].resources("home"), 30, "the huge one is being sent")
        wires["hung"].faults.append(hanging)
        do(SOMETHING_TO_SEND.format(who="hung", title="Never", hours=0))
        assert hanging.asked.wait(SOON)
        begun = time.monotonic()
        do(SOMETHING_TO_SEND.format(who="anna", title="Quickly", hours=0))
        wait_until(lambda: accounts["anna"].resources("home"), SOON, "anna's is sent")

        print(f"after {time.monotonic() - begun:.1f} s")
        assert do(WAITING) > ROWS / 10, "the huge account was done before the test began"
        assert not hanging.over.is_set()
        for wire in wires.values():
            wire.close()
