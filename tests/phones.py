"""The owner's phone: somebody who changes an account on the server behind our back."""

from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from icloud_sync.remote.hrefs import canonical
from tests.wire import Reply, forward

HOME = "Home"
MAKE_COLLECTION = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname>
<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
</D:prop></D:set></C:mkcalendar>"""


class Phone(ABC):
    """The account's owner, acting on the server behind our back.

    `collection` is a name given to `make_collection`, or an href; None means "Home".
    """

    collections: dict[str, str]

    @abstractmethod
    def make_collection(self, name: str) -> str: ...

    @abstractmethod
    def resources(self, collection: str | None = None) -> dict[str, str]:
        """href -> body, as the server gives it."""

    @abstractmethod
    def get(self, href: str) -> str: ...

    @abstractmethod
    def put(self, name: str, body: str, collection: str | None = None) -> str:
        """Create or replace `name` (`lunch.ics`); its href."""

    @abstractmethod
    def delete(self, href: str) -> None: ...

    def edit(self, href: str, old: str, new: str) -> None:
        """Replace text in the stored body."""
        body = self.get(href)
        assert old in body, f"{old!r} is not in the body at {href}:\n{body}"
        collection, _, name = href.rpartition("/")
        self.put(name, body.replace(old, new), collection + "/")

    def move(self, href: str, collection: str) -> str:
        """To another collection, as devices do it: the old one goes, a new one comes."""
        body = self.get(href)
        self.delete(href)
        return self.put(href.rpartition("/")[2], body, collection)

    def href_of(self, collection: str | None) -> str:
        name = collection or HOME
        return self.collections.get(name, name)


class HttpPhone(Phone):
    """Plain HTTP to the server itself, past the recording."""

    def __init__(self, origin: str, headers: dict[str, str], home_path: str) -> None:
        self.origin, self.headers, self.home_path = origin, headers, home_path
        self.collections = {}

    def make_collection(self, name: str) -> str:
        href = canonical(f"{self.home_path}{quote(name.lower().replace(' ', '-'))}/")
        self.ask("MKCALENDAR", href, MAKE_COLLECTION.format(name=name))
        self.collections[name] = href
        return href

    def resources(self, collection: str | None = None) -> dict[str, str]:
        href = self.href_of(collection)
        listing = self.ask("PROPFIND", href, "", {"Depth": "1"})
        found = ElementTree.fromstring(listing.body).iterfind("{DAV:}response/{DAV:}href")
        names = {canonical(element.text or "", href) for element in found} - {href}
        return {name: self.get(name) for name in sorted(names) if not name.endswith("/")}

    def get(self, href: str) -> str:
        return self.ask("GET", href).body.decode()

    def put(self, name: str, body: str, collection: str | None = None) -> str:
        href = canonical(self.href_of(collection) + quote(name))
        self.ask("PUT", href, body, {"Content-Type": "text/calendar; charset=utf-8"})
        return href

    def delete(self, href: str) -> None:
        self.ask("DELETE", href)

    def ask(self, method: str, href: str, body: str = "", headers: Any = None) -> Reply:
        content = body.encode()
        kind = {"Content-Type": "application/xml"} if method in ("PROPFIND", "MKCALENDAR") else {}
        all_headers = {**self.headers, **kind, **(headers or {})}
        reply = forward(self.origin, method, href, content, all_headers)
        assert 200 <= reply.status < 300, f"{method} {href}: {reply.status} {reply.body!r}"
        return reply


class StandInPhone(Phone):
    """Straight into the stand-in's store: it refuses third parties what a phone may do."""

    def __init__(self, account: Any) -> None:
        self.account = account
        self.collections = {HOME: canonical(account.collection("home").href)}

    def make_collection(self, name: str) -> str:
        self.collections[name] = canonical(self.account.add_collection(name).href)
        return self.collections[name]

    def resources(self, collection: str | None = None) -> dict[str, str]:
        found = self.account.resources(self._name(self.href_of(collection)))
        return {canonical(href): body for href, body in found.items()}

    def get(self, href: str) -> str:
        return str(self.account.body(href).decode())

    def put(self, name: str, body: str, collection: str | None = None) -> str:
        href = self.href_of(collection)
        return canonical(self.account.put(name, body, self._name(href)))

    def delete(self, href: str) -> None:
        self.account.delete(href)

    def _name(self, href: str) -> str:
        return href.rstrip("/").rpartition("/")[2]
