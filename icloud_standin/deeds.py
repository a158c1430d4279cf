"""What is done once rather than turned, from the page of faults and the control address."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from icloud_standin.records import Records
from icloud_standin.rows import Account, Collection
from icloud_standin.seeding import plant
from icloud_standin.store import Store


class Deeds:
    def __init__(self, store: Store, records: Records) -> None:
        self.store, self.records = store, records

    def do(
        self, given: Mapping[str, Any], account: Account | None, collection: Collection | None
    ) -> None:
        """`given` says what to "do". Raises LookupError for what cannot be done here."""
        match str(given["do"]).replace("_", " "), account, collection:
            case "forget requests", Account(), _:
                self.records.of(account.dsid).clear()
            case "expire tokens", _, Collection():
                self.store.expire_tokens(collection)
            case "seed", Account(), _:
                target = collection or self.store.collection_named(account, "home")
                name = str(given.get("set", "everything"))
                plant(self.store, account, target, name, datetime.now(UTC).date())
            case _:
                raise LookupError(f"Nothing here does {given['do']}.")
