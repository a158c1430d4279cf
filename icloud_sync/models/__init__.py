"""What we know of iCloud: whose account, which collections, which resources; what must
still be sent; and what was done, for support to read."""

from icloud_sync.models.connection import ICloudConnection, RemoteCollection
from icloud_sync.models.guards import Heartbeat, Hold, Stop
from icloud_sync.models.log import SyncLogEntry, SyncRun
from icloud_sync.models.outage import Outage
from icloud_sync.models.outbox import OutboxEntry
from icloud_sync.models.resource import DeletedInICloud, MintedUid, RemoteResource

__all__ = [
    "DeletedInICloud",
    "Heartbeat",
    "Hold",
    "ICloudConnection",
    "MintedUid",
    "Outage",
    "OutboxEntry",
    "RemoteCollection",
    "RemoteResource",
    "Stop",
    "SyncLogEntry",
    "SyncRun",
]
