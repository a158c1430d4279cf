"""Whatever of a worker is killed, at whichever point: in the end both sides are as if nobody
had been, nothing is there twice, and the log tells it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from tests import machine
from tests.cluster.conftest import Templates, site_of_kind
from tests.cluster.counting import KILLS
from tests.cluster.day import Day, day_at, names
from tests.cluster.killing import MOMENTS, Killer, KillerOfWorkers, kill
from tests.cluster.processes import (
    POOL,
    ROOT,
    Site,
    cluster_of,
    is_whole,
    pool_of,
    pulse_of,
    sentinel_of,
    start_worker,
    wait_until,
)
from tests.wire import Exchange

pytestmark = pytest.mark.cluster

# A cluster that is started afresh again and again waits longer and longer; not for us.
QUICK = {"icloud_sync.worker.supervisor.LONGEST_PAUSE": 0.2}
WRITES = 7  # created twice, renamed, taken out and created for another host, moved, cancelled
ROTATIONS = range(3) if machine.TEST_ALL else range(1)


@pytest.fixture(scope="module")
def undisturbed(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """How both sides are after the day when nobody is killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with site_of_kind("sqlite", folder, templates) as site, day_at(site) as day:
        start_worker(site)
        day.live()
        state = day.state()
        assert day.interrupted() == 0
    titles = [[event["title"] for event in there] for there in state["in iCloud"].values()]
    assert titles == [["Dentist"], ["Haircut and shave"]]
    return state


@pytest.fixture
def day(site_to_kill: Site) -> Iterator[Day]:
    site_to_kill.constants |= QUICK
    with day_at(site_to_kill) as made:
        yield made


def writes_of(day: Day) -> Callable[[Exchange], str]:
    """Each PUT and DELETE of each act is somebody to kill, once."""

    def chosen(exchange: Exchange) -> str:
        is_write = exchange.method in ("PUT", "DELETE")
        return f"{exchange.method} {day.act} {exchange.path}" if is_write else ""

    return chosen


def rotated(first: int) -> tuple[str, ...]:
    return MOMENTS[first:] + MOMENTS[:first]


def now_and_then(step: Callable[[], object]) -> Callable[[], None]:
    """At most once in two seconds."""
    last = [time.monotonic()]

    def perhaps() -> None:
        if time.monotonic() - last[0] > 2:
            last[0] = time.monotonic()
            step()

    return perhaps


# --- In the middle of something -------------------------------------------------------


@pytest.mark.parametrize("first", ROTATIONS)
def test_a_process_killed_at_every_write_leaves_what_an_undisturbed_one_leaves(
    day: Day, undisturbed: dict[str, Any], first: int
) -> None:
    killer = Killer(day.site, writes_of(day), rotated(first))
    day.faults.append(killer)
    start_worker(day.site)

    day.live()

    assert killer.rest() == WRITES
    assert day.state() == undisturbed
    assert day.interrupted() >= WRITES
    day.assert_nothing_forbidden_was_sent()


def test_a_worker_killed_as_a_whole_at_every_write_and_started_again_leaves_the_same(
    day: Day, undisturbed: dict[str, Any]
) -> None:
    """Its supervisor is killed; nobody is left who knows that it died, but its lease runs out."""
    killer = KillerOfWorkers(day.site, writes_of(day))
    day.faults.append(killer)
    start_worker(day.site)

    def service_manager() -> None:
        if not day.site.workers:
            day.site.start("worker")
            day.three_minutes_pass()

    day.meanwhile = service_manager
    day.live()

    assert killer.rest() == WRITES
    assert day.state() == undisturbed
    assert day.interrupted() >= WRITES
    day.assert_nothing_forbidden_was_sent()


def test_of_two_workers_that_share_the_work_one_is_killed_and_the_other_goes_on(
    day: Day, undisturbed: dict[str, Any]
) -> None:
    def renaming(exchange: Exchange) -> str:
        return "PUT" if exchange.method == "PUT" and day.act == 3 else ""

    killer = KillerOfWorkers(day.site, renaming, ("after",))
    day.faults.append(killer)
    for _ in range(2):
        start_worker(day.site)
    day.meanwhile = now_and_then(
        lambda: day.three_minutes_pass() if len(day.site.workers) == 1 else None
    )

    day.live()

    assert killer.rest() == 1
    assert len(day.site.workers) == 1
    assert day.state() == undisturbed
    assert day.interrupted() >= 1


# --- While nothing happens ------------------------------------------------------------

PLACES: dict[str, Callable[[int], int]] = {
    **{name: lambda pid, n=n: pool_of(pid)[n] for n, name in enumerate(POOL)},
    "the cluster's first process": cluster_of,
    "the guard": sentinel_of,
    "the pulse": pulse_of,
}


def test_an_idle_process_killed_before_every_act_leaves_what_an_undisturbed_one_leaves(
    day: Day, undisturbed: dict[str, Any]
) -> None:
    worker = start_worker(day.site)
    places = iter(PLACES.items())

    def kill_the_next() -> None:
        wait_until(lambda: is_whole(worker.pid), 60, "the worker is up")
        for name, find in [*places][:1]:
            kill(find(worker.pid), f"idle: {name}")

    day.live(before_each=kill_the_next)

    assert day.state() == undisturbed


# --- Whoever saves --------------------------------------------------------------------

DIES_AFTER_COMMIT = """
import os, signal
with transaction.atomic():
    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
{statements}
"""


class SaversDie(Day):
    """Whatever is saved in Referins is saved by a process that is killed right after the
    commit, before it has told anybody."""

    def do(self, statements: str) -> None:
        indented = "\n".join(f"    {line}" for line in statements.splitlines())
        script = names() + DIES_AFTER_COMMIT.format(statements=indented)
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", script],
            cwd=ROOT,
            env=self.site.environment,
            capture_output=True,
            timeout=60,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        KILLS["who saved, after the commit"] += 1
        self.three_minutes_pass()


def test_what_is_saved_by_a_process_that_dies_before_it_could_tell_is_sent_all_the_same(
    site_to_kill: Site, undisturbed: dict[str, Any]
) -> None:
    with day_at(site_to_kill, SaversDie) as day:
        start_worker(site_to_kill)
        day.live()
        assert day.state() == undisturbed


# --- In the middle of reading ---------------------------------------------------------

EVENTS, PAGE = 120, 40


def parts_of_a_pull(exchange: Exchange) -> str:
    """Each page of the listing, each batch of bodies."""
    for kind in ("sync-collection", "calendar-multiget"):
        if exchange.method == "REPORT" and kind in exchange.body and "/home/" in exchange.path:
            return f"{kind} {exchange.body}"
    return ""


@pytest.mark.parametrize("first", ROTATIONS)
def test_a_process_killed_at_every_page_and_batch_of_an_import_takes_in_each_event_once(
    day: Day, first: int
) -> None:
    day.anna.switches.page_size = PAGE
    titles = [f"Event {number:03}" for number in range(EVENTS)]
    for number, title in enumerate(titles):
        day.the_phone_gets(f"e{number}", title, hours=number)
    killer = Killer(day.site, parts_of_a_pull, rotated(first))
    day.wires[0].faults.append(killer)
    start_worker(day.site)
    # A look that was lost is asked for again in three minutes.
    day.meanwhile = now_and_then(day.three_minutes_pass)

    day.sync_until(f"BlockedSlot.objects.count() >= {EVENTS}")
    day.wait_for_rest()

    assert killer.rest() >= EVENTS / PAGE + EVENTS / 50
    state = day.state()
    assert [slot[0] for slot in state["slots"]] == titles
    assert len(state["resources"]) == EVENTS
    assert (state["outbox"], state["conflicts"]) == ([], [])
    day.assert_nothing_forbidden_was_sent()


# --- The queue ------------------------------------------------------------------------


def test_a_redis_that_is_emptied_at_every_write_costs_nothing(
    day: Day, undisturbed: dict[str, Any]
) -> None:
    if not day.site.redis_url:
        return  # the queue lies in the database, and goes with it
    flushed: set[str] = set()

    def flush(exchange: Exchange) -> None:
        what = writes_of(day)(exchange)
        if what and what not in flushed:
            flushed.add(what)
            with redis.Redis.from_url(day.site.redis_url) as queue:
                queue.flushdb()

    day.faults.append(flush)
    start_worker(day.site)
    day.meanwhile = now_and_then(day.three_minutes_pass)
    day.live()
    assert len(flushed) == WRITES
    assert day.state() == undisturbed
