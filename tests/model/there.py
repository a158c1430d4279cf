"""What the owner of an account does on a phone, behind our back."""

from collections.abc import Callable
from datetime import timedelta

from tests.model.bodies import (
    BERLIN,
    Body,
    Event,
    Seen,
    block_after,
    interval,
    midnight,
    new_event,
    spell,
)
from tests.model.ledger import Value
from tests.model.server import ROLES, ModelAccount
from tests.model.world import World

NAMES = {"title": "SUMMARY", "location": "LOCATION", "notes": "DESCRIPTION"}
Found = tuple[ModelAccount, str, Body]


class There:
    """Acts on a phone. `who`: whose; `pick`: which of the events there."""

    def __init__(self, world: World) -> None:
        self.world, self.ledger, self.phones = world, world.ledger, world.phones

    def found(self, who: int, pick: int, fits: Callable[[Body], bool] = lambda _: True) -> Found:
        account = self.world.account(who)
        bodies = [(href, body) for href, body in sorted(account.bodies().items()) if fits(body)]
        if not bodies:
            raise NothingThere
        href, body = bodies[pick % len(bodies)]
        return account, href, body

    def note(self, account: ModelAccount, text: str) -> None:
        self.world.note(f"on the phone of {account.username}: {text}")

    def has_typed(self, body: Body, event: Event, field: str, value: Value, over: Value) -> None:
        """What the other occurrences of a series still show is not gone."""
        alone = over not in body.values()
        self.ledger.typed(value, over, there=True, alone=alone)
        self.phones.latest[body.uid, field] = value
        self.world.touch(body.uid)

    # --- one event ---

    def create(self, who: int, collection: str) -> None:
        account = self.world.account(who)
        number = self.ledger.number
        title, own = self.ledger.text("event"), self.ledger.text("own")
        start, end = self.ledger.span()
        body = new_event(f"phone-{number}", title, (start, end), own)
        account.put(f"{account.home}{collection.lower()}/phone-{number}.ics", body.text())
        self.has_typed(body, body.master, "title", title, "")
        self.has_typed(body, body.master, "interval", interval(start, end), "")
        self.note(account, f"create {body.uid} “{title}” in {collection}")

    def edit(self, who: int, pick: int, field: str) -> None:
        account, href, body = self.found(who, pick)
        if field == "interval" and len(body.events) > 1:
            return  # a device would move the changed occurrences along
        self.fill(body, body.master, field)
        account.put(href, body.text())
        self.note(account, f"edit {body.uid}: {field} {getattr(body.master.seen(), field)!r}")

    def fill(self, body: Body, event: Event, field: str) -> None:
        over: Value = getattr(event.seen(), field)
        if field == "interval":
            start, end = self.ledger.span()
            if event.line("EXDATE"):
                raise NothingThere  # a device would move these along
            event.write("DTSTART", f":{spell(start)}")
            event.write("DTEND", f":{spell(end)}")
        else:
            text = self.ledger.text({"location": "place"}.get(field, field))
            block = block_after(event.value(NAMES[field])) if field == "notes" else ""
            event.write(NAMES[field], f":{text}{block}")
        self.has_typed(body, event, field, getattr(event.seen(), field), over)

    def make_all_day(self, who: int, pick: int) -> None:
        account, href, body = self.found(who, pick, lambda body: not body.count)
        event, over = body.master, body.master.seen().interval
        first, number = self.ledger.days()
        last = first + timedelta(days=number)
        event.write("DTSTART", f";VALUE=DATE:{first:%Y%m%d}")
        event.write("DTEND", f";VALUE=DATE:{last:%Y%m%d}")
        when = interval(midnight(first.date()), midnight(last.date()))
        self.has_typed(body, event, "interval", when, over)
        account.put(href, body.text())
        self.note(account, f"make {body.uid} all-day: {when}")

    def make_free(self, who: int, pick: int) -> None:
        """TRANSP turned over."""
        account, href, body = self.found(who, pick)
        is_free = body.master.value("TRANSP") == "TRANSPARENT"
        for event in body.events:
            event.write("TRANSP", ":OPAQUE" if is_free else ":TRANSPARENT")
        account.put(href, body.text())
        self.world.forget_words(body.uid)
        self.note(account, f"{body.uid} is {'busy' if is_free else 'free'}")

    def add_guests(self, who: int, pick: int) -> None:
        account, href, body = self.found(who, pick, lambda body: not body.has_guests)
        for event in body.events:
            event.write("ORGANIZER", f":mailto:{account.username}")
            event.write("ATTENDEE", ";PARTSTAT=NEEDS-ACTION:mailto:guest@example.com")
        account.put(href, body.text())
        self.note(account, f"invite somebody to {body.uid}")

    def touch(self, who: int, pick: int) -> None:
        """Apple's housekeeping: a new etag, a property of its own, no news."""
        account, href, body = self.found(who, pick)
        body.master.write("X-APPLE-HOUSEKEEPING", f":{self.ledger.text('kept')}")
        account.put(href, body.text())
        self.note(account, f"housekeeping at {body.uid}")

    # --- where it lies ---

    def delete(self, who: int, pick: int) -> None:
        account, href, body = self.found(who, pick)
        account.delete(href)
        self.phones.trash.append((account.username, href, body.text()))
        self.goes_away(account, body)
        self.note(account, f"delete {body.uid} ({href})")

    def goes_away(self, account: ModelAccount, body: Body) -> None:
        self.ledger.release(body.values())
        if deletion := self.world.as_deleted(body):
            self.phones.deleted[account.username, body.uid] = deletion
        for key in [key for key in self.phones.latest if key[0] == body.uid]:
            del self.phones.latest[key]

    def put_back(self, pick: int) -> None:
        """Out of the trash, where it was, unless something is there."""
        if not self.phones.trash:
            raise NothingThere
        username, href, text = self.phones.trash[pick % len(self.phones.trash)]
        account = self.world.account_named(username)
        uid = Body.read(text).uid
        if account.href_of_uid(uid):
            raise NothingThere
        account.put(href, text)
        if ROLES[account.collection_of(href).name] != "ignored":
            self.phones.deleted.pop((username, uid), None)
        self.note(account, f"{uid} back out of the trash, at {href}")

    def move(self, who: int, pick: int, collection: str) -> None:
        account, href, body = self.found(who, pick)
        target = f"{account.home}{collection.lower()}/"
        twins = [one for one in account.bodies().values() if one.uid == body.uid]
        if href.startswith(target) or len(twins) > 1:
            return
        text = account.collection_of(href).resources[href].body
        account.delete(href)
        account.put(target + href.rpartition("/")[2], text)
        if ROLES[collection] == "ignored":
            self.goes_away(account, body)
        else:
            self.phones.deleted.pop((account.username, body.uid), None)
        self.note(account, f"move {body.uid} to {collection}")

    def import_again(self, who: int, pick: int) -> None:
        """The same event under another name, as an export and import makes it."""
        account, href, body = self.found(who, pick)
        text = account.collection_of(href).resources[href].body
        account.delete(href)
        self.ledger.number += 1
        new = f"{href.rpartition('/')[0]}/again-{self.ledger.number}.ics"
        account.put(new, text)
        self.note(account, f"import {body.uid} again as {new}")

    def duplicate(self, who: int, pick: int) -> None:
        account, href, body = self.found(who, pick)
        old, self.ledger.number = body.uid, self.ledger.number + 1
        for event in body.events:
            event.write("UID", f":copy-{self.ledger.number}")
        account.put(f"{href.rpartition('/')[0]}/copy-{self.ledger.number}.ics", body.text())
        if old in self.phones.series:
            self.phones.series.add(body.uid)
        self.note(account, f"duplicate {old} as {body.uid}")

    # --- series ---

    def repeat(self, who: int, pick: int, times: int) -> None:
        account, href, body = self.found(who, pick, lambda body: not body.count)
        body.master.write("RRULE", f":FREQ=DAILY;COUNT={times}")
        account.put(href, body.text())
        self.phones.series.add(body.uid)
        self.world.is_ambiguous(body.uid)
        self.note(account, f"repeat {body.uid} {times} times")

    def repeat_no_more(self, who: int, pick: int) -> None:
        account, href, body = self.found(who, pick, lambda body: bool(body.count))
        before = body.values()
        body.master.write("RRULE", None)
        body.master.write("EXDATE", None)
        body.events = [body.master]
        account.put(href, body.text())
        self.ledger.release(before - body.values())
        self.note(account, f"repeat {body.uid} no more")

    def occurrence(self, body: Body, which: int) -> tuple[Event, Seen]:
        """The override of this occurrence, made where there is none yet."""
        starts = body.starts()
        start = starts[which % len(starts)]
        if event := body.overrides.get(start):
            return event, event.seen()
        before = body.master.seen(start)
        event = Event(list(body.master.lines))
        for name in ("RRULE", "EXDATE"):
            event.write(name, None)
        length = event.end - event.start
        if event.is_all_day:
            day, last = start.astimezone(BERLIN), (start + length).astimezone(BERLIN)
            event.write("RECURRENCE-ID", f";VALUE=DATE:{day:%Y%m%d}")
            event.write("DTSTART", f";VALUE=DATE:{day:%Y%m%d}")
            event.write("DTEND", f";VALUE=DATE:{last:%Y%m%d}")
        else:
            event.write("RECURRENCE-ID", f":{spell(start)}")
            event.write("DTSTART", f":{spell(start)}")
            event.write("DTEND", f":{spell(start + length)}")
        body.events.append(event)
        return event, before

    def edit_occurrence(self, who: int, pick: int, which: int, field: str) -> None:
        account, href, body = self.found(who, pick, lambda body: bool(body.count))
        event, _ = self.occurrence(body, which)
        self.fill(body, event, field)
        account.put(href, body.text())
        seen = getattr(event.seen(), field)
        self.note(account, f"edit the occurrence {event.rid} of {body.uid}: {field} {seen!r}")

    def leave_out(self, who: int, pick: int, which: int) -> None:
        """An EXDATE, as long as one occurrence stays."""
        account, href, body = self.found(who, pick, lambda body: len(body.starts()) > 1)
        before = body.values()
        start = body.starts()[which % len(body.starts())]
        if event := body.overrides.get(start):
            body.events.remove(event)
        local = start.astimezone(BERLIN)
        day = f";VALUE=DATE:{local:%Y%m%d}" if body.master.is_all_day else f":{spell(start)}"
        body.master.lines.append(f"EXDATE{day}")
        account.put(href, body.text())
        self.ledger.release(before - body.values())
        self.note(account, f"leave {spell(start)} of {body.uid} out")


class NothingThere(Exception):
    """Nothing in the account that this could be done to."""
