"""What could not be read, stored or sent at first: nothing of it is agreed, nothing is lost."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import patch as replace_name

import pytest
from django.db import OperationalError
from django.utils import timezone

from icloud_sync.apply.write import Writer
from icloud_sync.core.values import Multiget
from icloud_sync.models import OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.remote.client import CalDAVRemote
from icloud_sync.sync import sync
from tests.scenarios.world import World, at
from tests.wire import Exchange, Reply

SHAVE = ("SUMMARY:Haircut", "SUMMARY:Shave")


def booked(apple: World) -> tuple[Any, str]:
    appointment = apple.book(title="Haircut")
    apple.settle()
    return appointment, apple.href("Haircut")


def test_a_database_that_cannot_write_for_a_moment_loses_no_edit(apple: World) -> None:
    appointment, href = booked(apple)
    agreed = RemoteResource.objects.get().base
    apple.account.phone.edit(href, *SHAVE)
    with replace_name.object(Writer, "flush", side_effect=OperationalError("deadlock detected")):
        try:
            apple.sync()
        except OperationalError:
            apple.connection.lease_owner, apple.connection.lease_until = "", None
            apple.connection.save(update_fields=["lease_owner", "lease_until"])
    assert (RemoteResource.objects.get().base, RemoteResource.objects.get().state) == (
        agreed,
        "synced",
    )
    apple.sync()
    appointment.refresh_from_db()
    assert appointment.title == "Shave"


def test_an_event_that_could_not_be_stored_keeps_its_base_and_is_read_again(apple: World) -> None:
    appointment, href = booked(apple)
    agreed = RemoteResource.objects.get().base
    apple.account.phone.edit(href, *SHAVE)
    with replace_name.object(Writer, "flush", side_effect=ValueError("our own mistake")):
        apple.sync()
    aside = RemoteResource.objects.get()
    assert (aside.state, aside.base, aside.etag) == ("needs_attention", agreed, "")
    assert "SUMMARY:Shave" in aside.unread_body
    sync(apple.connection.pk, full=True)
    appointment.refresh_from_db()
    assert (appointment.title, RemoteResource.objects.get().unread_body) == ("Shave", "")
    apple.settle()


def test_an_event_that_was_unreadable_and_is_repaired_merges_from_what_was_agreed(
    apple: World,
) -> None:
    appointment, href = booked(apple)
    name, good = href.rpartition("/")[2], apple.account.phone.get(href)
    nowhere = good.replace("DTSTART;TZID=Europe/Berlin:", "DTSTART;TZID=Mars/Olympus:")
    apple.account.phone.put(name, nowhere)
    apple.sync()
    apple.sync()
    assert len(apple.log("set aside")) == 1
    appointment.location = "Room 2"
    appointment.save()
    apple.account.phone.put(name, good.replace(*SHAVE))
    apple.sync()
    apple.settle()
    appointment.refresh_from_db()
    assert (appointment.title, appointment.location) == ("Shave", "Room 2")
    assert [(one["title"], one["place"]) for one in apple.remote()] == [("Shave", "Room 2")]


def hidden_once() -> Callable[..., Multiget]:
    real, asked = CalDAVRemote.multiget, []

    def multiget(self: CalDAVRemote, collection: str, hrefs: Sequence[str]) -> Multiget:
        asked.append(hrefs)
        if len(asked) == 1:
            return Multiget(found=(), unreadable=dict.fromkeys(hrefs, "It is hidden (403)."))
        return real(self, collection, hrefs)

    return multiget


@pytest.mark.parametrize("how", ["in a full comparison", "an hour later"])
def test_an_event_that_was_not_shown_once_is_looked_at_again(apple: World, how: str) -> None:
    appointment, href = booked(apple)
    apple.account.phone.edit(href, *SHAVE)
    with replace_name.object(CalDAVRemote, "multiget", hidden_once()):
        apple.sync()
        assert RemoteResource.objects.get().state == "needs_attention"
        if how == "an hour later":
            RemoteResource.objects.update(updated_at=timezone.now() - timedelta(minutes=61))
            apple.book(title="Another", starts_at=at(15))
        sync(apple.connection.pk, full=how == "in a full comparison")
        apple.sync()
    appointment.refresh_from_db()
    assert (appointment.title, RemoteResource.objects.first().state) == ("Shave", "synced")


# --- Never stored -----------------------------------------------------------------------


def failing_once(apple: World) -> None:
    left = [Reply(500)]

    def fault(exchange: Exchange) -> Reply | None:
        return left.pop() if exchange.method == "PUT" and left else None

    apple.account.wire.faults.append(fault)


def make_due(apple: World) -> None:
    apple.connection.outbox.update(not_before=timezone.now() - timedelta(minutes=1))


def test_an_event_that_never_arrived_is_not_taken_for_deleted_in_icloud(apple: World) -> None:
    apple.settle()
    failing_once(apple)
    apple.book(title="Haircut")
    apple.sync()
    sync(apple.connection.pk, push=False, full=True)
    make_due(apple)
    apple.sync()
    assert [one["title"] for one in apple.remote()] == ["Haircut"]
    apple.settle()


def test_a_full_look_for_the_sake_of_another_event_loses_no_new_one(apple: World) -> None:
    other = apple.book(title="Other", starts_at=at(15))
    apple.settle()
    failing_once(apple)
    apple.book(title="Haircut")
    apple.sync()
    apple.account.phone.delete(apple.href("Other"))
    other.title = "Other 2"
    other.save()
    apple.sync()
    make_due(apple)
    apple.sync()
    apple.sync()
    assert "Haircut" in [one["title"] for one in apple.remote()]


def test_an_event_that_never_arrived_and_is_cancelled_ends_without_a_word(apple: World) -> None:
    apple.settle()
    failing_once(apple)
    appointment = apple.book(title="Haircut")
    apple.sync()
    appointment.status = "cancelled"
    appointment.save()
    make_due(apple)
    apple.sync()
    assert apple.remote() == []
    assert not OutboxEntry.objects.exists()
    assert not SyncLogEntry.objects.filter(action="mark deleted in iCloud").exists()
