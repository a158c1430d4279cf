"""Every value a person typed, and what is owed to it.

Each is unique, so that it is found by looking for it. Who overwrites a value that they see
takes it back knowingly; every other way for a value to go must be in the sync log (Q5).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.model.bodies import Interval, interval
from tests.model.clock import START

Value = str | Interval
FIELDS = ("title", "interval", "location", "notes")


@dataclass
class Ledger:
    """`displaced`: value -> the one that was seen and overwritten when it was typed."""

    number: int = 0
    displaced: dict[Value, Value] = field(default_factory=dict)
    typed_there: set[Value] = field(default_factory=set)
    owed: set[Value] = field(default_factory=set)

    def text(self, word: str) -> str:
        self.number += 1
        return f"{word} {self.number}"

    def span(self) -> tuple[datetime, datetime]:
        """Within three and some weeks, each of another length."""
        self.number += 1
        start = START + timedelta(days=3, minutes=self.number * 1447 % (24 * 1440))
        return start, start + timedelta(minutes=10 + self.number)

    def days(self) -> tuple[datetime, int]:
        """A first day and a number of days."""
        self.number += 1
        return START + timedelta(days=3 + self.number % 20), 1 + self.number // 20

    def typed(self, value: Value, over: Value, there: bool, alone: bool = True) -> None:
        """`over`: what the person saw in its place; `alone`: and nowhere else."""
        self.owed.add(value)
        if there:
            self.typed_there.add(value)
        if over:
            self.displaced[value] = over
        if alone:
            self.owed.discard(over)

    def release(self, values: Iterable[Value]) -> None:
        """A person threw these away."""
        self.owed -= set(values)

    def comes_from(self, value: Value, earlier: Value) -> bool:
        """Whether whoever typed `value` had seen `earlier`, or what came of it."""
        at: Value | None = value
        while at is not None and at != earlier:
            at = self.displaced.get(at)
        return at is not None


def as_value(starts_at: datetime, ends_at: datetime) -> Interval:
    return interval(starts_at, ends_at)
