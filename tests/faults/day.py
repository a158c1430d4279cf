"""A day on both sides of one account, and how it must end whatever went wrong meanwhile."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server
from tests.wire_rules import repeated_writes, violations

ENDING = {
    "appointments": [("Cut and wash", "Room 2"), ("Shave", "")],
    "slots": [("Late lunch", ""), ("Tea", "deleted"), ("Dinner", ""), ("Supper", "")],
    "remote": [
        ("Cut and wash", "Room 2"),
        ("Late lunch", ""),
        ("Shave", ""),
        ("Dinner", ""),
        ("Supper", ""),
    ],
}
PATIENCE = 8  # rounds after the fault is healed


@dataclass
class Seen:
    """What staff and the server saw while the fault lasted."""

    status: str = ""
    reason: str = ""
    log: set[tuple[str, str]] = field(default_factory=set)
    most_requests: int = 0
    pause: timedelta = timedelta(0)


class Day:
    def __init__(self, standin: Server) -> None:
        self.standin: Any = standin
        self.world: World = connected(standin.new_account())
        self.haircut = self.world.book(title="Haircut", starts_at=at(10))
        self.phone = self.world.account.phone
        self.lunch = self.phone.put("lunch.ics", vevent("lunch", "Lunch", at(12), at(13)))
        self.tea = self.phone.put("tea.ics", vevent("tea", "Tea", at(16), at(17)))
        self.phone.put("dinner.ics", vevent("dinner", "Dinner", at(19), at(20)))
        assert not self.world.sync().failed

    @property
    def account(self) -> Any:
        return self.world.account.standin

    def people_act(self) -> None:
        """Both sides change the same event, each another field; each side adds one of its
        own; one is changed and one deleted in iCloud."""
        place = "LOCATION:Room 2\r\nEND:VEVENT"
        self.phone.edit(self.world.href("Haircut"), "END:VEVENT", place)
        self.phone.edit(self.lunch, "SUMMARY:Lunch", "SUMMARY:Late lunch")
        self.phone.put("supper.ics", vevent("supper", "Supper", at(21), at(22)))
        self.phone.delete(self.tea)
        self.haircut.title = "Cut and wash"
        self.haircut.save()
        self.world.book(title="Shave", starts_at=at(14))

    def look(self, times: int) -> Seen:
        seen, world = Seen(), self.world
        before = SyncLogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for _ in range(times):
            self.wait()
            world.account.wire.clear()
            world.sync()
            seen.most_requests = max(seen.most_requests, len(world.account.wire.requests))
            self.assert_unharmed()
        seen.status, seen.reason = world.connection.status, world.connection.status_reason
        seen.pause = (world.connection.next_poll_at or timezone.now()) - timezone.now()
        new = SyncLogEntry.objects.filter(pk__gt=before)
        seen.log = set(new.values_list("action", "outcome"))
        return seen

    def wait(self) -> None:
        """Long enough for whatever was put off."""
        past = timezone.now() - timedelta(days=2)
        OutboxEntry.objects.update(not_before=past)
        aside = RemoteResource.objects.filter(state=RemoteResource.State.NEEDS_ATTENTION)
        aside.update(updated_at=past)

    def next_day(self) -> None:
        """Once a day every etag is compared, whatever the token says."""
        past = timezone.now() - timedelta(days=1)
        ICloudConnection.objects.update(last_success_at=past)

    def assert_unharmed(self) -> None:
        """Nothing that was there is gone, freed or doubled, on either side."""
        slots = dict(self.now()["slots"])
        assert {"Tea", "Dinner"} <= slots.keys(), slots
        assert {"Lunch", "Late lunch"} & slots.keys(), slots
        assert {title for title, state in slots.items() if state} <= {"Tea"}, slots
        assert len(self.now()["slots"]) == len(slots)
        remote = [title for title, _ in self.now()["remote"]]
        assert len(remote) == len(set(remote)), remote
        assert "Dinner" in remote
        assert {"Haircut", "Cut and wash"} & set(remote), remote
        assert violations(self.world.account.wire.ever) == []
        assert repeated_writes(self.world.account.wire.ever) == []
        assert [one for one in self.standin.standin.foreign_requests if one.authorized] == []

    def now(self) -> dict[str, list[tuple[str, str]]]:
        world = self.world
        return {
            "appointments": [(one["title"], one["place"]) for one in world.appointments()],
            "slots": [
                (one["title"], "deleted" if one["deleted in iCloud"] else "")
                for one in world.slots()
            ],
            "remote": [(one["title"], one["place"]) for one in world.remote()],
        }

    def heal(self) -> None:
        self.account.switches.reset()
        self.standin.standin.hosts.strangers.clear()
        self.account.switches_of("home").reset()
        self.world.account.wire.faults.clear()

    def assert_it_ends_well(self) -> None:
        for number in range(PATIENCE):
            self.wait()
            if number == PATIENCE // 2:
                self.next_day()
            self.world.sync()
            self.assert_unharmed()
            if self.now() == ENDING and not OutboxEntry.objects.exists():
                break
        assert self.now() == ENDING
        self.world.settle()
        fresh = ICloudConnection.objects.get(pk=self.world.connection.pk)
        assert (fresh.status, fresh.status_reason) == ("connected", "")
