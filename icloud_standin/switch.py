"""What a switch is, and the boards they are turned on: server, account, collection.

A switch that is not turned on a board is asked of the wider one, and in the end has its
default: what Apple does every day, as far as anybody knows.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any, Generic, Literal, TypeVar, overload

Level = Literal["server", "account", "collection"]
LEVELS: tuple[Level, ...] = ("server", "account", "collection")
T = TypeVar("T")
_TURNING = threading.RLock()  # requests spend counts in threads of their own


class WrongSwitch(ValueError):
    """A name or a value that does not exist, as a sentence."""


class Switch(Generic[T]):
    """One row of the table; `level` is the narrowest board it can be turned on."""

    name: str
    level: Level

    def __init__(
        self,
        number: str,  # of the list S1 to S21
        default: T,
        does: str,
        watch: str,  # what a client should make of it
        *,
        choices: tuple[str, ...] = (),
        level: Level | None = None,  # where it is not its group's
        optional: bool = False,  # None turns it off
    ) -> None:
        self.number, self.default, self.does, self.watch = number, default, does, watch
        self.choices, self._level, self.optional = choices, level, optional

    def __set_name__(self, owner: type["Board"], name: str) -> None:
        self.name, self.level = name, self._level or owner.narrowest

    @overload
    def __get__(self, board: None, owner: type) -> "Switch[T]": ...
    @overload
    def __get__(self, board: "Board", owner: type) -> T: ...
    def __get__(self, board: "Board | None", owner: type) -> "Switch[T] | T":
        return self if board is None else board.value(self)

    def __set__(self, board: "Board", value: T) -> None:
        board.turn(self.name, value)

    @property
    def kind(self) -> str:
        """In words: "on or off", "a whole number", "seconds", "text", or the choices."""
        if self.choices:
            return "one of " + ", ".join(choice or '""' for choice in self.choices)
        if isinstance(self.default, bool):
            return "on or off"
        if isinstance(self.default, float):
            return "seconds"
        return "text" if isinstance(self.default, str) else "a whole number"

    def check(self, value: Any) -> None:
        if value is None and self.optional:
            return
        number = not isinstance(value, bool) and isinstance(value, int | float)
        fits = {
            "on or off": isinstance(value, bool),
            "a whole number": number and isinstance(value, int) and value >= 0,
            "seconds": number and 0 <= value <= 600,
            "text": isinstance(value, str),
        }.get(self.kind, value in self.choices)
        if not fits:
            raise WrongSwitch(f"{self.name} takes {self.kind}, not {value!r}.")


class Board:
    """The switches turned for one server, account or collection; the table is a subclass."""

    __slots__ = ("_turned", "level", "wider")
    title = ""  # of a group of switches
    narrowest: Level = "account"  # what its switches can be turned for

    def __init__(self, wider: "Board | None" = None) -> None:
        self.wider = wider
        self.level: Level = LEVELS[LEVELS.index(wider.level) + 1] if wider else "server"
        self._turned: dict[str, Any] = {}

    @classmethod
    def table(cls) -> dict[str, Switch[Any]]:
        return {
            name: switch
            for part in cls.__mro__
            for name, switch in vars(part).items()
            if isinstance(switch, Switch)
        }

    def value(self, switch: Switch[T]) -> T:
        holder = self._holder(switch.name)
        found: T = holder._turned[switch.name] if holder else switch.default
        return found

    def known(self, name: str) -> Switch[Any]:
        switch = self.table().get(name)
        if switch is None:
            raise WrongSwitch(f"There is no switch {name}.")
        return switch

    def turn(self, name: str, value: Any) -> None:
        self._check(name, value)
        with _TURNING:
            self._turned[name] = value

    def turn_all(self, values: Mapping[str, Any]) -> None:
        """All or, where one is wrong, none; None: back to what the wider board says."""
        for name, value in values.items():
            self._check(name, self.known(name).default if value is None else value)
        for name, value in values.items():
            if value is None:
                self.reset(name)
            else:
                self.turn(name, value)

    def _check(self, name: str, value: Any) -> None:
        switch = self.known(name)
        if LEVELS.index(self.level) > LEVELS.index(switch.level):
            raise WrongSwitch(f"{name} is turned for the {switch.level}, not for one {self.level}.")
        switch.check(value)

    def reset(self, *names: str) -> None:
        """Back to what the wider board says; all switches where none is named."""
        with _TURNING:
            for name in names or tuple(self._turned):
                self._turned.pop(self.known(name).name, None)

    @property
    def turned(self) -> dict[str, Any]:
        return dict(self._turned)

    @property
    def in_force(self) -> dict[str, Any]:
        """What differs from every day here, wherever it was turned."""
        values = {name: self.value(switch) for name, switch in self.table().items()}
        return {n: value for n, value in values.items() if value != self.table()[n].default}

    def spend(self, switch: Switch[int]) -> bool:
        """Take one of a count, wherever it was turned; False when none is left."""
        with _TURNING:
            left = self.value(switch)
            holder = self._holder(switch.name)
            if left and holder:
                holder._turned[switch.name] = left - 1
            return bool(left)

    def _holder(self, name: str) -> "Board | None":
        return next((board for board in self._chain() if name in board._turned), None)

    def _chain(self) -> Iterator["Board"]:
        board: Board | None = self
        while board:
            yield board
            board = board.wider
