"""What only several connections to a database at once can show. SQLite writes one
transaction after the other, so these are about PostgreSQL alone."""

import threading

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from calendars.models import Appointment
from icloud_sync.models import OutboxEntry
from tests.scenarios.world import World, connected
from tests.servers import Server

if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):

    @pytest.fixture
    def world(standin: Server, transactional_db: None) -> World:
        return connected(standin.new_account())

    def test_a_save_that_coalesces_while_the_worker_runs_is_not_lost(world: World) -> None:
        appointment = world.book(title="Old")
        world.sync()
        appointment.title = "Middle"
        appointment.save()
        saved, go = threading.Event(), threading.Event()

        def staff() -> None:
            try:
                with transaction.atomic():
                    mine = Appointment.objects.get(pk=appointment.pk)
                    mine.title = "New"
                    mine.save()
                    saved.set()
                    go.wait(10)
            finally:
                connections.close_all()

        thread = threading.Thread(target=staff)
        thread.start()
        assert saved.wait(10)
        timer = threading.Timer(1, go.set)  # a right claim waits for the saver
        timer.start()
        world.sync()
        go.set()
        thread.join(10)
        OutboxEntry.objects.update(not_before=timezone.now())
        world.sync()
        assert [event["title"] for event in world.remote()] == ["New"]
        assert OutboxEntry.objects.count() == 0
