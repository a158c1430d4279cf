"""PROPFIND: who am I, where is my home, what is in it (S1, S2, S6, S8)."""

from icloud_standin import xml
from icloud_standin.hosts import Hosts
from icloud_standin.messages import Refused, Request, Response, bad_request
from icloud_standin.places import Place
from icloud_standin.properties import (
    Properties,
    of_collection,
    of_home,
    of_principal,
    of_resource,
    of_root,
)
from icloud_standin.rows import Collection
from icloud_standin.view import View

RESOURCETYPE = f"{{{xml.DAV}}}resourcetype"
Entry = tuple[str, Properties]


class Propfind:
    def __init__(self, view: View, hosts: Hosts) -> None:
        self.view, self.hosts, self.account = view, hosts, view.account

    def answer(self, request: Request, place: Place) -> Response:
        depth = request.header("depth") or "infinity"
        if depth not in ("0", "1"):
            raise Refused(403, xml.error(xml.DAV, "propfind-finite-depth"), "text/xml")
        strict = self.view.switches.strict_requests
        if depth == "1" and place.kind == "principal" and strict:
            raise bad_request("Depth 1 on a principal")
        asked = _asked(request.body, strict)
        if depth == "1" and place.kind == "home":
            self.view.stir()
        entries = [self._itself(place)]
        if depth == "1":
            entries += self._members(place)
            entries = self._thinned(entries, place)
        return xml.multistatus(
            xml.response(
                self.view.href(href),
                have,
                asked or [name for name in have if name != RESOURCETYPE],
            )
            for href, have in entries
        )

    def _itself(self, place: Place) -> Entry:
        account = self.account
        if place.kind in ("root", "principal"):
            return self._who(place)
        if place.kind == "home":
            return account.home_path, of_home(account, self.view.collections())
        if place.kind == "collection" and place.collection:
            return self._collection(place.collection)
        if place.kind == "resource" and place.collection:
            resource = self.view.member(place.collection, place.name)
            if resource:
                return resource.href, of_resource(resource)
        raise Refused(404)

    def _who(self, place: Place) -> Entry:
        account, switches = self.account, self.view.switches
        absolute = switches.principal_href == "absolute"
        host = self.hosts.home_of(switches) if absolute else ""
        root = of_root(host + account.principal_path)
        if place.kind == "root":
            return "/", root
        home = self.hosts.home_set(switches) + account.home_path
        return account.principal_path, root | of_principal(account, home)

    def _members(self, place: Place) -> list[Entry]:
        if place.kind == "home":
            return [self._collection(each) for each in self.view.collections()]
        if place.kind == "collection" and place.collection:
            members = self.view.members(place.collection)
            return [(each.href, of_resource(each)) for each in members if each.body is not None]
        return []

    def _collection(self, collection: Collection) -> Entry:
        return collection.href, of_collection(collection, self.account)

    def _thinned(self, entries: list[Entry], place: Place) -> list[Entry]:
        kept = {"": len(entries), "members": 1, "all": 0}
        return entries[: kept[self.view.of(place.collection).empty_listing]]


def _asked(body: bytes, strict: bool) -> list[str]:
    """Qualified names; none for allprop, which never tells the resourcetype (1.13)."""
    if not body:
        return []
    root = xml.read(body, strict)
    if root.tag != f"{{{xml.DAV}}}propfind":
        raise bad_request("not a propfind")
    return xml.asked(root)
