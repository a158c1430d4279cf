"""A day on both sides of one account, and how it must end whatever went wrong meanwhile."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from calendars.models import BlockedSlot
from icloud_sync.models import ICloudConnection, OutboxEntry, RemoteResource, SyncLogEntry
from icloud_sync.sync import sync
from tests.scenarios.world import World, at, connected, vevent
from tests.servers import Server
from tests.wire import Exchange
from tests.wire_rules import recorded, repeated_writes, violations

ENDING = {
    "appointments": [("Cut and wash", "Room 2"), ("Shave", "Room 3")],
    "slots": [("Late lunch", ""), ("Tea", "deleted"), ("Dinner", ""), ("Supper", "")],
    "remote": [
        ("Cut and wash", "Room 2"),
        ("Late lunch", ""),
        ("Shave", "Room 3"),
        ("Dinner", "At home"),
        ("Supper", ""),
    ],
}
PATIENCE = 8  # rounds after the fault is healed
# Nothing happens in these; two calendars are as many as it takes for one of several.
NOT_OF_THIS_DAY = ("Family", "Holidays", "outbox", "notification")


@dataclass
class Seen:
    """What staff and the server saw while the fault lasted; `pauses` after each look."""

    status: str = ""
    reason: str = ""
    log: set[tuple[str, str]] = field(default_factory=set)
    most_requests: int = 0
    pauses: list[timedelta] = field(default_factory=list)
    asked: list[Exchange] = field(default_factory=list)


class Day:
    """`direct`: the client talks to the server itself, and what was asked stands in its
    records; else through a wire, whose faults are the account's alone."""

    def __init__(self, standin: Server, direct: bool = False) -> None:
        self.standin: Any = standin
        self.direct = direct
        account = standin.new_account()
        for name in NOT_OF_THIS_DAY:
            account.standin.remove_collection(name)
        if direct:
            account.server_url = self.standin.standin.url
        self.world: World = connected(account)
        self.haircut = self.world.book(title="Haircut", starts_at=at(10))
        self.phone = self.world.account.phone
        self.lunch = self.phone.put("lunch.ics", vevent("lunch", "Lunch", at(12), at(13)))
        self.tea = self.phone.put("tea.ics", vevent("tea", "Tea", at(16), at(17)))
        self.dinner = self.phone.put("dinner.ics", vevent("dinner", "Dinner", at(19), at(20)))
        assert not self.world.sync().failed

    @property
    def account(self) -> Any:
        return self.world.account.standin

    @property
    def ever_asked(self) -> list[Exchange]:
        return recorded(self.account) if self.direct else list(self.world.account.wire.ever)

    def people_act(self) -> None:
        """Both sides change the same event, each another field; each side adds one of its
        own, and changes one of iCloud's; one is deleted in iCloud."""
        place = "LOCATION:Room 2\r\nEND:VEVENT"
        self.phone.edit(self.world.href("Haircut"), "END:VEVENT", place)
        self.phone.edit(self.lunch, "SUMMARY:Lunch", "SUMMARY:Late lunch")
        self.phone.put("supper.ics", vevent("supper", "Supper", at(21), at(22)))
        self.phone.delete(self.tea)
        self.haircut.title = "Cut and wash"
        self.haircut.save()
        dinner = BlockedSlot.objects.get(title="Dinner")
        dinner.location = "At home"
        dinner.save()
        self.shave = self.world.book(title="Shave", starts_at=at(14))

    def people_go_on(self) -> None:
        """What was just written is written once more."""
        self.shave.location = "Room 3"
        self.shave.save()

    def look(self, times: int, seconds: float = 30.0) -> Seen:
        """First only what was changed here is sent, as a save does it: what was just written
        is written once more before anybody reads it. Each takes so many seconds at most."""
        seen, world = Seen(), self.world
        before = SyncLogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for number in range(times + 1):
            self.wait()
            already, started = len(self.ever_asked), time.monotonic()
            sync(world.connection.pk, pull_too=number > 0)
            world.connection.refresh_from_db()
            assert time.monotonic() - started <= seconds
            asked = self.ever_asked[already:]
            seen.asked += asked
            seen.most_requests = max(seen.most_requests, len(asked))
            again = world.connection.next_poll_at or timezone.now()
            seen.pauses.append(again - timezone.now())
            self.assert_unharmed()
            if number == 0:
                self.people_go_on()
        seen.status, seen.reason = world.connection.status, world.connection.status_reason
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
        now = self.now()
        slots = dict(now["slots"])
        assert {"Tea", "Dinner"} <= slots.keys(), slots
        assert {"Lunch", "Late lunch"} & slots.keys(), slots
        assert {title for title, state in slots.items() if state} <= {"Tea"}, slots
        assert len(now["slots"]) == len(slots)
        remote = [title for title, _ in now["remote"]]
        assert len(remote) == len(set(remote)), remote
        assert "Dinner" in remote
        assert {"Haircut", "Cut and wash"} & set(remote), remote
        assert violations(self.ever_asked) == []
        assert repeated_writes(self.ever_asked) == []
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
        self.standin.standin.switches.reset()
        self.account.switches.reset()
        self.standin.standin.hosts.strangers.clear()
        self.account.switches_of("home").reset()
        self.world.account.wire.faults.clear()

    def assert_it_ends_well(self) -> None:
        for number in range(PATIENCE):
            if self.now() == ENDING and not OutboxEntry.objects.exists():
                break
            self.wait()
            if number == PATIENCE // 2:
                self.next_day()
            self.world.sync()
            self.assert_unharmed()
        assert self.now() == ENDING
        self.world.settle()
        fresh = ICloudConnection.objects.get(pk=self.world.connection.pk)
        assert (fresh.status, fresh.status_reason) == ("connected", "")
