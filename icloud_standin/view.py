"""The tree as iCloud shows it to one account now: the store, seen through the switches."""

from icloud_standin.places import Place, locate
from icloud_standin.rows import Account, Collection, Resource
from icloud_standin.store import Store
from icloud_standin.switches import Boards, Switches


class View:
    def __init__(self, store: Store, account: Account, boards: Boards, other_host: str) -> None:
        self.store, self.account = store, account
        self.switches = boards.of_account(account.dsid)
        self._boards, self._other_host = boards, other_host

    def of(self, collection: Collection | None) -> Switches:
        return self._boards.of_collection(collection) if collection else self.switches

    def locate(self, path: str) -> Place:
        return locate(path, self.account, self.store)

    def href(self, path: str) -> str:
        return self._other_host + path if self.switches.absolute_hrefs else path

    def collections(self) -> list[Collection]:
        return self.store.collections(self.account.dsid)

    def members(self, collection: Collection, since: int = 0) -> list[Resource]:
        """What a listing tells of, the deleted among them (body None)."""
        return self.store.members(collection, since)

    def member(self, collection: Collection, name: str) -> Resource | None:
        """One resource as listings tell of it."""
        return self.store.resource(collection, name)

    def read(self, collection: Collection, name: str) -> Resource | None:
        """One resource as whoever asks for its body gets it."""
        return self.store.resource(collection, name)

    def readable(self, collection: Collection) -> list[Resource]:
        listed = (each for each in self.members(collection) if each.body is not None)
        found = (self.read(collection, each.name) for each in listed)
        return [each for each in found if each]
