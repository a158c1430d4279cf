"""What is not dead and yet does nothing: a hung process, a deaf queue, a schedule that is gone,
a lost task. Each costs less than three minutes; here, with the waits cut short, seconds."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests import machine
from tests.cluster.conftest import Templates, site_of_kind
from tests.cluster.day import BOOK, Day, day_at
from tests.cluster.killing import keep_from_writing
from tests.cluster.marks import marks
from tests.cluster.processes import (
    Site,
    cluster_of,
    is_alive,
    is_whole,
    pool_of,
    pulse_of,
    sentinel_of,
    start_worker,
    wait_until,
)

pytestmark = pytest.mark.cluster

WORKER = "icloud_sync.worker"
SHORT = {
    f"{WORKER}.supervisor.GUARD_SILENT": 3.0,
    f"{WORKER}.supervisor.PULSE_SILENT": 3.0,
    f"{WORKER}.cluster.UNTAKEN": 2.0,
    f"{WORKER}.cluster.UNSTORED": 3.0,
    f"{WORKER}.pulse.DEAF": 3.0,
    f"{WORKER}.pulse.QUEUE_EVERY": 0.5,
    f"{WORKER}.pulse.TASKS_EVERY": 0.5,
    f"{WORKER}.pulse.BEAT_EVERY": 0.5,
    f"{WORKER}.pulse.SUPERVISOR_SILENT": 2.0,
    f"{WORKER}.pulse.MISSED": 3.0,
}
SECONDS = 30  # all of these take about five; two cores may be busy
THREE_MINUTES = 180


@pytest.fixture
def day(sqlite_site: Site) -> Iterator[Day]:
    sqlite_site.constants |= SHORT
    with day_at(sqlite_site) as made:
        yield made


def assert_a_save_arrives(day: Day, within: float = SECONDS) -> float:
    """Within so many seconds; it took how many."""
    begun = time.monotonic()
    title = f"Saved at {begun:.3f}"
    day.do(BOOK.format(title=title, hours=0))
    wait_for_arrival(day, title, within)
    return time.monotonic() - begun


def wait_for_arrival(day: Day, title: str, within: float = SECONDS) -> None:
    wait_until(lambda: title in str(day.state()["in iCloud"]), within, f"{title} at the stand-in")


def stop(*pids: int) -> None:
    """As hung as can be."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


HUNG: dict[str, Callable[[int], list[int]]] = {
    "all of the cluster": lambda pid: [*pool_of(pid), sentinel_of(pid), cluster_of(pid)],
    "every task process": lambda pid: pool_of(pid)[:2],
    "the pusher": lambda pid: pool_of(pid)[3:],
}


@pytest.mark.parametrize("what", HUNG)
def test_a_cluster_that_hangs_is_ended_and_a_fresh_one_works(day: Day, what: str) -> None:
    worker = start_worker(day.site)
    assert_a_save_arrives(day)
    hung = HUNG[what](worker.pid)
    stop(*hung)

    assert_a_save_arrives(day)

    assert not any(map(is_alive, hung))
    wait_until(lambda: is_whole(worker.pid), SECONDS, "a fresh cluster is up")


def test_a_guard_that_hangs_is_noticed(day: Day) -> None:
    worker = start_worker(day.site)
    old = cluster_of(worker.pid)
    stop(sentinel_of(worker.pid))
    wait_until(lambda: not is_alive(old), SECONDS, "the hung cluster is ended")
    assert_a_save_arrives(day)


def test_a_monitor_that_hangs_is_noticed(day: Day) -> None:
    """Results that nobody stores: each task would be done again and again."""
    worker = start_worker(day.site)
    assert_a_save_arrives(day)
    old = cluster_of(worker.pid)
    stop(pool_of(worker.pid)[2])
    assert_a_save_arrives(day)
    wait_until(lambda: not is_alive(old), SECONDS, "the deaf cluster is ended")
    assert_a_save_arrives(day)


def test_long_tasks_are_no_silence(day: Day) -> None:
    """Both task processes are busy for longer than a deaf queue is waited for, and more tasks
    wait meanwhile."""
    worker = start_worker(day.site)
    old = cluster_of(worker.pid)
    trace = day.site.folder / "trace"
    task = f"enqueue('tests.cluster.marks.mark', {str(trace)!r}, 2.5)"
    day.ask(f"from django_q.tasks import async_task as enqueue\nfor _ in range(6): {task}")
    wait_until(lambda: marks(trace, "done") == 6, SECONDS, "all are done")
    assert marks(trace, "begun") == 6
    assert cluster_of(worker.pid) == old


def test_a_pulse_that_hangs_is_replaced(day: Day) -> None:
    worker = start_worker(day.site)
    old = pulse_of(worker.pid)
    stop(old)
    wait_until(lambda: pulse_of(worker.pid) not in (0, old), SECONDS, "a fresh pulse is up")
    assert_a_save_arrives(day)


# --- Lost tasks, lost schedules -------------------------------------------------------

SCHEDULES = """
from django_q.models import Schedule
soon = morning + timedelta(days=7)
answer = sorted(
    one.func.rpartition(".")[2] for one in Schedule.objects.filter(next_run__lt=soon)
)
"""


def indented(statements: str) -> str:
    return "\n".join(f"    {line}" for line in statements.splitlines())


def lose_the_schedules_and_a_task(day: Day, title: str) -> None:
    """Somebody deletes one, the others are put off for a year; and a save's task is lost, while
    nobody else has a reason to look at the account."""
    assert_a_save_arrives(day)
    day.wait_for_rest()
    book = indented(BOOK.format(title=title, hours=0))
    day.ask(
        "from django_q.models import OrmQ, Schedule\n"
        "Schedule.objects.filter(func__endswith='sweep').delete()\n"
        "Schedule.objects.update(next_run=morning + timedelta(days=365))\n"
        "ICloudConnection.objects.update(next_poll_at=morning + timedelta(days=1))\n"
        "from unittest.mock import patch\n"
        "with patch('icloud_sync.outbox.enqueue.async_task'):\n" + book
    )


def test_periodic_tasks_run_and_are_put_right_whatever_became_of_their_schedules(
    day: Day,
) -> None:
    start_worker(day.site)
    before = wait_until(lambda: day.ask(SCHEDULES), SECONDS, "the schedules are there")
    lose_the_schedules_and_a_task(day, "Forgotten")
    wait_for_arrival(day, "Forgotten")
    assert {"sweep", "poll"} <= set(before)
    wait_until(lambda: day.ask(SCHEDULES) == before, SECONDS, "the schedules are put right")


# --- The database ---------------------------------------------------------------------

BEATS = """
from icloud_sync.models import Heartbeat
workers = Heartbeat.objects.exclude(name__startswith="task ")
answer = [[one.name, str(one.beat_at)] for one in workers]
"""


def beats(day: Day) -> list[list[str]]:
    return list(day.ask(BEATS))


def test_the_worker_beats_until_it_stops_or_hangs(day: Day) -> None:
    worker = start_worker(day.site)
    first = wait_until(lambda: beats(day), SECONDS, "the first beat")
    wait_until(lambda: beats(day) != first, SECONDS, "the next beat")

    stop(worker.pid)  # whoever cannot start a cluster afresh is as good as dead
    time.sleep(4)
    silent = beats(day)
    time.sleep(2)
    assert beats(day) == silent

    os.kill(worker.pid, signal.SIGCONT)
    wait_until(lambda: beats(day) != silent, SECONDS, "it beats again")
    [[name, _]] = beats(day)
    assert name.endswith(f":{worker.pid}")


def test_a_database_that_nobody_can_write_to_keeps_the_worker_from_nothing_else(
    day: Day,
) -> None:
    worker = start_worker(day.site)
    cluster = cluster_of(worker.pid)
    with keep_from_writing(day.site):
        known = beats(day)
        time.sleep(3)
        assert beats(day) == known
        assert cluster_of(worker.pid) == cluster
    wait_until(lambda: beats(day) != known, SECONDS, "it beats again")
    assert_a_save_arrives(day)


def test_told_to_stop_while_the_database_is_locked_the_worker_stops_in_time(day: Day) -> None:
    worker = start_worker(day.site, "--stop-within", "2")
    with keep_from_writing(day.site):
        time.sleep(1)
        begun = time.monotonic()
        worker.terminate()
        assert worker.wait(10) == 0
        assert time.monotonic() - begun < 5


# --- In real time ---------------------------------------------------------------------

if machine.TEST_ALL:

    @contextmanager
    def in_real_time(kind: str, folder: Path, templates: Templates) -> Iterator[Day]:
        """An installation as it is, its waits as they are."""
        with site_of_kind(kind, folder, templates) as site, day_at(site) as made:
            start_worker(site)
            yield made

    def test_a_redis_that_is_emptied_in_mid_flight_costs_less_than_three_minutes(
        tmp_path: Path, templates: Templates
    ) -> None:
        with in_real_time("postgresql, redis", tmp_path, templates) as day:
            trace = day.site.folder / "trace"
            busy = f"enqueue('tests.cluster.marks.mark', {str(trace)!r}, 20)"
            day.ask(f"from django_q.tasks import async_task as enqueue\nfor _ in range(8): {busy}")
            wait_until(lambda: marks(trace, "begun") >= 2, 30, "both task processes are busy")
            begun = time.monotonic()
            with redis.Redis.from_url(day.site.redis_url) as queue:
                key = "django_q:referins:q"
                wait_until(lambda: queue.llen(key) == 3, 10, "five are prefetched")
                day.do(BOOK.format(title="Lost", hours=0))
                assert queue.llen(key) == 4
                queue.flushdb()
            wait_for_arrival(day, "Lost", THREE_MINUTES)
            print(f"Redis emptied: {time.monotonic() - begun:.0f} s")

    def test_schedules_that_are_gone_cost_less_than_three_minutes(
        tmp_path: Path, templates: Templates
    ) -> None:
        with in_real_time("postgresql, queue in it", tmp_path, templates) as day:
            begun = time.monotonic()
            lose_the_schedules_and_a_task(day, "Forgotten")
            wait_for_arrival(day, "Forgotten", THREE_MINUTES)
            print(f"schedules gone: {time.monotonic() - begun:.0f} s")

    @pytest.mark.parametrize("what", HUNG)
    def test_a_cluster_that_hangs_costs_less_than_three_minutes(
        what: str, tmp_path: Path, templates: Templates
    ) -> None:
        with in_real_time("postgresql, redis", tmp_path, templates) as day:
            [worker] = day.site.workers
            assert_a_save_arrives(day)
            day.wait_for_rest()
            stop(*HUNG[what](worker.pid))
            seconds = assert_a_save_arrives(day, THREE_MINUTES)
            print(f"hung, {what}: {seconds:.0f} s")
