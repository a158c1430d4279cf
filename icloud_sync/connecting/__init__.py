"""Connecting an Apple account, and all that staff do with a connection afterwards.

Every service checks first and writes last, in one transaction; what cannot be done is a
ConnectError whose sentence says what to do.
"""

from icloud_sync.connecting.account import AccountLook, OpenRemote, look, normalize_server_url
from icloud_sync.connecting.begin import connect
from icloud_sync.connecting.blocking import SWITCHES, follow_zone, set_blocking
from icloud_sync.connecting.choices import set_collections, set_served, set_who_is_coming
from icloud_sync.connecting.counts import count_to_push, count_waiting, what_resuming_sends
from icloud_sync.connecting.errors import ConnectError
from icloud_sync.connecting.keep import pause, resume, sync_soon, update_password
from icloud_sync.connecting.leave import Leaving, disconnect, what_disconnecting_does
from icloud_sync.connecting.quarrels import let_go_on
from icloud_sync.connecting.withdraw import (
    Staying,
    copies_leaving,
    copies_served,
    copies_staying,
    put_back,
    take_out,
    what_stays,
)

__all__ = [
    "SWITCHES",
    "AccountLook",
    "ConnectError",
    "Leaving",
    "OpenRemote",
    "Staying",
    "connect",
    "copies_leaving",
    "copies_served",
    "copies_staying",
    "count_to_push",
    "count_waiting",
    "disconnect",
    "follow_zone",
    "let_go_on",
    "look",
    "normalize_server_url",
    "pause",
    "put_back",
    "resume",
    "set_blocking",
    "set_collections",
    "set_served",
    "set_who_is_coming",
    "sync_soon",
    "take_out",
    "update_password",
    "what_disconnecting_does",
    "what_resuming_sends",
    "what_stays",
]
