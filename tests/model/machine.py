"""The model: everything that people, phones, servers and killers do to the engine, in any
order; and what must hold whatever they do."""

import sys
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from icloud_sync import connecting, tasks
from icloud_sync.models import SyncLogEntry
from icloud_sync.sync import sync
from tests.model import faults
from tests.model.agree import check_agreement
from tests.model.beginning import Beginning
from tests.model.here import STATUSES, Here
from tests.model.invariants import check_always, check_request
from tests.model.ledger import FIELDS
from tests.model.quiet import check_calm, check_fixed_point, settle
from tests.model.server import READS, WRITES, Asked, ModelAccount
from tests.model.there import NothingThere, There
from tests.model.world import TYPES

who = st.integers(0, 1)
pick = st.integers(0, 5)
field = st.sampled_from(FIELDS)
hosts = st.sampled_from([(0,), (1,), (0, 1), (1, 0)])
SYNCED = [kind for kind in TYPES if kind != "simple"]
READ = ("Home", "Work")
kill = st.one_of(st.just(0), st.integers(1, 90))
JUMPS = (2, 100, 240, 4_000, 100_000)


class Model(RuleBasedStateMachine):
    """Each example begins as `beginning` has it. `totals`: what all examples came to."""

    beginning: ClassVar[Beginning]
    totals: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world = self.stack.enter_context(self.beginning.opened())
        self.world.server.asked = self.asked
        self.world.server.answered = self.world.answered
        self.here, self.there = Here(self.world), There(self.world)

    def asked(self, account: ModelAccount, asked: Asked) -> None:
        with self.world.reaper.elsewhere():
            check_request(self.world, account, asked)
        self.world.asked(account, asked)

    # --- people in Referins ---

    @rule(kind=st.sampled_from(TYPES), hosts=hosts, status=st.sampled_from(["confirmed", "new"]))
    def book(self, kind: str, hosts: tuple[int, ...], status: str) -> None:
        self.here.book(kind, hosts, status)

    @rule(pick=pick, field=field)
    def edit(self, pick: int, field: str) -> None:
        self.here.edit(pick, field)

    @rule(pick=pick, field=field)
    def edit_another(self, pick: int, field: str) -> None:
        self.here.edit(pick, field)

    @rule(pick=pick, status=st.sampled_from(STATUSES))
    def set_status(self, pick: int, status: str) -> None:
        self.here.set_status(pick, status)

    @rule(pick=pick)
    def delete_appointment(self, pick: int) -> None:
        self.here.delete(pick)

    @rule(pick=pick, hosts=hosts)
    def reassign(self, pick: int, hosts: tuple[int, ...]) -> None:
        self.here.reassign(pick, hosts)

    @rule(pick=pick, kind=st.sampled_from(TYPES))
    def move_to_another_calendar(self, pick: int, kind: str) -> None:
        self.here.move_calendar(pick, kind)

    @rule(pick=pick)
    def seat(self, pick: int) -> None:
        self.here.seat(pick)

    @rule(who=who)
    def block_a_time(self, who: int) -> None:
        self.here.block(who)

    @rule(pick=pick, field=field)
    def edit_our_own_block(self, pick: int, field: str) -> None:
        self.here.edit_block(pick, field)

    @rule(pick=pick, field=field)
    def edit_slot(self, pick: int, field: str) -> None:
        self.here.edit_slot(pick, field)

    @rule(pick=pick)
    def delete_slot(self, pick: int) -> None:
        self.here.delete_slot(pick)

    @rule(pick=pick, is_busy=st.booleans())
    def free_this_time_or_block_it_after_all(self, pick: int, is_busy: bool) -> None:
        self.here.say_busy(pick, is_busy)

    @rule(who=who)
    def pause_or_resume(self, who: int) -> None:
        connection = self.world.connection(who)
        pauses = connection.status != "paused"
        (connecting.pause if pauses else connecting.resume)(connection)
        self.world.note(f"{'pause' if pauses else 'resume'} {connection.apple_id}")

    # --- phones ---

    def on_phone(self, act: Any, *args: Any) -> None:
        with suppress(NothingThere):
            act(*args)

    @rule(who=who, collection=st.sampled_from(["Home", "Work", "Junk"]))
    def phone_creates(self, who: int, collection: str) -> None:
        self.on_phone(self.there.create, who, collection)

    @rule(who=who, pick=pick, field=field)
    def phone_edits(self, who: int, pick: int, field: str) -> None:
        self.on_phone(self.there.edit, who, pick, field)

    @rule(who=who, pick=pick, field=field)
    def phone_edits_another(self, who: int, pick: int, field: str) -> None:
        self.on_phone(self.there.edit, who, pick, field)

    @rule(who=who, pick=pick)
    def phone_makes_all_day(self, who: int, pick: int) -> None:
        self.on_phone(self.there.make_all_day, who, pick)

    @rule(who=who, pick=pick)
    def phone_makes_free(self, who: int, pick: int) -> None:
        self.on_phone(self.there.make_free, who, pick)

    @rule(who=who, pick=pick)
    def phone_invites(self, who: int, pick: int) -> None:
        self.on_phone(self.there.add_guests, who, pick)

    @rule(who=who, pick=pick)
    def apple_keeps_house(self, who: int, pick: int) -> None:
        self.on_phone(self.there.touch, who, pick)

    @rule(who=who, pick=pick)
    def phone_deletes(self, who: int, pick: int) -> None:
        self.on_phone(self.there.delete, who, pick)

    @rule(pick=pick)
    def phone_puts_back(self, pick: int) -> None:
        self.on_phone(self.there.put_back, pick)

    @rule(who=who, pick=pick, collection=st.sampled_from(["Home", "Work", "Junk"]))
    def phone_moves(self, who: int, pick: int, collection: str) -> None:
        self.on_phone(self.there.move, who, pick, collection)

    @rule(who=who, pick=pick)
    def phone_imports_again(self, who: int, pick: int) -> None:
        self.on_phone(self.there.import_again, who, pick)

    @rule(who=who, pick=pick)
    def phone_duplicates(self, who: int, pick: int) -> None:
        self.on_phone(self.there.duplicate, who, pick)

    @rule(who=who, pick=pick, times=st.integers(2, 4))
    def phone_repeats(self, who: int, pick: int, times: int) -> None:
        self.on_phone(self.there.repeat, who, pick, times)

    @rule(who=who, pick=pick)
    def phone_repeats_no_more(self, who: int, pick: int) -> None:
        self.on_phone(self.there.repeat_no_more, who, pick)

    @rule(who=who, pick=pick, which=st.integers(0, 3), field=field)
    def phone_edits_an_occurrence(self, who: int, pick: int, which: int, field: str) -> None:
        self.on_phone(self.there.edit_occurrence, who, pick, which, field)

    @rule(who=who, pick=pick, which=st.integers(0, 3))
    def phone_leaves_one_out(self, who: int, pick: int, which: int) -> None:
        self.on_phone(self.there.leave_out, who, pick, which)

    # --- the world ---

    @rule(who=who, name=st.sampled_from(sorted(faults.FAULTS)))
    def fault(self, who: int, name: str) -> None:
        self.world.account(who).queue.append(faults.named(name))
        self.world.faults += 1
        self.world.note(f"fault for {who}: {name}")

    @rule(who=who, name=st.sampled_from(sorted(faults.FAULTS)))
    def another_fault(self, who: int, name: str) -> None:
        self.fault(who, name)

    @rule(who=who)
    def heal(self, who: int) -> None:
        self.world.account(who).heal()
        self.world.note(f"{who} is healed")

    @rule(seconds=st.sampled_from(JUMPS))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.pass_by(seconds=seconds)
        self.world.note(f"{seconds} seconds pass")

    @rule()
    def back_up(self) -> None:
        self.world.save_backup()

    @rule()
    def restore(self) -> None:
        self.world.restore_backup()

    @rule(
        who=who,
        act=st.sampled_from(["edit", "phone edits", "edit slot", "cancel", "pause", "stall"]),
        verbs=st.sampled_from([READS, WRITES]),
        pick=pick,
        field=field,
    )
    def meanwhile(self, who: int, act: str, verbs: tuple[str, ...], pick: int, field: str) -> None:
        """While the next request is under way."""
        todo = {
            "edit": lambda: self.here.edit(pick, field),
            "phone edits": lambda: self.on_phone(self.there.edit, who, pick, field),
            "edit slot": lambda: self.here.edit_slot(pick, field),
            "cancel": lambda: self.here.set_status(pick, "cancelled"),
            "pause": lambda: connecting.pause(self.world.connection(who)),
            "stall": lambda: self.stall(who),
        }[act]

        def noted() -> None:
            self.world.note(f"    meanwhile: {act}")
            with self.world.reaper.elsewhere():
                todo()

        self.world.account(who).queue.append(faults.meanwhile(noted, verbs))

    def stall(self, who: int) -> None:
        """The worker sleeps too long: another one takes over, and works."""
        self.world.clock.pass_by(minutes=4)
        tasks.sweep()
        sync(self.world.connection(who).pk)

    # --- the engine ---

    @rule()
    def queue_is_lost(self) -> None:
        self.world.note("the queue is lost")
        self.world.tasks.clear()

    @rule(kill=kill)
    def worker(self, kill: int) -> None:
        self.world.note("a worker works the queue off")
        self.world.reaper.points = kill
        self.world.work_off()

    @rule(kill=kill)
    def minute(self, kill: int) -> None:
        self.world.note("a minute's tasks")
        self.world.reaper.points = kill
        self.world.clock.pass_by(minutes=1)
        self.world.minute()

    @rule(who=who, kill=kill)
    def sync(self, who: int, kill: int) -> None:
        self.world.note(f"sync {who}")
        self.work(sync, who, kill)

    @rule(who=who, kill=kill)
    def push(self, who: int, kill: int) -> None:
        self.world.note(f"push {who}")
        self.work(tasks.push, who, kill)

    @rule(who=who, kill=kill, full=st.booleans())
    def pull(self, who: int, kill: int, full: bool) -> None:
        self.world.note(f"pull {who}{', comparing all' if full else ''}")
        self.work(partial(sync, push=False, full=full), who, kill)

    @rule(who=who, kill=kill)
    def sync_again(self, who: int, kill: int) -> None:
        self.sync(who, kill)

    @rule(who=who, kill=kill)
    def push_again(self, who: int, kill: int) -> None:
        self.push(who, kill)

    @rule(who=who, kill=kill)
    def pull_again(self, who: int, kill: int) -> None:
        self.pull(who, kill, full=False)

    @rule()
    def roll_windows(self) -> None:
        self.world.note("roll the windows")
        self.world.engine(tasks.roll_windows)
        self.world.work_off()

    def work(self, step: Any, who: int, kill: int) -> None:
        """`kill`: how many points it lives; 0: it lives on."""
        self.world.reaper.points = kill
        self.world.engine(step, self.world.connection(who).pk)

    # --- what must hold ---

    @invariant()
    def always(self) -> None:
        check_always(self.world)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.end_well()
        finally:
            self.tell_story()
            self.stack.close()

    def end_well(self) -> None:
        settle(self.world)
        check_always(self.world)
        check_calm()
        check_agreement(self.world)
        check_fixed_point(self.world)
        check_agreement(self.world)

    def tell_story(self) -> None:
        if sys.exc_info()[0] is None:
            return
        note("\n".join(self.world.acts))
        for entry in SyncLogEntry.objects.order_by("pk"):
            note(f"log: {entry.direction} {entry.outcome}: {entry.message} {entry.before or ''}")
