"""What iCloud holds, written into our rows: `absorb` what was fetched, `absorb_removed`
what the server says is gone. `batch` reads and plans, `write` changes rows."""

from icloud_sync.apply.batch import absorb, absorb_removed, reconsider

__all__ = ["absorb", "absorb_removed", "reconsider"]
