"""The tree as iCloud shows it to one account now: the store, seen through the switches."""

from dataclasses import replace
from urllib.parse import quote

from icloud_standin.lag import Lag
from icloud_standin.messages import Refused
from icloud_standin.places import Place, locate
from icloud_standin.rows import Account, Collection, Resource
from icloud_standin.store import Store
from icloud_standin.switches import Boards, Switches

GHOST = "ghost.ics"


class View:
    def __init__(
        self, store: Store, account: Account, boards: Boards, lag: Lag, other_host: str
    ) -> None:
        self.store, self.account = store, account
        self.switches = boards.of_account(account.dsid)
        self._boards, self._lag, self._other_host = boards, lag, other_host

    def of(self, collection: Collection | None) -> Switches:
        return self._boards.of_collection(collection) if collection else self.switches

    def locate(self, path: str) -> Place:
        return locate(path, self.account, self._collection, self.switches.strict_requests)

    def href(self, path: str) -> str:
        return self._other_host + path if self.switches.absolute_hrefs else path

    def collections(self) -> list[Collection]:
        """What the home lists."""
        found = self.store.collections(self.account.dsid)
        return [self._named(each) for each in found if not self.of(each).withdrawn]

    def _collection(self, dsid: str, name: str) -> Collection | None:
        found = self.store.collection(self.account.dsid, name)
        if found and dsid != (found.owner or found.dsid):
            return None
        if found and self.of(found).withdrawn in ("404", "403"):
            raise Refused(int(self.of(found).withdrawn))
        return self._named(found) if found else None

    def _named(self, collection: Collection) -> Collection:
        """As its owner calls it, and with the rights its owner gives (S7, S19)."""
        switches = self.of(collection)
        name = switches.renamed or collection.displayname
        lost = collection.writable and switches.read_only
        kind = "read-only" if lost else collection.kind
        return replace(collection, displayname=name, kind=kind)

    def members(self, collection: Collection, since: int = 0) -> list[Resource]:
        """What a listing tells of, the deleted among them (body None)."""
        told = (self._lag.listed(each) for each in self.store.members(collection, since))
        members = [each for each in told if each and each.revision > since]
        if not since and self.of(collection).spend(Switches.short_listings):
            del members[::3]
        if self.of(collection).ghosts == "one":
            members.append(Resource(collection, GHOST, "", b"", '"ghost"', collection.revision, 0))
        return [self.shown(each) for each in members]

    def member(self, collection: Collection, name: str) -> Resource | None:
        """One resource as listings tell of it."""
        found = self.store.resource(collection, name)
        return self.shown(found) if found else None

    def read(self, collection: Collection, name: str) -> Resource | None:
        """One resource as whoever asks for its body gets it."""
        if self.of(collection).ghosts == "all":
            return None
        found = self._lag.read(collection, name, self.store.resource(collection, name))
        return self.shown(found) if found else None

    def shown(self, resource: Resource) -> Resource:
        switches = self.of(resource.collection)
        if switches.encoded_etags == "everywhere":
            resource = replace(resource, etag=quote(resource.etag))
        weak = switches.weak_etags == "everywhere"
        return replace(resource, etag=f"W/{resource.etag}") if weak else resource

    def stir(self) -> None:
        """Housekeeping before the home is listed (S12)."""
        for collection in self.collections():
            if self.of(collection).restless_etags == "at each poll":
                for resource in self.store.resources(collection):
                    self.store.touch(resource)

    def readable(self, collection: Collection) -> list[Resource]:
        listed = (each for each in self.members(collection) if each.body is not None)
        found = (self.read(collection, each.name) for each in listed)
        return [each for each in found if each]
