"""What a server does wrong, each once: a queue of these stands before an account (3.4)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.utils import timezone

from icloud_sync.core.values import Changes, Multiget
from icloud_sync.remote.classify import Request, classify
from icloud_sync.remote.errors import RemoteError, Unreachable, WriteOutcomeUnknown
from tests.model.server import READS, WRITES, Asked, Call, Fault, ModelRemote

LISTINGS = ("list_changes", "list_members")
EVERY = READS + WRITES


def request_of(asked: Asked) -> Request:
    if asked.verb in ("create", "update"):
        return Request.PUT
    if asked.verb == "list_changes":
        return Request.SYNC if asked.args[1] else Request.FIRST_SYNC
    return Request.DELETE if asked.verb == "delete" else Request.READ


def status(number: int, retry_after: str = "") -> Fault:
    """As the client understands this number, to this request."""

    def answer(remote: ModelRemote, asked: Asked, call: Call) -> Any:
        now = timezone.now()
        error = classify(request_of(asked), number, "", retry_after, now=now)
        raise error or AssertionError(f"{number} is no error")

    return answer


def revoked(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """From now on, until somebody types the new one."""
    remote.account.password = "another"
    return call()


def dropped(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    raise broken(asked)


def answer_lost(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    call()
    raise broken(asked)


def broken(asked: Asked) -> RemoteError:
    if asked.is_write:
        return WriteOutcomeUnknown("The connection broke during a write.")
    return Unreachable("The connection broke.")


def empty(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """200, and nothing in it."""
    answer = call()
    if isinstance(answer, Changes):
        return replace(answer, changed=(), removed=())
    return []


def halved(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """Every second one is left out, of a complete listing as of a report."""
    answer = call()
    if isinstance(answer, Changes):
        return replace(answer, changed=answer.changed[1::2], removed=answer.removed[1::2])
    return answer[1::2]


def twice(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    answer = call()
    if isinstance(answer, Changes):
        return replace(answer, changed=answer.changed * 2, removed=answer.removed * 2)
    if isinstance(answer, Multiget):
        return replace(answer, found=answer.found * 2)
    return answer * 2


def cut_short(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """507 within the multistatus: the half of it, and a token from before the other half."""
    answer: Changes = call()
    if len(answer.changed) < 2 or not asked.args[1]:
        return answer
    collection = remote.account.collections[asked.args[0]]
    begun = int(asked.args[1].rpartition(":")[2])
    first = collection.diary[begun]
    told = tuple(one for one in answer.changed if one.href == first)
    gone = tuple(href for href in answer.removed if href == first)
    return Changes(told, gone, f"memory:{begun + 1}", more=True)


def missing(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """Listed, and not to be had yet (icloud-behaviour 4.8)."""
    got: Multiget = call()
    return Multiget(got.found[1:], got.missing + tuple(one.href for one in got.found[:1]))


def stale(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """This and the next reads show what was there before."""
    remote.account.stale = 3
    return call()


def without_etag(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """None, or a weak one, which is the same to us."""
    answer = call()
    if isinstance(answer, Multiget):
        return replace(answer, found=tuple(replace(one, etag="") for one in answer.found))
    if isinstance(answer, Changes):
        return replace(answer, changed=tuple(replace(one, etag="") for one in answer.changed))
    if isinstance(answer, list):
        return [replace(one, etag="") for one in answer]
    return "" if isinstance(answer, str) else replace(answer, etag="")


def rewriting(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    """From now on it stores what it made of what it was sent."""
    remote.account.rewrites = True
    return call()


def tokens_expire(remote: ModelRemote, asked: Asked, call: Call) -> Any:
    for collection in remote.account.collections.values():
        collection.expire_tokens()
    return call()


FAULTS: dict[str, tuple[tuple[str, ...], Fault]] = {
    "dropped": (EVERY, dropped),
    "answer lost": (WRITES, answer_lost),
    "read dropped": (READS, dropped),
    "401": (EVERY, revoked),
    "403": (EVERY, status(403)),
    "403 to a write": (WRITES, status(403)),
    "404 to a write": (("create", "update"), status(404)),
    "404 to a read": (("get", "list_changes", "list_members"), status(404)),
    "409": (WRITES, status(409)),
    "412": (WRITES, status(412)),
    "429": (EVERY, status(429, "600")),
    "500": (EVERY, status(500)),
    "503": (EVERY, status(503)),
    "504 to a write": (WRITES, status(504)),
    "507": (("create", "update", "list_changes"), status(507)),
    "empty listing": (LISTINGS, empty),
    "no collections": (("list_collections",), empty),
    "partial listing": (LISTINGS, halved),
    "a collection missing": (("list_collections",), halved),
    "listed twice": ((*LISTINGS, "multiget"), twice),
    "cut short": (("list_changes",), cut_short),
    "not to be had yet": (("multiget",), missing),
    "stale": (("multiget", "get"), stale),
    "no etag": (("create", "update"), without_etag),
    "weak etags": ((*LISTINGS, "multiget", "get"), without_etag),
    "rewriting": (("create", "update"), rewriting),
    "tokens expire": (("list_changes", "list_collections"), tokens_expire),
}


def named(name: str) -> tuple[str, tuple[str, ...], Fault]:
    verbs, fault = FAULTS[name]
    return name, verbs, fault


def names() -> Iterator[str]:
    yield from FAULTS


Meanwhile = Callable[[], None]


def meanwhile(act: Meanwhile, verbs: tuple[str, ...]) -> tuple[str, tuple[str, ...], Fault]:
    """Not the server's fault: somebody acts while the request is under way."""

    def acting(remote: ModelRemote, asked: Asked, call: Call) -> Any:
        act()
        return call()

    return "meanwhile", verbs, acting
