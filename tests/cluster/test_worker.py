"""The worker goes on after any of its processes is killed, and leaves nothing behind."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cluster.marks import marks
from tests.cluster.processes import (
    POOL,
    Site,
    cluster_of,
    descendants,
    is_alive,
    is_whole,
    pool_of,
    pulse_of,
    sentinel_of,
    start_worker,
    wait_until,
)

pytestmark = pytest.mark.cluster

ENQUEUE = "from django_q.tasks import async_task as enqueue; mark = 'tests.cluster.marks.mark'"


def assert_six_tasks_run(site: Site) -> None:
    trace = site.folder / "six"
    site.ask(f"{ENQUEUE}\nanswer = [enqueue(mark, {str(trace)!r}) for _ in range(6)]")
    wait_until(lambda: marks(trace, "done") == 6, 60, "six tasks ran")


def begin_long_task(site: Site, seconds: float) -> Path:
    trace = site.folder / "long"
    site.ask(f"{ENQUEUE}\nanswer = enqueue(mark, {str(trace)!r}, {seconds})")
    wait_until(lambda: marks(trace, "begun"), 60, "the task is running")
    return trace


@pytest.mark.parametrize("place", range(4), ids=POOL)
def test_after_an_idle_process_is_killed_a_fresh_cluster_runs_every_task(
    sqlite_site: Site, place: int
) -> None:
    worker = start_worker(sqlite_site)
    before = descendants(cluster_of(worker.pid))

    os.kill(pool_of(worker.pid)[place], signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, before)), 30, "the whole old cluster is gone")
    wait_until(lambda: is_whole(worker.pid), 60, "a fresh cluster is up")
    assert_six_tasks_run(sqlite_site)


@pytest.mark.parametrize(
    "find", [cluster_of, sentinel_of], ids=["the cluster's first process", "its sentinel"]
)
def test_after_a_guarding_process_is_killed_a_fresh_cluster_runs_every_task(
    sqlite_site: Site, find: Callable[[int], int]
) -> None:
    worker = start_worker(sqlite_site)
    before = descendants(cluster_of(worker.pid))

    os.kill(find(worker.pid), signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, before)), 30, "the whole old cluster is gone")
    wait_until(lambda: is_whole(worker.pid), 60, "a fresh cluster is up")
    assert_six_tasks_run(sqlite_site)


def test_a_pulse_that_is_killed_is_started_afresh_and_the_cluster_works_on(
    sqlite_site: Site,
) -> None:
    worker = start_worker(sqlite_site)
    cluster, pulse = cluster_of(worker.pid), pulse_of(worker.pid)

    os.kill(pulse, signal.SIGKILL)

    wait_until(lambda: pulse_of(worker.pid) not in (0, pulse), 10, "a fresh pulse is up")
    assert cluster_of(worker.pid) == cluster


def test_nothing_lives_on_when_the_worker_itself_is_killed(sqlite_site: Site) -> None:
    worker = start_worker(sqlite_site)
    before = descendants(worker.pid)

    worker.kill()

    worker.wait(5)
    wait_until(lambda: not any(map(is_alive, before)), 30, "no orphan is left")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_told_to_stop_the_worker_finishes_what_runs_and_leaves_nothing(
    sqlite_site: Site, number: signal.Signals
) -> None:
    worker = start_worker(sqlite_site)
    before = descendants(worker.pid)
    trace = begin_long_task(sqlite_site, seconds=1.5)

    worker.send_signal(number)

    assert worker.wait(10) == 0
    assert not any(map(is_alive, before))
    assert marks(trace, "done") == 1


def test_a_task_that_does_not_end_is_not_waited_for_beyond_the_bound(sqlite_site: Site) -> None:
    worker = start_worker(sqlite_site, "--stop-within", "1")
    before = descendants(worker.pid)
    begin_long_task(sqlite_site, seconds=60)

    worker.terminate()

    assert worker.wait(5) == 0
    assert not any(map(is_alive, before))


def test_the_worker_says_what_to_do_where_the_database_was_never_migrated(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/empty.sqlite3")

    worker = site.start("worker")

    assert worker.wait(20) == 1
    assert "run: manage.py migrate" in site.log("worker")
