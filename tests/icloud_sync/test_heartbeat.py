"""Staff hear of a worker that is not running, and only then."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from calendars.models import User
from icloud_sync import heartbeat
from icloud_sync.models import Heartbeat, ICloudConnection
from tests.factories import ICloudConnectionFactory

pytestmark = pytest.mark.django_db

WORDS = "The worker is not running, or cannot reach the database: nothing is sent or fetched"
MINUTE = timedelta(minutes=1)


def heard(name: str, ago: timedelta) -> Heartbeat:
    at = timezone.now() - ago
    return Heartbeat.objects.create(name=name, started_at=at, beat_at=at)


@pytest.fixture
def connection() -> ICloudConnection:
    """Connected two minutes ago."""
    made: ICloudConnection = ICloudConnectionFactory()
    ICloudConnection.objects.update(created_at=timezone.now() - 2 * MINUTE)
    return made


@pytest.fixture
def started_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """The web process."""
    monkeypatch.setattr(heartbeat, "began", [timezone.now() - timedelta(hours=1)])


def silence() -> str:
    return heartbeat.silence(timezone.now(), timezone.now() - timedelta(hours=1))


def test_no_worker_for_a_minute_is_told_with_what_to_do(connection: ICloudConnection) -> None:
    last = heard("here:7", 2 * MINUTE).beat_at
    assert silence() == (
        f"{WORDS} since {last:%H:%M} UTC on {last:%-d %B}. What is changed here waits and is "
        "not lost. Start it with: manage.py worker"
    )


def test_a_worker_that_never_was_is_told_without_a_time(connection: ICloudConnection) -> None:
    assert silence().startswith(f"{WORDS}. What")


def test_one_worker_of_several_is_enough(connection: ICloudConnection) -> None:
    heard("here:7", timedelta(hours=2))
    heartbeat.beat("there:8", timezone.now())
    assert silence() == ""


def test_a_task_that_ran_is_no_worker(connection: ICloudConnection) -> None:
    """Somebody may have run it by hand."""
    heartbeat.ran("sweep")
    assert silence().startswith(WORDS)


@pytest.mark.parametrize(
    "age", [timedelta(0), timedelta(seconds=50)], ids=["started now", "started 50 s ago"]
)
def test_within_a_minute_of_the_start_nobody_is_alarmed(
    connection: ICloudConnection, age: timedelta
) -> None:
    heard("before the restart:7", timedelta(hours=2))
    now = timezone.now()
    assert heartbeat.silence(now, now - age) == ""


def test_a_worker_that_nobody_needs_is_not_missed(connection: ICloudConnection) -> None:
    ICloudConnection.objects.update(created_at=timezone.now())
    assert silence() == "", "connected just now, as in a demo that starts"
    ICloudConnection.objects.update(created_at=timezone.now() - 2 * MINUTE, status="disconnected")
    assert silence() == ""


def test_a_beat_is_one_row_a_worker_and_old_ones_are_forgotten() -> None:
    heard("gone:1", timedelta(days=2))
    heard("down for the night:2", timedelta(hours=12))
    for _ in range(2):
        heartbeat.beat("here:7", timezone.now())
    heartbeat.forget_the_dead()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {
        "down for the night:2",
        "here:7",
    }


def test_of_several_that_miss_a_task_one_takes_it_over() -> None:
    assert not heartbeat.take_over("sweep", 2 * MINUTE), "never ran: the queue comes first"
    assert not heartbeat.take_over("sweep", 2 * MINUTE)
    Heartbeat.objects.update(beat_at=timezone.now() - 3 * MINUTE)
    assert [heartbeat.take_over("sweep", 2 * MINUTE) for _ in range(3)] == [True, False, False]
    heartbeat.ran("sweep")
    assert not heartbeat.take_over("sweep", 2 * MINUTE)


@pytest.mark.usefixtures("started_long_ago")
def test_staff_read_it_where_they_look(client: Client, connection: ICloudConnection) -> None:
    client.force_login(User.objects.create_superuser("staff", password="x"))
    pages = [
        "/admin/",
        "/admin/icloud_sync/icloudconnection/",
        f"/admin/icloud_sync/icloudconnection/{connection.pk}/change/",
    ]
    assert [WORDS in text(client, page) for page in pages] == [True, True, True]
    heartbeat.beat("here:7", timezone.now())
    assert [WORDS in text(client, page) for page in pages] == [False, False, False]


def text(client: Client, page: str) -> Any:
    return client.get(page).content.decode()
