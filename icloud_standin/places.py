"""What a path of the tree means: `/<dsid>/calendars/<collection>/<resource>`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from icloud_standin.messages import bad_request
from icloud_standin.rows import Account, Collection

Kind = Literal["root", "principal", "home", "collection", "resource", "nowhere", "foreign"]
# By the number and the name in the path: what is shared lies under its owner's number.
Find = Callable[[str, str], Collection | None]


@dataclass(frozen=True)
class Place:
    kind: Kind
    collection: Collection | None = None
    name: str = ""  # the resource's


def locate(path: str, account: Account, find: Find, strict: bool) -> Place:
    """Raises a 400 for a collection without its trailing slash, as Apple does (S8)."""
    segments = [unquote(segment) for segment in urlsplit(path).path.split("/")[1:]]
    match segments:
        case [""]:
            return Place("root")
        case [".well-known", "caldav"]:
            return Place("principal")
        case [dsid, "calendars", name, resource]:
            return _inside(find(dsid, name), resource, dsid == account.dsid)
        case [dsid, *_] if dsid != account.dsid:
            return Place("foreign")
        case [_, "principal", ""]:
            return Place("principal")
        case [_, "calendars", ""]:
            return Place("home")
        case [*_, last] if last and strict:
            raise bad_request("a collection without its trailing slash")
        case [*_, last] if last:
            return locate(path + "/", account, find, strict)
    return Place("nowhere")


def _inside(collection: Collection | None, resource: str, own: bool) -> Place:
    if collection is None:
        return Place("nowhere" if own else "foreign")
    return Place("resource" if resource else "collection", collection, resource)
