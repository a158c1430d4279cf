"""What a path of the tree means: `/<dsid>/calendars/<collection>/<resource>`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

from icloud_standin.messages import bad_request
from icloud_standin.rows import Account, Collection

Find = Callable[[str], Collection | None]  # by its name in the path
Kind = Literal["root", "principal", "home", "collection", "resource", "nowhere", "foreign"]


@dataclass(frozen=True)
class Place:
    kind: Kind
    collection: Collection | None = None
    name: str = ""  # the resource's


def locate(path: str, account: Account, find: Find) -> Place:
    """Raises a 400 for a collection without its trailing slash, as Apple does (S8)."""
    segments = [unquote(segment) for segment in urlsplit(path).path.split("/")[1:]]
    if segments[-1:] != [""]:
        return _without_slash(segments, account, find)
    match segments[:-1]:
        case []:
            return Place("root")
        case [dsid, *_] if dsid != account.dsid:
            return Place("foreign")
        case [_, "principal"]:
            return Place("principal")
        case [_, "calendars"]:
            return Place("home")
        case [_, "calendars", name]:
            collection = find(name)
            return Place("collection", collection) if collection else Place("nowhere")
    return Place("nowhere")


def _without_slash(segments: list[str], account: Account, find: Find) -> Place:
    match segments:
        case [".well-known", "caldav"]:
            return Place("principal")
        case [dsid, *_] if dsid != account.dsid:
            return Place("foreign")
        case [_, "calendars", name, resource] if resource:
            collection = find(name)
            return Place("resource", collection, resource) if collection else Place("nowhere")
    raise bad_request("a collection without its trailing slash")
