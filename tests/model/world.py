"""Two users, their accounts on a server in memory, and the engine as it is.

Only the edges are replaced: the server, the clock, chance, and the queue of tasks, which
keeps them until somebody works them off or loses them.
"""

import copy
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest import mock

from calendars.models import Appointment, Calendar, User
from icloud_sync import session, tasks
from icloud_sync.connecting import keep
from icloud_sync.models import ICloudConnection, MintedUid, OutboxEntry
from icloud_sync.push import send
from tests.model.bodies import Body, Seen, interval
from tests.model.clock import Clock, told_by
from tests.model.crashes import Reaper
from tests.model.database import Database, Dead
from tests.model.found import in_log, in_rows, on_server
from tests.model.ledger import Ledger, Value
from tests.model.server import ROLES, Asked, ModelAccount, ModelRemote, ModelServer

# The package shows its function of the same name.
outbox_enqueue = import_module("icloud_sync.outbox.enqueue")
PEOPLE = ("anna", "ben")
TYPES = ("round_robin", "collective", "class_booking", "simple")
MOST_TASKS = 40


@dataclass
class Told:
    """What the model knows of Referins, and only people change. `latest`: the value last
    typed here, by (appointment, field). `slots`: imported ones that there are, with their
    UIDs. `busy`: a person's word on a slot. `edits`, `touches`: how often people changed an
    appointment's fields, or anything of it."""

    statuses: dict[int, str] = field(default_factory=dict)
    blocks: dict[int, tuple[Any, ...]] = field(default_factory=dict)
    latest: dict[tuple[int, str], Value] = field(default_factory=dict)
    slots: dict[int, str] = field(default_factory=dict)
    busy: dict[int, bool] = field(default_factory=dict)
    edits: Counter[int] = field(default_factory=Counter)
    touches: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Deletion:
    """A copy as it was when its event was deleted in iCloud: how often its appointment had
    been changed by then, and whether both sides agreed."""

    appointment: int
    edits: int
    touches: int
    in_step: bool


NOT_KNOWN = Deletion(0, 0, 0, in_step=False)


@dataclass
class OnPhones:
    """What the model knows of iCloud: the value last typed there, by (UID, field); UIDs that
    were ever a series; copies that were deleted, by (account, UID)."""

    latest: dict[tuple[str, str], Value] = field(default_factory=dict)
    series: set[str] = field(default_factory=set)
    deleted: dict[tuple[str, str], Deletion] = field(default_factory=dict)
    trash: list[tuple[str, str, str]] = field(default_factory=list)


class Grumble(logging.Handler):
    """What the engine itself calls its own mistake."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.mistakes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.mistakes.append(logging.Formatter().format(record))


class World:
    """One example's. `start` builds the first, `begin` sets another back to there."""

    def __init__(self, database: Database, strict: bool = True) -> None:
        self.database = database
        self.clock = Clock()
        self.reaper = Reaper()
        self.server = ModelServer(strict)
        self.ledger, self.told, self.phones = Ledger(), Told(), OnPhones()
        self.tasks: list[tuple[str, tuple[Any, ...]]] = []
        self.minted = 0
        self.grumble = Grumble()
        self.acts: list[str] = []
        self.faults = self.kills = 0
        self.backup: tuple[bytes, Told] | None = None
        for name in PEOPLE:
            account = self.server.add_account(f"{name}@icloud.example")
            for title in ROLES:
                account.add_collection(title)

    # --- beginnings ---

    def state(self) -> tuple[Any, ...]:
        """What is to be copied for another world to go on from here."""
        sides = self.server.accounts, self.ledger, self.told, self.phones
        return (*sides, self.clock.now, self.minted)

    def take_over(self, state: tuple[Any, ...]) -> None:
        self.server.accounts, self.ledger, self.told, self.phones = state[:4]
        self.clock.now, self.minted = state[4:]

    @contextmanager
    def alive(self) -> Iterator["World"]:
        with ExitStack() as stack:
            stack.enter_context(told_by(self.clock))
            for target, name, value in self.edges():
                stack.enter_context(mock.patch.object(target, name, value))
            stack.enter_context(self.database.watched(self.reaper.statement))
            logger = logging.getLogger("icloud_sync")
            logger.addHandler(self.grumble)
            stack.callback(logger.removeHandler, self.grumble)
            was = logger.propagate
            logger.propagate = False
            stack.callback(setattr, logger, "propagate", was)
            self.database.follow(self.clock)
            yield self

    def edges(self) -> list[tuple[Any, str, Any]]:
        opened = partial(session.Session, clock=self.clock, sleep=self.clock.sleep)
        minted = SimpleNamespace(uuid4=self.mint)
        return [
            (session, "open_remote", self.open_remote),
            (session, "Session", opened),
            (send, "uuid", minted),
            *((module, "async_task", self.enqueue) for module in (outbox_enqueue, keep, tasks)),
        ]

    def mint(self) -> str:
        self.minted += 1
        return f"minted-{self.minted}"

    def open_remote(
        self, connection: ICloudConnection, before_request: Callable[[], None] | None = None
    ) -> ModelRemote:
        return ModelRemote(
            self.server, connection.apple_id, "app-password", before_request or (lambda: None)
        )

    def enqueue(self, name: str, *args: Any) -> None:
        self.tasks.append((name.rpartition(".")[2], args))

    # --- the engine ---

    def engine(self, step: Callable[..., Any], *args: Any) -> Any:
        """A step of a worker's, who may be killed in the middle of it."""
        try:
            with self.reaper.near():
                return step(*args)
        except Dead as dead:
            self.acts.append(f"    killed before {str(dead)[:90]}")
            self.kills += 1
            self.database.forget_the_dead()
            return None

    def work_off(self) -> None:
        """All that the queue holds, and what that puts into it."""
        for _ in range(MOST_TASKS):
            if not self.tasks:
                return
            name, args = self.tasks.pop(0)
            self.engine(getattr(tasks, name), *args)
        raise AssertionError(f"The queue does not run empty: {self.tasks}")

    def minute(self) -> None:
        """What the schedules do each minute."""
        self.engine(tasks.poll)
        self.engine(tasks.sweep)
        self.work_off()

    # --- who and where ---

    def account(self, who: int) -> ModelAccount:
        name = f"{PEOPLE[who % len(PEOPLE)]}@icloud.example"
        return self.server.accounts[name]  # type: ignore[return-value]

    def account_named(self, username: str) -> ModelAccount:
        return self.server.accounts[username]  # type: ignore[return-value]

    def connection(self, who: int) -> ICloudConnection:
        name = f"{PEOPLE[who % len(PEOPLE)]}@icloud.example"
        return ICloudConnection.objects.select_related("user").get(apple_id=name)

    def user(self, who: int) -> User:
        return User.objects.get(username=PEOPLE[who % len(PEOPLE)])

    def calendar(self, kind: str) -> Calendar:
        return Calendar.objects.get(type=kind)

    # --- what phones and rows have to do with each other ---

    def as_deleted(self, body: Body) -> Deletion | None:
        """None: it is not one of ours."""
        minted = MintedUid.objects.filter(uid=body.uid).first()
        row = minted and Appointment.objects.filter(pk=minted.appointment_id).first()
        if row is None:
            return None
        seen = Seen(row.title, interval(row.starts_at, row.ends_at), row.location, row.notes)
        waits = OutboxEntry.objects.filter(kind="appointment", object_id=row.pk).exists()
        in_step = not waits and not body.count and body.master.seen() == seen
        return Deletion(row.pk, self.told.edits[row.pk], self.told.touches[row.pk], in_step)

    def is_ambiguous(self, uid: str) -> None:
        """Moved and made a series between two looks, which occurrence is the appointment's is
        a matter of opinion: the engine takes the one of its day, else the first (D13)."""
        for minted in MintedUid.objects.filter(uid=uid):
            self.told.latest.pop((minted.appointment_id, "interval"), None)

    def touch(self, uid: str) -> None:
        """What one host changes on a phone, the other hosts' copies follow (D1)."""
        for minted in MintedUid.objects.filter(uid=uid):
            self.told.touches[minted.appointment_id] += 1

    def forget_words(self, uid: str) -> None:
        """Free or busy was changed in iCloud: a person's word stands no more (D9)."""
        for pk in [pk for pk, its in self.told.slots.items() if its == uid]:
            self.told.busy.pop(pk, None)

    def save_backup(self) -> None:
        self.backup = self.database.image(), copy.deepcopy(self.told)
        self.note("back up the database")

    def restore_backup(self) -> None:
        """What was typed here since is lost, by whoever restored it; what is in iCloud, or
        in the database as it was, is owed as before."""
        if self.backup is None:
            return
        image, told = self.backup
        self.database.become(image)
        self.told = copy.deepcopy(told)
        self.tasks.clear()
        self.phones.deleted = dict.fromkeys(self.phones.deleted, NOT_KNOWN)
        for account in self.server.accounts.values():
            account.ours &= set(MintedUid.objects.values_list("uid", flat=True))
        self.ledger.owed &= in_rows() | on_server(self.server) | in_log()
        self.note("restore the database of then")

    # --- the story, for whoever reads a failure ---

    def note(self, line: str) -> None:
        self.acts.append(line)

    def asked(self, account: ModelAccount, asked: Asked) -> None:
        self.reaper.point(f"{asked.verb} {asked.href}")

    def answered(self, asked: Asked) -> None:
        self.acts.append(f"    {asked}")
        self.reaper.point(f"the answer to {asked.verb} {asked.href} is heard")
