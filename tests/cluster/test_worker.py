"""The worker goes on after any of its processes is killed, and leaves nothing behind."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cluster.marks import marks
from tests.cluster.processes import Site, children, descendants, is_alive, wait_until

pytestmark = pytest.mark.cluster

ENQUEUE = "from django_q.tasks import async_task as enqueue; mark = 'tests.cluster.marks.mark'"
# supervisor -> cluster -> sentinel -> these four
POOL = ["first task process", "second task process", "monitor", "pusher"]


def start_worker(site: Site) -> subprocess.Popen[bytes]:
    worker = site.start("worker")
    wait_until(lambda: len(family(worker.pid)) == 6, 60, "the cluster is up")
    return worker


def family(supervisor: int) -> list[int]:
    return descendants(supervisor)


def pool(supervisor: int) -> list[int]:
    return children(children(children(supervisor)[0])[0])


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
    before = family(worker.pid)

    os.kill(pool(worker.pid)[place], signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, before)), 30, "the whole old cluster is gone")
    wait_until(lambda: len(family(worker.pid)) == 6, 60, "a fresh cluster is up")
    assert_six_tasks_run(sqlite_site)


@pytest.mark.parametrize("depth", [1, 2], ids=["the cluster's first process", "its sentinel"])
def test_after_a_guarding_process_is_killed_a_fresh_cluster_runs_every_task(
    sqlite_site: Site, depth: int
) -> None:
    worker = start_worker(sqlite_site)
    before = family(worker.pid)

    os.kill(before[depth - 1], signal.SIGKILL)

    wait_until(lambda: not any(map(is_alive, before)), 30, "the whole old cluster is gone")
    wait_until(lambda: len(family(worker.pid)) == 6, 60, "a fresh cluster is up")
    assert_six_tasks_run(sqlite_site)


def test_nothing_lives_on_when_the_worker_itself_is_killed(sqlite_site: Site) -> None:
    worker = start_worker(sqlite_site)
    before = family(worker.pid)

    worker.kill()

    worker.wait(5)
    wait_until(lambda: not any(map(is_alive, before)), 30, "no orphan is left")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_told_to_stop_the_worker_finishes_what_runs_and_leaves_nothing(
    sqlite_site: Site, number: signal.Signals
) -> None:
    worker = start_worker(sqlite_site)
    before = family(worker.pid)
    trace = begin_long_task(sqlite_site, seconds=1.5)

    worker.send_signal(number)

    assert worker.wait(10) == 0
    assert not any(map(is_alive, before))
    assert marks(trace, "done") == 1


def test_a_task_that_does_not_end_is_not_waited_for_beyond_the_bound(sqlite_site: Site) -> None:
    worker = sqlite_site.start("worker", "--stop-within", "1")
    wait_until(lambda: len(family(worker.pid)) == 6, 60, "the cluster is up")
    before = family(worker.pid)
    begin_long_task(sqlite_site, seconds=60)

    worker.terminate()

    assert worker.wait(5) == 0
    assert not any(map(is_alive, before))


def test_the_worker_says_what_to_do_where_the_database_was_never_migrated(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/empty.sqlite3")

    worker = site.start("worker")

    assert worker.wait(20) == 1
    assert "run: manage.py migrate" in site.log("worker")
