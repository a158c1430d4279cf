"""All switches by name, and the boards they are turned on.

A test of one account: `account.switches.redirect = "307"`; of one of its calendars:
`account.switches_of("home").ghosts = "one"`; of everybody: `standin.switches`. The table is in
`table/`, a file a theme; the numbers S1 to S21 are those of docs/standin.md.
"""

from icloud_standin.rows import Account, Collection
from icloud_standin.switch import Board
from icloud_standin.table.bodies import BodySwitches
from icloud_standin.table.calendars import CalendarSwitches
from icloud_standin.table.hosts import HostSwitches
from icloud_standin.table.reading import ReadingSwitches
from icloud_standin.table.service import ServiceSwitches
from icloud_standin.table.writing import WritingSwitches


class Switches(
    HostSwitches, CalendarSwitches, ReadingSwitches, WritingSwitches, BodySwitches, ServiceSwitches
):
    __slots__ = ()


GROUPS: tuple[type[Board], ...] = Switches.__bases__


class Boards:
    """The server's board, one for each account, one for each collection."""

    def __init__(self) -> None:
        self.server = Switches()
        self._accounts: dict[str, Switches] = {}
        self._collections: dict[int, Switches] = {}

    def of(self, account: Account | None, collection: Collection | None) -> Switches:
        """The narrowest there is: one calendar's, one account's, or everybody's."""
        if collection:
            return self.of_collection(collection)
        return self.of_account(account.dsid) if account else self.server

    def of_account(self, dsid: str) -> Switches:
        return self._accounts.setdefault(dsid, Switches(self.server))

    def of_collection(self, collection: Collection) -> Switches:
        account = self.of_account(collection.dsid)
        return self._collections.setdefault(collection.id, Switches(account))
