"""What the store holds, as values, and the sync-tokens that tell its states apart."""

import base64
import struct
from dataclasses import dataclass
from urllib.parse import quote

TOKEN_MARK = b"\x1f\x0a\x10\x12\x0c"  # Apple's tokens start HwoQEgw


@dataclass(frozen=True)
class Account:
    dsid: str
    apple_id: str
    app_password: str
    name: str
    time_zone: str  # the phone's; "" for the stand-in's own

    @property
    def principal_path(self) -> str:
        return f"/{self.dsid}/principal/"

    @property
    def home_path(self) -> str:
        return f"/{self.dsid}/calendars/"


@dataclass(frozen=True)
class Collection:
    id: int
    dsid: str
    name: str
    displayname: str
    kind: str
    components: str
    color: str
    revision: int
    epoch: int
    owner: str  # the number of whoever shares it with this account; "" for its own

    @property
    def href(self) -> str:
        return f"/{self.owner or self.dsid}/calendars/{quote(self.name, safe='')}/"

    @property
    def is_calendar(self) -> bool:
        return self.writable or self.kind in ("read-only", "subscribed")

    @property
    def holds_events(self) -> bool:
        return self.is_calendar and "VEVENT" in self.components

    @property
    def writable(self) -> bool:
        return self.kind in ("calendar", "shared-owner", "shared")

    @property
    def sync_token(self) -> str:
        return make_token(self.id, self.epoch, self.revision)


@dataclass(frozen=True)
class Resource:
    """One calendar object resource; `body` is None once it was deleted."""

    collection: Collection
    name: str
    uid: str
    body: bytes | None
    etag: str
    revision: int
    changed_at: int

    @property
    def href(self) -> str:
        return self.collection.href + quote(self.name, safe="")


@dataclass(frozen=True)
class OutgoingMail:
    """Apple would have written to these people (S15)."""

    method: str
    href: str
    attendees: list[str]


TOKEN = struct.Struct(">IIQ?")  # collection, epoch, revision, whether more pages follow


def make_token(collection_id: int, epoch: int, revision: int, more: bool = False) -> str:
    raw = TOKEN_MARK + TOKEN.pack(collection_id, epoch, revision, more)
    return base64.b64encode(raw).decode()


def ends_a_page(token: str) -> bool:
    return base64.b64decode(token)[-1:] == b"\1"


def revision_of(token: str, collection: Collection) -> int | None:
    """The revision a token stands for; None when it is not a token of this collection."""
    try:
        raw = base64.b64decode(token, validate=True)
        identity = TOKEN.unpack(raw.removeprefix(TOKEN_MARK))
    except (ValueError, struct.error):
        return None
    if identity[:2] != (collection.id, collection.epoch) or identity[2] > collection.revision:
        return None
    return int(identity[2])
