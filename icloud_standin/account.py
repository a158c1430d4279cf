"""One account of the stand-in as a test or a demo holds it: its switches, its phone."""

import uuid
from datetime import UTC, date, datetime

from icloud_standin.application import Application
from icloud_standin.content_lines import UnparseableError, parse
from icloud_standin.messages import RecordedRequest
from icloud_standin.rows import Collection, OutgoingMail
from icloud_standin.seeding import plant
from icloud_standin.switches import Switches
from icloud_standin.validation import MAIN


class StandInAccount:
    """The store is touched directly here, as the owner's phone would: nothing is refused."""

    def __init__(self, application: Application, apple_id: str) -> None:
        self._application, self._store = application, application.store
        self._row = found = application.store.account_named(apple_id)
        self.apple_id, self.app_password = found.apple_id, found.app_password
        self.dsid, self.home_path, self.name = found.dsid, found.home_path, found.name

    @property
    def switches(self) -> Switches:
        return self._application.boards.of_account(self.dsid)

    def switches_of(self, collection: str) -> Switches:
        """One collection's own board; what is not turned there is the account's."""
        return self._application.boards.of_collection(self.collection(collection))

    @property
    def requests(self) -> list[RecordedRequest]:
        return list(self._application.records.of(self.dsid))

    @property
    def request_counts(self) -> dict[str, int]:
        """By method."""
        return self._application.records.counts(self.dsid)

    def forget_requests(self) -> None:
        self._application.records.of(self.dsid).clear()

    @property
    def outgoing_mail(self) -> list[OutgoingMail]:
        return self._store.outgoing_mail(self.dsid)

    @property
    def collections(self) -> list[Collection]:
        return self._store.collections(self.dsid)

    def collection(self, name: str) -> Collection:
        """By the last part of its path or by its display name, whatever the case."""
        return self._store.collection_named(self._row, name)

    def add_collection(
        self, displayname: str, kind: str = "calendar", name: str = "", owner: str = ""
    ) -> Collection:
        """`owner`: the number of whoever shares it with this account; its hrefs carry it."""
        components, color = "VEVENT", "#63DA38FF"
        return self._store.add_collection(
            self.dsid, name, displayname, kind, components, color, owner
        )

    def remove_collection(self, name: str) -> None:
        self._store.remove_collection(self.collection(name))

    def expire_tokens(self, collection: str = "home") -> None:
        """From now on every sync-token handed out so far is unknown."""
        self._store.expire_tokens(self.collection(collection))

    def seed(
        self, name: str = "everything", collection: str = "home", first: date | None = None
    ) -> None:
        """A named set of what Apple's clients leave behind, from the week of `first` on."""
        day = first or datetime.now(UTC).date()
        plant(self._store, self._row, self.collection(collection), name, day)

    def resources(self, collection: str = "home") -> dict[str, str]:
        found = self._store.resources(self.collection(collection))
        return {each.href: (each.body or b"").decode(errors="replace") for each in found}

    def body(self, href: str) -> bytes:
        return self._store.at(self._row, href).body or b""

    def etag(self, href: str) -> str:
        return self._store.at(self._row, href).etag

    def put(self, name: str, body: str | bytes, collection: str = "home") -> str:
        """Create or replace; the href. A `str` is stored as its UTF-8, nothing changed."""
        raw = body.encode() if isinstance(body, str) else body
        stored = self._store.put(self.collection(collection), name, uid_of(raw), raw)
        return stored.href

    def delete(self, href: str) -> None:
        self._store.delete(self._store.at(self._row, href))

    def move(self, href: str, collection: str) -> str:
        """To another calendar, under the same name; the new href."""
        return self._store.move(self._store.at(self._row, href), self.collection(collection)).href


def uid_of(body: bytes) -> str:
    """A body nobody can read gets a UID of its own, so that it can be stored all the same."""
    try:
        components = parse(body).named(*MAIN)
    except UnparseableError:
        components = []
    return (components[0].value("UID") if components else "") or f"unreadable-{uuid.uuid4()}"
