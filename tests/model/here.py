"""What people do in Referins, each as a form does it: what the person changed is saved, in
one transaction, and the model notes what they saw and what they typed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from calendars import booking
from calendars.models import Appointment, Attendee, BlockedSlot, Contact
from tests.model.bodies import Interval, interval
from tests.model.ledger import FIELDS, Value
from tests.model.world import TYPES, World

STATUSES = ("confirmed", "cancelled", "new", "showed", "no_show", "invalid")
Row = Appointment | BlockedSlot


def value_of(row: Row, field: str) -> Value:
    if field == "interval":
        return interval(row.starts_at, row.ends_at)
    return str(getattr(row, field))


def typed_span(value: Interval) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(each).astimezone(UTC) for each in value)
    return start, end


class Here:
    """Acts of the staff. `pick`: which of those there are."""

    def __init__(self, world: World) -> None:
        self.world, self.ledger = world, world.ledger

    # --- appointments ---

    def appointment(self, pick: int) -> Appointment | None:
        rows = list(Appointment.objects.select_related("calendar").order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    @transaction.atomic
    def book(self, kind: str, hosts: tuple[int, ...], status: str = "confirmed") -> Appointment:
        start, end = self.ledger.span()
        values: dict[str, Any] = {
            "title": self.ledger.text("title"),
            "location": self.ledger.text("place"),
            "notes": self.ledger.text("notes"),
        }
        row = Appointment.objects.create(
            calendar=self.world.calendar(kind),
            starts_at=start,
            ends_at=end,
            status=status,
            owner=self.world.user(hosts[0]),
            **values,
        )
        row.hosts.set([self.world.user(who) for who in hosts])
        self.world.told.statuses[row.pk] = status
        for field in FIELDS:
            self.has_typed(row, field, value_of(row, field), "")
        self.world.note(f"book {row.pk} in {kind} for {hosts}, {status}")
        return row

    def has_typed(self, row: Appointment, field: str, value: Value, over: Value) -> None:
        self.ledger.typed(value, over, there=False)
        self.world.told.latest[row.pk, field] = value
        self.world.told.edits[row.pk] += 1
        self.world.told.touches[row.pk] += 1

    @transaction.atomic
    def edit(self, pick: int, field: str) -> None:
        row = self.appointment(pick)
        if row is None:
            return
        over, value = value_of(row, field), self.fill(row, field)
        self.has_typed(row, field, value, over)
        self.world.note(f"edit appointment {row.pk}: {field} {over!r} -> {value!r}")

    def fill(self, row: Row, field: str) -> Value:
        """A new value, typed and saved."""
        names = [field, "updated_at"]
        if field == "interval":
            row.starts_at, row.ends_at = self.ledger.span()
            names = ["starts_at", "ends_at", "updated_at"]
            if isinstance(row, BlockedSlot):
                row.is_all_day, row.starts_on, row.ends_on = False, None, None
                names += ["is_all_day", "starts_on", "ends_on"]
        else:
            word = {"location": "place"}.get(field, field)
            setattr(row, field, self.ledger.text(word))
        row.save(update_fields=names)
        return value_of(row, field)

    @transaction.atomic
    def set_status(self, pick: int, status: str) -> None:
        row = self.appointment(pick)
        if row is None or row.status == status:
            return
        row.status = status
        row.save(update_fields=["status", "updated_at"])
        self.world.told.statuses[row.pk] = status
        self.world.told.touches[row.pk] += 1
        self.world.note(f"appointment {row.pk} is {status}")

    @transaction.atomic
    def delete(self, pick: int) -> None:
        row = self.appointment(pick)
        if row is None:
            return
        self.world.note(f"delete appointment {row.pk}")
        self.ledger.release(value_of(row, field) for field in FIELDS)
        del self.world.told.statuses[row.pk]
        row.delete()

    def reassign(self, pick: int, hosts: tuple[int, ...]) -> None:
        row = self.appointment(pick)
        if row is None:
            return
        booking.reassign(row, [self.world.user(who) for who in hosts])
        self.world.told.touches[row.pk] += 1
        self.world.note(f"reassign appointment {row.pk} to {hosts}")

    @transaction.atomic
    def move_calendar(self, pick: int, kind: str) -> None:
        row = self.appointment(pick)
        if row is None:
            return
        row.calendar = self.world.calendar(kind)
        row.save(update_fields=["calendar", "updated_at"])
        self.world.told.touches[row.pk] += 1
        self.world.note(f"move appointment {row.pk} to the {kind} calendar")

    @transaction.atomic
    def seat(self, pick: int) -> None:
        """A contact takes a seat, or gives it back."""
        row, contact = self.appointment(pick), Contact.objects.get()
        if row is None:
            return
        seat = Attendee.objects.filter(appointment=row, contact=contact).first()
        if seat:
            seat.delete()
        else:
            Attendee.objects.create(appointment=row, contact=contact)
        self.world.told.touches[row.pk] += 1
        self.world.note(f"a seat at appointment {row.pk} {'given back' if seat else 'taken'}")

    # --- Blocked Slots of our own ---

    @transaction.atomic
    def block(self, who: int) -> None:
        start, end = self.ledger.span()
        row = BlockedSlot.objects.create(
            user=self.world.user(who),
            title=self.ledger.text("block"),
            starts_at=start,
            ends_at=end,
        )
        self.world.told.blocks[row.pk] = as_it_is(row)
        self.world.note(f"block a time of {who}: {row.title}")

    @transaction.atomic
    def edit_block(self, pick: int, field: str) -> None:
        rows = list(BlockedSlot.objects.filter(origin="referins").order_by("pk"))
        if not rows:
            return
        row = rows[pick % len(rows)]
        if field == "interval":
            row.starts_at, row.ends_at = self.ledger.span()
        else:
            setattr(row, field, self.ledger.text("block"))
        row.save()
        self.world.told.blocks[row.pk] = as_it_is(row)
        self.world.note(f"edit our own Blocked Slot {row.pk}: {field}")

    # --- slots that came from iCloud ---

    def slot(self, pick: int) -> BlockedSlot | None:
        rows = list(BlockedSlot.objects.filter(origin="icloud").order_by("pk"))
        return rows[pick % len(rows)] if rows else None

    @transaction.atomic
    def edit_slot(self, pick: int, field: str) -> None:
        row = self.slot(pick)
        if row is None or row.read_only_reason:
            return
        over, value = value_of(row, field), self.fill(row, field)
        alone = field == "interval" or not self.others_show(row, field, over)
        self.ledger.typed(value, over, there=False, alone=alone)
        self.world.note(f"edit slot {row.pk} ({row.source_ref}): {field} {over!r} -> {value!r}")

    def delete_slot(self, pick: int) -> None:
        row = self.slot(pick)
        if row is None or not booking.may_delete(row):
            return
        self.world.note(f"delete slot {row.pk} ({row.source_ref}) “{row.title}”")
        self.ledger.release(value_of(row, field) for field in FIELDS)
        self.world.told.busy.pop(row.pk, None)
        self.world.told.slots.pop(row.pk, None)
        booking.delete_slot(row)

    @transaction.atomic
    def say_busy(self, pick: int, is_busy: bool) -> None:
        """*Free this time*, or *block it after all* (D9)."""
        row = self.slot(pick)
        if row is None or row.is_busy == is_busy:
            return
        row.is_busy = is_busy
        row.save(update_fields=["is_busy", "updated_at"])
        self.world.told.busy[row.pk] = is_busy
        self.world.note(f"slot {row.pk} {'blocks after all' if is_busy else 'is free this time'}")

    @staticmethod
    def others_show(row: BlockedSlot, field: str, value: Value) -> bool:
        """As the other occurrences of a series do."""
        return BlockedSlot.objects.filter(**{field: value}).exclude(pk=row.pk).exists()


def as_it_is(row: BlockedSlot) -> tuple[Any, ...]:
    return (
        row.title,
        row.starts_at,
        row.ends_at,
        row.location,
        row.notes,
        row.is_busy,
        row.source_ref,
        row.origin,
    )


__all__ = ["STATUSES", "TYPES", "Here", "as_it_is", "timedelta", "typed_span", "value_of"]
