"""Every switch of the stand-in has a row that says what the client must do: a new switch, or a
new value of one, fails here until it has its own."""

from typing import Any

from icloud_standin.switch import Switch
from icloud_standin.switches import Switches
from tests.faults.never import NEVER
from tests.faults.table import ROWS
from tests.faults.test_uid_conflicts import BARE, NAMED

Value = tuple[str, Any]
# Turned already every day, and the other value asks nothing of anybody.
HARD_AS_IT_IS = {"insert_dtstamp": True}


def values(name: str, switch: Switch[Any]) -> set[Value]:
    """Those that differ in what the client must do; of a number one stands for all."""
    never = {row.switch: row.strictest for row in NEVER} | HARD_AS_IT_IS
    if name in never:
        return {(name, never[name])}
    if switch.choices:
        return {(name, choice) for choice in switch.choices if choice != switch.default}
    return {(name, not switch.default)} if isinstance(switch.default, bool) else {(name, "…")}


def covered() -> set[Value]:
    found = {pair for row in ROWS for pair in row.covers}
    found |= {(row.switch, row.strictest) for row in NEVER}
    found |= {("uid_conflict", how) for how in (*BARE, *NAMED)}
    table = Switches.table()
    numbers = {
        (name, "…")
        for name, value in found
        if value != table[name].default and not table[name].choices
    }
    return found | numbers


def test_every_value_of_every_switch_has_a_row() -> None:
    table = Switches.table()
    wanted = {value for name, switch in table.items() for value in values(name, switch)}
    assert wanted - covered() == set()
    assert {name for name, _ in covered()} == set(table)
