"""The in-memory server, with a phone at its back and faults on its wire.

Strict, it refuses a UID that the account has already; lax, it does not (Radicale and
Xandikos do, older servers do not, and of iCloud nobody knows for every case).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from icloud_sync.core.values import Account, Changes, CollectionInfo, Fetched, Member, Multiget
from icloud_sync.remote.errors import ResourceNotFound
from icloud_sync.remote.memory import MemoryAccount, MemoryRemote, MemoryServer
from tests.model.bodies import Body

READS = ("list_collections", "list_changes", "list_members", "multiget", "get")
WRITES = ("create", "update", "delete")
ROLES = {"Home": "target", "Work": "mirrored", "Junk": "ignored"}
PASSWORD = "app-password"


@dataclass
class Asked:
    """One request. `answer` is what came of it, in words."""

    who: str
    verb: str
    args: tuple[Any, ...]
    answer: str = "no answer"

    @property
    def href(self) -> str:
        return str(self.args[0]) if self.args else "/"

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES

    @property
    def body(self) -> str:
        return str(self.args[1]) if self.verb in ("create", "update") else ""

    @property
    def etag(self) -> str:
        return str(self.args[-1]) if self.verb in ("update", "delete") else ""

    def __str__(self) -> str:
        rest = [self.etag] if self.etag else []
        rest += [str(arg) for arg in self.args[1:] if self.verb in READS]
        return " ".join([self.who, self.verb, self.href, *rest, "->", self.answer])


Call = Callable[[], Any]
# Called with the request and what carries it out; what it returns or raises is the answer.
Fault = Callable[["ModelRemote", Asked, Call], Any]


@dataclass
class ModelAccount(MemoryAccount):
    """`before`: the version before the present one, "" where there was none. `shown`: etags
    that a client was told of. `ours`: UIDs that a client made."""

    strict: bool = True
    rewrites: bool = False
    queue: list[tuple[str, tuple[str, ...], Fault]] = field(default_factory=list)
    stale: int = 0
    before: dict[str, Fetched | None] = field(default_factory=dict)
    shown: set[tuple[str, str]] = field(default_factory=set)
    ours: set[str] = field(default_factory=set)

    def put(self, href: str, body: str) -> str:
        self.before[href] = self.collection_of(href).resources.get(href)
        return super().put(href, body)

    def delete(self, href: str) -> None:
        self.before.pop(href, None)
        super().delete(href)

    def take_fault(self, verb: str) -> tuple[str, Fault] | None:
        for number, (name, verbs, fault) in enumerate(self.queue):
            if verb in verbs:
                del self.queue[number]
                return name, fault
        return None

    def heal(self) -> None:
        self.queue.clear()
        self.stale, self.password, self.rewrites = 0, PASSWORD, False

    def bodies(self, ignored: bool = True) -> dict[str, Body]:
        """`ignored`: those of collections that nobody here reads as well."""
        return {
            href: Body.read(one.body)
            for collection in self.collections.values()
            if ignored or ROLES[collection.name] != "ignored"
            for href, one in collection.resources.items()
        }

    def image(self) -> tuple[Any, ...]:
        return tuple(tuple(each.resources.values()) for each in self.collections.values())


class ModelServer(MemoryServer):
    """`listeners` hear of each request before it is carried out, and of its answer."""

    def __init__(self, strict: bool) -> None:
        super().__init__()
        self.strict = strict
        self.wire: list[Asked] = []
        self.asked: Callable[[ModelAccount, Asked], None] = lambda account, asked: None
        self.answered: Callable[[Asked], None] = lambda asked: None

    def add_account(self, username: str, password: str = PASSWORD) -> ModelAccount:
        account = ModelAccount(username, password, strict=self.strict)
        self.accounts[username] = account
        return account


class ModelRemote(MemoryRemote):
    """`before_request`: the session's, which renews the lease."""

    def __init__(
        self, server: ModelServer, username: str, password: str, before_request: Call
    ) -> None:
        super().__init__(server, username, password)
        self.server, self.username, self.before_request = server, username, before_request
        self.home_url = ""

    def __enter__(self) -> "ModelRemote":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def account(self) -> ModelAccount:
        return self.server.accounts[self.username]  # type: ignore[return-value]

    def ask(self, verb: str, args: tuple[Any, ...]) -> Any:
        self.before_request()
        asked = Asked(self.username, verb, args)
        self.server.wire.append(asked)
        self.server.asked(self.account, asked)
        fault = self.account.take_fault(verb)
        try:
            answer = self.carry_out(asked, fault)
        except BaseException as error:
            asked.answer = f"{said(fault)}{type(error).__name__}"
            raise
        asked.answer = f"{said(fault)}{in_words(answer)}"
        self.show(asked, answer)
        self.server.answered(asked)
        return answer

    def carry_out(self, asked: Asked, fault: tuple[str, Fault] | None) -> Any:
        def call() -> Any:
            return getattr(MemoryRemote, asked.verb)(self, *asked.args)

        return self.behind(fault[1](self, asked, call) if fault else call())

    def behind(self, answer: Any) -> Any:
        """What was there before, as long as the account is stale."""
        if not self.account.stale or not isinstance(answer, Multiget | Fetched):
            return answer
        self.account.stale -= 1
        found = answer.found if isinstance(answer, Multiget) else (answer,)
        old = [self.account.before.get(one.href, one) for one in found]
        there = tuple(one for one in old if one is not None)
        if isinstance(answer, Multiget):
            new = tuple(now.href for now, was in zip(found, old, strict=True) if was is None)
            return Multiget(there, answer.missing + new, answer.unreadable)
        if not there:
            raise ResourceNotFound("It is not to be had yet.", 404)
        return there[0]

    def show(self, asked: Asked, answer: Any) -> None:
        """Which version of what the client knows of by now."""
        if isinstance(answer, str) and answer:
            self.account.shown.add((asked.href, answer))
        if isinstance(answer, Fetched):
            self.account.shown.add((answer.href, answer.etag))
        if isinstance(answer, Multiget):
            self.account.shown |= {(one.href, one.etag) for one in answer.found}

    # --- the verbs ---

    def discover(self) -> Account:
        return self.ask("discover", ())  # type: ignore[no-any-return]

    def list_collections(self) -> list[CollectionInfo]:
        return self.ask("list_collections", ())  # type: ignore[no-any-return]

    def list_changes(self, collection_href: str, sync_token: str) -> Changes:
        return self.ask("list_changes", (collection_href, sync_token))  # type: ignore[no-any-return]

    def list_members(self, collection_href: str) -> list[Member]:
        return self.ask("list_members", (collection_href,))  # type: ignore[no-any-return]

    def multiget(self, collection_href: str, hrefs: Sequence[str]) -> Multiget:
        return self.ask("multiget", (collection_href, tuple(hrefs)))  # type: ignore[no-any-return]

    def get(self, href: str) -> Fetched:
        return self.ask("get", (href,))  # type: ignore[no-any-return]

    def create(self, href: str, body: str) -> str:
        return self.ask("create", (href, body))  # type: ignore[no-any-return]

    def update(self, href: str, body: str, etag: str) -> str:
        return self.ask("update", (href, body, etag))  # type: ignore[no-any-return]

    def delete(self, href: str, etag: str) -> None:
        self.ask("delete", (href, etag))

    def _store(self, account: ModelAccount, href: str, body: str) -> str:  # type: ignore[override]
        account.ours.add(Body.read(body).uid)
        stored = rewritten(body) if account.rewrites else body
        store = MemoryRemote._store if account.strict else ModelAccount.put
        etag = store(account, href, stored)
        # Where the body is not what was sent there is none to give (RFC 4791, 5.3.4).
        return "" if account.rewrites else etag


def rewritten(body: str) -> str:
    """As servers do that parse what they store: other order, unfolded, a line of their own."""
    read = Body.read(body)
    for event in read.events:
        plain = [line for line in event.lines if not line.startswith("X-SERVER")]
        at = next((n for n, line in enumerate(plain) if line.startswith("BEGIN:")), len(plain))
        event.lines = [*sorted(plain[:at]), "X-SERVER-SAW:1", *plain[at:]]
    return read.text()


def said(fault: tuple[str, Fault] | None) -> str:
    return f"[{fault[0]}] " if fault else ""


def in_words(answer: Any) -> str:
    if isinstance(answer, Fetched):
        return answer.etag or "no etag"
    if isinstance(answer, Multiget):
        return f"{[(one.href, one.etag) for one in answer.found]}, missing {list(answer.missing)}"
    if isinstance(answer, list):
        return str([(one.href, getattr(one, "etag", "")) for one in answer])
    if isinstance(answer, Changes):
        members = [(one.href, one.etag) for one in answer.changed]
        return f"{members}, removed {list(answer.removed)}, {answer.token}"
    return repr(answer)
