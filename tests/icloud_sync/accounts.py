"""Apple accounts for tests of connecting: what they hold, and how they fail."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from icloud_sync.core.values import Account, CollectionInfo
from icloud_sync.remote.errors import CredentialsError, RemoteError
from icloud_sync.remote.interface import Remote

PASSWORD = "abcd-efgh-ijkl-mnop"
HOME = CollectionInfo("/1/calendars/home/", "Home", can_write=True)
WORK = CollectionInfo("/1/calendars/work/", "Work", can_write=True)
HOLIDAYS = CollectionInfo("/1/calendars/holidays/", "Holidays", can_write=False)


@dataclass
class AppleAccount:
    """Opens as connecting's `remote`, and keeps what it was opened with."""

    apple_id: str = "anna@icloud.example"
    password: str = PASSWORD
    principal_href: str = "/1/principal/"
    collections: tuple[CollectionInfo, ...] = (HOME, WORK, HOLIDAYS)
    trouble: RemoteError | None = None
    meanwhile: Callable[[], object] | None = None
    opened_with: list[tuple[str, str, str]] = field(default_factory=list)

    def open(self, server_url: str, apple_id: str, password: str) -> AbstractContextManager[Remote]:
        self.opened_with.append((server_url, apple_id, str(password)))
        return nullcontext(self)  # type: ignore[arg-type]

    def discover(self) -> Account:
        _, apple_id, password = self.opened_with[-1]
        if self.trouble:
            raise self.trouble
        if (apple_id, password) != (self.apple_id, self.password):
            raise CredentialsError("The server said no.", 401)
        if self.meanwhile:
            self.meanwhile()
        home = "https://p42-caldav.icloud.com:443/1/calendars/"
        return Account(self.principal_href, home, (f"mail-of-{self.apple_id}",))

    def list_collections(self) -> list[CollectionInfo]:
        return list(self.collections)
