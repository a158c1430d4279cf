"""The control address: switches, seeds and counts as JSON, for other processes.

GET /control/ shows the table, the accounts and what is turned for everybody;
/control/<Apple ID>/ one account, /control/<Apple ID>/<calendar>/ one of its calendars.
POST {"redirect": "307"} turns switches there (null: back to what holds without), DELETE turns
all of them back. POST {"do": "seed", "set": "everything"}, {"do": "expire_tokens"} on a
calendar, and {"do": "forget_requests"} on an account do what they say.
"""

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, unquote

from icloud_standin.deeds import Deeds
from icloud_standin.hosts import Hosts
from icloud_standin.messages import RecordedRequest, Refused, Request, Response
from icloud_standin.records import Records
from icloud_standin.rows import Account, Collection
from icloud_standin.seeding import SETS, NoSuchSet
from icloud_standin.store import Store
from icloud_standin.switch import Board, WrongSwitch
from icloud_standin.switches import GROUPS, Boards

LATEST = 50  # requests shown
Json = dict[str, Any]


class Control:
    def __init__(self, store: Store, boards: Boards, records: Records, hosts: Hosts) -> None:
        self.store, self.boards, self.records, self.hosts = store, boards, records, hosts
        self.deeds = Deeds(store, records)

    def answer(self, request: Request) -> Response:
        try:
            return _json(200, self._route(request))
        except LookupError as error:
            return _json(404, {"error": str(error.args[0])})
        except (WrongSwitch, NoSuchSet) as error:
            return _json(400, {"error": str(error)})

    def _route(self, request: Request) -> Json:
        account, collection = self._asked_about(request)
        board = self.boards.of(account, collection)
        if request.method == "POST":
            given = _given(request)
            if "do" in given:
                self.deeds.do(given, account, collection)
            else:
                board.turn_all(given)
        elif request.method == "DELETE":
            board.reset()
        elif request.method not in ("GET", "HEAD"):
            raise Refused(405)
        if collection:
            return self._show_collection(collection)
        return self._show_account(account) if account else self._show_all()

    def _asked_about(self, request: Request) -> tuple[Account | None, Collection | None]:
        """Everybody, one account, or one of its calendars."""
        match [unquote(part) for part in request.path.split("/")[2:] if part]:
            case [name, calendar, *_]:
                account = self.store.account_named(name)
                return account, self.store.collection_named(account, calendar)
            case [name]:
                return self.store.account_named(name), None
        return None, None

    def _show_all(self) -> Json:
        return {
            "hosts": {
                name: getattr(self.hosts, name)
                for name in ("generic", "partition", "renumbered", "nobody", "foreign")
            },
            "accounts": [
                {"apple_id": each.apple_id, "name": each.name, "address": _address(each)}
                for each in self.store.accounts()
            ],
            "turned": self.boards.server.turned,
            "seeds": list(SETS),
            "foreign_requests": [_request(each) for each in list(self.hosts.strangers)],
            "switches": [row for group in GROUPS for row in _rows(group)],
        }

    def _show_account(self, account: Account) -> Json:
        board, requests = self.boards.of_account(account.dsid), self.records.of(account.dsid)
        return {
            "apple_id": account.apple_id,
            "name": account.name,
            "turned": board.turned,
            "in_force": board.in_force,
            "calendars": [
                {
                    "name": each.name,
                    "displayname": each.displayname,
                    "kind": each.kind,
                    "href": each.href,
                    "address": f"{_address(account)}{quote(each.name, safe='')}/",
                }
                for each in self.store.collections(account.dsid)
            ],
            "requests": {
                "total": len(requests),
                "by_method": self.records.counts(account.dsid),
                "latest": [_request(each) for each in list(requests)[-LATEST:]],
            },
            "mails": [asdict(mail) for mail in self.store.outgoing_mail(account.dsid)],
        }

    def _show_collection(self, collection: Collection) -> Json:
        board = self.boards.of_collection(collection)
        return {
            "name": collection.name,
            "displayname": collection.displayname,
            "href": collection.href,
            "turned": board.turned,
            "in_force": board.in_force,
            "resources": [each.href for each in self.store.resources(collection)],
        }


def _given(request: Request) -> Json:
    """JSON that says it is: a form of another site cannot."""
    if request.header("content-type").partition(";")[0].strip() != "application/json":
        raise Refused(415)
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as error:
        raise WrongSwitch("This is not JSON.") from error
    if not isinstance(given, dict):
        raise WrongSwitch('Write an object: {"redirect": "307"}.')
    return given


def _address(account: Account) -> str:
    return f"/control/{quote(account.apple_id, safe='@')}/"


def _request(seen: RecordedRequest) -> Json:
    return {
        "method": seen.method,
        "path": seen.path,
        "status": seen.status,
        "authorized": seen.authorized,
    }


def _rows(group: type[Board]) -> list[Json]:
    return [
        {
            "name": switch.name,
            "number": switch.number,
            "group": group.title,
            "does": switch.does,
            "watch": switch.watch,
            "takes": switch.kind,
            "choices": list(switch.choices),
            "default": switch.default,
            "level": switch.level,
        }
        for switch in group.table().values()
    ]


def _json(status: int, content: Json) -> Response:
    body = json.dumps(content, indent=1, ensure_ascii=False).encode()
    return Response(status, body + b"\n", {"Content-Type": "application/json; charset=utf-8"})
