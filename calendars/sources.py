"""Where Blocked Slots can come from besides here. An app registers itself in its ready().

sources.register(Source("icloud", "iCloud", on_edit=…, on_delete=…, freshness=…))
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from calendars.models import Appointment, BlockedSlot, Calendar, User


def nothing_to_say(_: object) -> str:
    return ""


def none_there(_: object) -> int:
    return 0


@dataclass(frozen=True)
class Source:
    """`name` is a slot's `origin`. Each callable answers in whole sentences, or with ""."""

    name: str
    label: str
    # What follows at the source when these slots are changed, or deleted, here.
    on_edit: Callable[[Sequence[BlockedSlot]], str] = nothing_to_say
    on_delete: Callable[[Sequence[BlockedSlot]], str] = nothing_to_say
    # How many events of these appointments lie there, and go with them.
    copies: Callable[[QuerySet[Appointment]], int] = none_there
    # What becomes of this calendar's events there once it is a Simple one.
    on_calendar: Callable[[Calendar], str] = nothing_to_say
    # How current the user's slots from there are ("iCloud: as of 10:42.").
    freshness: Callable[[User], str] = nothing_to_say


registered: dict[str, Source] = {}


def register(source: Source) -> None:
    registered[source.name] = source


def edit_consequences(slots: Iterable[BlockedSlot]) -> list[str]:
    return said([source.on_edit(own) for source, own in by_source(slots)])


def delete_consequences(slots: Iterable[BlockedSlot]) -> list[str]:
    return said([source.on_delete(own) for source, own in by_source(slots)])


def calendar_consequences(calendar: Calendar) -> list[str]:
    return said([source.on_calendar(calendar) for source in registered.values()])


def freshness(user: User) -> list[str]:
    return said([source.freshness(user) for source in registered.values()])


def by_source(slots: Iterable[BlockedSlot]) -> list[tuple[Source, list[BlockedSlot]]]:
    asked = list(slots)
    found = [
        (source, [slot for slot in asked if slot.origin == name])
        for name, source in registered.items()
    ]
    return [(source, own) for source, own in found if own]


def said(sentences: Iterable[str]) -> list[str]:
    return [sentence for sentence in sentences if sentence]
