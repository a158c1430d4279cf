"""The faults: every switch with what it does and what to watch for, for people."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from icloud_standin.deeds import Deeds
from icloud_standin.messages import Request, Response
from icloud_standin.phone.rendering import html, to
from icloud_standin.records import Records
from icloud_standin.rows import Account, Collection
from icloud_standin.seeding import SETS, NoSuchSet
from icloud_standin.store import Store
from icloud_standin.switch import LEVELS, Switch, WrongSwitch
from icloud_standin.switches import GROUPS, Boards, Switches


@dataclass(frozen=True)
class Target:
    """Whose switches a page shows: everybody's, an account's, or one calendar's."""

    board: Switches
    address: str
    name: str
    account: Account | None = None
    collection: Collection | None = None


class FaultPages:
    def __init__(self, store: Store, boards: Boards, records: Records) -> None:
        self.store, self.boards, self.records = store, boards, records
        self.deeds = Deeds(store, records)

    def count(self, account: Account) -> int:
        """How many switches differ from every day, on the account or any of its calendars."""
        collections = self.store.collections(account.dsid)
        boards = [self.boards.of_collection(each) for each in collections]
        narrower = {(n, name) for n, board in enumerate(boards) for name in board.turned}
        return len(self.boards.of_account(account.dsid).in_force) + len(narrower)

    def everybody(self, request: Request) -> Response:
        return self._answer(request, Target(self.boards.server, "/phone/faults", "Everybody"))

    def account(self, request: Request, account: Account, zone: ZoneInfo) -> Response:
        name = request.arguments().get("calendar", "")
        targets = self._of(account)
        return self._answer(request, next((t for t in targets if _name(t) == name), targets[0]))

    def _of(self, account: Account) -> list[Target]:
        """The account, and its calendars of events."""
        address = f"/phone/{account.dsid}/faults"
        calendars = [each for each in self.store.collections(account.dsid) if each.holds_events]
        return [
            Target(
                self.boards.of(account, each),
                f"{address}?{urlencode({'calendar': each.name})}" if each else address,
                each.displayname if each else f"{account.name}, all calendars",
                account,
                each,
            )
            for each in (None, *calendars)
        ]

    def _answer(self, request: Request, target: Target) -> Response:
        mistake = ""
        if request.method == "POST":
            try:
                anchor = self._act(request.form(), target)
                return to(f"{target.address}#{anchor}" if anchor else target.address)
            except (WrongSwitch, NoSuchSet, LookupError) as error:
                mistake = str(error.args[0])
        context = self._context(target) | {"mistake": mistake}
        return html(400 if mistake else 200, "faults.html", context)

    def _act(self, form: dict[str, str], target: Target) -> str:
        """Where on the page to look then."""
        match form:
            case {"do": "everything back"}:
                target.board.reset()
            case {"do": "back", "switch": name}:
                target.board.reset(name)
                return name
            case {"switch": name}:
                target.board.turn(name, _value(target.board.known(name), form.get("value", "")))
                return name
            case _:
                self.deeds.do({"do": "nothing"} | form, target.account, target.collection)
        return ""

    def _context(self, target: Target) -> dict[str, Any]:
        account, board = target.account, target.board
        return {
            "target": target,
            "account": account,
            "targets": self._of(account) if account else [],
            "accounts": self.store.accounts(),
            "turned": [_shown(board, Switches.table()[name]) for name in board.in_force],
            "any_turned_here": bool(board.turned),
            "groups": [_group(board, group) for group in GROUPS],
            "sets": SETS,
            "requests": self.records.counts(account.dsid) if account else {},
            "mails": self.store.outgoing_mail(account.dsid) if account else [],
        }


def _name(target: Target) -> str:
    return target.collection.name if target.collection else ""


def _group(board: Switches, group: Any) -> dict[str, Any]:
    """Only what can be turned at this level."""
    level = LEVELS.index(board.level)
    rows = [s for s in group.table().values() if level <= LEVELS.index(s.level)]
    return {
        "title": group.title,
        "anchor": slugify(group.title),
        "switches": [_shown(board, switch) for switch in rows],
    }


def _shown(board: Switches, switch: Switch[Any]) -> dict[str, Any]:
    value = board.value(switch)
    return {
        "switch": switch,
        "label": switch.name.replace("_", " "),
        "kind": "choice" if switch.choices else switch.kind,
        "choices": [{"value": each, "label": each or "off"} for each in switch.choices],
        "value": f"{value:g}" if isinstance(value, float) else "" if value is None else value,
        "says": _words(value),
        "usual": _words(switch.default),
        "differs": value != switch.default,
        "here": switch.name in board.turned,
    }


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g} seconds" if value else "off"
    return "off" if value is None or value == "" else str(value)


def _value(switch: Switch[Any], text: str) -> Any:
    """What a form field says, as the switch takes it."""
    text = text.strip()
    if switch.choices or switch.kind == "text":
        return text
    if switch.kind == "on or off":
        return text == "on"
    if not text and switch.optional:
        return None
    try:
        return float(text) if switch.kind == "seconds" else int(text)
    except ValueError as error:
        raise WrongSwitch(f"{switch.name} takes {switch.kind}, not “{text}”.") from error
