"""Pure: who gets an appointment, by the type of its calendar."""

from collections.abc import Sequence
from dataclasses import dataclass

from calendars.types import CalendarType


@dataclass(frozen=True)
class Candidate:
    """A member of the team, in team order, as things stand for one time."""

    user_id: int
    name: str
    priority: int = 1
    is_busy: bool = False
    booked_that_day: int = 0


class NobodyFree(ValueError):
    """Says who is busy, or that there is nobody to ask."""


def assign(kind: str, team: Sequence[Candidate], owner: Candidate | None = None) -> tuple[int, ...]:
    """The hosts' ids, the one who is responsible first. A Simple calendar needs nobody."""
    match kind:
        case CalendarType.ROUND_ROBIN:
            return one_of(team, by_priority=True)
        case CalendarType.SERVICE:
            return one_of(team, by_priority=False)
        case CalendarType.COLLECTIVE:
            return all_of(with_owner_first(team, owner))
        case CalendarType.CLASS_BOOKING:
            return all_of([owner] if owner else [])
    return ()


def one_of(team: Sequence[Candidate], by_priority: bool) -> tuple[int, ...]:
    free = [member for member in asked(team) if not member.is_busy]
    if not free:
        raise NobodyFree(f"Nobody is free at this time. Busy: {names(team)}.")
    # min keeps the first of equals, which is the team's order.
    chosen = min(free, key=lambda m: (-m.priority * by_priority, m.booked_that_day))
    return (chosen.user_id,)


def all_of(people: Sequence[Candidate]) -> tuple[int, ...]:
    if busy := [person for person in asked(people) if person.is_busy]:
        raise NobodyFree(f"All hosts must be free at this time. Busy: {names(busy)}.")
    return tuple(person.user_id for person in people)


def with_owner_first(team: Sequence[Candidate], owner: Candidate | None) -> list[Candidate]:
    return sorted(team, key=lambda member: owner is None or member.user_id != owner.user_id)


def asked(people: Sequence[Candidate]) -> Sequence[Candidate]:
    if not people:
        raise NobodyFree(
            "This calendar has nobody to book: add members or an owner to it, or choose a host."
        )
    return people


def names(people: Sequence[Candidate]) -> str:
    return ", ".join(person.name for person in people)
